"""`lakehouse migrate backup` and `restore`: they parse arguments and print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lakehouse.catalog.planned_calls import apply_calls
from lakehouse.migration.cli.common import ConfigFile, Tables, clients_of, opened
from lakehouse.migration.switching.backup import load_backup, summarised, take_backup
from lakehouse.migration.switching.restore import RestorePlan, plan_restore
from lakehouse.options import Apply, AsJson, ProjectDirectory
from lakehouse.output import Output
from lakehouse.records.lock import hold_lock

BackupLocation = Annotated[
    str | None, typer.Option("--backup", help="s3://... of a backup; by default the newest of the table.")
]


def backup(
    context: typer.Context,
    tables: Tables = None,
    config_file: ConfigFile = None,
    project: ProjectDirectory = Path(),
    as_json: AsJson = False,
) -> None:
    """Keep the Glue definitions around each table: versions, partitions, views, statistics, grants."""
    migration = opened(context, config_file, project)
    clients = clients_of(context)
    output = Output(as_json=as_json)
    with hold_lock(migration.ledger, "migrate backup"):
        taken = [take_backup(migration, clients, table) for table in migration.config.chosen(tables)]
    header = ["table", "entry", "kind", "versions", "partitions", "grants"]
    rows = [[each.source, *row] for each in taken for row in summarised(each)]
    if as_json:
        output.json(
            [
                {
                    "table": each.source,
                    "location": each.location,
                    "entries": [dict(zip(header[1:], row, strict=True)) for row in summarised(each)],
                }
                for each in taken
            ]
        )
        return
    output.table(header, rows)
    for each in taken:
        output.line(f"{each.source}  {each.location}")


def restore(
    context: typer.Context,
    tables: Tables = None,
    location: BackupLocation = None,
    apply: Apply = False,
    config_file: ConfigFile = None,
    project: ProjectDirectory = Path(),
    as_json: AsJson = False,
) -> None:
    """Restore what a backup holds and the catalog lacks, or holds differently."""
    migration = opened(context, config_file, project)
    clients = clients_of(context)
    output = Output(as_json=as_json)
    for table in migration.config.chosen(tables):
        if not apply:
            chosen = load_backup(migration, table, location)
            _print(output, plan_restore(migration, clients, table, chosen), applied=False)
            continue
        with hold_lock(migration.ledger, "migrate restore"):
            plan = plan_restore(migration, clients, table, load_backup(migration, table, location))
            apply_calls(clients, plan.calls)
            migration.ledger.append(
                "restore", "done", table.source, location=plan.backup.location, calls=len(plan.calls)
            )
        _print(output, plan, applied=True)


def _print(output: Output, plan: RestorePlan, *, applied: bool) -> None:
    if output.as_json:
        content: dict[str, Any] = {
            "table": plan.backup.source,
            "backup": plan.backup.location,
            "applied": applied,
            "changes": [call.description for call in plan.calls],
            "notes": list(plan.notes),
        }
        output.json(content)
        return
    output.line(f"{plan.backup.source}  from {plan.backup.location}")
    for call in plan.calls:
        output.line(f"  {'done' if applied else 'would'}: {call.description}")
    if not plan.calls:
        output.line("  nothing to do: everything is as the backup has it")
    for note in plan.notes:
        output.line(f"  note: {note}")
    if plan.calls and not applied:
        output.say("nothing was changed: --apply does it")
