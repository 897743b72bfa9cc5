"""The column parameters by which readers of Glue know an Iceberg table's current fields.

Iceberg's own Glue catalog (Athena's, Spark's) marks each column `iceberg.field.current`: "true", or "false"
for one that was dropped; awswrangler compares schemas by the columns that are marked. Trino writes the
current columns only, and marks none. The field's id and whether it is optional, which the original has beside
it, are not added: they are in the table's metadata file, not in what Trino sends.

Source: Iceberg's own Glue catalog and awswrangler 3.17, November 2026.
"""

from athena_sandbox.glue.catalog import Json

_CURRENT = "iceberg.field.current"


def with_current_fields(table_input: Json) -> Json:
    """The table input with every column of an Iceberg table marked; anything else is returned unchanged."""
    parameters = table_input.get("Parameters") or {}
    descriptor = table_input.get("StorageDescriptor") or {}
    columns = descriptor.get("Columns")
    if str(parameters.get("table_type", "")).lower() != "iceberg" or not columns:
        return table_input
    return {**table_input, "StorageDescriptor": {**descriptor, "Columns": [_marked(c) for c in columns]}}


def _marked(column: Json) -> Json:
    return {**column, "Parameters": {_CURRENT: "true", **(column.get("Parameters") or {})}}
