"""Writing a target by its dbt model: the backfill and the increments of a table that dbt keeps writing.

The model is incremental and reads what arrived since the newest load day it holds, less a look-back. Files
that arrived in an older day's folder are inside it only if the look-back is made longer, for that run.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lakehouse.catalog.files import SourceFile
from lakehouse.catalog.tables import find_table
from lakehouse.dbt.build import run_marked_build
from lakehouse.dbt.project import project_value
from lakehouse.errors import ServiceError, UsageError
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration, Say
from lakehouse.migration.state import cut_over_tables

# The day of a file's folder: .../2025/08/13/part-0.parquet or .../year=2025/month=8/day=13/part-0.parquet.
_LOAD_DAY = re.compile(r"/(?:year=)?([0-9]{4})/(?:month=)?([0-9]{1,2})/(?:day=)?([0-9]{1,2})/")
_DEFAULT_LOOKBACK_DAYS = 1


@dataclass(frozen=True)
class DbtRun:
    """What a run of dbt took, in seconds."""

    seconds: float


def run_model(
    migration: Migration,
    table: TableConfig,
    files: Iterable[SourceFile],
    all_files: Iterable[SourceFile],
    say: Say,
    *,
    with_tests: bool,
) -> DbtRun:
    """Build the table's model and what it reads, so that `files` are in it.

    Raises ServiceError if dbt fails, UsageError if there is no such model or it doesn't write the configured
    target.
    """
    check_model(migration.project, table)
    begun = time.monotonic()
    arguments = dbt_arguments(migration, table, files, all_files, with_tests=with_tests)
    say(f"{table.source}: dbt build {' '.join(arguments)}")
    code = run_marked_build(
        migration.statements.athena,
        migration.statements.client.workgroup,
        migration.project,
        arguments,
        say,
        stdout=sys.stderr,
    )
    if code != 0:
        raise ServiceError(
            f"{table.source}: dbt build of {table.dbt_model} failed (exit {code}); the lines above say where"
        )
    if find_table(migration.glue, table.target) is None:
        raise UsageError(
            f"dbt built {table.dbt_model}, but there is no {table.target}: name the table it writes as target"
        )
    return DbtRun(time.monotonic() - begun)


def dbt_arguments(
    migration: Migration,
    table: TableConfig,
    files: Iterable[SourceFile],
    all_files: Iterable[SourceFile],
    *,
    with_tests: bool,
) -> list[str]:
    """What `dbt build` is given: the model, all it reads, the views over it, and their tests if wanted."""
    variables = {
        "lookback_days": lookback_days(files, all_files),
        # dbt reads their files under the second name; those too that the project has made ready already.
        "cut_over_tables": sorted(
            {*cut_over_tables(migration.ledger, migration.config.tables), *ready_tables(migration.project)}
        ),
    }
    model = table.dbt_model or ""
    kinds = (
        # Of the tests only those whose models are all built here: the others speak of tables that may not be.
        ["--exclude-resource-type", "unit_test", "--indirect-selection", "cautious"]
        if with_tests
        else ["--resource-type", "model", "--quiet"]
    )
    return [
        "--select",
        f"+{model}",
        f"{model}+1,config.materialized:view",
        *kinds,
        "--vars",
        json.dumps(variables),
    ]


def check_model(project: Path, table: TableConfig) -> None:
    """Raise UsageError unless the project has the table's model: dbt builds nothing for an unknown name, and
    calls that a success."""
    folders = project_value(project, "model-paths") or ["models"]
    files = (path for folder in folders for path in (project / str(folder)).rglob(f"{table.dbt_model}.*"))
    if not any(path.suffix in (".sql", ".py") for path in files):
        raise UsageError(
            f"{table.source}: the project in {project.resolve()} has no model {table.dbt_model}: "
            "is dbt_model of the migration's file right?"
        )


def ready_tables(project: Path) -> list[str]:
    """`vars: cut_over_tables` of dbt_project.yml, which --vars would replace."""
    return [str(name) for name in project_value(project, "vars", "cut_over_tables") or []]


def lookback_days(files: Iterable[SourceFile], all_files: Iterable[SourceFile]) -> int:
    """Days that a run must look back from the newest load day, so that it reads `files`."""
    wanted = [day for file in files if (day := load_day(file.path))]
    newest = max((day for file in all_files if (day := load_day(file.path))), default=None)
    if not wanted or newest is None:
        return _DEFAULT_LOOKBACK_DAYS
    return max(_DEFAULT_LOOKBACK_DAYS, (newest - min(wanted)).days)


def load_day(path: str) -> date | None:
    """The day of the folder that a file lies in, None if its path tells none."""
    match = _LOAD_DAY.search(path)
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
