"""The plan of a table: which files go in which write, found by one scan, kept in S3, applied once.

The scan reads the partition column of every file (of a columnar format nothing else) and says which
partitions of the target each file touches.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from lakehouse.athena.costs import scan_cost
from lakehouse.catalog.files import NO_VALUE, Partition, SourceFile, is_projected, list_files
from lakehouse.catalog.tables import Table, find_table
from lakehouse.errors import RefusedError, ServiceError, UsageError
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.copying.batches import DEFAULT_BATCH_BYTES, Batch, ScannedFile, chunked, pack_apart
from lakehouse.migration.copying.dbt_writer import check_model
from lakehouse.migration.copying.durations import BatchTime, batch_time
from lakehouse.migration.copying.loaded import applied_plan, generation, gone_files
from lakehouse.migration.copying.periods import Days
from lakehouse.migration.copying.planfile import Plan, Writer, config_digest, load_plan, plan_id, save_plan
from lakehouse.migration.copying.rows import Rows
from lakehouse.migration.copying.target import Step, apply_steps, check_steps, plan_target
from lakehouse.records.ledger import Entry

# Each batch is read twice: for its rows and for its rejects.
READS_PER_BATCH = 2
# Which scan a plan that nobody applied was made by: one of an earlier form is not used again.
_SCAN = 2


@dataclass(frozen=True)
class Planned:
    """A table's plan, the steps that make its target, and whether they have been applied.

    `gone` are files that an applied plan loaded and that S3 has no more. `there`, of a plan that isn't
    applied, are the names of the steps whose table or view exists: --apply keeps what is the same, and
    refuses what differs.
    """

    table: TableConfig
    rows: Rows
    plan: Plan
    steps: list[Step]
    is_applied: bool
    batch_time: BatchTime
    gone: tuple[str, ...] = ()
    there: frozenset[str] = frozenset()

    @property
    def backfill_bytes(self) -> int:
        """Bytes that the backfill reads from the source, at most."""
        return sum(batch.size * READS_PER_BATCH for batch in self.plan.batches)

    @property
    def backfill_cost(self) -> float:
        """US dollars that the backfill's reading costs, at most."""
        return sum(scan_cost(batch.size) * READS_PER_BATCH for batch in self.plan.batches)

    @property
    def backfill_seconds(self) -> float:
        """How long the backfill takes, by the time of the migration's batches before it."""
        size = sum(batch.size for batch in self.plan.batches)
        return self.batch_time.backfill_seconds(len(self.plan.batches), size)


BeforeScan = Callable[[Table, list[SourceFile]], None]
"""Told before a scan what it will read."""


def rows_of(migration: Migration, table: TableConfig) -> Rows:
    """What reads a table's source. Raises UsageError if the configuration doesn't fit it."""
    return Rows(table, migration.source(table), migration.macros)


def plan_table(
    migration: Migration,
    table: TableConfig,
    before_scan: BeforeScan,
    max_bytes: int = DEFAULT_BATCH_BYTES,
    days: Days | None = None,
) -> Planned:
    """The plan that was applied, else the newest one if nothing changed since, else a new one.

    Files that hold rows of `days` get batches of their own, so that a trial can write those and no others.

    Raises RefusedError if the configuration changed after a plan was applied.
    """
    rows = rows_of(migration, table)
    digest = config_digest(table)

    def planned(plan: Plan, *, is_applied: bool) -> Planned:
        steps = plan_target(migration, rows)
        to_make = () if is_applied else steps
        there = frozenset(step.makes for step in to_make if find_table(migration.glue, step.makes))
        return Planned(table, rows, plan, steps, is_applied, batch_time(migration.ledger), there=there)

    applied = applied_plan(migration.ledger, table.source)
    if applied is not None and _target_is_there(migration, table):
        plan = load_plan(migration.s3, migration.config.location, table.source, applied.detail["plan"])
        if plan.config != digest:
            raise RefusedError(
                f"the configuration of {table.source} changed after its plan was applied: restore it, "
                f"or drop {table.target} and plan again"
            )
        gone = gone_files(migration, table, list_files(migration.s3, migration.glue, rows.source))
        return replace(planned(plan, is_applied=True), gone=tuple(gone))
    files = list_files(migration.s3, migration.glue, rows.source)
    inputs = _digest(files, digest, max_bytes, days)
    last = migration.ledger.last("plan", "planned", table.source)
    if last is not None and last.detail.get("inputs") == inputs:
        plan = load_plan(migration.s3, migration.config.location, table.source, last.detail["plan"])
        return planned(plan, is_applied=False)
    plan = make_plan(migration, rows, files, before_scan, max_bytes, days=days)
    uri = save_plan(migration.s3, migration.config.location, plan)
    migration.ledger.append(
        "plan", "planned", table.source, plan=plan.id, at=uri, inputs=inputs, batches=len(plan.batches)
    )
    return planned(plan, is_applied=False)


def make_plan(
    migration: Migration,
    rows: Rows,
    files: list[SourceFile],
    before_scan: BeforeScan,
    max_bytes: int,
    *,
    whole_table: bool = True,
    days: Days | None = None,
) -> Plan:
    """A plan for files, of all of the table or only of these; scans unless dbt writes the target."""
    if rows.config.dbt_model is not None:
        check_model(migration.project, rows.config)
        return _dbt_plan(migration, rows.config, files)
    scan = _scan(migration, rows, files, before_scan, whole_table=whole_table)
    # A projected table gives no rows of files outside its ranges, and no error either.
    unseen = {each.file.path for each in scan.files if not each.rows} if is_projected(rows.source) else set()
    transform = rows.config.partition_by.transform
    batches = pack_apart(
        (each for each in scan.files if each.file.path not in unseen),
        lambda each: days is not None and days.touch(transform, each.partitions),
        max_bytes,
    )
    digest = config_digest(rows.config)
    return Plan(
        id=plan_id(digest, batches),
        source=rows.config.source,
        target=rows.config.target,
        writer=Writer.MERGE,
        config=digest,
        made_at=migration.ledger.now(),
        batches=batches,
        raw_rows=sum(each.rows for each in scan.files),
        unplaced_rows=sum(each.rows - sum(each.partitions.values()) for each in scan.files),
        unseen=tuple(sorted(unseen)),
        scanned_bytes=scan.scanned_bytes,
        scan_ms=scan.engine_ms,
    )


def _dbt_plan(migration: Migration, table: TableConfig, files: list[SourceFile]) -> Plan:
    """One batch of all files: the model finds out itself what is new in them."""
    batches: tuple[Batch, ...] = (Batch(0, tuple(files), (), 0),) if files else ()
    digest = config_digest(table)
    return Plan(
        id=plan_id(digest, batches),
        source=table.source,
        target=table.target,
        writer=Writer.DBT,
        config=digest,
        made_at=migration.ledger.now(),
        batches=batches,
        raw_rows=None,
        unplaced_rows=0,
    )


def check_plan(migration: Migration, planned: Planned) -> None:
    """Raise RefusedError for what is there already under a name that the plan needs and is something else."""
    if not planned.is_applied:
        check_steps(migration, planned.steps)


def apply_plan(migration: Migration, planned: Planned) -> list[str]:
    """Make what the plan needs and record it; return what was made, [] if it was applied before."""
    table, ledger = planned.table, migration.ledger
    if planned.is_applied:
        return []
    if generation(ledger, table.source) is None or not _target_is_there(migration, table):
        # Before the target is there: a batch of a target before it must not count for this one.
        ledger.append("plan", "creating", table.source, target=table.target)
    made = apply_steps(migration, planned.steps)
    ledger.append(
        "plan",
        "applied",
        table.source,
        plan=planned.plan.id,
        generation=generation(ledger, table.source),
        made=made,
        batches=len(planned.plan.batches),
    )
    return made


def applied_plan_of(migration: Migration, table: TableConfig) -> tuple[Plan, Entry]:
    """The plan that a backfill carries out. Raises UsageError if none was applied or its target is gone."""
    applied = applied_plan(migration.ledger, table.source)
    is_there = _target_is_there(migration, table) or table.dbt_model is not None
    if applied is None or not is_there:
        why = "no plan was applied" if applied is None else f"{table.target} is gone"
        raise UsageError(
            f"{table.source}: {why}: run `lakehouse migrate plan --table {table.source} --apply` first"
        )
    return load_plan(migration.s3, migration.config.location, table.source, applied.detail["plan"]), applied


def _target_is_there(migration: Migration, table: TableConfig) -> bool:
    return find_table(migration.glue, table.target) is not None


@dataclass(frozen=True)
class _Scan:
    """What a planning scan found, and what it took."""

    files: list[ScannedFile]
    scanned_bytes: int = 0
    engine_ms: int = 0


def _scan(
    migration: Migration,
    rows: Rows,
    files: list[SourceFile],
    before_scan: BeforeScan,
    *,
    whole_table: bool,
) -> _Scan:
    if not files:
        return _Scan([])
    before_scan(rows.source, files)
    counts: dict[str, dict[date | None, int]] = {}
    reported: dict[str, dict[Partition, None]] = {}
    keys = [column.name for column in rows.source.partition_keys] if is_projected(rows.source) else []
    scanned_bytes = scan_ms = 0
    for chunk in [None] if whole_table else chunked(files):
        result = migration.statements.query(rows.scan(chunk, keys), rows.source.database)
        for path, period, *values, count in result.rows:
            by_period = counts.setdefault(path, {})
            by_period[period] = by_period.get(period, 0) + int(count)
            if keys:
                named = (NO_VALUE if value is None else value for value in values)
                reported.setdefault(path, {})[tuple(zip(keys, named, strict=True))] = None
        scanned_bytes += result.scanned_bytes
        scan_ms += result.engine_ms
    _require_listed(migration, rows.source, counts.keys() - {file.path for file in files})
    scanned = []
    for file in files:
        found = counts.get(file.path, {})
        partitions = {period: count for period, count in found.items() if period is not None}
        if file.path in reported:
            first, *also = reported[file.path]
            file = replace(file, partition=first, also=tuple(also))
        scanned.append(ScannedFile(file, sum(found.values()), partitions))
    return _Scan(scanned, scanned_bytes, scan_ms)


def _require_listed(migration: Migration, source: Table, unlisted: set[str]) -> None:
    """Raise ServiceError for a file that the scan read and the listing lacks: its rows would be lost without
    a word. One that arrived between the two is in a listing of now, and waits for the next increment."""
    if not unlisted:
        return
    unlisted -= {file.path for file in list_files(migration.s3, migration.glue, source)}
    if unlisted:
        raise ServiceError(
            f"{source.qualified_name} gives rows of {min(unlisted)} (one of {len(unlisted):,} such), "
            "which is not among the files of its location and its partitions: move those files to where the "
            "table's definition says, or correct it"
        )


def _digest(files: list[SourceFile], config: str, max_bytes: int, days: Days | None) -> str:
    digest = hashlib.sha256(f"{config} {max_bytes} {_SCAN}{f' {days}' if days else ''}".encode())
    for file in files:
        digest.update(f"\0{file.path}\0{file.size}\0{file.partitions}".encode())
    return digest.hexdigest()[:16]
