"""Which copy of a key stays: the rule, once, as an order of copies and as a comparison of two.

- keep first: the smallest source path, in it the row with the smallest values, column by column, NULL last;
- keep latest: the greatest `latest_by` (NULL loses), then the greatest source path, then the greatest values,
  NULL last.

A row of the target has the values of the copy that stayed, and no other row of the target comes from the same
file with the same key: there `latest_by` and the path decide alone. The validation derives the rule once more
(validation/relations).
"""

from __future__ import annotations

from collections.abc import Iterable

from lakehouse.athena.sql import any_of, listed, quoted
from lakehouse.migration.config import Keep, TableConfig

SOURCE_PATH = "_source_path"


def copies_in_order(config: TableConfig, newest: str = "", values: Iterable[str] = ()) -> list[str]:
    """The terms of an ORDER BY that puts the copy that stays first.

    `newest` is the expression of `latest_by`, by default its column; `values` are the expressions that decide
    between copies of one file.
    """
    if not _is_latest(config):
        return [quoted(SOURCE_PATH), *values]
    terms = [newest or quoted(str(config.latest_by)), quoted(SOURCE_PATH), *values]
    return [f"{term} desc nulls last" for term in terms]


def precedes(config: TableConfig, new: str, kept: str) -> str:
    """The condition that a copy (alias `new`) comes before another (alias `kept`) from another file."""
    path = quoted(SOURCE_PATH)
    if not _is_latest(config):
        return f"{new}.{path} < {kept}.{path}"
    newest = quoted(str(config.latest_by))
    is_later = any_of([f"{kept}.{newest} is null", f"{new}.{newest} > {kept}.{newest}"])
    is_as_late = f"{new}.{newest} is not distinct from {kept}.{newest}"
    return any_of(
        listed("(", terms, ")", separator="")
        for terms in (
            [f"{new}.{newest} is not null", f"and {is_later}"],
            [is_as_late, f"and {new}.{path} > {kept}.{path}"],
        )
    )


def _is_latest(config: TableConfig) -> bool:
    return config.keep is Keep.LATEST and config.latest_by is not None
