"""Every module that imitates AWS says from where it knows what AWS does, and since when."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.sandbox import ROOT

SANDBOX = ROOT / "scripts" / "athena_sandbox"
IMITATIONS = (
    *(f"athena/{room}" for room in ("statements", "handlers", "executions", "results")),
    *(f"athena/{room}" for room in ("operations", "resources")),
    "glue",
    "s3tables",
)
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"


def modules() -> Iterator[Path]:
    """The modules that imitate AWS; a package's own file and `__main__` only put them together."""
    for room in IMITATIONS:
        yield from (path for path in sorted((SANDBOX / room).rglob("*.py")) if path.stem[:2] != "__")


def problem(source: str) -> str | None:
    """What a module's docstring lacks: a last paragraph `Source: ...` with a month, or "chosen here"."""
    docstring = ast.get_docstring(ast.parse(source)) or ""
    named = docstring.rpartition("\n\n")[2].replace("\n", " ")
    if not re.match(r"Source: \w|Source: [\"`]\w", named):
        return "no paragraph `Source: ...` at the end of its docstring"
    if not re.search(rf"\b({MONTHS}) 20\d\d\b", named) and "chosen here" not in named:
        return "its source has no month, and is not called 'chosen here'"
    return None


def test_each_module_that_imitates_aws_names_its_source() -> None:
    seen = list(modules())
    assert len(seen) > 90
    assert {str(path.relative_to(SANDBOX)): problem(path.read_text()) for path in seen} == {
        str(path.relative_to(SANDBOX)): None for path in seen
    }


@pytest.mark.parametrize(
    ("docstring", "lacks"),
    [
        ("", "no paragraph"),
        ("SHOW and DESCRIBE.", "no paragraph"),
        ("SHOW and DESCRIBE.\n\nSource:", "no paragraph"),
        ("SHOW.\n\nSource: measured in May 2026.\n\nMore about it.", "no paragraph"),
        ("SHOW.\n\nSource: the user guide.", "no month"),
    ],
)
def test_a_module_without_a_source_is_found(docstring: str, lacks: str) -> None:
    assert lacks in (problem(f'"""{docstring}"""\n') or "")


@pytest.mark.parametrize(
    "source", ["chosen here", "measured in May 2026", '"A page", S3 User Guide, read by\nMay 2026']
)
def test_a_source_is_accepted(source: str) -> None:
    assert problem(f'"""SHOW.\n\nSource: {source}.\n"""\n') is None
