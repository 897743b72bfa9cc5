"""The view that answers a source's old queries from its typed target: old names, old order, old types.

A time is text again, in the form that CAST reads: 2025-08-13 06:08:46.600648 (UTC), 2025-08-13.
"""

from __future__ import annotations

from lakehouse.migration.config import TableConfig
from lakehouse.migration.sql import quoted, relation
from lakehouse.migration.tables import Column, Table
from lakehouse.migration.types import engine_type, target_type
from lakehouse.migration.views import View, ViewColumn


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
    names = ", ".join(_selected(config, column) for column in source.all_columns)
    return View(f"select {names} from {relation(config.target)}", columns)


def _selected(config: TableConfig, column: Column) -> str:
    """A column of the view, cast back where the target has another type."""
    name, kind = quoted(column.name), column.type.lower()
    same = column.name not in config.columns and target_type(kind) == kind and "timestamp" not in kind
    return name if same else f"cast({name} as {_engine_type(config, column)}) as {name}"


def _engine_type(config: TableConfig, column: Column) -> str:
    return "varchar" if column.name in config.columns else engine_type(column.type)


def _glue_type(config: TableConfig, column: Column) -> str:
    return "string" if column.name in config.columns else column.type


def _comments(source: Table) -> dict[str, str]:
    described = [
        *source.definition.get("StorageDescriptor", {}).get("Columns", []),
        *source.definition.get("PartitionKeys", []),
    ]
    return {column["Name"]: column.get("Comment", "") for column in described}
