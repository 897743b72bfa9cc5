"""What the commands of a migration share: options, and opening the migration they name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lakehouse.catalog.planned_calls import Clients
from lakehouse.errors import UsageError
from lakehouse.migration.context import Migration, open_migration
from lakehouse.toolbox import toolbox_of

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--file",
        "-f",
        envvar="LAKEHOUSE_MIGRATION",
        help="The migration's YAML file; by default the only one in migrations/.",
    ),
]
Tables = Annotated[
    list[str] | None,
    typer.Option("--table", "-t", help="A source table (database.table); may be repeated. Default: all."),
]
RangeOfDays = Annotated[
    str | None,
    typer.Option(
        "--days",
        help="A trial: the days of the partition column (UTC) to begin with, 2025-08-12 or "
        "2025-08-12..2025-08-14. The rest stays to be loaded.",
    ),
]


def opened(context: typer.Context, config_file: Path | None, project: Path) -> Migration:
    """The migration that the options name. Raises UsageError with what is wrong with them."""
    return open_migration(toolbox_of(context), config_path(config_file, project), project)


def config_path(config_file: Path | None, project: Path) -> Path:
    """The migration's file: the one that is named, else the only one there is."""
    return config_file or _only_file(project)


def clients_of(context: typer.Context) -> Clients:
    """The services that definitions and grants live in."""
    aws = toolbox_of(context).aws
    return Clients(aws.glue, aws.lakeformation)


def _only_file(project: Path) -> Path:
    files = sorted((project / "migrations").glob("*.yml"))
    if len(files) == 1:
        return files[0]
    found = ", ".join(file.name for file in files) or "nothing"
    raise UsageError(f"name the migration with --file: {project / 'migrations'} holds {found}")
