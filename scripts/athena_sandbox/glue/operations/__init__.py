"""The operations of the Data Catalog, by the name that the Glue API gives them."""

from athena_sandbox.glue.operations import (
    databases,
    functions,
    partitions,
    search,
    statistics,
    tables,
    versions,
)
from athena_sandbox.glue.operations.call import Operation

OPERATIONS: dict[str, Operation] = {
    **databases.OPERATIONS,
    **tables.OPERATIONS,
    **search.OPERATIONS,
    **versions.OPERATIONS,
    **partitions.OPERATIONS,
    **statistics.OPERATIONS,
    **functions.OPERATIONS,
}
