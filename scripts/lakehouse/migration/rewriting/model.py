"""Which tables a rewrite is about: the old one, the new one, and the columns whose type changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lakehouse.catalog.tables import Table
from lakehouse.migration.config import TableConfig


@dataclass(frozen=True)
class MigratedTable:
    """One table of a migration as a statement sees it.

    `changed` maps the columns that were text to their new type (timestamp, date, int, ...). `columns` are the
    old table's, partition keys last; None where they aren't known, and then nothing that depends on them is
    rewritten. `target_columns` are the new table's, None where all of the old ones are in it. `restored` maps
    columns that the new table has in another type to their old one.
    """

    source: str
    target: str
    changed: Mapping[str, str]
    columns: tuple[str, ...] | None = None
    partition_keys: tuple[str, ...] = ()
    target_columns: frozenset[str] | None = None
    restored: Mapping[str, str] = field(default_factory=dict)

    @property
    def partition_column(self) -> str:
        """The column that a filter should name to read less, in the order of the configuration."""
        return next(iter(self.changed))

    def has(self, column: str) -> bool | None:
        """Whether the old table has a column; None where its columns aren't known."""
        if column in self.changed or column in self.partition_keys:
            return True
        return None if self.columns is None else column in self.columns

    def is_kept(self, column: str) -> bool:
        """Whether the new table has a column of the old one."""
        return self.target_columns is None or column in self.target_columns


def migrated_table_of(
    config: TableConfig, source: Table | None = None, target: Table | None = None
) -> MigratedTable:
    """A configured table; what Glue says of source and target makes it complete."""
    first = config.partition_by.column
    changed = {first: config.columns[first].type} | {
        name: column.type for name, column in config.columns.items()
    }
    return MigratedTable(
        config.source,
        config.target,
        changed,
        tuple(column.name for column in source.all_columns) if source else None,
        tuple(column.name for column in source.partition_keys) if source else (),
        frozenset(column.name for column in target.all_columns) if target else None,
    )
