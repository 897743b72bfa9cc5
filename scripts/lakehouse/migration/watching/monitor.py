"""How a migrated table fares: rows by day in old and new, what could not be read, what waits, query times.

Counting the old table reads its texts again; the rest is cheap. The old table is parsed by the project's own
macros: that old and new agree in every value is what `validate` proves, here a day that lacks rows shows.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from lakehouse.athena.sql import all_of, indented, lines, listed, quoted, relation, text, with_relations
from lakehouse.catalog.files import SourceFile, list_files
from lakehouse.catalog.tables import find_table
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.performance import Performance, Through, as_json, read_performance
from lakehouse.migration.state import standing_cutover
from lakehouse.migration.switching.readiness import UnloadedFiles


@dataclass(frozen=True)
class DayCount:
    """Rows of a day (UTC, of the column that partitions the new table) in the old table and in the new one.

    `old_keys` are distinct keys, None for a table without a key; a key with copies of different days counts
    on each of them.
    """

    day: date
    old_rows: int
    old_keys: int | None
    new_rows: int

    @property
    def difference(self) -> int:
        """What the new table lacks (negative: has more)."""
        return (self.old_rows if self.old_keys is None else self.old_keys) - self.new_rows


@dataclass(frozen=True)
class Waiting:
    """Files that are not in the new table yet; `lag` is since the first of them arrived (seconds)."""

    files: int
    bytes: int
    lag: int


@dataclass(frozen=True)
class Status:
    """One look at a table. `errors` are raw rows by column and reason; `performance` is by what was read."""

    table: str
    looked_at: datetime
    is_cut_over: bool
    days: tuple[DayCount, ...]
    errors: tuple[tuple[str, str, int], ...]
    waiting: Waiting
    performance: dict[Through, Performance]


def why_not_comparable(migration: Migration, table: TableConfig) -> str | None:
    """What stands against comparing old and new, and what to do; None if nothing does."""
    if migration.ledger.last("cleanup", "done", table.source):
        return f"{table.source}: the old table was cleaned up, there is nothing to compare any more"
    if find_table(migration.glue, table.target) is None:
        return (
            f"{table.source}: there is no {table.target} yet: "
            f"run `lakehouse migrate plan --apply --table {table.source}`, then `backfill`"
        )
    return None


def scan_size(migration: Migration, table: TableConfig) -> int:
    """Bytes that counting reads at most."""
    files = list_files(migration.s3, migration.glue, migration.source(table))
    return sum(file.size for file in files)


def look(
    migration: Migration, table: TableConfig, days: int, history_days: int, unloaded_files: UnloadedFiles
) -> Status:
    """Look at a table: its newest `days` days, its queries of `history_days` days."""
    now = migration.ledger.now()
    return Status(
        table.source,
        now,
        standing_cutover(migration.ledger, table.source) is not None,
        tuple(count_days(migration, table, days)),
        tuple(count_errors(migration, table)),
        _waiting(unloaded_files(migration, table), now),
        read_performance(migration, table, now - timedelta(days=history_days)),
    )


def status_json(status: Status) -> dict[str, Any]:
    """A look as a JSON object."""
    return {
        "table": status.table,
        "looked_at": status.looked_at.isoformat(timespec="seconds"),
        "is_cut_over": status.is_cut_over,
        "days": [{**asdict(each), "difference": each.difference} for each in status.days],
        "errors": [
            {"column": column, "reason": reason, "rows": count} for column, reason, count in status.errors
        ],
        "waiting": asdict(status.waiting),
        "queries": {through.name.lower(): as_json(part) for through, part in status.performance.items()},
    }


def count_days(migration: Migration, table: TableConfig, days: int) -> list[DayCount]:
    """Rows by day in both tables, newest day first."""
    source = migration.source(table)
    column = table.partition_by.column
    parsed = migration.macros.parsed(quoted(column), table.columns[column])
    # As in the target, a key that is NULL or blank is none.
    given = [f"trim(cast({quoted(name)} as varchar)) <> ''" for name in table.key]
    keys = "cast(null as bigint)"
    if table.key:
        distinct = listed("count(distinct row(", map(quoted, table.key), "))")
        keys = f"{distinct} filter (\n    {indented(all_of('where', given))}\n)"
    relations = {
        "typed": lines(
            listed("select ", ["*", f"{parsed} as value"]), f"from {relation(source.qualified_name)}"
        ),
        "old": lines(
            listed("select ", ["cast(value as date) as day", "count(*) as old_rows", f"{keys} as old_keys"]),
            "from typed",
            "where value is not null",
            "group by 1",
        ),
        "new": lines(
            f"select cast({quoted(column)} as date) as day, count(*) as new_rows",
            f"from {relation(table.target)}",
            "group by 1",
        ),
    }
    compared = f"""\
select
    day,
    coalesce(old_rows, 0) as old_rows,
    old_keys,
    coalesce(new_rows, 0) as new_rows
from old
full join new using (day)
order by day desc
limit {int(days)}"""
    statement = with_relations(relations, compared)
    return [
        DayCount(row["day"], int(row["old_rows"]), _optional(row["old_keys"]), int(row["new_rows"]))
        for row in migration.statements.rows(statement, source.database)
    ]


def count_errors(migration: Migration, table: TableConfig) -> list[tuple[str, str, int]]:
    """Raw rows by column and reason for which the text could not be read, most first.

    From the rejects table where the migration writes it, else by the macros over the old table.
    """
    if find_table(migration.glue, table.rejects) is not None:
        statement = lines(
            "select column_name, reject_reason, sum(occurrences) as row_count",
            f"from {relation(table.rejects)}",
            "group by 1, 2",
            "order by 3 desc, 1, 2",
        )
    else:
        statement = _judged(migration, table)
    return [
        (row["column_name"], row["reject_reason"], int(row["row_count"]))
        for row in migration.statements.rows(statement, table.target_name[0])
    ]


def _judged(migration: Migration, table: TableConfig) -> str:
    source = migration.source(table)
    parsed = {name: migration.macros.parsed(quoted(name), column) for name, column in table.columns.items()}
    reasons = (
        migration.macros.reject_reason(quoted(name), column, parsed[name])
        for name, column in table.columns.items()
    )
    arrays = [listed("array[", map(text, table.columns), "]"), listed("array[", reasons, "]")]
    return lines(
        "select column_name, reject_reason, count(*) as row_count",
        f"from {relation(source.qualified_name)}",
        f"{listed('cross join unnest(', arrays, ')')} as judged (column_name, reject_reason)",
        "where reject_reason is not null",
        "group by 1, 2",
        "order by 3 desc, 1, 2",
    )


def _waiting(files: list[SourceFile], now: datetime) -> Waiting:
    arrived = [file.arrived_at for file in files if file.arrived_at is not None]
    lag = max(0, round((now - min(arrived)).total_seconds())) if arrived else 0
    return Waiting(len(files), sum(file.size for file in files), lag)


def _optional(value: Any) -> int | None:
    return None if value is None else int(value)
