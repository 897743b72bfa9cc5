"""Columns of an Iceberg table as Glue shows them.

Types and parameters are those of Iceberg's own `IcebergToGlueConverter` (iceberg-aws), which AWS's engines
write: Hive has no uuid, no time and no zone, so a timestamptz shows as timestamp.

Source: Iceberg's `IcebergToGlueConverter` (iceberg-aws), November 2026.
"""

from typing import Any

from athena_sandbox.glue.catalog import Json

_PRIMITIVES = {
    "long": "bigint",
    "time": "string",
    "uuid": "string",
    "timestamptz": "timestamp",
    "timestamp_ns": "timestamp",
    "timestamptz_ns": "timestamp",
}


def hive_columns(metadata: Json) -> list[Json]:
    """The columns of the current schema; none when there is no metadata."""
    schemas = metadata.get("schemas", [])
    current = metadata.get("current-schema-id", 0)
    schema: Json = next((one for one in schemas if one.get("schema-id", 0) == current), {"fields": []})
    return [_column(field) for field in schema["fields"]]


def _column(field: Json) -> Json:
    column: Json = {
        "Name": field["name"],
        "Type": hive_type_of_iceberg(field["type"]),
        "Parameters": {
            "iceberg.field.current": "true",
            "iceberg.field.id": str(field["id"]),
            "iceberg.field.optional": str(not field.get("required", False)).lower(),
        },
    }
    if "doc" in field:
        column["Comment"] = field["doc"]
    return column


def hive_type_of_iceberg(kind: Any) -> str:
    """A type of Iceberg's schema JSON in Hive's spelling: `array<struct<a:int>>`."""
    if isinstance(kind, str):
        if kind.startswith("fixed"):
            return "binary"
        return _PRIMITIVES.get(kind, kind).replace(" ", "")
    if kind["type"] == "struct":
        fields = (f"{field['name']}:{hive_type_of_iceberg(field['type'])}" for field in kind["fields"])
        return f"struct<{','.join(fields)}>"
    if kind["type"] == "list":
        return f"array<{hive_type_of_iceberg(kind['element'])}>"
    return f"map<{hive_type_of_iceberg(kind['key'])},{hive_type_of_iceberg(kind['value'])}>"
