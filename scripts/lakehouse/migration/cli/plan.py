"""`lakehouse migrate plan`: it parses arguments and prints."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lakehouse.athena.costs import cost_text, scan_cost
from lakehouse.athena.sql import indented
from lakehouse.catalog.files import SourceFile
from lakehouse.catalog.tables import Table
from lakehouse.migration.cli.common import ConfigFile, RangeOfDays, Tables, opened
from lakehouse.migration.copying.batches import DEFAULT_BATCH_BYTES
from lakehouse.migration.copying.periods import Days, parse_days
from lakehouse.migration.copying.plan import Planned, apply_plan, check_plan, plan_table
from lakehouse.migration.copying.planfile import Writer
from lakehouse.options import Apply, AsJson, ProjectDirectory
from lakehouse.output import Output, counted, duration_text, size_text
from lakehouse.records.lock import hold_lock

BatchMegabytes = Annotated[
    int, typer.Option(min=1, help="Most megabytes of source files in one batch.", show_default=True)
]


def plan(
    context: typer.Context,
    tables: Tables = None,
    apply: Apply = False,
    batch_megabytes: BatchMegabytes = DEFAULT_BATCH_BYTES // 1_000_000,
    days: RangeOfDays = None,
    config_file: ConfigFile = None,
    project: ProjectDirectory = Path(),
    as_json: AsJson = False,
) -> None:
    """Plan the new tables and the batches that fill them; --apply makes the tables. Copies no row."""
    migration = opened(context, config_file, project)
    output = Output(as_json=as_json)
    trial = parse_days(days) if days else None

    def before_scan(table: Table, files: list[SourceFile]) -> None:
        size = sum(file.size for file in files)
        output.say(
            f"{table.qualified_name}: one scan of {counted(len(files), 'file')}, at most {size_text(size)} "
            f"({cost_text(scan_cost(size))})"
        )

    results = []
    with hold_lock(migration.ledger, "migrate plan"):
        plans = []
        for table in migration.config.chosen(tables):
            with output.working(f"planning {table.source}"):
                plans.append(plan_table(migration, table, before_scan, batch_megabytes * 1_000_000, trial))
        # A mistake in one table is reported before anything is made for another.
        for planned in plans if apply else ():
            check_plan(migration, planned)
        for planned in plans:
            made = apply_plan(migration, planned) if apply else None
            results.append((planned, made))
            if not as_json:
                _print(planned, made, trial, output)
    if as_json:
        output.json([_as_json(planned, made) for planned, made in results])
    elif not apply and not all(planned.is_applied for planned, _ in results):
        output.say("nothing was made: read it, then run the same command with --apply")


def _print(planned: Planned, made: list[str] | None, trial: Days | None, output: Output) -> None:
    table, found = planned.table, planned.plan
    output.line(f"{table.source} -> {table.target}")
    if found.writer is Writer.DBT:
        output.line(f"  written by the dbt model {table.dbt_model}, which makes the table itself")
        files = len(found.batches[0].files) if found.batches else 0
        output.line(f"  {counted(files, 'file')}, {size_text(found.size)}")
    else:
        _print_merge(planned, output)
        if trial is not None:
            _print_trial(planned, trial, output)
    for step in planned.steps:
        if step.makes in planned.there:
            output.line(f"  {step.what} {step.makes}: is there already, not made again")
            continue
        output.line(f"  {step.what} {step.makes}")
        output.line(f"    {indented(step.text)}")
    if found.raw_rows == 0:
        output.line("  no query sees a row of this table: is its data where its definition says?")
    if found.unseen:
        output.line(
            f"  left out: {counted(len(found.unseen), 'file')} whose rows the table doesn't give, such as "
            f"{found.unseen[0]}: outside its partition projection?"
        )
    if planned.is_applied:
        output.line("  applied before")
        if planned.gone:
            output.line(
                f"  loaded and gone from S3 since: {len(planned.gone):,}, such as {planned.gone[0]}: "
                "`lakehouse migrate validate` names each"
            )
    elif made is not None:
        output.line(f"  made: {', '.join(made) or 'nothing, all of it was there'}")
    output.line("")


def _print_trial(planned: Planned, trial: Days, output: Output) -> None:
    transform = planned.table.partition_by.transform
    batches = [batch for batch in planned.plan.batches if trial.touch(transform, batch.partitions)]
    of_days = {day for batch in batches for day in batch.partitions}
    others = [day for day in of_days if not trial.touch(transform, [day])]
    more = f", rows of {counted(len(others), 'other partition')} among them" if others else ""
    output.line(
        f"  a trial of {trial}: {counted(len(batches), 'batch')} of "
        f"{counted(sum(batch.rows for batch in batches), 'row')}{more}: "
        f"`lakehouse migrate backfill --days {trial}`"
    )


def _print_merge(planned: Planned, output: Output) -> None:
    table, found = planned.table, planned.plan
    changed = [
        f"{column.name} {column.type} (was {column.source.type})"
        for column in planned.rows.target_columns
        if column.source is not None and (column.parsed or column.source.type.lower() != column.type)
    ]
    output.line(
        f"  types: {', '.join(changed)}; {counted(len(planned.rows.target_columns), 'column')} in all"
    )
    key = f"key {', '.join(table.key)}, keep {table.keep}" if table.key else "no key: every row stays"
    output.line(f"  {key}; partitioned by {table.partition_by.transform}({table.partition_by.column})")
    output.line(
        f"  {counted(found.raw_rows or 0, 'row')} in {size_text(found.size)}; {found.unplaced_rows:,} "
        f"without a readable {table.partition_by.column}, for the rejects"
    )
    days = found.partitions
    span = f" from {days[0]} to {days[-1]}" if days else ""
    output.line(f"  {counted(len(found.batches), 'batch')} into {counted(len(days), 'partition')}{span}")
    output.line(
        f"  the backfill reads at most {size_text(planned.backfill_bytes)} of it "
        f"({cost_text(planned.backfill_cost)}) and takes about {duration_text(planned.backfill_seconds)}"
    )


def _as_json(planned: Planned, made: list[str] | None) -> dict[str, Any]:
    found = planned.plan
    return {
        "source": found.source,
        "target": found.target,
        "plan": found.id,
        "writer": found.writer,
        "columns": [{"name": column.name, "type": column.type} for column in planned.rows.target_columns],
        "partition_by": planned.table.partition_by.model_dump(mode="json"),
        "raw_rows": found.raw_rows,
        "unplaced_rows": found.unplaced_rows,
        "bytes": found.size,
        "partitions": len(found.partitions),
        "batches": [
            {
                "number": batch.number,
                "files": len(batch.files),
                "bytes": batch.size,
                "rows": batch.rows,
                "partitions": len(batch.partitions),
            }
            for batch in found.batches
        ],
        "scanned_bytes": found.scanned_bytes,
        "backfill_bytes": planned.backfill_bytes,
        "backfill_cost_usd": planned.backfill_cost,
        "backfill_seconds": planned.backfill_seconds,
        "steps": [
            {
                "makes": step.makes,
                "what": step.what,
                "text": step.text,
                "is_there": step.makes in planned.there,
            }
            for step in planned.steps
        ],
        "unseen": found.unseen,
        "gone": planned.gone,
        "applied": planned.is_applied or made is not None,
        "made": made or [],
    }
