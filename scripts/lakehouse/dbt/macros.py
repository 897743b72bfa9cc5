"""The project's timestamp macros as SQL, for statements that no dbt model runs.

One macro family turns text into types (macros/timestamps); this renders those very files, with plain Jinja
and a stand-in for the little that dbt adds to it, so that a backfill and a model can't differ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from typing import Any, NoReturn, Protocol

import jinja2
import pytz

from lakehouse.athena.sql import cases, indented, lines, text
from lakehouse.errors import UsageError


class TextColumn(Protocol):
    """A column of texts: the type that they become, the zone of a text that names none, and the formats that
    the source declares (docs/timestamps.md)."""

    @property
    def type(self) -> str: ...

    @property
    def zone(self) -> str: ...

    @property
    def formats(self) -> tuple[str, ...]: ...

    @property
    def is_time(self) -> bool: ...


class MacroError(UsageError):
    """A macro refused its arguments."""


@dataclass(frozen=True)
class TimestampMacros:
    """The macros of one project folder; `module` has each as an attribute that returns SQL."""

    module: Any

    def parsed(self, expression: str, column: TextColumn) -> str:
        """The typed value of a text expression, NULL where it can't be read."""
        match column.type:
            case "timestamp":
                return self._render("parse_timestamp", expression, **_times(column))
            case "date":
                return self._render("parse_date", expression, **_times(column))
            case "int":
                return self._render("parse_value", expression, "integer")
            case "float":
                return self._render("parse_value", expression, "real")
            case other:
                return self._render("parse_value", expression, other)

    def status(self, expression: str, column: TextColumn, parsed: str) -> str:
        """'parsed', 'empty' or 'rejected', from the text and the expression of its typed value."""
        if column.is_time:
            return self._render("timestamp_status", expression, parsed=parsed, **_times(column))
        empty = self._render("is_empty_text", expression)
        return cases([(f"{parsed} is not null", "'parsed'"), (empty, "'empty'")], "'rejected'")

    def reject_reason(self, expression: str, column: TextColumn, parsed: str) -> str:
        """Why a text was rejected, NULL for one that wasn't."""
        if column.is_time:
            return self._render("timestamp_reject_reason", expression, parsed=parsed, **_times(column))
        empty = self._render("is_empty_text", expression)
        unreadable = lines(f"{parsed} is null", f"    and not {indented(empty)}")
        return cases([(unreadable, text(f"not_{column.type.split('(')[0]}"))])

    def format_class(self, expression: str, column: TextColumn, parsed: str | None = None) -> str:
        """The format class of a time's text, NULL where it is empty or rejected.

        `parsed` is the expression of its typed value; without one the text is parsed again.
        """
        return self._render("timestamp_format_class", expression, parsed=parsed, **_times(column))

    def empty(self, expression: str) -> str:
        """Whether a text stands for no value, never NULL."""
        return self._render("is_empty_text", expression)

    def _render(self, macro: str, *arguments: Any, **named: Any) -> str:
        """The SQL of a macro, from the margin on: in its file it is indented."""
        first, *others = str(getattr(self.module, macro)(*arguments, **named)).strip().split("\n")
        return "\n".join([first, *dedent("\n".join(others)).split("\n")]) if others else first


def load_macros(project: Path) -> TimestampMacros:
    """The macros of a dbt project's folder. Raises UsageError if it holds none."""
    sources = sorted((project / "macros" / "timestamps").glob("*.sql"))
    if not sources:
        raise UsageError(
            f"{project.resolve()} holds no macros/timestamps: run it in the dbt project's folder, "
            "or give --project-dir"
        )
    return TimestampMacros(render_module("".join(path.read_text(encoding="utf-8") for path in sources)))


def render_module(source: str) -> Any:
    """Macros of a source text as attributes that return SQL."""
    # Nothing rendered here is HTML: it is SQL, and escaping would break it.
    environment = jinja2.Environment(autoescape=False)  # noqa: S701
    environment.globals.update(
        exceptions=SimpleNamespace(raise_compiler_error=_raise_macro_error),
        modules=SimpleNamespace(pytz=pytz, re=re),
    )
    return environment.from_string(source).module


def _times(column: TextColumn) -> dict[str, Any]:
    return {"zone": column.zone, "formats": list(column.formats)}


def _raise_macro_error(message: str) -> NoReturn:
    raise MacroError(message)
