"""Rows of a target that no file of the source holds: written to the new table directly, after the cutover.

A rollback brings the old files back into sight, and with them every row that came by file. A row that was
written to the new table itself would be lost to the old name: it is found by its `_source_path`, which is
NULL or names no file of the source, and can be moved into the old table as text. The move reads one
snapshot of the target, so that it can be repeated; what it moved is then taken out of the target, where the
next increment puts it back from its new file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lakehouse.athena.column_types import engine_type
from lakehouse.athena.sql import all_of, indented, lines, listed, one_of, quoted, relation, text
from lakehouse.catalog.files import all_objects
from lakehouse.catalog.tables import Column, Table, TableKind, find_table
from lakehouse.errors import RefusedError
from lakehouse.migration.config import ColumnConfig, TableConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.switching.snapshots import current_snapshot
from lakehouse.output import counted

# A statement has at most 262,144 bytes, a path up to 1,024: this many fit at any length.
_PATHS_PER_STATEMENT = 150


@dataclass(frozen=True)
class WrittenRows:
    """Rows without a source file in one snapshot of the target: how many have no path, and how many name a
    file that is gone, by path. `without_partition` of them lack a value for a partition key."""

    snapshot: int
    without_path: int
    by_gone_file: dict[str, int]
    without_partition: int

    @property
    def count(self) -> int:
        return self.without_path + sum(self.by_gone_file.values())

    def conditions(self) -> Iterator[str]:
        """SQL conditions that together hold for these rows, each for some of them."""
        if self.without_path:
            yield "_source_path is null"
        gone = sorted(self.by_gone_file)
        for start in range(0, len(gone), _PATHS_PER_STATEMENT):
            yield one_of("_source_path", map(text, gone[start : start + _PATHS_PER_STATEMENT]))


def find_written_rows(
    migration: Migration, table: TableConfig, old: Table, snapshot: int | None = None
) -> WrittenRows | None:
    """The rows in a snapshot of the target, the newest by default; None if there is no target with rows."""
    target = find_table(migration.glue, table.target)
    if target is None or target.kind is not TableKind.ICEBERG:
        return None
    wanted = current_snapshot(migration.s3, target) if snapshot is None else snapshot
    if wanted is None:
        return None
    empty = " or ".join(f"{quoted(column.name)} is null" for column in old.partition_keys) or "false"
    by_path = lines(
        listed(
            "select ", ["_source_path as path", "count(*) as row_count", f"count_if({empty}) as unplaced"]
        ),
        f"from {relation(table.target)} for version as of {wanted}",
        "group by 1",
    )
    counted_rows = migration.statements.rows(by_path, table.target_name[0])
    entry = find_table(migration.glue, table.legacy) or old
    there = {path for path, *_ in all_objects(migration.s3, migration.glue, entry)} if counted_rows else set()
    written = [row for row in counted_rows if row["path"] is None or row["path"] not in there]
    return WrittenRows(
        wanted,
        sum(int(row["row_count"]) for row in written if row["path"] is None),
        {row["path"]: int(row["row_count"]) for row in written if row["path"] is not None},
        sum(int(row["unplaced"]) for row in written),
    )


def move_written_rows(
    migration: Migration, table: TableConfig, old: Table, into: Table, rows: WrittenRows
) -> None:
    """Insert the rows into the old table as text, then take those that were inserted out of the target.

    `into` is the Glue entry that the insert names. Safe to repeat with the same `rows`: a repeated insert
    finds its first execution. Raises RefusedError if a row has no value for a partition key.
    """
    if rows.without_partition:
        keys = ", ".join(column.name for column in old.partition_keys)
        raise RefusedError(
            f"{counted(rows.without_partition, 'row')} written to {table.target} without a value for {keys}, "
            f"by which {table.source} is partitioned: set one with UPDATE, then roll back again"
        )
    purpose = f"rollback {table.source} snapshot {rows.snapshot}"
    for condition in rows.conditions():
        migration.statements.write(_insert(table, old, into, rows.snapshot, condition), purpose, old.database)
    target = find_table(migration.glue, table.target)
    names = [column.name for column in target.columns] if target else []
    for condition in rows.conditions():
        migration.statements.write(
            _take_out(table, names, rows.snapshot, condition), f"{purpose} taken out", old.database
        )


def _insert(table: TableConfig, old: Table, into: Table, snapshot: int, condition: str) -> str:
    names = (quoted(column.name) for column in old.all_columns)
    values = (_as_before(column, table.columns.get(column.name)) for column in old.all_columns)
    return lines(
        listed(f"insert into {relation(into.qualified_name)} (", names, ")"),
        listed("select ", values),
        f"from {relation(table.target)} for version as of {snapshot}",
        f"where {condition}",
    )


def _take_out(table: TableConfig, names: list[str], snapshot: int, condition: str) -> str:
    """Whole rows are compared: one that was changed since the snapshot isn't the one that was moved."""
    same = (f"target.{quoted(name)} is not distinct from written.{quoted(name)}" for name in names)
    written = lines(
        listed("select distinct ", map(quoted, names)),
        f"from {relation(table.target)} for version as of {snapshot}",
        f"where {condition}",
    )
    return lines(
        f"merge into {relation(table.target)} as target",
        "using (",
        f"    {indented(written)}",
        ") as written",
        all_of("on", same),
        "when matched then delete",
    )


def _as_before(column: Column, config: ColumnConfig | None) -> str:
    """A target's column as the old table has it."""
    name = quoted(column.name)
    if config is not None and config.type == "timestamp" and column.is_text:
        return _timestamp_text(name, config.zone)
    return f"cast({name} as {engine_type(column.type)})"


def _timestamp_text(name: str, zone: str) -> str:
    """Text that CAST reads, and that the parse macros read as the same moment: in the zone of the source,
    with its offset where that isn't UTC, since a local time can mean two moments in autumn."""
    if zone == "UTC":
        return f"cast({name} as varchar)"
    local = f"at_timezone(with_timezone({name}, 'UTC'), {text(zone)})"
    return lines(f"cast(cast({local} as timestamp(6)) as varchar)", f"    || format_datetime({local}, 'ZZ')")
