"""Views as Athena leaves them in Glue, made from what Trino sends.

Both write the definition, base64 JSON inside a comment, to ViewOriginalText. Trino gives the table one column
called `dummy`; Athena gives it the view's columns with Hive types, and that is where dbt, awswrangler and the
Athena API read them. Trino ignores those columns when it reads a view back, but not before it has parsed
their types, and fails on a type that Hive does not have: `for_hive_reader`.
"""

import base64
import binascii
import json
from typing import Any

from athena_sandbox.glue.catalog import Json
from athena_sandbox.glue.hive_types import hive_type, is_hive_type

_PREFIX = "/* Presto View: "
_SUFFIX = " */"


def with_view_columns(table_input: Json) -> Json:
    """The table input with the view's columns in place of the dummy one; anything else comes back as it is.

    A definition that cannot be read is left alone as well: Glue stores what it is given.
    """
    columns = _view_columns(table_input)
    if columns is None:
        return table_input
    descriptor = table_input.get("StorageDescriptor") or {}
    return {**table_input, "StorageDescriptor": {**descriptor, "Columns": columns}}


def for_hive_reader(table: Json) -> Json:
    """The table for an engine that reads types with Hive's parser: a view's other types are strings."""
    columns = (table.get("StorageDescriptor") or {}).get("Columns") or []
    if table.get("TableType") != "VIRTUAL_VIEW" or all(is_hive_type(column["Type"]) for column in columns):
        return table
    readable = [
        column if is_hive_type(column["Type"]) else {**column, "Type": "string"} for column in columns
    ]
    return {**table, "StorageDescriptor": {**table["StorageDescriptor"], "Columns": readable}}


def _view_columns(table_input: Json) -> list[Json] | None:
    text = (table_input.get("ViewOriginalText") or "").strip()
    if table_input.get("TableType") != "VIRTUAL_VIEW" or not text.startswith(_PREFIX):
        return None
    try:
        encoded = text.removeprefix(_PREFIX).removesuffix(_SUFFIX)
        definition = json.loads(base64.b64decode(encoded))
        return [_column(column) for column in definition["columns"]]
    except (binascii.Error, ValueError, KeyError, TypeError):
        return None


def _column(column: dict[str, Any]) -> Json:
    described: Json = {"Name": column["name"], "Type": hive_type(column["type"])}
    if comment := column.get("comment"):
        described["Comment"] = comment
    return described
