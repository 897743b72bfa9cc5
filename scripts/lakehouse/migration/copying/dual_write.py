"""The parallel run: files that arrived since are brought into the target, one increment after the other.

The old table gets new data as ever: it is a folder that others write to. An increment reads the files that
are in no batch yet and merges them over the whole target, so that a copy of a key is found in any partition.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from lakehouse.catalog.files import SourceFile, list_files
from lakehouse.errors import UsageError
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration, Say
from lakehouse.migration.copying.backfill import BatchWriter, Loaded, Recorder
from lakehouse.migration.copying.batches import DEFAULT_BATCH_BYTES, Batch
from lakehouse.migration.copying.dbt_writer import run_model
from lakehouse.migration.copying.loaded import unloaded_files
from lakehouse.migration.copying.plan import applied_plan_of, make_plan, rows_of
from lakehouse.migration.copying.planfile import Plan, save_plan
from lakehouse.migration.copying.schedule import Schedule


@dataclass(frozen=True)
class Increment:
    """What one increment brought in. `rows` are raw rows, None where dbt wrote.

    `lag_seconds` is how long the file that waited longest had been there when it was in; None without files.
    `unseen` are files that the table doesn't give: outside its partition projection.
    """

    table: str
    files: int
    size: int
    rows: int | None
    written: int | None
    rejects: int | None
    lag_seconds: float | None
    newest_arrival: datetime | None
    unseen: tuple[str, ...] = ()


def increment(migration: Migration, table: TableConfig, say: Say) -> Increment:
    """Bring in the files that aren't yet. Raises UsageError before the backfill is done."""
    _, applied = applied_plan_of(migration, table)
    current = str(applied.detail["generation"])
    _require_backfill(migration, table, current)
    all_files = list_files(migration.s3, migration.glue, migration.source(table))
    files = unloaded_files(migration, table, all_files)
    if not files:
        return Increment(table.source, 0, 0, 0, 0, 0, None, None)
    rows = rows_of(migration, table)
    plan = make_plan(migration, rows, files, lambda *_: None, DEFAULT_BATCH_BYTES, whole_table=False)
    save_plan(migration.s3, migration.config.location, plan)
    recorder = Recorder(migration, "dual-write", "increment", table.source, plan, current)
    if table.dbt_model is not None:
        run = run_model(migration, table, files, all_files, say, with_tests=False)
        lag = waited(migration.ledger.now(), files)
        for batch in plan.batches:
            recorder.record_run(batch, run.seconds, lag_seconds=lag)
        return _outcome(table, files, plan, [], lag)
    writer = BatchWriter(migration, rows, plan, current, within_partitions=False)
    loaded: list[Loaded] = []
    lags: list[float] = []

    def done(batch: Batch, result: Loaded) -> None:
        loaded.append(result)
        lags.append(waited(migration.ledger.now(), batch.files))
        recorder.record(batch, result, lag_seconds=lags[-1])

    # One at a time: each of them may touch any partition.
    Schedule(1, say).run(plan.batches, writer.write, done)
    return _outcome(table, files, plan, loaded, max(lags, default=None))


def waited(now: datetime, files: Iterable[SourceFile]) -> float:
    """Seconds since the first of some files arrived, 0 without a file whose arrival is known."""
    arrivals = [file.arrived_at for file in files if file.arrived_at is not None]
    return max(0.0, round((now - min(arrivals)).total_seconds(), 3)) if arrivals else 0.0


def _require_backfill(migration: Migration, table: TableConfig, current: str) -> None:
    done = migration.ledger.last("backfill", "done", table.source)
    if done is None or done.detail.get("generation") != current:
        raise UsageError(
            f"{table.source} isn't backfilled yet: "
            f"run `lakehouse migrate backfill --table {table.source}` first"
        )


def _outcome(
    table: TableConfig, files: list[SourceFile], plan: Plan, loaded: list[Loaded], lag: float | None
) -> Increment:
    seen = [file for file in files if file.path not in plan.unseen]
    by_merge = table.dbt_model is None
    return Increment(
        table.source,
        len(seen),
        sum(file.size for file in seen),
        plan.raw_rows,
        sum(each.rows.rows or 0 for each in loaded) if by_merge else None,
        sum((each.rejects.rows or 0) for each in loaded if each.rejects) if by_merge else None,
        lag,
        max((file.arrived_at for file in seen if file.arrived_at), default=None),
        plan.unseen,
    )
