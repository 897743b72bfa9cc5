"""Names and texts as parts of statements: the only place that quotes them."""

from __future__ import annotations

import re

from lakehouse.errors import UsageError

_NAME = re.compile(r"[^\x00-\x1f\"`]{1,255}")


def quoted(name: str) -> str:
    """A name in double quotes, for queries. Raises UsageError for one that can't be quoted."""
    return f'"{_checked(name)}"'


def backquoted(name: str) -> str:
    """A name in backquotes, for Athena's DDL."""
    return f"`{_checked(name)}`"


def relation(name: str) -> str:
    """A qualified name (`database.table`) for a query."""
    return ".".join(quoted(part) for part in name.split(".", 1))


def ddl_relation(name: str) -> str:
    """A qualified name (`database.table`) for DDL."""
    return ".".join(backquoted(part) for part in name.split(".", 1))


def text(value: str) -> str:
    """A text literal."""
    return "'" + value.replace("'", "''") + "'"


def columns(names: list[str] | tuple[str, ...], alias: str = "") -> str:
    """Names as a select list, each prefixed with the alias if one is given."""
    prefix = f"{alias}." if alias else ""
    return ", ".join(prefix + quoted(name) for name in names)


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} can't be the name of a table or column in Athena")
    return name
