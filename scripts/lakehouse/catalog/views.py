"""Views as Athena stores them in Glue: a definition as base64 JSON inside a comment, with the columns' types.

This is the form that CREATE VIEW writes (AWS documents it for the Glue API under "Working with views"). A
migration writes it itself when it turns a table's entry into a view in one call: no statement can do that.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakehouse.catalog.tables import Table, TableKind
from lakehouse.errors import UsageError

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import ColumnTypeDef, TableInputTypeDef

_PREFIX, _SUFFIX = "/* Presto View: ", " */"
CATALOG = "awsdatacatalog"
# The owner that Athena sets on its views.
_OWNER = "hadoop"


@dataclass(frozen=True)
class ViewColumn:
    """A column of a view, with its type's name in the engine (varchar) and in Glue (string)."""

    name: str
    type: str
    glue_type: str
    comment: str = ""


@dataclass(frozen=True)
class View:
    """A view: its query, its columns in order, and the database of names without one in the query."""

    sql: str
    columns: tuple[ViewColumn, ...]
    schema: str = "default"


def encoded(view: View) -> str:
    """A view in the form of Glue's ViewOriginalText."""
    definition = {
        "originalSql": view.sql,
        "catalog": CATALOG,
        "schema": view.schema,
        "columns": [{"name": column.name, "type": column.type} for column in view.columns],
    }
    # Compact, with the keys in the order above, so that equal views have equal texts.
    text = json.dumps(definition, separators=(",", ":"), ensure_ascii=False)
    return f"{_PREFIX}{base64.b64encode(text.encode()).decode()}{_SUFFIX}"


def decoded(table: Table) -> View:
    """The view in a Glue entry. Raises UsageError if the entry is not a view that Athena created."""
    text = str(table.definition.get("ViewOriginalText", "")).strip()
    if table.kind is not TableKind.VIEW or not text.startswith(_PREFIX):
        raise UsageError(f"{table.qualified_name} is not a view that Athena created")
    try:
        definition = json.loads(base64.b64decode(text.removeprefix(_PREFIX).removesuffix(_SUFFIX)))
        stored = {column.name: column.type for column in table.columns}
        columns = tuple(
            ViewColumn(each["name"], each["type"], stored.get(each["name"], ""))
            for each in definition["columns"]
        )
        return View(definition["originalSql"], columns, definition.get("schema") or "default")
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"the definition of the view {table.qualified_name} can't be read: {error}"
        ) from error


def view_input(name: str, view: View, description: str = "") -> TableInputTypeDef:
    """A view as the input of Glue's CreateTable and UpdateTable."""
    columns = [_described(column) for column in view.columns]
    given: TableInputTypeDef = {
        "Name": name,
        # The engine refuses a view without an owner: it would have no rights to read its tables.
        "Owner": _OWNER,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "PartitionKeys": [],
        "StorageDescriptor": {"Columns": columns, "Location": "", "SerdeInfo": {}},
        "ViewOriginalText": encoded(view),
        "ViewExpandedText": "/* Presto View */",
    }
    if description:
        given["Description"] = description
    return given


def _described(column: ViewColumn) -> ColumnTypeDef:
    if column.comment:
        return {"Name": column.name, "Type": column.glue_type, "Comment": column.comment}
    return {"Name": column.name, "Type": column.glue_type}
