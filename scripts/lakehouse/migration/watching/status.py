"""Where a table stands: its stage, read from the ledger, and the files that aren't in its target yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lakehouse.catalog.files import list_files
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.copying.dual_write import waited
from lakehouse.migration.copying.loaded import (
    applied_plan,
    gone_files,
    is_backfilled,
    loaded_batches,
    trial_days,
    unloaded_files,
)
from lakehouse.migration.copying.planfile import load_plan
from lakehouse.migration.state import last_write, standing_cutover
from lakehouse.migration.switching.backup import find_backups
from lakehouse.records.ledger import Ledger


class Stage(StrEnum):
    """How far a table has come, in order."""

    NEW = "not planned"
    PLANNED = "planned"
    APPLIED = "plan applied"
    BACKFILLING = "backfill under way"
    BACKFILLED = "backfilled"
    DIFFERENT = "validated: differences"
    VALIDATED = "validated"
    CUT_OVER = "cut over"
    CLEANED = "cleaned up"


_NEXT = {
    Stage.NEW: "plan",
    Stage.PLANNED: "plan --apply",
    Stage.APPLIED: "backfill",
    Stage.BACKFILLING: "backfill",
    Stage.BACKFILLED: "validate",
    Stage.DIFFERENT: "validate",
    Stage.VALIDATED: "cutover",
    Stage.CUT_OVER: "monitor",
    Stage.CLEANED: "",
}


@dataclass(frozen=True)
class Standing:
    """One table's state. `batches` are the applied plan's, None before one.

    `waiting_files` aren't in the target, the first of them for `lag_seconds`; `gone_files` are in the target
    and no longer in S3. `trial_days` are the only days that a backfill was asked for, None where it was asked
    for all.
    """

    table: str
    stage: Stage
    batches: int | None
    batches_done: int
    waiting_files: int | None
    lag_seconds: float
    changed_at: datetime | None
    changed_by: str | None
    next_command: str
    gone_files: int = 0
    trial_days: str | None = None


def standing(migration: Migration, table: TableConfig) -> Standing:
    """Where a table stands. Lists the source's files once a plan was applied; scans nothing."""
    ledger, source = migration.ledger, table.source
    batches, done = _batches(migration, table)
    stage = _stage(ledger, source, batches, done)
    waiting: int | None = None
    lag, gone = 0.0, 0
    if batches is not None and stage is not Stage.CLEANED:
        files = list_files(migration.s3, migration.glue, migration.source(table))
        late = unloaded_files(migration, table, files)
        waiting, lag = len(late), waited(migration.ledger.now(), late)
        gone = len(gone_files(migration, table, files))
    entries = ledger.entries(table=source)
    last = entries[-1] if entries else None
    next_command = "dual-write" if waiting and _has_ended_backfill(stage) else _NEXT[stage]
    if next_command == "cutover" and not find_backups(migration, table):
        # Without one the cutover is refused.
        next_command = "backup"
    return Standing(
        source,
        stage,
        batches,
        done,
        waiting,
        lag,
        last.at if last else None,
        last.by if last else None,
        next_command and f"lakehouse migrate {next_command}",
        gone,
        trial_days(ledger, source) if stage is Stage.BACKFILLING else None,
    )


def _batches(migration: Migration, table: TableConfig) -> tuple[int | None, int]:
    applied = applied_plan(migration.ledger, table.source)
    if applied is None:
        return None, 0
    plan = load_plan(migration.s3, migration.config.location, table.source, applied.detail["plan"])
    loaded = loaded_batches(migration.ledger, table.source)
    return len(plan.batches), sum((plan.id, batch.number) in loaded for batch in plan.batches)


def _has_ended_backfill(stage: Stage) -> bool:
    order = list(Stage)
    return order.index(stage) >= order.index(Stage.BACKFILLED)


def _stage(ledger: Ledger, table: str, batches: int | None, done: int) -> Stage:
    if ledger.last("cleanup", "done", table):
        return Stage.CLEANED
    if standing_cutover(ledger, table):
        return Stage.CUT_OVER
    if batches is None:
        return Stage.PLANNED if ledger.last("plan", "planned", table) else Stage.NEW
    backfilled = ledger.last("backfill", "done", table)
    if backfilled is None or not is_backfilled(ledger, table):
        return Stage.BACKFILLING if done else Stage.APPLIED
    green, red = ledger.last("validate", "green", table), ledger.last("validate", "red", table)
    if red and (green is None or red.at > green.at) and red.at > backfilled.at:
        return Stage.DIFFERENT
    written = max(backfilled.at, last_write(ledger, table) or backfilled.at)
    return Stage.VALIDATED if green and green.at > written else Stage.BACKFILLED
