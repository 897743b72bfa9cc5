"""`lakehouse migrate impact`: it parses arguments and prints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from lakehouse.dbt.manifest import find_manifest
from lakehouse.migration.analysis.estimates import Estimate, estimate_backfills
from lakehouse.migration.analysis.impact import Use, Verdict, as_json, counts, judge, record
from lakehouse.migration.analysis.impact_report import (
    ESTIMATES_HEADER,
    USES_HEADER,
    estimate_row,
    html_report,
    use_row,
)
from lakehouse.migration.analysis.usages.code import find_in_code
from lakehouse.migration.analysis.usages.dbt import find_in_dbt
from lakehouse.migration.analysis.usages.finds import FOLLOWS_CUTOVER, Find
from lakehouse.migration.analysis.usages.history import (
    find_named_queries,
    find_prepared_statements,
    find_queries,
    list_work_groups,
)
from lakehouse.migration.analysis.usages.views import find_views
from lakehouse.migration.cli.common import ConfigFile, Tables, opened
from lakehouse.migration.context import Migration
from lakehouse.migration.migrated_tables import load_migrated_tables
from lakehouse.migration.rewriting.model import MigratedTable
from lakehouse.options import AsJson, ProjectDirectory
from lakehouse.output import Output, counted
from lakehouse.records.reports import keep_report, write_report

# Lines of a rewritten statement that are printed; the report has all of it.
_MOST_LINES = 30
_MOST_REASONS = 5


def impact(
    context: typer.Context,
    tables: Tables = None,
    work_group: Annotated[
        list[str] | None,
        typer.Option("--work-group", "-w", help="A workgroup to look into; may be repeated. Default: all."),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=45, help="Days of query history; Athena keeps 45.")] = 45,
    code: Annotated[
        list[Path] | None,
        typer.Option("--code", help="A file or folder of application code; may be repeated."),
    ] = None,
    database: Annotated[
        str | None, typer.Option(help="Database of table names without one, in code and prepared statements.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write the report to this file.")] = None,
    config_file: ConfigFile = None,
    project: ProjectDirectory = Path(),
    as_json_: AsJson = False,
) -> None:
    """Show who uses the tables, what each use needs, and what the backfill will take. Changes nothing."""
    output = Output(as_json=as_json_)
    migration = opened(context, config_file, project)
    chosen = migration.config.chosen(tables)
    names = {table.source for table in chosen}
    manifest = find_manifest(project)
    migrated = [
        table
        for table in load_migrated_tables(migration.config, migration.glue, manifest)
        if table.source in names
    ]
    groups = work_group or list_work_groups(migration.statements.athena)
    finds = list(_finds(migration, migrated, groups, days, code or [], project, output))
    output.say(f"judging {counted(len(finds), 'statement')}")
    uses = judge(finds, migrated, database)
    estimates = estimate_backfills(migration, chosen)
    if as_json_:
        output.json(_as_json(uses, estimates))
    else:
        _print(uses, estimates, output)
    _report(migration, uses, estimates, html, output)


def _finds(
    migration: Migration,
    tables: list[MigratedTable],
    groups: list[str],
    days: int,
    code: list[Path],
    project: Path,
    output: Output,
) -> Iterator[Find]:
    athena = migration.statements.athena
    since = migration.ledger.now() - timedelta(days=days)
    for group in groups:
        output.say(
            f"workgroup {group}: {counted(days, 'day')} of history, named queries, prepared statements"
        )
        yield from find_queries(athena, group, tables, since)
        yield from find_named_queries(athena, group, tables)
        yield from find_prepared_statements(athena, group, tables)
    following: set[str | None] = set()
    if manifest := find_manifest(project):
        output.say("dbt's manifest")
        in_dbt = list(find_in_dbt(manifest, tables, project))
        following = {find.database for find in in_dbt if find.reason == FOLLOWS_CUTOVER}
        yield from in_dbt
    else:
        output.say(f"no manifest of dbt in {project.resolve()}: run `dbt compile` to include its models")
    output.say("views of the Data Catalog")
    for find in find_views(migration.glue, migration.config, tables):
        if find.name not in following:
            yield find
    if code:
        output.say(f"code in {', '.join(map(str, code))}")
        yield from find_in_code(code, tables)


def _print(uses: list[Use], estimates: list[Estimate], output: Output) -> None:
    found = ", ".join(f"{count} {verdict}" for verdict, count in counts(uses).items() if count)
    output.table(USES_HEADER, [use_row(use) for use in uses], title=f"Uses: {found or 'none found'}")
    for use in uses:
        if use.verdict.needs_work:
            _print_use(use, output)
    output.table(ESTIMATES_HEADER, [estimate_row(each) for each in estimates], title="The backfill")


def _print_use(use: Use, output: Output) -> None:
    output.line(f"{use.place} {use.name} {use.verdict}")
    for reason in use.reasons[:_MOST_REASONS]:
        output.line(f"  {reason}")
    if len(use.reasons) > _MOST_REASONS:
        output.line(f"  and {len(use.reasons) - _MOST_REASONS} more such places")
    if use.verdict is Verdict.REWRITE and use.rewritten is not None:
        lines = use.rewritten.strip().splitlines()
        output.line("\n".join(f"    {line}" for line in lines[:_MOST_LINES]))
        if len(lines) > _MOST_LINES:
            output.line(f"    ... {len(lines) - _MOST_LINES} more lines: the report has them")
    output.line("")


def _as_json(uses: list[Use], estimates: list[Estimate]) -> dict[str, object]:
    return {
        "counts": counts(uses),
        "uses": [as_json(use) for use in uses],
        "backfill": [each.as_json() for each in estimates],
    }


def _report(
    migration: Migration, uses: list[Use], estimates: list[Estimate], html: Path | None, output: Output
) -> None:
    at = migration.ledger.now()
    content = html_report(uses, estimates, migration.config.name, at)
    if html:
        write_report(html, content)
        output.say(f"report: {html}")
    kept = keep_report(migration.ledger, "impact", "html", content, at)
    everything = json.dumps(_as_json(uses, estimates), default=str, ensure_ascii=False)
    keep_report(migration.ledger, "impact", "json", everything, at)
    for estimate in estimates:
        record(migration.ledger, estimate.table, uses, estimate.as_json(), kept)
    output.say(f"report: {kept}")
