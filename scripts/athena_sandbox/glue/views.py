"""Views as Athena leaves them in Glue, made from what Trino sends.

Both write the definition, base64 JSON inside a comment, to ViewOriginalText. Trino gives the table one column
called `dummy`; Athena gives it the view's columns with Hive types, and that is where dbt, awswrangler and the
Athena API read them. Trino ignores those columns when it reads a view back, but it parses their types first,
and fails on a type that Hive does not have. It also recognises its views by their comment, which a client may
have replaced by a description, as dbt's persist_docs does. `for_hive_reader` corrects both.

Source: the views that Trino 476 writes, and what dbt-athena's functional suite and awswrangler read of
Athena's, run in November 2026.
"""

import base64
import binascii
import json
from typing import Any

from athena_sandbox.glue.catalog import Json
from athena_sandbox.glue.hive_types import hive_type, is_hive_type

_PREFIX = "/* Presto View: "
_SUFFIX = " */"
_TRINO_VIEW_COMMENT = "Presto View"


def with_view_columns(table_input: Json) -> Json:
    """The table input with the view's columns in place of the dummy one; anything else is returned unchanged.

    A definition that cannot be read is left alone as well, and so are columns that a client of Glue sends for
    a view, with its comments: Glue stores what it is given.
    """
    descriptor = table_input.get("StorageDescriptor") or {}
    if [column.get("Name") for column in descriptor.get("Columns") or []] not in ([], ["dummy"]):
        return table_input
    columns = _view_columns(table_input)
    if columns is None:
        return table_input
    return {**table_input, "StorageDescriptor": {**descriptor, "Columns": columns}}


def for_hive_reader(table: Json) -> Json:
    """The table for an engine that reads it as Trino's Hive connector does.

    A view has the comment by which Trino knows its views, and its types that Hive doesn't have are strings.
    Anything else is returned unchanged.
    """
    if not _is_trino_view(table):
        return table
    descriptor = table.get("StorageDescriptor") or {}
    readable = [
        column if is_hive_type(column["Type"]) else {**column, "Type": "string"}
        for column in descriptor.get("Columns") or []
    ]
    # Trino takes the table's description for its comment.
    undescribed = {name: value for name, value in table.items() if name != "Description"}
    return {
        **undescribed,
        "Parameters": {**(table.get("Parameters") or {}), "comment": _TRINO_VIEW_COMMENT},
        "StorageDescriptor": {**descriptor, "Columns": readable},
    }


def _is_trino_view(table: Json) -> bool:
    return table.get("TableType") == "VIRTUAL_VIEW" and _definition_text(table).startswith(_PREFIX)


def _definition_text(table: Json) -> str:
    return (table.get("ViewOriginalText") or "").strip()


def _view_columns(table_input: Json) -> list[Json] | None:
    if not _is_trino_view(table_input):
        return None
    text = _definition_text(table_input)
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
