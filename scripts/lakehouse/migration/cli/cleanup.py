"""`lakehouse migrate cleanup`: it parses arguments and prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from lakehouse.migration.cli.common import ConfigFile, Tables, clients_of, opened
from lakehouse.migration.context import Migration
from lakehouse.migration.copying.loaded import unloaded_files
from lakehouse.migration.switching.cleanup import (
    CleanupOptions,
    CleanupPlan,
    apply_cleanup,
    archive_templates,
    plan_cleanup,
)
from lakehouse.migration.watching.final_report import TableReport, report_html, report_json, table_report
from lakehouse.options import Apply, AsJson, ProjectDirectory
from lakehouse.output import Output, counted, size_text
from lakehouse.records.lock import hold_lock
from lakehouse.records.reports import keep_report, write_report

# Files of a plan that are named; the JSON names all.
_SHOWN_FILES = 20


def cleanup(
    context: typer.Context,
    tables: Tables = None,
    apply: Apply = False,
    delete_data: Annotated[
        bool, typer.Option("--delete-data", help="Delete the old files too. They are listed first.")
    ] = False,
    drop_view: Annotated[
        bool, typer.Option("--drop-view", help="Drop the view under the old name too: its queries fail.")
    ] = False,
    although_delivered: Annotated[
        bool, typer.Option("--although-delivered", help="Go on although files still arrive at the old place.")
    ] = False,
    templates: Annotated[
        Path | None,
        typer.Option(help="Folder of old query templates, to be archived.", file_okay=False, exists=True),
    ] = None,
    report: Annotated[Path, typer.Option(help="File for the final performance report, as HTML.")] = Path(
        "migration-report.html"
    ),
    config_file: ConfigFile = None,
    project: ProjectDirectory = Path(),
    as_json: AsJson = False,
) -> None:
    """Remove what only a rollback needed, and write the final report. Refuses before the retention ends."""
    migration = opened(context, config_file, project)
    clients = clients_of(context)
    output = Output(as_json=as_json)
    options = CleanupOptions(delete_data, drop_view, although_delivered)
    chosen = migration.config.chosen(tables)
    if not apply:
        plans = [plan_cleanup(migration, clients, table, options, unloaded_files) for table in chosen]
        _print(output, plans, [], applied=False)
        return
    with hold_lock(migration.ledger, "migrate cleanup"):
        plans = [plan_cleanup(migration, clients, table, options, unloaded_files) for table in chosen]
        # Before anything goes: what follows can be repeated, the history of queries can't.
        written = _write_report(migration, [table_report(migration, plan) for plan in plans], report)
        written += archive_templates(migration, templates) if templates else []
        for plan in plans:
            apply_cleanup(migration, clients, plan)
    _print(output, plans, written, applied=True)


def _write_report(migration: Migration, tables: list[TableReport], path: Path) -> list[str]:
    now = migration.ledger.now()
    html = report_html(tables, migration.config.name, now)
    write_report(path, html)
    content = json.dumps(report_json(tables, now), indent=1)
    return [
        str(path),
        keep_report(migration.ledger, "performance", "html", html, now),
        keep_report(migration.ledger, "performance", "json", content, now),
    ]


def _print(output: Output, plans: list[CleanupPlan], written: list[str], *, applied: bool) -> None:
    if output.as_json:
        output.json(
            {
                "applied": applied,
                "tables": [
                    {
                        "table": plan.table.source,
                        "changes": [call.description for call in plan.calls],
                        "files": [path for path, _ in plan.files],
                        "bytes": sum(size for _, size in plan.files),
                        "kept": list(plan.kept),
                    }
                    for plan in plans
                ],
                "written": written,
            }
        )
        return
    verb = "done" if applied else "would"
    for plan in plans:
        output.line(f"{plan.table.source}: cut over at {plan.cutover.at:%Y-%m-%d %H:%M} UTC")
        for call in plan.calls:
            output.line(f"  {verb}: {call.description}")
        if plan.files:
            size = size_text(sum(size for _, size in plan.files))
            output.line(f"  {verb}: delete {counted(len(plan.files), 'file')}, {size}, in {plan.location}")
            for path, _ in plan.files[:_SHOWN_FILES]:
                output.line(f"    {path}")
            if len(plan.files) > _SHOWN_FILES:
                output.line(f"    and {len(plan.files) - _SHOWN_FILES:,} more (--json names all)")
        for line in plan.kept:
            output.line(f"  stays: {line}")
        if not plan.calls and not plan.files:
            output.line("  nothing to remove")
    for path in written:
        output.line(f"written: {path}")
    if not applied:
        output.say("nothing was changed: --apply does it")
