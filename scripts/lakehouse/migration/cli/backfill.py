"""`lakehouse migrate backfill`: it parses arguments and prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from lakehouse.errors import Interrupted
from lakehouse.migration.cli.common import ConfigFile, RangeOfDays, Tables, opened
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.copying.accounts import Accounts
from lakehouse.migration.copying.backfill import backfill, backfill_days, check_backfill
from lakehouse.migration.copying.durations import DEFAULT_CONCURRENCY
from lakehouse.migration.copying.periods import Days, parse_days
from lakehouse.options import AsJson, ProjectDirectory
from lakehouse.output import Output
from lakehouse.records.lock import hold_lock

Concurrency = Annotated[int, typer.Option(min=1, max=20, help="Most batches that are written at a time.")]


def backfill_command(
    context: typer.Context,
    tables: Tables = None,
    concurrency: Concurrency = DEFAULT_CONCURRENCY,
    days: RangeOfDays = None,
    config_file: ConfigFile = None,
    project: ProjectDirectory = Path(),
    as_json: AsJson = False,
) -> None:
    """Write the batches of the applied plan that aren't loaded yet. Ctrl-C pauses; run it again to go on."""
    migration = opened(context, config_file, project)
    output = Output(as_json=as_json)
    if days:
        _backfill_days(migration, migration.config.chosen(tables), parse_days(days), concurrency, output)
        return
    results: list[tuple[str, Accounts | None]] = []
    with hold_lock(migration.ledger, "migrate backfill"):
        chosen = migration.config.chosen(tables)
        # A mistake in one table is reported before a row of another is written.
        for table in chosen:
            check_backfill(migration, table)
        for table in chosen:
            with output.steps(f"backfill {table.source}") as progress, _resumable(table):
                accounts = backfill(migration, table, concurrency, progress, output.say)
            results.append((table.source, accounts))
    if empty := [source for source, accounts in results if accounts and not accounts.raw]:
        output.say(f"no query sees a row of {', '.join(empty)}: nothing was copied, and nothing is proved")
    if as_json:
        output.json([_as_json(source, accounts) for source, accounts in results])
        return
    output.table(
        ["source", "raw rows", "in the target", "duplicates", "rejected or empty"],
        [
            [source, accounts.raw, accounts.target, accounts.duplicates, accounts.left_out]
            if accounts
            else [source, "by dbt", None, None, None]
            for source, accounts in results
        ],
        title="Every raw row accounted for: raw = target + duplicates + rejected or empty",
    )


def _backfill_days(
    migration: Migration, tables: Sequence[TableConfig], days: Days, concurrency: int, output: Output
) -> None:
    merged = [table for table in tables if table.dbt_model is None]
    for table in tables if merged else ():
        if table.dbt_model is not None:
            output.say(f"{table.source}: left out, its dbt model takes no range of days")
    trials = []
    with hold_lock(migration.ledger, f"migrate backfill --days {days}"):
        for table in merged or tables:
            with output.steps(f"backfill {table.source}") as progress, _resumable(table):
                trials.append(backfill_days(migration, table, days, concurrency, progress, output.say))
    if output.as_json:
        output.json([asdict(trial) for trial in trials])
        return
    output.table(
        ["source", "batches", "raw rows", "days", "batches not in yet"],
        [
            [each.source, each.batches, each.raw_rows, f"{each.days[0]} to {each.days[-1]}", each.pending]
            for each in trials
        ],
        title=f"A trial of {days}; the rest: `lakehouse migrate backfill`",
    )


@contextmanager
def _resumable(table: TableConfig) -> Iterator[None]:
    try:
        yield
    except Interrupted as error:
        raise Interrupted(f"{table.source}: {error}; the same command goes on from there") from error


def _as_json(source: str, accounts: Accounts | None) -> dict[str, Any]:
    if accounts is None:
        return {"source": source, "writer": "dbt"}
    return {"source": source, "writer": "merge", **asdict(accounts)}
