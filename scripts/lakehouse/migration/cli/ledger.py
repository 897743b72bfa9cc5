"""`lakehouse migrate ledger`: it parses arguments and prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from lakehouse.migration.cli.common import ConfigFile, opened
from lakehouse.migration.watching.ledger_table import make_ledger_table
from lakehouse.options import AsJson, ProjectDirectory
from lakehouse.output import Output
from lakehouse.records.ledger import Entry


def ledger(
    context: typer.Context,
    step: Annotated[str | None, typer.Option(help="Entries of one step only: plan, backfill, ...")] = None,
    table: Annotated[
        str | None, typer.Option("--table", "-t", help="Entries of one source table only.")
    ] = None,
    as_table: Annotated[
        str | None,
        typer.Option(metavar="DATABASE.TABLE", help="Make a table of Athena over the ledger, for SQL."),
    ] = None,
    config_file: ConfigFile = None,
    project: ProjectDirectory = Path(),
    as_json: AsJson = False,
) -> None:
    """Print what was done, when, by whom, oldest first."""
    migration = opened(context, config_file, project)
    output = Output(as_json=as_json)
    if as_table is not None:
        make_ledger_table(migration, as_table)
        output.say(f"{as_table} is a table over {migration.ledger.place}")
        return
    entries = migration.ledger.entries(step, table)
    if as_json:
        output.json([vars(entry) for entry in entries])
        return
    output.table(["at (UTC)", "step", "event", "table", "by", "facts"], [_row(entry) for entry in entries])


def _row(entry: Entry) -> list[str]:
    facts = json.dumps(entry.detail, default=str, ensure_ascii=False)
    short = facts if len(facts) <= 100 else f"{facts[:97]}..."
    return [f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.step, entry.event, entry.table, entry.by, short]
