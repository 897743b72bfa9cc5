"""What a rewrite gives: the new statement, each use of a changed column, what stood in the way."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ColumnUse:
    """One place where a statement uses a changed column: how it was written, how it is now.

    `works_in_view`: as it was it gives the same from the compatibility view.
    """

    before: str
    after: str
    works_in_view: bool


@dataclass
class Rewrite:
    """What became of a statement. `sql` is None where a problem prevents it (`problems`)."""

    original: str
    sql: str | None = None
    tables: tuple[str, ...] = ()
    uses: list[ColumnUse] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
