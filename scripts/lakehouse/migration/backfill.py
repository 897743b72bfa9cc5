"""The backfill: every batch of the applied plan, once, in the ledger when it is in."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from lakehouse.errors import DifferenceError
from lakehouse.migration.batches import Batch
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration, Say
from lakehouse.migration.dbt_writer import run_model
from lakehouse.migration.loaded import loaded_batches
from lakehouse.migration.merge import merge_rejects, merge_rows
from lakehouse.migration.plan import applied_plan_of, rows_of
from lakehouse.migration.planfile import Plan
from lakehouse.migration.rows import Rows
from lakehouse.migration.schedule import Schedule
from lakehouse.migration.settle import settle
from lakehouse.migration.sql import relation, text
from lakehouse.migration.statements import Written
from lakehouse.migration.tables import list_files


class Progress(Protocol):
    """Told of the batches there are, how many were in before, and of each that is in now."""

    def start(self, steps: int, done: int) -> None: ...

    def advance(self, steps: int, rows: int, size: int) -> None: ...


@dataclass(frozen=True)
class Accounts:
    """Where the raw rows of a table went: raw = target + duplicates + left out, exactly."""

    raw: int
    target: int
    left_out: int

    @property
    def duplicates(self) -> int:
        return self.raw - self.target - self.left_out

    @classmethod
    def recorded(cls, detail: dict[str, Any]) -> Accounts | None:
        """The accounts of an entry of the ledger, None if it has none."""
        return cls(detail["raw"], detail["target"], detail["left_out"]) if "raw" in detail else None


@dataclass(frozen=True)
class Loaded:
    """What a batch came to."""

    rows: Written
    rejects: Written | None
    seconds: float


class BatchWriter:
    """Writes batches of one table; safe to use in several threads."""

    def __init__(
        self, migration: Migration, rows: Rows, plan: Plan, generation: str, *, within_partitions: bool
    ) -> None:
        self._migration = migration
        self._rows = rows
        self._purpose = f"{rows.config.source} {generation} {plan.id}"
        self._within_partitions = within_partitions
        # One at a time: the rejects have no partitions that could keep two writes apart.
        self._rejects_turn = threading.Lock()

    def write(self, batch: Batch) -> Loaded:
        """Write a batch, rows first: rejects of rows that aren't in yet would balance nothing."""
        begun = time.monotonic()
        statements, purpose = self._migration.statements, f"{self._purpose} batch {batch.number}"
        merge = merge_rows(self._rows, batch, within_partitions=self._within_partitions)
        rows = statements.write(merge, f"{purpose} rows")
        rejects = None
        if batch.takes_rejects:
            with self._rejects_turn:
                rejects = statements.write(merge_rejects(self._rows, batch), f"{purpose} rejects")
        return Loaded(rows, rejects, time.monotonic() - begun)


@dataclass(frozen=True)
class Recorder:
    """Puts batches into the ledger as events of a step; one that isn't there will be written again."""

    migration: Migration
    step: str
    event: str
    table: str
    plan: Plan
    generation: str

    def record(self, batch: Batch, loaded: Loaded, **more: Any) -> None:
        """A batch that the migration wrote."""
        writes = [loaded.rows, *([loaded.rejects] if loaded.rejects else [])]
        self.record_run(
            batch,
            loaded.seconds,
            raw_rows=batch.rows,
            written=loaded.rows.rows,
            rejects=loaded.rejects.rows if loaded.rejects else 0,
            scanned_bytes=sum(write.scanned_bytes for write in writes),
            queries=[write.query_id for write in writes],
            **more,
        )

    def record_run(self, batch: Batch, seconds: float, **more: Any) -> None:
        """A batch, whoever wrote it."""
        self.migration.ledger.append(
            self.step,
            self.event,
            self.table,
            plan=self.plan.id,
            generation=self.generation,
            batch=batch.number,
            files=len(batch.files),
            bytes=batch.size,
            seconds=round(seconds, 3),
            **more,
        )


def pending_batches(migration: Migration, table: TableConfig, plan: Plan) -> list[Batch]:
    """The batches of a plan that the ledger doesn't name as loaded."""
    done = loaded_batches(migration.ledger, table.source)
    return [batch for batch in plan.batches if (plan.id, batch.number) not in done]


def backfill(
    migration: Migration, table: TableConfig, concurrency: int, progress: Progress, say: Say
) -> Accounts | None:
    """Write what is pending of the applied plan, settle copies, and return where the rows went.

    None where dbt writes: its tests say where they went. Raises UsageError without an applied plan,
    Interrupted when it was paused, QueryError for a batch that fails, DifferenceError if the accounts don't
    balance.
    """
    plan, applied = applied_plan_of(migration, table)
    generation = str(applied.detail["generation"])
    batches = pending_batches(migration, table, plan)
    progress.start(len(plan.batches), len(plan.batches) - len(batches))
    done = migration.ledger.last("backfill", "done", table.source)
    if not batches and done is not None and done.detail.get("generation") == generation:
        return Accounts.recorded(done.detail)
    if table.dbt_model is not None:
        _by_dbt(migration, table, plan, generation, batches, progress, say)
        return None
    return _by_merge(
        migration, rows_of(migration, table), plan, generation, batches, concurrency, progress, say
    )


def _by_dbt(
    migration: Migration,
    table: TableConfig,
    plan: Plan,
    generation: str,
    batches: list[Batch],
    progress: Progress,
    say: Say,
) -> None:
    recorder = Recorder(migration, "backfill", "batch", table.source, plan, generation)
    all_files = list_files(migration.s3, migration.glue, migration.source(table))
    for batch in batches:
        run = run_model(migration, table, batch.files, all_files, say, with_tests=True)
        recorder.record_run(batch, run.seconds)
        progress.advance(1, 0, batch.size)
    migration.ledger.append("backfill", "done", table.source, plan=plan.id, generation=generation)


def _by_merge(
    migration: Migration,
    rows: Rows,
    plan: Plan,
    generation: str,
    batches: list[Batch],
    concurrency: int,
    progress: Progress,
    say: Say,
) -> Accounts:
    source = rows.config.source
    writer = BatchWriter(migration, rows, plan, generation, within_partitions=True)
    recorder = Recorder(migration, "backfill", "batch", source, plan, generation)

    def done(batch: Batch, loaded: Loaded) -> None:
        recorder.record(batch, loaded)
        progress.advance(1, batch.rows, batch.size)

    Schedule(writer.write, done, concurrency, say).run(batches)
    removed = settle(migration, rows, generation)
    accounts = account(migration, rows, plan)
    migration.ledger.append(
        "backfill",
        "done",
        source,
        plan=plan.id,
        generation=generation,
        copies_removed=removed,
        duplicates=accounts.duplicates,
        **asdict(accounts),
    )
    return accounts


def account(migration: Migration, rows: Rows, plan: Plan) -> Accounts:
    """Count where the raw rows of a plan went. Raises DifferenceError if one of them is missing."""
    config = rows.config
    [counts] = migration.statements.rows(
        f"select (select count(*) from {relation(config.target)}) as target, "
        "(select coalesce(sum(occurrences), 0) from " + relation(config.rejects) + " where "
        f"column_name = {text(config.partition_by.column)} or reject_reason = 'missing_key') as left_out"
    )
    accounts = Accounts(plan.raw_rows or 0, int(counts["target"]), int(counts["left_out"]))
    if accounts.duplicates < 0 or (accounts.duplicates > 0 and not config.key):
        raise DifferenceError(
            f"{config.source} holds {accounts.raw:,} rows, but {config.target} holds {accounts.target:,} and "
            f"{config.rejects} {accounts.left_out:,} that are left out: were they written by something else?"
        )
    return accounts
