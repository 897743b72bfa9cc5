"""The end of a backfill: of copies of a key that lie in different partitions, all but one are removed.

A batch looks for copies only in the partitions it touches. Most keys have their copies in one partition (an
event has one day), so this finds nothing to do and reads the keys once, where every batch would have read all
of the target.
"""

from __future__ import annotations

from datetime import date

from lakehouse.athena.sql import all_of, indented, lines, listed, over, quoted, relation, with_relations
from lakehouse.migration.context import Migration
from lakehouse.migration.copying.batches import MAX_PARTITIONS
from lakehouse.migration.copying.periods import in_periods, period_of
from lakehouse.migration.copying.precedence import SOURCE_PATH, copies_in_order
from lakehouse.migration.copying.rows import OWN, Rows

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
    repeated = lines(
        "select 1",
        f"from {relation(rows.config.target)}",
        listed("group by ", map(quoted, rows.key)),
        "having count(*) > 1",
    )
    counted = lines("select count(*) as copied", "from repeated_keys")
    [row] = migration.statements.rows(with_relations({"repeated_keys": repeated}, counted))
    return int(row["copied"]) > 0


def _losing_by_period(migration: Migration, rows: Rows) -> dict[date, int]:
    counted = lines(
        f"select {_PERIOD} as period, count(*) as losing",
        "from numbered",
        f"where {_NUMBER} > 1",
        "group by 1",
    )
    found = migration.statements.rows(with_relations({"numbered": _numbered(rows)}, counted))
    return {row["period"]: int(row["losing"]) for row in found}


def _numbered(rows: Rows) -> str:
    """Every row's key, path and period, numbered by precedence: 1 stays."""
    partition = rows.config.partition_by
    keys = [quoted(name) for name in rows.key]
    period = period_of(partition.transform, quoted(partition.column))
    number = f"row_number() {over(keys, copies_in_order(rows.config))}"
    return lines(
        listed("select ", [*keys, quoted(SOURCE_PATH), f"{period} as {_PERIOD}", f"{number} as {_NUMBER}"]),
        f"from {relation(rows.config.target)}",
    )


def _removal(rows: Rows, periods: list[date]) -> str:
    partition = rows.config.partition_by
    column_type = rows.config.columns[partition.column].type
    names = [quoted(name) for name in (*rows.key, SOURCE_PATH)]
    losing = lines(listed("select ", names), "from numbered", f"where {_NUMBER} > 1")
    within = in_periods(partition.transform, f"target.{quoted(partition.column)}", column_type, periods)
    return lines(
        f"merge into {relation(rows.config.target)} as target",
        "using (",
        f"    {indented(with_relations({'numbered': _numbered(rows)}, losing))}",
        ") as losing",
        all_of("on", [*(f"target.{name} = losing.{name}" for name in names), within]),
        "when matched then delete",
    )
