"""`lakehouse migrate announce`: it parses arguments and prints."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from lakehouse.migration.announcement import announcement, read_dates, read_uses
from lakehouse.migration.cli.common import ConfigFile, Tables, opened
from lakehouse.options import ProjectDirectory
from lakehouse.output import Output
from lakehouse.records.reports import write_report


def announce(
    context: typer.Context,
    tables: Tables = None,
    cutover: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Planned day of the cutover, UTC.")
    ] = None,
    output_file: Annotated[Path | None, typer.Option("--output", "-o", help="Write it to this file.")] = None,
    config_file: ConfigFile = None,
    project: ProjectDirectory = Path(),
) -> None:
    """Write the text for those who use the tables (Markdown), from the newest `impact`. Changes nothing."""
    migration = opened(context, config_file, project)
    chosen = migration.config.chosen(tables)
    planned = cutover.date() if cutover else None
    uses = read_uses(migration, chosen)
    dates = {table.source: read_dates(migration, table, planned) for table in chosen}
    text = announcement(chosen, dates, uses, migration.config.retention_days)
    output = Output()
    if output_file is not None:
        write_report(output_file, text)
        output.say(f"written: {output_file}")
    else:
        output.line(text)
