"""`lakehouse migrate rewrite`: it parses arguments and prints."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from lakehouse.dbt.manifest import find_manifest
from lakehouse.errors import ConfigurationError, DifferenceError, ServiceError, UsageError
from lakehouse.migration.cli.common import ConfigFile, config_path
from lakehouse.migration.config import load_config
from lakehouse.migration.migrated_tables import load_migrated_tables
from lakehouse.migration.rewriting.model import MigratedTable
from lakehouse.migration.rewriting.rewrite import RewrittenFile, rewrite_text
from lakehouse.options import AsJson, ProjectDirectory
from lakehouse.output import Output, counted
from lakehouse.toolbox import Toolbox, toolbox_of


def rewrite(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="A file of statements; - reads them from standard input.")],
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 4 if a statement needs a rewrite.")
    ] = False,
    database: Annotated[str | None, typer.Option(help="Database of table names without one.")] = None,
    config_file: ConfigFile = None,
    project: ProjectDirectory = Path(),
    as_json: AsJson = False,
) -> None:
    """Print the statements of a file as they must be for the new tables. Changes nothing.

    What can't be rewritten safely is named with its reason, and then nothing is printed.
    """
    output = Output(as_json=as_json)
    config = load_config(config_path(config_file, project))
    migrated = _migrated_tables(toolbox_of(context), config_path(config_file, project), project, output)
    text = _read(file)
    result = rewrite_text(text, migrated, config, database)
    name = "standard input" if file == "-" else file
    if as_json:
        output.json(result.as_json())
    _tell(result, name, output)
    if result.problems:
        raise DifferenceError(
            f"{name}: rewrite {counted(len(result.problems), 'place')} by hand, no safe rewrite is known"
        )
    if check and result.is_changed:
        raise DifferenceError(
            f"{name} uses {', '.join(result.tables)}: `lakehouse migrate rewrite` shows how"
        )
    if not check and not as_json:
        sys.stdout.write(result.sql or "")


def _migrated_tables(
    toolbox: Toolbox, config_file: Path, project: Path, output: Output
) -> list[MigratedTable]:
    config, manifest = load_config(config_file), find_manifest(project)
    try:
        return load_migrated_tables(config, toolbox.aws.glue, manifest)
    except (ConfigurationError, ServiceError) as error:
        output.say(f"without the Data Catalog, so * is not written out ({error})")
        return load_migrated_tables(config, None, manifest)


def _read(file: str) -> str:
    if file == "-":
        return sys.stdin.read()
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(f"{file} can't be read: {reason}") from error


def _tell(result: RewrittenFile, name: str, output: Output) -> None:
    for note in result.notes:
        output.say(f"{name}: {note}")
    for problem in result.problems:
        output.say(f"{name}: {problem}")
