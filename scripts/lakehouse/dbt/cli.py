"""The commands `lakehouse build` and `lakehouse summary`: they parse arguments and print."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from lakehouse.athena.client import AthenaClient
from lakehouse.dbt.build import load_build, run_marked_build
from lakehouse.dbt.build_queries import iter_build_queries, total
from lakehouse.dbt.project import require_project, target_directory
from lakehouse.dbt.summary import BuildSummary, NoBuildError, Rows, load_artifacts, summarise
from lakehouse.errors import ExitCode
from lakehouse.options import AsJson, ProjectDirectory
from lakehouse.output import Output, counted, size_text
from lakehouse.toolbox import Toolbox, toolbox_of


def build(
    context: typer.Context,
    project_directory: ProjectDirectory = Path(),
) -> int:
    """Run `dbt build` and print a summary. Arguments after -- are passed to dbt."""
    toolbox = toolbox_of(context)
    output = Output()
    require_project(project_directory)
    athena = toolbox.aws.session.client("athena")
    workgroup = toolbox.settings.workgroup
    code = run_marked_build(athena, workgroup, project_directory, context.args, output.say)
    if code != 0:
        output.say(
            f"dbt build failed (exit code {code}): the lines above say where; the SQL is in target/compiled"
        )
        return ExitCode.FAILED
    _print(_summary(toolbox, project_directory), output)
    return ExitCode.OK


def summary(
    context: typer.Context,
    project_directory: ProjectDirectory = Path(),
    as_json: AsJson = False,
) -> None:
    """Print the summary of the last `lakehouse build`."""
    found = _summary(toolbox_of(context), project_directory)
    output = Output(as_json=as_json)
    if as_json:
        output.json(_as_json(found))
    else:
        _print(found, output)


def _summary(toolbox: Toolbox, project_directory: Path) -> BuildSummary:
    target = target_directory(project_directory)
    last = load_build(target)
    if last is None:
        raise NoBuildError(f"there is no record of a build in {target}: run `lakehouse build` first")
    client = AthenaClient(toolbox.aws.session, toolbox.settings.workgroup, toolbox.settings.results)

    def run_query(statement: str) -> Rows:
        result = client.run(statement, database="default")
        return [dict(zip(result.columns, row, strict=True)) for row in result.rows]

    totals = total(
        iter_build_queries(
            toolbox.aws.session.client("athena"), toolbox.settings.workgroup, last.id, last.started_at
        )
    )
    return summarise(load_artifacts(target), run_query, totals)


def _print(found: BuildSummary, output: Output) -> None:
    output.table(
        ["bronze table", "column", "rows in", "parsed", "empty", "rejected"],
        [
            [a.source_table, a.column_name, a.raw_rows, a.parsed_rows, a.empty_rows, a.rejected_rows]
            for a in found.accounts
        ],
        title="Every raw row accounted for: rows in = parsed + empty + rejected",
    )
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in found.rejects_by_reason.items())
    output.line(f"Rejected  {reasons or 'nothing'}")
    built = ", ".join(
        counted(count, kind) for (kind, status), count in sorted(found.nodes.items()) if status == "success"
    )
    passed = sum(count for (_, status), count in found.nodes.items() if status == "pass")
    output.line(f"Built     {built or 'nothing'}; {counted(passed, 'test')} passed")
    output.line(
        f"Took      {found.seconds:.0f} s, {counted(found.queries.count, 'query')}, "
        f"{size_text(found.queries.scanned_bytes)} scanned"
    )


def _as_json(found: BuildSummary) -> dict[str, Any]:
    return {
        "accounts": [asdict(account) for account in found.accounts],
        "rejects_by_reason": found.rejects_by_reason,
        "nodes": [
            {"type": kind, "status": status, "count": count}
            for (kind, status), count in sorted(found.nodes.items())
        ],
        "seconds": found.seconds,
        "queries": found.queries.count,
        "scanned_bytes": found.queries.scanned_bytes,
    }
