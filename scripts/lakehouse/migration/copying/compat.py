"""The view that answers a source's old queries from its typed target: old names, old order, old types.

A time is text again, in the form that CAST reads: 2025-08-13 06:08:46.600648 (UTC), 2025-08-13.
"""

from __future__ import annotations

import re

from lakehouse.athena.column_types import engine_type
from lakehouse.athena.sql import lines, listed, quoted, relation
from lakehouse.catalog.tables import Column, Table
from lakehouse.catalog.views import View, ViewColumn
from lakehouse.migration.column_values import target_type
from lakehouse.migration.config import TableConfig

_VARCHAR = re.compile(r"varchar\(([0-9]+)\)")
_DECIMAL = re.compile(r"decimal\(([0-9]+),[0-9]+\)")
# The longest text of a value, as the engine casts it.
_TEXT_LENGTHS = {
    "timestamp": 26,
    "date": 10,
    "boolean": 5,
    "int": 11,
    "bigint": 20,
    "float": 16,
    "double": 24,
}


def compat_view(config: TableConfig, source: Table) -> View:
    """The view over the target with the source's columns."""
    comments = _comments(source)
    columns = tuple(
        ViewColumn(
            column.name,
            _engine_type(config, column),
            _glue_type(config, column),
            comments.get(column.name, ""),
        )
        for column in source.all_columns
    )
    selected = listed("select ", (_selected(config, column) for column in source.all_columns))
    return View(lines(selected, f"from {relation(config.target)}"), columns)


def _selected(config: TableConfig, column: Column) -> str:
    """A column of the view, cast back where the target has another type."""
    name = quoted(column.name)
    same = column.name not in config.columns and _is_same_in_target(column)
    return name if same else f"cast({name} as {_engine_type(config, column)}) as {name}"


def _is_same_in_target(column: Column) -> bool:
    return engine_type(column.type) == engine_type(target_type(column.type), timestamp_digits=6)


def _engine_type(config: TableConfig, column: Column) -> str:
    if column.name not in config.columns:
        return engine_type(column.type)
    return column.type.lower() if _keeps_length(config.columns[column.name].type, column) else "varchar"


def _glue_type(config: TableConfig, column: Column) -> str:
    kept = column.name not in config.columns or _keeps_length(config.columns[column.name].type, column)
    return column.type if kept else "string"


def _keeps_length(parsed: str, column: Column) -> bool:
    """Whether every text of a parsed value fits into the old varchar(n). Where it does, the column stays one:
    a view over the old table stores its type, and would be stale over another."""
    length = _VARCHAR.fullmatch(column.type.lower())
    decimal = _DECIMAL.fullmatch(parsed)
    # Sign, a zero before the point, the point.
    needed = int(decimal[1]) + 3 if decimal else _TEXT_LENGTHS.get(parsed)
    return length is not None and needed is not None and int(length[1]) >= needed


def _comments(source: Table) -> dict[str, str]:
    described = [
        *source.definition.get("StorageDescriptor", {}).get("Columns", []),
        *source.definition.get("PartitionKeys", []),
    ]
    return {column["Name"].lower(): column.get("Comment", "") for column in described}
