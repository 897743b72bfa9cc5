"""Step `statistics`: Glue's column statistics of the new tables, for Athena's cost-based optimizer.

A task of Glue counts the distinct values of each column into a Puffin file that belongs to the table's newest
snapshot; rows and snapshots stay as they are. Athena reads it where the table's property says so.
Sources: docs.aws.amazon.com/glue/latest/dg/iceberg-column-statistics.html and column-stats-notes.html,
docs.aws.amazon.com/athena/latest/ug/cost-based-optimizer.html.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lakehouse.athena.column_types import parse_column_type
from lakehouse.catalog.tables import Table, find_table
from lakehouse.errors import ServiceError, UsageError
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.copying.loaded import filled_tables
from lakehouse.migration.state import last_write

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

# Says whether Athena reads an Iceberg table's statistics.
USED_PROPERTY = "use_iceberg_statistics"
_UNDER_WAY = ("STARTING", "RUNNING")


@dataclass(frozen=True)
class StatisticsRun:
    """A run of Glue's task: its state in Glue's words, when it was asked for (UTC), why it failed."""

    id: str
    state: str
    created_at: datetime
    error: str | None

    @property
    def is_under_way(self) -> bool:
        return self.state in _UNDER_WAY


@dataclass(frozen=True)
class TableStatistics:
    """What is known of one target's statistics. `newest` is None where no run is known.

    `is_used` is whether Athena reads them, `is_outdated` whether the migration wrote rows after the newest
    run began. `left_out` are nested columns, which the task doesn't support.
    """

    table: TableConfig
    target: Table
    newest: StatisticsRun | None
    is_used: bool
    is_outdated: bool
    left_out: tuple[str, ...]

    @property
    def is_under_way(self) -> bool:
        return self.newest is not None and self.newest.is_under_way


def find_statistics(migration: Migration, tables: Sequence[TableConfig]) -> list[TableStatistics]:
    """The statistics of each table's target. Changes nothing.

    Raises UsageError for a target that isn't filled: statistics of a part would mislead every plan.
    """
    filled = filled_tables(migration)
    if missing := [table.source for table in tables if table.source not in filled]:
        raise UsageError(
            f"there are no statistics to compute before the backfill of {', '.join(missing)}: "
            "run `lakehouse migrate backfill`, or name other tables with --table"
        )
    return [_statistics(migration, table) for table in tables]


def start_run(migration: Migration, found: TableStatistics, role: str) -> str:
    """Start Glue's task for a target, all of its rows and all columns that it supports; the run's id.

    `role` is the IAM role that Glue assumes, name or ARN.
    """
    # No columns stands for all, and there is no sampling of an Iceberg table.
    scalars = [column.name for column in found.target.all_columns if column.name not in found.left_out]
    columns: dict[str, Any] = {"ColumnNameList": scalars} if found.left_out else {}
    run = migration.glue.start_column_statistics_task_run(
        DatabaseName=found.target.database, TableName=found.target.name, Role=role, **columns
    )["ColumnStatisticsTaskRunId"]
    migration.ledger.append("statistics", "started", found.table.source, run=run, role=role)
    return run


def newest_run(glue: GlueClient, database: str, name: str) -> StatisticsRun | None:
    """The run of a table that was asked for last, None if Glue knows none."""
    runs: list[Any] = []
    page: dict[str, Any] = {}
    while True:
        try:
            answer: Any = glue.get_column_statistics_task_runs(DatabaseName=database, TableName=name, **page)
        except glue.exceptions.OperationNotSupportedException as error:
            raise ServiceError(
                "Glue at this endpoint doesn't compute column statistics: skip this step, which changes no "
                "row and only helps Athena to choose between plans"
            ) from error
        runs += answer.get("ColumnStatisticsTaskRuns", [])
        if not answer.get("NextToken"):
            break
        page = {"NextToken": answer["NextToken"]}
    if not runs:
        return None
    # Glue promises no order.
    newest = max(runs, key=lambda run: run["CreationTime"])
    return StatisticsRun(
        newest["ColumnStatisticsTaskRunId"],
        newest["Status"],
        newest["CreationTime"],
        newest.get("ErrorMessage"),
    )


def _statistics(migration: Migration, table: TableConfig) -> TableStatistics:
    target = find_table(migration.glue, table.target)
    if target is None:
        raise UsageError(f"{table.target} was dropped meanwhile: run the command again")
    newest = newest_run(migration.glue, target.database, target.name)
    written = last_write(migration.ledger, table.source)
    return TableStatistics(
        table,
        target,
        newest,
        str(target.definition.get("Parameters", {}).get(USED_PROPERTY)).lower() == "true",
        newest is not None and written is not None and written > newest.created_at,
        tuple(column.name for column in target.all_columns if parse_column_type(column.type).is_nested),
    )
