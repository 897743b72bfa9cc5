"""Writes the reference pages: docs/cli from the commands, docs/macros.md from the comments of the macros.

`make reference` runs it; tests/unit/test_documentation.py compares the pages with what it would write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
import typer

import athena_sandbox.cli
import lakehouse.cli

ROOT = Path(__file__).resolve().parent.parent
COMMAND_LINES = {"lakehouse": lakehouse.cli.app, "athena-sandbox": athena_sandbox.cli.app}
_MACRO_FOLDERS = {"macros": "macro", "tests/dbt/generic": "test"}
_GENERATED = "<!-- Written by `make reference`. Change the source, not this page. -->"


def pages() -> dict[str, str]:
    """Every reference page: path within the repository to its text."""
    written = {"docs/macros.md": _macros_page()}
    for name, app in COMMAND_LINES.items():
        root = context_of(name, typer.main.get_command(app))
        written[f"docs/cli/{name}.md"] = _commands_page(root, root.command.epilog)
        for group in _groups(root):
            written[f"docs/cli/{_page_name(group)}"] = _commands_page(group, root.command.epilog)
    return written


def context_of(name: str, command: Any, parent: Any = None) -> Any:
    """The context of a command with nothing given; of a deferred group, of the group itself."""
    return command.make_context(name, [], parent=parent, resilient_parsing=True)


def subcommands(group: Any) -> list[Any]:
    """The contexts of a group's commands, in the group's order."""
    return [context_of(name, command, group) for name, command in group.command.commands.items()]


def is_group(context: Any) -> bool:
    """Whether a context is that of a group of commands."""
    return hasattr(context.command, "commands")


def _groups(root: Any) -> list[Any]:
    return [context for context in subcommands(root) if is_group(context)]


def _page_name(context: Any) -> str:
    return f"{context.command_path.replace(' ', '-')}.md"


def _commands_page(context: Any, exit_codes: str) -> str:
    """One command line, or one of its groups with the groups inside it."""
    nested = context.parent is not None
    lines = [_GENERATED, "", f"# `{context.command_path}`", "", context.command.help, ""]
    commands = list(_commands(context, deep=nested))
    contents = [(f"[`{one.command_path}`](#{_anchor(one)})", one) for one in commands]
    if not nested:
        contents += [(f"[`{one.command_path}`]({_page_name(one)})", one) for one in _groups(context)]
    lines += ["| command | |", "|---|---|"]
    lines += [f"| {link} | {_prose(_first_sentence(one.command.help))} |" for link, one in contents]
    lines += ["", exit_codes, ""]
    if not nested:
        lines += _parameters(context)
    for one in commands:
        usage = " ".join([one.command_path, *one.command.collect_usage_pieces(one)])
        lines += [f"## `{one.command_path}`", "", one.command.help, "", "```", usage, "```", ""]
        lines += _parameters(one)
    return "\n".join(lines).rstrip() + "\n"


def _commands(group: Any, deep: bool) -> Iterator[Any]:
    for context in subcommands(group):
        if not is_group(context):
            yield context
        elif deep:
            yield from _commands(context, deep)


def _anchor(context: Any) -> str:
    return str(context.command_path).replace(" ", "-")


def _first_sentence(text: str) -> str:
    return " ".join(text.split()).partition(". ")[0].removesuffix(".")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _prose(text: str) -> str:
    """A cell in which `<` begins no HTML tag, except in code, where Markdown shows it as it is."""
    parts = _cell(text).split("`")
    return "`".join(
        part if code % 2 else re.sub(r"<(?=[A-Za-z/])", "&lt;", part) for code, part in enumerate(parts)
    )


def _parameters(context: Any) -> list[str]:
    records = [parameter.get_help_record(context) for parameter in context.command.get_params(context)]
    shown = [record for record in records if record and record[0] != "--help"]
    if not shown:
        return []
    rows = [f"| `{_cell(name)}` | {_prose(meaning)} |" for name, meaning in shown]
    return ["| argument or option | |", "|---|---|", *rows, ""]


def _macros_page() -> str:
    lines = [
        _GENERATED,
        "",
        "# Macros and generic tests",
        "",
        "A macro whose name begins with an underscore serves its own folder only and is not listed.",
    ]
    for folder, kind in _MACRO_FOLDERS.items():
        title = ""
        for file in sorted((ROOT / folder).rglob("*.sql")):
            place = file.parent.relative_to(ROOT).as_posix()
            rows = [
                f"| {'<br>'.join(f'`{_cell(name)}`' for name in names)} | {_prose(comment)} |"
                for names, comment in _described(file.read_text(encoding="utf-8"), kind)
            ]
            if rows and place != title:
                title = place
                lines += ["", f"## `{place}`", "", f"| {kind} | |", "|---|---|"]
            lines += rows
    return "\n".join(lines) + "\n"


def _described(text: str, kind: str) -> Iterator[tuple[list[str], str]]:
    """The signatures that follow a comment, with the comment's first paragraph."""
    comment, signatures = "", list[str]()
    block: list[str] | None = None
    for _, part, value in jinja2.Environment(autoescape=True).lex(text):
        if part == "comment":
            if signatures:
                yield signatures, comment
            comment, signatures = value.strip().partition("\n\n")[0], []
        elif part == "block_begin":
            block = []
        elif part == "block_end":
            words = "".join(block or []).split(None, 1)
            if words[0] == kind and not words[1].startswith("_"):
                signatures.append(_cell(words[1]))
            block = None
        elif block is not None:
            block.append(value)
    if signatures:
        yield signatures, comment


def main() -> None:
    """Write the pages, and remove those of commands that are gone."""
    wanted = pages()
    for file in (ROOT / "docs" / "cli").glob("*.md"):
        if file.relative_to(ROOT).as_posix() not in wanted:
            file.unlink()
    for path, text in wanted.items():
        (ROOT / path).parent.mkdir(exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
