"""Tables as the sandbox's own engine is to see them: as Athena's engine takes them, not as they are written.

Trino checks projection properties by its own, narrower rules, even where it doesn't project; it takes every
bucketed table for Hive's kind, and would leave out files of those that Spark wrote (`bucketing_format`).
"""

from athena_sandbox.glue.catalog import Json
from athena_sandbox.glue.errors import InvalidInputError
from athena_sandbox.table_properties import unserved_property

_TEMPLATE = "storage.location.template"


def for_engine(table: Json) -> Json:
    """The table without what the engine must not see. Raises InvalidInputError for what it would misread."""
    parameters = table.get("Parameters") or {}
    if table.get("TableType") == "VIRTUAL_VIEW" or str(parameters.get("table_type", "")).lower() == "iceberg":
        return table
    if (problem := unserved_property(table)) is not None:
        raise InvalidInputError(f"NOT_SUPPORTED: {problem} (table {table['DatabaseName']}.{table['Name']})")
    seen = {name: value for name, value in parameters.items() if not _is_hidden(name)}
    descriptor = table.get("StorageDescriptor")
    if descriptor and str(parameters.get("bucketing_format", "")).strip().lower() == "spark":
        descriptor = {**descriptor, "NumberOfBuckets": -1, "BucketColumns": [], "SortColumns": []}
    return {**table, "Parameters": seen, **({"StorageDescriptor": descriptor} if descriptor else {})}


def from_engine(given: Json, former: Json) -> Json:
    """A TableInput of the engine's with what it didn't see of the former one."""
    hidden = {name: value for name, value in (former.get("Parameters") or {}).items() if _is_hidden(name)}
    return {**given, "Parameters": {**(given.get("Parameters") or {}), **hidden}} if hidden else given


def _is_hidden(name: str) -> bool:
    return name == _TEMPLATE or name.startswith("projection.")
