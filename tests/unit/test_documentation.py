"""The documentation names every command, option, exit code, macro and generic test, and its links work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from scripts import reference_pages
from tests.support.sandbox import ROOT

from athena_sandbox import errors as sandbox_errors
from lakehouse.errors import ExitCode

PAGES = reference_pages.pages()

# Where a person reads what a group is for; the reference says only what each command takes.
GUIDES = {
    "lakehouse": "README.md",
    "lakehouse telemetry": "README.md",
    "lakehouse migrate": "docs/migration/*.md",
    "lakehouse s3tables": "docs/s3-tables.md",
    "lakehouse s3tables maintenance": "docs/s3-tables.md",
    "lakehouse s3tables grants": "docs/s3-tables.md",
    "athena-sandbox": "docs/local-athena.md",
}


def contexts(group: Any) -> Iterator[Any]:
    for context in reference_pages.subcommands(group):
        yield context
        if reference_pages.is_group(context):
            yield from contexts(context)


ROOTS = [
    reference_pages.context_of(name, typer.main.get_command(app))
    for name, app in reference_pages.COMMAND_LINES.items()
]
COMMANDS = {context.command_path: context for root in ROOTS for context in (root, *contexts(root))}


def stale(files: dict[str, str]) -> set[str]:
    """Reference pages that are not what `make reference` writes now."""
    return {path for path, text in PAGES.items() if files.get(path) != text} | (set(files) - set(PAGES))


def written() -> dict[str, str]:
    files = [ROOT / "docs" / "macros.md", *(ROOT / "docs" / "cli").glob("*.md")]
    return {file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8") for file in files}


def test_the_reference_is_up_to_date() -> None:
    assert stale(written()) == set(), "run `make reference` and commit what it writes"


def test_a_stale_page_is_seen() -> None:
    page = "docs/cli/lakehouse-migrate.md"
    assert stale(PAGES | {page: PAGES[page].replace("--apply", "--do-it")}) == {page}
    assert stale(PAGES | {"docs/cli/lakehouse-gone.md": ""}) == {"docs/cli/lakehouse-gone.md"}
    assert stale({path: text for path, text in PAGES.items() if path != page}) == {page}


def test_the_reference_is_the_same_on_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERMINAL_WIDTH", "40")
    assert reference_pages.pages() == PAGES


@pytest.mark.parametrize("path", COMMANDS)
def test_a_command_explains_itself(path: str) -> None:
    command = COMMANDS[path].command
    assert (command.help or "").strip()
    unexplained = [parameter.name for parameter in command.params if not parameter.help]
    # Typer adds these two to a group that is called on its own; they are not offered by our commands.
    assert set(unexplained) <= {"install_completion", "show_completion"}


def test_every_option_and_command_is_in_the_reference() -> None:
    reference = "\n".join(text for path, text in PAGES.items() if path.startswith("docs/cli/"))
    for path, context in COMMANDS.items():
        assert f"`{path}`" in reference or reference_pages.is_group(context), path
        for parameter in context.command.params:
            for option in parameter.opts:
                assert re.search(rf"[`\s]{re.escape(option)}[`\s,]", reference), f"{path} {option}"


def test_every_exit_code_is_in_the_reference() -> None:
    codes = {
        "lakehouse": {int(code) for code in ExitCode},
        "athena-sandbox": {0, 130}
        | {error.exit_code for error in vars(sandbox_errors).values() if hasattr(error, "exit_code")},
    }
    for path, text in PAGES.items():
        if path.startswith("docs/cli/"):
            line = next(line for line in text.splitlines() if line.startswith("Exit codes: "))
            named = {int(number) for number in re.findall(r"\b(\d+) [a-z(]", line)}
            assert named == codes["lakehouse" if "/lakehouse" in path else "athena-sandbox"], path


def spans(text: str) -> list[str]:
    """What is set as code: inline, and line by line in the blocks, without a prompt."""
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"(?ms)^ *```.*?^ *```", "", text))
    blocks = re.findall(r"(?ms)^ *```[a-z]*\n(.*?)^ *```", text)
    return inline + [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]


def unnamed(path: str, guide: str) -> set[str]:
    """Commands of a group that a guide doesn't name, in full or by their own name."""
    group = COMMANDS[path]
    names = {one.info_name: f"{path} {one.info_name}" for one in reference_pages.subcommands(group)}
    inner = path.partition(" ")[2].partition(" ")[2]
    found = spans(guide)
    return {
        full
        for name, full in names.items()
        if not any(
            re.match(rf"(?:{re.escape(full)}|{re.escape(f'{inner} {name}'.strip())})(?:$|[ \[])", span)
            for span in found
        )
        and not (inner and any(span == name for span in found))
    }


@pytest.mark.parametrize("path", [path for path in COMMANDS if reference_pages.is_group(COMMANDS[path])])
def test_every_command_has_a_place_in_a_guide(path: str) -> None:
    assert path in GUIDES, "which guide tells what the group is for? Add it to GUIDES"
    guide = "\n".join(file.read_text(encoding="utf-8") for file in sorted(ROOT.glob(GUIDES[path])))
    assert unnamed(path, guide) == set(), f"name the command in {GUIDES[path]}"


def test_a_command_without_a_place_is_seen() -> None:
    guide = "`maintenance show`, `apply`\n\n```\n$ lakehouse s3tables maintenance plan\n```\n"
    assert unnamed("lakehouse s3tables maintenance", guide) == {
        "lakehouse s3tables maintenance set",
        "lakehouse s3tables maintenance expire-records",
    }


def test_every_macro_and_generic_test_is_in_the_reference() -> None:
    page = PAGES["docs/macros.md"]
    sources = {
        "macro": sorted((ROOT / "macros").rglob("*.sql")),
        "test": sorted((ROOT / "tests" / "dbt" / "generic").glob("*.sql")),
    }
    for kind, files in sources.items():
        names = {
            name
            for file in files
            for name in re.findall(rf"\{{%-?\s*{kind}\s+([a-z]\w*)", file.read_text(encoding="utf-8"))
        }
        assert names
        assert [name for name in sorted(names) if f"`{name}(" not in page] == []
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert [row for row in rows if row.endswith("|  |")] == [], "a macro without a comment"


def broken_links(file: Path, text: str) -> list[str]:
    """Relative links of a page that lead to no file, or to no heading of it."""
    broken = []
    for target in re.findall(r"\]\(((?!https?:)[^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        linked = (file.parent / path).resolve() if path else file
        if not linked.exists() or (anchor and anchor not in anchors(linked.read_text(encoding="utf-8"))):
            broken.append(f"{file.relative_to(ROOT)}: {target}")
    return broken


def anchors(text: str) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"(?m)^#+ (.+)$", re.sub(r"(?ms)^```.*?^```", "", text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_leads_somewhere() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    assert len(documents) > 20
    assert [link for file in documents for link in broken_links(file, file.read_text(encoding="utf-8"))] == []


def test_a_broken_link_is_seen() -> None:
    readme = ROOT / "README.md"
    text = "[a](docs/gone.md) [b](docs/timestamps.md#gone) [c](docs/timestamps.md#what-is-read) [d](#gone)"
    assert broken_links(readme, text) == [
        "README.md: docs/gone.md",
        "README.md: docs/timestamps.md#gone",
        "README.md: #gone",
    ]


def test_every_file_that_a_document_names_is_there() -> None:
    """Paths of the repository in code spans: a file that moves takes its mentions along."""
    for file in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        if file.name in ("CHANGELOG.md", "DECISIONS.md"):
            continue
        for span in spans(file.read_text(encoding="utf-8")):
            path = re.fullmatch(
                r"((?:docs|scripts|tests|macros|models|seeds|infra|benchmarks|examples)/[\w./*-]+)", span
            )
            if path:
                assert any(ROOT.glob(path[1].rstrip("/"))), f"{file.relative_to(ROOT)} names {span}"
