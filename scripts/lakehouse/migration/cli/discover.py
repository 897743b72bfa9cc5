"""`lakehouse migrate discover`: it parses arguments and prints."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from lakehouse.athena.client import AthenaClient
from lakehouse.athena.costs import cost_text
from lakehouse.athena.statements import Statements
from lakehouse.catalog.tables import get_source
from lakehouse.dbt.macros import load_macros
from lakehouse.errors import UsageError
from lakehouse.migration.analysis.discover import Scan, as_json, plan_scan, record, refuse_above, run_scan
from lakehouse.migration.analysis.discover_report import TERMINAL_HEADER, html_report, terminal_rows
from lakehouse.migration.analysis.profiles import TableProfile, findings, suggested_columns
from lakehouse.migration.cli.common import ConfigFile, opened
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration
from lakehouse.options import AsJson, ProjectDirectory
from lakehouse.output import Output, counted, size_text
from lakehouse.records.reports import keep_report, write_report
from lakehouse.toolbox import Toolbox, toolbox_of


def discover(
    context: typer.Context,
    tables: Annotated[
        list[str] | None,
        typer.Argument(help="Tables (database.table), of a migration or not; default: all of the migration."),
    ] = None,
    config_file: ConfigFile = None,
    project: ProjectDirectory = Path(),
    max_bytes: Annotated[
        int | None, typer.Option(min=0, help="Refuse to scan more than this many bytes.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write the report with its charts to this file.")] = None,
    as_json_: AsJson = False,
) -> None:
    """Show which columns hold times as text, and in which formats. One scan per table; changes nothing."""
    output = Output(as_json=as_json_)
    toolbox = toolbox_of(context)
    migration = _migration(context, tables or [], config_file, project)
    with output.working("listing files"):
        scans = _plan(toolbox, migration, tables or [], project)
    for scan in scans:
        output.say(
            f"{scan.table.qualified_name}: one scan of {counted(scan.files, 'file')}, "
            f"at most {size_text(scan.bytes)} ({cost_text(scan.cost)})"
        )
    refuse_above(scans, max_bytes)
    statements = migration.statements if migration else _statements(toolbox)
    profiles = []
    for number, scan in enumerate(scans, 1):
        output.say(f"scanning {scan.table.qualified_name} ({number} of {len(scans)})")
        with output.working(f"scanning {scan.table.qualified_name}"):
            profiles.append(run_scan(statements, scan))
    if as_json_:
        output.json([as_json(profile) for profile in profiles])
    else:
        for profile in profiles:
            _print(profile, output)
    _report(migration, profiles, html, output)


def _migration(
    context: typer.Context, tables: list[str], config_file: Path | None, project: Path
) -> Migration | None:
    """The migration; None where tables are named and no file is, and the project has no file to find."""
    if tables and config_file is None and len(list((project / "migrations").glob("*.yml"))) != 1:
        return None
    return opened(context, config_file, project)


def _plan(toolbox: Toolbox, migration: Migration | None, tables: list[str], project: Path) -> list[Scan]:
    configured: dict[str, TableConfig] = (
        {table.source: table for table in migration.config.tables} if migration else {}
    )
    macros = migration.macros if migration else load_macros(project)
    s3, glue = toolbox.aws.s3, toolbox.aws.glue
    scans = []
    for name in dict.fromkeys(name.lower() for name in tables or configured):
        if name.count(".") != 1 or not all(name.split(".")):
            raise UsageError(f"{name!r} is not a table name: write database.table")
        config = configured.get(name)
        source = get_source(glue, name, config.legacy if config else f"{name}_legacy")
        scans.append(plan_scan(s3, glue, macros, source, config))
    return scans


def _statements(toolbox: Toolbox) -> Statements:
    settings = toolbox.settings
    return Statements(AthenaClient(toolbox.aws.session, settings.workgroup, settings.results))


def _print(profile: TableProfile, output: Output) -> None:
    rows = [row for column in profile.reported for row in terminal_rows(column)]
    output.table(
        TERMINAL_HEADER,
        rows,
        title=f"{profile.table}: {counted(profile.rows, 'row')}, {size_text(profile.scanned_bytes)} scanned",
    )
    for column in profile.reported:
        for finding in findings(column):
            output.line(f"{column.name} {finding}")
    if suggestion := suggested_columns(profile):
        output.line(f"\nFor the migration's file:\n\n{suggestion}\n")
    elif not profile.rows:
        output.line("no query sees a row of this table: is its data where its definition says?")
    elif not rows:
        output.line("no column of this table holds times as text")


def _report(
    migration: Migration | None, profiles: list[TableProfile], html: Path | None, output: Output
) -> None:
    at = migration.ledger.now() if migration else datetime.now(UTC)
    several = migration is not None and len(profiles) > 1
    title = migration.config.name if migration and several else ", ".join(each.table for each in profiles)
    content = html_report(profiles, title, at)
    if html:
        write_report(html, content)
        output.say(f"report: {html}")
    if migration is None:
        return
    kept = keep_report(migration.ledger, "discover", "html", content, at)
    keep_report(
        migration.ledger,
        "discover",
        "json",
        json.dumps([as_json(profile) for profile in profiles], default=str, ensure_ascii=False),
        at,
    )
    known = {table.source for table in migration.config.tables}
    for profile in profiles:
        if profile.table in known:
            record(migration.ledger, profile, kept)
    output.say(f"report: {kept}")
