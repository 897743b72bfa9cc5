"""Reads the files of golden cases."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"


@dataclass(frozen=True)
class Case:
    """A statement and the lines that are expected of it."""

    title: str
    statement: str
    expected: list[str]


def read_cases(name: str) -> list[Case]:
    """The cases of a file; lines before the first === are about the file."""
    cases = []
    for block in f"\n{(GOLDEN / name).read_text(encoding='utf-8')}".split("\n=== ")[1:]:
        title, _, rest = block.partition("\n")
        statement, _, expected = rest.partition("\n---\n")
        cases.append(Case(title, f"{statement}\n", expected.rstrip("\n").split("\n")))
    return cases
