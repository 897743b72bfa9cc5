"""`lakehouse migrate statistics`: it parses arguments and prints."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from lakehouse.errors import UsageError
from lakehouse.migration.cli.common import ConfigFile, Tables, opened
from lakehouse.migration.column_statistics import (
    USED_PROPERTY,
    TableStatistics,
    find_statistics,
    start_run,
)
from lakehouse.options import Apply, AsJson, ProjectDirectory
from lakehouse.output import Output, duration_text
from lakehouse.records.lock import hold_lock


def statistics(
    context: typer.Context,
    tables: Tables = None,
    role: Annotated[
        str | None,
        typer.Option(
            envvar="LAKEHOUSE_STATISTICS_ROLE",
            help="IAM role (ARN) that Glue assumes to read the tables; needed with --apply.",
        ),
    ] = None,
    apply: Apply = False,
    config_file: ConfigFile = None,
    project: ProjectDirectory = Path(),
    as_json: AsJson = False,
) -> None:
    """Show the state and age of the new tables' column statistics; --apply has Glue compute them."""
    if apply and not role:
        raise UsageError(
            "name the IAM role that Glue assumes: --role arn:aws:iam::123456789012:role/NAME, "
            "or set LAKEHOUSE_STATISTICS_ROLE"
        )
    migration = opened(context, config_file, project)
    output = Output(as_json=as_json)
    chosen = migration.config.chosen(tables)
    if not apply or role is None:
        _print(output, find_statistics(migration, chosen), {}, migration.ledger.now(), applied=False)
        return
    started: dict[str, str] = {}
    with hold_lock(migration.ledger, "migrate statistics"):
        found = find_statistics(migration, chosen)
        for each in found:
            # One task at a time for each table is all that Glue takes.
            if not each.is_under_way:
                started[each.table.source] = start_run(migration, each, role)
    _print(output, found, started, migration.ledger.now(), applied=True)


def _print(
    output: Output,
    found: Sequence[TableStatistics],
    started: dict[str, str],
    now: datetime,
    *,
    applied: bool,
) -> None:
    if output.as_json:
        output.json([_as_json(each, started) for each in found])
        return
    output.table(
        ["target", "newest run", "age", "read by Athena", "rows written since", "started"],
        [
            [
                each.table.target,
                each.newest.state if each.newest else "none",
                duration_text((now - each.newest.created_at).total_seconds()) if each.newest else None,
                "yes" if each.is_used else "no",
                "yes" if each.is_outdated else "no" if each.newest else None,
                started.get(each.table.source),
            ]
            for each in found
        ],
        title="Column statistics",
    )
    for each in found:
        _print_notes(output, each)
    if not applied:
        output.say("nothing was started: --apply has Glue read each table whole, at its price per DPU hour")


def _print_notes(output: Output, each: TableStatistics) -> None:
    target = each.table.target
    if each.newest and each.newest.error:
        output.line(f"{target}: the newest run failed: {' '.join(each.newest.error.split())}")
    if each.newest and each.newest.state == "SUCCEEDED" and not each.is_used:
        output.line(
            f"{target}: Athena leaves its statistics unread until the table property {USED_PROPERTY} is "
            "true: set it in the Glue console"
        )
    if each.left_out:
        output.line(f"{target}: no statistics of nested columns: {', '.join(each.left_out)}")


def _as_json(each: TableStatistics, started: dict[str, str]) -> dict[str, Any]:
    newest = each.newest
    return {
        "source": each.table.source,
        "target": each.table.target,
        "newest_run": vars(newest) if newest else None,
        "read_by_athena": each.is_used,
        "written_since": each.is_outdated,
        "left_out": list(each.left_out),
        "started": started.get(each.table.source),
    }
