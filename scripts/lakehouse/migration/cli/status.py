"""`lakehouse migrate status`: it parses arguments and prints."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import typer

from lakehouse.migration.cli.common import ConfigFile, Tables, opened
from lakehouse.migration.watching.status import Standing, standing
from lakehouse.options import AsJson, ProjectDirectory
from lakehouse.output import Output, duration_text


def status(
    context: typer.Context,
    tables: Tables = None,
    config_file: ConfigFile = None,
    project: ProjectDirectory = Path(),
    as_json: AsJson = False,
) -> None:
    """Show the state of each table, what is behind, and which command is next. Changes nothing."""
    migration = opened(context, config_file, project)
    output = Output(as_json=as_json)
    found = [standing(migration, table) for table in migration.config.chosen(tables)]
    if as_json:
        output.json([asdict(each) for each in found])
        return
    output.table(
        ["source", "stands at", "batches", "waiting files", "waiting for", "last change", "next"],
        [_row(each) for each in found],
        title=f"Migration {migration.config.name}",
    )
    for each in found:
        if each.gone_files:
            output.say(
                f"{each.table}: files that were loaded and are gone from S3: {each.gone_files:,}; "
                "`lakehouse migrate validate` names them"
            )
        if each.trial_days:
            is_whole = each.batches_done == each.batches
            rest = (
                "copies of other days aren't settled" if is_whole else "the rest of the plan's batches is not"
            )
            output.line(
                f"{each.table}: a trial of {each.trial_days} is in; {rest}: "
                f"lakehouse migrate backfill --table {each.table}"
            )


def _row(each: Standing) -> list[str | int | None]:
    batches = f"{each.batches_done} of {each.batches}" if each.batches is not None else None
    lag = duration_text(each.lag_seconds) if each.waiting_files else None
    changed = f"{each.changed_at:%Y-%m-%d %H:%M:%S}" if each.changed_at else None
    return [each.table, each.stage, batches, each.waiting_files, lag, changed, each.next_command]
