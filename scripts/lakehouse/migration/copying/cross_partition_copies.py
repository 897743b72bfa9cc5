"""The end of a backfill: of copies of a key that lie in different partitions, all but one are removed.

A batch looks for copies only in the partitions it touches. Most keys have their copies in one partition (an
event has one day), so this finds nothing to do and reads the keys once, where every batch would have read all
of the target.
"""

from __future__ import annotations

from datetime import date

from lakehouse.athena.sql import columns, quoted, relation
from lakehouse.migration.config import Keep
from lakehouse.migration.context import Migration
from lakehouse.migration.copying.batches import MAX_PARTITIONS
from lakehouse.migration.copying.periods import in_periods, period_of
from lakehouse.migration.copying.rows import OWN, SOURCE_PATH, Rows

_PERIOD, _NUMBER = quoted(f"{OWN}period"), quoted(f"{OWN}number")


def remove_cross_partition_copies(migration: Migration, rows: Rows, generation: str) -> int:
    """Remove the copies that lose; return how many they were."""
    if not rows.config.key or not _has_copies(migration, rows):
        return 0
    losing = _losing_by_period(migration, rows)
    periods = sorted(losing)
    for start in range(0, len(periods), MAX_PARTITIONS):
        chunk = periods[start : start + MAX_PARTITIONS]
        count = sum(losing[period] for period in chunk)
        migration.statements.write(
            _removal(rows, chunk),
            f"{rows.config.source} {generation} remove {count} copies from {chunk[0]}",
        )
    return sum(losing.values())


def _has_copies(migration: Migration, rows: Rows) -> bool:
    keys = columns(rows.key)
    [row] = migration.statements.rows(
        f"select count(*) as copied from (select 1 from {relation(rows.config.target)} "
        f"group by {keys} having count(*) > 1)"
    )
    return int(row["copied"]) > 0


def _losing_by_period(migration: Migration, rows: Rows) -> dict[date, int]:
    found = migration.statements.rows(
        f"select {_PERIOD} as period, count(*) as losing from ({_numbered(rows)}) "
        f"where {_NUMBER} > 1 group by 1"
    )
    return {row["period"]: int(row["losing"]) for row in found}


def _numbered(rows: Rows) -> str:
    """Every row's key, path and period, numbered by precedence: 1 stays."""
    partition = rows.config.partition_by
    path = quoted(SOURCE_PATH)
    if rows.config.keep is Keep.FIRST or rows.config.latest_by is None:
        order = path
    else:
        order = f"{quoted(rows.config.latest_by)} desc nulls last, {path} desc"
    return (
        f"select {columns(rows.key)}, {path}, "
        f"{period_of(partition.transform, quoted(partition.column))} as {_PERIOD}, "
        f"row_number() over (partition by {columns(rows.key)} order by {order}) as {_NUMBER} "
        f"from {relation(rows.config.target)}"
    )


def _removal(rows: Rows, periods: list[date]) -> str:
    partition = rows.config.partition_by
    column_type = rows.config.columns[partition.column].type
    names = (*rows.key, SOURCE_PATH)
    same = " and ".join(f"target.{quoted(name)} = source.{quoted(name)}" for name in names)
    within = in_periods(partition.transform, f"target.{quoted(partition.column)}", column_type, periods)
    return (
        f"merge into {relation(rows.config.target)} as target using "
        f"(select {columns(names)} from ({_numbered(rows)}) where {_NUMBER} > 1) as source "
        f"on {same} and {within} when matched then delete"
    )
