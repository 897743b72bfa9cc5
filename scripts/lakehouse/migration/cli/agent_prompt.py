"""`lakehouse migrate agent-prompt`: it parses arguments and prints."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lakehouse.dbt.manifest import get_manifest
from lakehouse.errors import DifferenceError, UsageError
from lakehouse.migration.agent_prompt import BEGIN, END, prompt_section, updated
from lakehouse.migration.cli.common import ConfigFile, config_path, opened
from lakehouse.migration.config import MigrationConfig, load_config
from lakehouse.migration.copying.loaded import filled_tables
from lakehouse.options import AsJson, ProjectDirectory
from lakehouse.output import Output, counted
from lakehouse.records.reports import write_report


def agent_prompt(
    context: typer.Context,
    check: Annotated[
        Path | None,
        typer.Option(help="Exit with 4 if this file's section is not up to date.", dir_okay=False),
    ] = None,
    update: Annotated[
        Path | None,
        typer.Option(help="Put the section into this file, in place of an older one or of the old advice."),
    ] = None,
    all_tables: Annotated[
        bool,
        typer.Option("--all", help="Include tables that are not filled yet."),
    ] = False,
    config_file: ConfigFile = None,
    project: ProjectDirectory = Path(),
    as_json: AsJson = False,
) -> None:
    """Print what a program that writes SQL has to know about the new tables: columns, types, rules.

    A table that isn't filled yet is named as it is, with its times as text. With --all no service is asked.
    """
    if check is not None and update is not None:
        raise UsageError("give --check or --update, not both")
    output = Output(as_json=as_json)
    config = load_config(config_path(config_file, project))
    manifest = get_manifest(project)
    ready = None if all_tables else filled_tables(opened(context, config_file, project))
    section = prompt_section(manifest, config, ready)
    if check is not None:
        _check(check, section, config)
        output.say(f"{check} is up to date")
    elif update is not None:
        _update(update, section, config, output)
    elif as_json:
        output.json({"lines": section})
    else:
        for line in section:
            output.line(line)


def _check(file: Path, section: list[str], config: MigrationConfig) -> None:
    text = _read(file)
    new = updated(text, section, config)
    if new is None:
        raise DifferenceError(
            f"{file} holds no {BEGIN} and no old advice: put both tags where the section goes"
        )
    if new != text:
        raise DifferenceError(
            f"{file} is not up to date: run `lakehouse migrate agent-prompt --update {file}`"
        )


def _update(file: Path, section: list[str], config: MigrationConfig, output: Output) -> None:
    text = _read(file)
    new = updated(text, section, config)
    if new is None:
        raise UsageError(
            f"{file} holds no advice to replace: put a line {BEGIN} and a line {END} where the section goes"
        )
    if new == text:
        output.say(f"{file} is up to date")
        return
    write_report(file, new)
    output.say(f"{file}: the section was put in, {counted(len(section), 'line')}")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(f"{file} can't be read: {reason}") from error
