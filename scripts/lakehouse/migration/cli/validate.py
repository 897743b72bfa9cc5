"""`lakehouse migrate validate`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from lakehouse.errors import DifferenceError
from lakehouse.migration.cli.common import ConfigFile, Tables, opened
from lakehouse.migration.context import Migration
from lakehouse.migration.validation.differences import Check, Difference
from lakehouse.migration.validation.old_queries import OldQuery, load_folder, load_project
from lakehouse.migration.validation.queries import QueryOutcome
from lakehouse.migration.validation.relations import Scope
from lakehouse.migration.validation.report import TableReport, record, with_queries
from lakehouse.migration.validation.run import (
    Options,
    check_loaded,
    check_target,
    open_scope,
    validate_queries,
    validate_table,
)
from lakehouse.options import AsJson, ProjectDirectory
from lakehouse.output import Output, counted, size_text
from lakehouse.records.lock import hold_lock

# Characters of a value in a table on a terminal; --json has all of it.
_WIDEST = 120


def validate(
    context: typer.Context,
    config_file: ConfigFile = None,
    tables: Tables = None,
    project: ProjectDirectory = Path(),
    days: Annotated[
        int | None,
        typer.Option(
            min=1, help="Compare rows of the newest days only: a quick look, not enough for a cutover."
        ),
    ] = None,
    sample: Annotated[int, typer.Option(min=0, help="Raw rows to read again in Python; 0 for none.")] = 2000,
    queries: Annotated[
        Path | None,
        typer.Option(
            help="Folder of old queries (.sql), run on the old table and on the view. "
            "Default: analyses/migration/*__before.sql of the project.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
            help="What the old queries take for the current time, UTC. Default: now.",
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Differences listed per check.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Compare old and new: counts by day, checksums, rejects, every row, a sample in Python, the old queries.

    Exit code 4 if anything differs. Changes nothing but the ledger, which a cutover asks.
    """
    output = Output(as_json=as_json)
    migration = opened(context, config_file, project)
    options = Options(days, sample, limit, as_of.replace(tzinfo=UTC) if as_of else None)
    chosen = migration.config.chosen(tables)
    # Read before anything is compared: a file that isn't a query must not cost a validation.
    old_queries = _old_queries(migration, project, queries, output)
    for table in chosen:
        check_target(migration, table)
    names = {table.source for table in chosen}
    also_read = {source for query in old_queries if query.sources & names for source in query.sources}
    for source in sorted(names | also_read):
        check_loaded(migration, migration.config.table(source))
    with hold_lock(migration.ledger, "validate"):
        reports = [validate_table(migration, table, options, output.say) for table in chosen]
        outcomes = _queries(migration, reports, options, old_queries, output)
        reports = [with_queries(report, outcomes) for report in reports]
        kept = [record(migration, report) for report in reports]
    if as_json:
        output.json({"tables": [report.as_json() for report in reports]})
    else:
        _print(reports, outcomes, output)
    for place in kept:
        output.say(f"report: {place}")
    if red := [report.table.source for report in reports if report.found]:
        raise DifferenceError(
            f"old and new differ in {', '.join(red)}: the differences are above, --json has them whole"
        )
    if empty := [report.table.source for report in reports if not report.is_green]:
        raise DifferenceError(
            f"nothing differs in {', '.join(empty)}, but a check compared nothing: does "
            "the old table show its rows?"
        )


def _old_queries(migration: Migration, project: Path, queries: Path | None, output: Output) -> list[OldQuery]:
    sources = [table.source for table in migration.config.tables]
    if queries is not None:
        return load_folder(queries, sources)
    found = load_project(project, sources, output.say)
    if not found:
        output.say("no old queries: name a folder with --queries to compare their results")
    return found


def _queries(
    migration: Migration,
    reports: list[TableReport],
    options: Options,
    old_queries: list[OldQuery],
    output: Output,
) -> list[QueryOutcome]:
    validated = {report.table.source: report.scope for report in reports}
    mine = [query for query in old_queries if query.sources & validated.keys()]
    scopes = {
        source: _whole(migration, source, validated)
        for source in sorted({source for query in mine for source in query.sources})
    }
    return validate_queries(migration, mine, scopes, options, output.say)


def _whole(migration: Migration, source: str, validated: dict[str, Scope]) -> Scope:
    """A query sees whole tables, whatever days are compared; it may read one that isn't validated."""
    found = validated.get(source)
    if found is not None and found.since is None:
        return found
    return open_scope(migration, migration.config.table(source))


def _print(reports: list[TableReport], outcomes: list[QueryOutcome], output: Output) -> None:
    for report in reports:
        rows = [
            [check.name, _verdict(check), check.facts, size_text(check.scanned_bytes)]
            for check in report.checks
        ]
        output.table(["check", "", "found", "read"], rows, f"{report.table.source} -> {report.table.target}")
        _print_days(report, output)
        if report.differences:
            header = ["differs", "row", "column", "old", "new", "why"]
            output.table(header, [_cells(difference) for difference in report.differences])
            if (more := report.found - len(report.differences)) > 0:
                output.line(f"{more:,} more are not listed: --limit")
    if outcomes:
        listed = [
            [
                each.name,
                each.verdict.value,
                each.old_ms,
                each.new_ms,
                _size(each.old_bytes),
                _size(each.new_bytes),
            ]
            for each in outcomes
        ]
        output.table(["query", "verdict", "old ms", "new ms", "old read", "new read"], listed, "Old queries")


def _verdict(check: Check) -> str:
    if check.found:
        return "RED"
    return "green" if check.is_green else "NO ROWS"


def _print_days(report: TableReport, output: Output) -> None:
    differing = [each for each in report.days if each.old != each.new]
    shown = differing or report.days[-5:]
    if not shown:
        return
    title = "Days that differ" if differing else f"The newest of {counted(len(report.days), 'day')}"
    rows = [[each.day, each.old, each.new, each.new - each.old] for each in shown]
    output.table(["day", "old", "new", "difference"], rows, title)


def _cells(difference: Difference) -> list[str]:
    values = (
        difference.kind.value,
        difference.key_text,
        difference.column,
        difference.old or "",
        difference.new or "",
        difference.why,
    )
    return [value if len(value) <= _WIDEST else value[: _WIDEST - 1] + "…" for value in values]


def _size(size: int | None) -> str:
    return "" if size is None else size_text(size)
