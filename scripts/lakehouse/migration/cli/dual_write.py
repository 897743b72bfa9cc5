"""`lakehouse migrate dual-write`: it parses arguments and prints."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from lakehouse.errors import ServiceError
from lakehouse.migration.cli.common import ConfigFile, Tables, opened
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.copying.dual_write import Increment, increment
from lakehouse.options import AsJson, ProjectDirectory
from lakehouse.output import Output, counted, duration_text, size_text
from lakehouse.records.lock import LockedError, hold_lock


def dual_write(
    context: typer.Context,
    tables: Tables = None,
    every: Annotated[
        int | None,
        typer.Option(min=1, help="Look for new files every so many seconds, until Ctrl-C."),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="One increment; what happens without --every.")
    ] = False,
    config_file: ConfigFile = None,
    project: ProjectDirectory = Path(),
    as_json: AsJson = False,
) -> None:
    """Bring files that arrived since the backfill into the new tables, and report how long they waited."""
    if once and every is not None:
        raise typer.BadParameter("--once and --every exclude each other")
    migration = opened(context, config_file, project)
    output = Output(as_json=as_json)
    chosen = migration.config.chosen(tables)
    if every is None:
        _print(_round(migration, chosen, output), output)
        return
    while True:
        try:
            results = _round(migration, chosen, output)
            if any(result.files or result.unseen for result in results):
                _print(results, output)
            else:
                output.say(f"{migration.ledger.now():%Y-%m-%d %H:%M:%S} UTC: nothing new")
        except (ServiceError, LockedError) as error:
            # What fails now may pass with the next round; another command may hold the lock for a while.
            output.fail(str(error))
        time.sleep(every)


def _round(migration: Migration, tables: tuple[TableConfig, ...], output: Output) -> list[Increment]:
    # Held for one round only: other commands get their turn between two.
    with hold_lock(migration.ledger, "migrate dual-write"):
        return [increment(migration, table, output.say) for table in tables]


def _print(results: list[Increment], output: Output) -> None:
    if output.as_json:
        output.json([asdict(result) for result in results])
        return
    output.table(
        ["source", "new files", "size", "raw rows", "written", "rejected", "waited"],
        [_row(result) for result in results],
    )
    for result in results:
        if result.unseen:
            output.say(
                f"{result.table}: no rows from {counted(len(result.unseen), 'file')}, "
                f"such as {result.unseen[0]}: "
                f"outside its partition projection (after a cutover that of {result.table}_legacy)?"
            )


def _row(result: Increment) -> list[str | int | None]:
    waited = None if result.lag_seconds is None else duration_text(result.lag_seconds)
    size = size_text(result.size) if result.files else None
    return [result.table, result.files, size, result.rows, result.written, result.rejects, waited]
