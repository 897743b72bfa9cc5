"""The performance of users' queries of a table, before a cutover and after it, from Athena's history.

A user's query is a SELECT that names the old table or the new one. The migration's own are marked
(`statements.MARK`) and left out, and so are those of dbt, which builds and tests at its own times. Before
the cutover the old name is the table of texts, after it the view.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from lakehouse.athena.costs import scan_cost
from lakehouse.athena.history import iter_executions
from lakehouse.athena.statements import MARK
from lakehouse.catalog.dependents import tables_in
from lakehouse.errors import ServiceError
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.state import cut_over_periods
from lakehouse.records.ledger import Ledger
from lakehouse.records.objects import Location, read_document
from lakehouse.records.reports import keep_report

if TYPE_CHECKING:
    from mypy_boto3_athena.type_defs import QueryExecutionTypeDef

# Athena forgets what is older.
HISTORY = timedelta(days=45)
# Athena's error for a text in a query that is not a valid time.
_CONVERSION = ("INVALID_CAST_ARGUMENT", "INVALID_FUNCTION_ARGUMENT")
# In the comment that begins each of dbt's statements, the project's (macros/overrides/build_comment.sql) and
# dbt's own.
_DBT = '"app": "dbt"'
_COMMENT_LENGTH = 500


class Through(StrEnum):
    """What a query read."""

    OLD_TABLE = "old table"
    VIEW = "old name, as a view"
    NEW_TABLE = "new table"


@dataclass(frozen=True)
class UserQuery:
    """One query: when it was submitted (UTC), what it took, how it ended."""

    through: Through
    submitted_at: datetime
    total_ms: int
    scanned_bytes: int
    failed: bool
    conversion_error: bool


@dataclass(frozen=True)
class Performance:
    """Queries together. Times are milliseconds with queueing, of those that succeeded; percentiles are by
    nearest rank, None without a query that succeeded. Bytes and dollars are of all."""

    queries: int
    failed: int
    conversion_errors: int
    p50_ms: int | None
    p95_ms: int | None
    scanned_bytes: int
    bytes_per_query: int
    dollars: float

    @property
    def error_rate(self) -> float:
        """Share of queries that failed, 0 to 1."""
        return self.failed / self.queries if self.queries else 0.0


def read_performance(migration: Migration, table: TableConfig, since: datetime) -> dict[Through, Performance]:
    """What users' queries of a table took since a moment (UTC), by what they read."""
    queries = list(_user_queries(migration, table, since))
    return {
        through: summarised(query for query in queries if query.through is through) for through in Through
    }


def keep_baseline(migration: Migration, table: TableConfig, days: int) -> str:
    """Put what the old table's queries took into the reports, while the history still knows; return where."""
    now = migration.ledger.now()
    found = read_performance(migration, table, now - timedelta(days=days))
    content = json.dumps({"days": days, **as_json(found[Through.OLD_TABLE])}, indent=1)
    return keep_report(migration.ledger, f"baseline-{table.source}", "json", content, now)


def load_baseline(ledger: Ledger, location: str) -> Performance:
    """A baseline that was kept."""
    raw: Any = read_document(ledger.s3, Location.of(location))
    if raw is None:
        raise ServiceError(
            f"{location} isn't there, but the ledger names it: restore it from the bucket's versions"
        )
    return Performance(**{name: raw[name] for name in Performance.__dataclass_fields__})


def as_json(performance: Performance) -> dict[str, Any]:
    """A performance as a JSON object."""
    return {**asdict(performance), "error_rate": performance.error_rate}


def summarised(queries: Iterable[UserQuery]) -> Performance:
    """Queries together."""
    every = list(queries)
    times = sorted(query.total_ms for query in every if not query.failed)
    scanned = [query.scanned_bytes for query in every]
    return Performance(
        len(every),
        sum(query.failed for query in every),
        sum(query.conversion_error for query in every),
        _percentile(times, 50),
        _percentile(times, 95),
        sum(scanned),
        sum(scanned) // len(every) if every else 0,
        sum(scan_cost(size) for size in scanned),
    )


def change(before: float | None, after: float | None) -> float | None:
    """The share by which something decreased (negative: increased); None if there is nothing to compare."""
    return None if not before or after is None else 1 - after / before


def _user_queries(migration: Migration, table: TableConfig, since: datetime) -> Iterator[UserQuery]:
    periods = cut_over_periods(migration.ledger, table.source)
    for execution in iter_executions(
        migration.statements.athena, migration.statements.client.workgroup, since
    ):
        submitted = execution["Status"]["SubmissionDateTime"]
        if submitted < since or execution["Status"]["State"] not in ("SUCCEEDED", "FAILED"):
            continue
        through = through_of(execution, table, is_view=_holds(periods, submitted))
        if through is not None:
            yield _user_query(execution, through)


def through_of(execution: QueryExecutionTypeDef, table: TableConfig, *, is_view: bool) -> Through | None:
    """What a user's query reads of a table, None for anything else. `is_view` says what the old name was."""
    sql = execution.get("Query", "")
    if sql.startswith(MARK) or _DBT in sql[:_COMMENT_LENGTH] or not _is_about(sql, table):
        return None
    if not _is_select(sql):
        return None
    named = tables_in(sql, execution.get("QueryExecutionContext", {}).get("Database", "default"))
    if table.source in named:
        return Through.VIEW if is_view else Through.OLD_TABLE
    return Through.NEW_TABLE if table.target in named else None


def _is_about(sql: str, table: TableConfig) -> bool:
    """Cheap, ahead of parsing: whether a name of the table is in the text at all."""
    lowered = sql.lower()
    return table.source_name[1] in lowered or table.target_name[1] in lowered


def _is_select(sql: str) -> bool:
    try:
        return isinstance(sqlglot.parse_one(sql, dialect="athena"), exp.Query)
    except SqlglotError:
        return False


def _user_query(execution: QueryExecutionTypeDef, through: Through) -> UserQuery:
    statistics = execution.get("Statistics", {})
    failed = execution["Status"]["State"] == "FAILED"
    reason = execution["Status"].get("StateChangeReason", "")
    return UserQuery(
        through,
        execution["Status"]["SubmissionDateTime"],
        statistics.get("TotalExecutionTimeInMillis", 0),
        statistics.get("DataScannedInBytes", 0),
        failed,
        failed and any(code in reason for code in _CONVERSION),
    )


def _holds(periods: list[tuple[datetime, datetime | None]], moment: datetime) -> bool:
    return any(start <= moment and (end is None or moment < end) for start, end in periods)


def _percentile(ordered: list[int], percent: int) -> int | None:
    return ordered[math.ceil(len(ordered) * percent / 100) - 1] if ordered else None
