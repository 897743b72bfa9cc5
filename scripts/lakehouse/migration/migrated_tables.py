"""The tables of a migration as statements see them: with what the Data Catalog and dbt know of them.

A rewrite works without either; it then refuses what depends on columns that it can't see.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from lakehouse.athena.column_types import ColumnType, engine_type, parse_column_type
from lakehouse.catalog.tables import Table, TableKind, find_table
from lakehouse.dbt.manifest import Manifest, columns_of
from lakehouse.errors import UsageError
from lakehouse.migration.config import MigrationConfig, TableConfig
from lakehouse.migration.rewriting.model import MigratedTable, migrated_table_of

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

# Types whose values an expression can't tell apart; others come back as another type in the new table.
_FAMILIES = {
    "varchar": "string",
    "char": "string",
    "tinyint": "int",
    "smallint": "int",
    "integer": "int",
    "real": "float",
}


def load_migrated_tables(
    config: MigrationConfig, glue: GlueClient | None, manifest: Manifest | None
) -> list[MigratedTable]:
    """All tables of a migration. `glue` is None where there is no access to the Data Catalog."""
    return [_migrated_table(table, glue, manifest) for table in config.tables]


def _migrated_table(config: TableConfig, glue: GlueClient | None, manifest: Manifest | None) -> MigratedTable:
    source = _find_source(config, glue) if glue else None
    table = migrated_table_of(config, source)
    if source is None and manifest and (node := manifest.source(config.source)):
        table = replace(table, columns=tuple(column.name for column in columns_of(node)))
    types = _target_types(config, glue, manifest)
    if types is None:
        return table
    old = {column.name: column.type.lower() for column in source.all_columns} if source else {}
    restored = {
        name: _query_type(kind)
        for name, kind in old.items()
        if name in types and name not in table.changed and _family(kind) != _family(types[name])
    }
    return replace(table, target_columns=frozenset(types), restored=restored)


def _find_source(config: TableConfig, glue: GlueClient) -> Table | None:
    table = find_table(glue, config.source)
    if table is not None and table.kind is TableKind.VIEW:
        # After the cutover the old definition has another name.
        table = find_table(glue, config.legacy)
    return table


def _target_types(
    config: TableConfig, glue: GlueClient | None, manifest: Manifest | None
) -> dict[str, str] | None:
    """The new table's columns and types; None as long as it is one that the migration makes itself."""
    target = find_table(glue, config.target) if glue else None
    if target is not None:
        return {column.name: column.type.lower() for column in target.all_columns}
    node = manifest.model(config.dbt_model) if manifest and config.dbt_model else None
    return {column.name: column.type for column in columns_of(node)} if node else None


def _query_type(kind: str) -> str:
    """A type as a query names it: a timestamp without a precision has the three digits of a Hive table."""
    return "timestamp" if kind == "timestamp" else engine_type(kind)


def _family(kind: str) -> str:
    try:
        return str(parse_column_type(kind).mapped(_without_length))
    except UsageError:
        # dbt's word for a type, which needn't be one of Glue's.
        return re.sub(r"\s", "", kind)


def _without_length(kind: ColumnType) -> ColumnType:
    name = _FAMILIES.get(kind.name, kind.name)
    return ColumnType(name) if name == "string" else replace(kind, name=name)
