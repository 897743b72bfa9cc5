"""Differences between old and new, and the outcome of a check."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class DifferenceKind(StrEnum):
    """How old and new can differ."""

    MISSING = "missing"
    EXTRA = "extra"
    VALUE = "value"
    REPEATED_KEY = "repeated key"
    COLUMN = "column"
    FILE = "file"
    COUNT = "count"
    CHECKSUM = "checksum"
    REJECT = "reject"
    SAMPLE = "sample"
    QUERY = "query"


@dataclass(frozen=True)
class Difference:
    """One difference. `key` says of which row (values by column) or of what; `old` is what the old table asks
    for, `new` what is there; `why` is empty where it isn't known. `path` is the file of the old row."""

    kind: DifferenceKind
    key: dict[str, Any]
    column: str = ""
    old: str | None = None
    new: str | None = None
    why: str = ""
    path: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "key": self.key,
            "column": self.column,
            "old": self.old,
            "new": self.new,
            "why": self.why,
            "source_path": self.path,
        }

    @property
    def key_text(self) -> str:
        return ", ".join(f"{name}={value}" for name, value in self.key.items())


@dataclass(frozen=True)
class Check:
    """What a check found: `found` differences, of which `differences` are listed; `facts` in a line.

    `compared` counts what it looked at (rows, partitions, queries), None where that says nothing: a check
    that compared nothing has proved nothing, and isn't green.
    """

    name: str
    facts: str
    found: int = 0
    differences: tuple[Difference, ...] = ()
    scanned_bytes: int = 0
    detail: dict[str, Any] = field(default_factory=dict)
    compared: int | None = None

    @property
    def is_green(self) -> bool:
        return self.found == 0 and self.compared != 0
