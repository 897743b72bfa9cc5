"""The backfill: every batch of the applied plan, once, in the ledger when it is in."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Protocol

from lakehouse.athena.statements import Written
from lakehouse.catalog.files import SourceFile, list_files
from lakehouse.errors import UsageError
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration, Say
from lakehouse.migration.copying.accounts import Accounts, balance
from lakehouse.migration.copying.batches import Batch
from lakehouse.migration.copying.cross_partition_copies import remove_cross_partition_copies
from lakehouse.migration.copying.dbt_writer import check_model, run_model
from lakehouse.migration.copying.loaded import loaded_batches
from lakehouse.migration.copying.merge import merge_rejects, merge_rows
from lakehouse.migration.copying.periods import Days
from lakehouse.migration.copying.plan import applied_plan_of, rows_of
from lakehouse.migration.copying.planfile import Plan
from lakehouse.migration.copying.rows import Rows
from lakehouse.migration.copying.schedule import Schedule


class Progress(Protocol):
    """Told of the batches there are, how many were in before, and of each that is in now."""

    def start(self, steps: int, done: int) -> None: ...

    def advance(self, steps: int, rows: int, size: int) -> None: ...


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
        """A batch, written by the migration or by dbt."""
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


@dataclass(frozen=True)
class _Work:
    """What a backfill is about: batches of the applied plan, and those of them that are not in yet. `left` of
    the plan's other batches are not in either."""

    recorder: Recorder
    batches: list[Batch]
    pending: list[Batch]
    left: int

    def present_files(self, table: TableConfig) -> list[SourceFile]:
        """The source's files. Raises UsageError if one that is pending isn't what the plan counted."""
        migration = self.recorder.migration
        files = list_files(migration.s3, migration.glue, migration.source(table))
        _require_files(table, self.pending, files)
        return files


def _prepared(migration: Migration, table: TableConfig, days: Days | None = None) -> _Work:
    """The work of the applied plan, or of its batches with rows of some days; UsageError without any."""
    plan, applied = applied_plan_of(migration, table)
    transform = table.partition_by.transform
    batches = [batch for batch in plan.batches if days is None or days.touch(transform, batch.partitions)]
    if days is not None and not batches:
        raise UsageError(f"{table.source} holds no rows of {days} in {table.partition_by.column}")
    waiting = pending_batches(migration, table, plan)
    pending = [batch for batch in batches if batch in waiting]
    generation = str(applied.detail["generation"])
    recorder = Recorder(migration, "backfill", "batch", table.source, plan, generation)
    return _Work(recorder, batches, pending, len(waiting) - len(pending))


def backfill(
    migration: Migration, table: TableConfig, concurrency: int, progress: Progress, say: Say
) -> Accounts | None:
    """Write what is pending of the applied plan, remove copies across partitions, say where the rows went.

    None where dbt writes: its tests say where they went. Raises UsageError without an applied plan or where a
    file of it is gone, Interrupted when it was paused, QueryError for a batch that fails, DifferenceError if
    the accounts don't balance.
    """
    work = _prepared(migration, table)
    recorder, generation = work.recorder, work.recorder.generation
    progress.start(len(work.batches), len(work.batches) - len(work.pending))
    done = migration.ledger.last("backfill", "done", table.source)
    if not work.pending and done is not None and done.detail.get("generation") == generation:
        return Accounts.recorded(done.detail)
    all_files = work.present_files(table)
    if table.dbt_model is not None:
        for batch in work.pending:
            run = run_model(migration, table, batch.files, all_files, say, with_tests=True)
            recorder.record_run(batch, run.seconds)
            progress.advance(1, 0, batch.size)
        migration.ledger.append(
            "backfill", "done", table.source, plan=recorder.plan.id, generation=generation
        )
        return None
    return _by_merge(recorder, rows_of(migration, table), work.pending, Schedule(concurrency, say), progress)


def check_backfill(migration: Migration, table: TableConfig) -> None:
    """Raise what `backfill` would raise before it writes."""
    work = _prepared(migration, table)
    if not work.pending:
        return
    if table.dbt_model is None:
        rows_of(migration, table)
    else:
        check_model(migration.project, table)
    work.present_files(table)


@dataclass(frozen=True)
class Trial:
    """What a backfill of some days wrote: its batches and their raw rows; `days` are those that the batches
    hold rows of. `pending` batches of the plan are not in.
    """

    source: str
    batches: int
    raw_rows: int
    days: tuple[date, ...]
    pending: int


def backfill_days(
    migration: Migration, table: TableConfig, days: Days, concurrency: int, progress: Progress, say: Say
) -> Trial:
    """Write the batches of the applied plan that hold rows of some days; the others stay pending.

    Copies of a key on other days are settled, and the accounts balanced, by the backfill of the rest.
    Raises UsageError where dbt writes, where no batch holds such rows, and as `backfill` does.
    """
    if table.dbt_model is not None:
        raise UsageError(
            f"{table.source} is written by the dbt model {table.dbt_model}, which takes no range of days: "
            "name other tables with --table"
        )
    work = _prepared(migration, table, days)
    progress.start(len(work.batches), len(work.batches) - len(work.pending))
    work.present_files(table)
    recorder = work.recorder
    _write(recorder, rows_of(migration, table), work.pending, Schedule(concurrency, say), progress)
    trial = Trial(
        table.source,
        len(work.batches),
        sum(batch.rows for batch in work.batches),
        tuple(sorted({day for batch in work.batches for day in batch.partitions})),
        work.left,
    )
    migration.ledger.append(
        "backfill",
        "days",
        table.source,
        plan=recorder.plan.id,
        generation=recorder.generation,
        first=days.first,
        last=days.last,
        batches=[batch.number for batch in work.batches],
        pending=trial.pending,
    )
    return trial


def _require_files(table: TableConfig, batches: list[Batch], present: list[SourceFile]) -> None:
    """Raise UsageError if a file isn't what the plan counted: its rows would pass for copies."""
    known = {(file.path, file.size): file.partitions for file in present}
    for file in (file for batch in batches for file in batch.files):
        partitions = known.get((file.path, file.size))
        # Of a projected table the listing knows no partition.
        if partitions is None or (partitions and partitions != file.partitions):
            raise UsageError(
                f"{file.path} is gone or has changed (itself, or its partition) since {table.source} was "
                f"planned: restore it, or drop {table.target} and plan again"
            )


def _write(
    recorder: Recorder, rows: Rows, batches: list[Batch], schedule: Schedule, progress: Progress
) -> None:
    writer = BatchWriter(recorder.migration, rows, recorder.plan, recorder.generation, within_partitions=True)

    def done(batch: Batch, loaded: Loaded) -> None:
        recorder.record(batch, loaded)
        progress.advance(1, batch.rows, batch.size)

    schedule.run(batches, writer.write, done)


def _by_merge(
    recorder: Recorder, rows: Rows, batches: list[Batch], schedule: Schedule, progress: Progress
) -> Accounts:
    migration, plan, generation = recorder.migration, recorder.plan, recorder.generation
    _write(recorder, rows, batches, schedule, progress)
    removed = remove_cross_partition_copies(migration, rows, generation)
    accounts = balance(migration, rows, plan)
    migration.ledger.append(
        "backfill",
        "done",
        recorder.table,
        plan=plan.id,
        generation=generation,
        copies_removed=removed,
        **asdict(accounts),
    )
    return accounts
