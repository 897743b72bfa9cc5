"""`lakehouse migrate monitor`: it parses arguments and prints."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from lakehouse.athena.costs import cost_text, scan_cost
from lakehouse.errors import UsageError
from lakehouse.migration.cli.common import ConfigFile, Tables, opened
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.copying.loaded import unloaded_files
from lakehouse.migration.watching.final_report import PERFORMANCE_HEADER, performance_row
from lakehouse.migration.watching.monitor import Status, look, scan_size, status_json, why_not_comparable
from lakehouse.options import AsJson, ProjectDirectory
from lakehouse.output import Output, counted, size_text


def monitor(
    context: typer.Context,
    tables: Tables = None,
    days: Annotated[int, typer.Option(min=1, help="Newest days to show.")] = 7,
    history_days: Annotated[
        int, typer.Option(min=1, max=45, help="Days of Athena's history to read; it keeps 45.")
    ] = 7,
    every: Annotated[
        float | None, typer.Option(min=1, help="Look again every so many seconds, until Ctrl-C.")
    ] = None,
    config_file: ConfigFile = None,
    project: ProjectDirectory = Path(),
    as_json: AsJson = False,
) -> None:
    """Show rows by day in old and new, unreadable texts, waiting files, query times. Changes nothing."""
    migration = opened(context, config_file, project)
    output = Output(as_json=as_json)
    chosen = migration.config.chosen(tables)
    while True:
        _look_at_all(migration, output, chosen, days, history_days)
        if every is None:
            return
        time.sleep(every)
        # It holds no lock: others go on meanwhile.
        migration.ledger.refresh()


def _look_at_all(
    migration: Migration, output: Output, tables: Sequence[TableConfig], days: int, history_days: int
) -> None:
    reasons = {table.source: why_not_comparable(migration, table) for table in tables}
    if known := [reason for reason in reasons.values() if reason]:
        for reason in known[:-1] if len(known) == len(tables) else known:
            output.say(reason)
        if len(known) == len(tables):
            raise UsageError(known[-1])
    seen = []
    for table in (table for table in tables if reasons[table.source] is None):
        size = scan_size(migration, table)
        output.say(f"{table.source}: counting reads at most {size_text(size)} ({cost_text(scan_cost(size))})")
        status = look(migration, table, days, history_days, unloaded_files)
        seen.append(status)
        if not output.as_json:
            _print(output, status)
    if output.as_json:
        output.json([status_json(status) for status in seen])


def _print(output: Output, status: Status) -> None:
    state = "cut over" if status.is_cut_over else "not cut over"
    output.line(f"{status.table}: {state}, {status.looked_at:%Y-%m-%d %H:%M:%S} UTC")
    output.table(
        ["day", "old rows", "old keys", "new rows", "missing"],
        [
            [str(each.day), each.old_rows, each.old_keys, each.new_rows, each.difference]
            for each in status.days
        ],
    )
    if status.errors:
        output.table(["column", "unreadable because", "rows"], [list(each) for each in status.errors])
    waiting = status.waiting
    output.line(
        f"waiting: {counted(waiting.files, 'file')}, {size_text(waiting.bytes)}, lag {waiting.lag:,} s"
        if waiting.files
        else "waiting: nothing, every file is in the new table"
    )
    rows = [
        performance_row(str(through), part) for through, part in status.performance.items() if part.queries
    ]
    if rows:
        output.table(PERFORMANCE_HEADER, rows)
    else:
        output.line("queries: nobody asked for the old name or the new one")
