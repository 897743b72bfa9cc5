"""Names, texts and layout of statements: the only place that quotes, and the one that breaks lines.

A statement is read in Athena's history, by somebody who has not written it: one clause a line, long lists
with an item a line, what is nested further in. Pieces are written as if they began at the margin; whoever
puts one into another piece indents it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from lakehouse.errors import UsageError

_NAME = re.compile(r"[^\x00-\x1f\"`]{1,255}")
_INDENT = "    "
# A list that is longer is broken. Pieces stand up to seven levels in.
_WIDTH = 80
# The end of a line, or (as a group) what can hold one and must stay as it is: a text, a name, a comment.
_LINE_END = re.compile(r"""('[^']*'|"[^"]*"|--[^\n]*|/\*.*?\*/)|\n""", re.DOTALL)


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


def indented(sql: str, levels: int = 1) -> str:
    """A piece of SQL with its lines after the first further in, by four blanks a level; texts in it stay."""
    margin = "\n" + _INDENT * levels
    return _LINE_END.sub(lambda found: found[1] or margin, sql)


def lines(*clauses: str) -> str:
    """Clauses, each from a line of its own on; empty ones are left out."""
    return "\n".join(clause for clause in clauses if clause)


def listed(opening: str, items: Iterable[str], closing: str = "", separator: str = ",") -> str:
    """Items between an opening and a closing: on one line where that is short, else each on its own."""
    given = list(items)
    line = f"{opening}{f'{separator} '.join(given)}{closing}"
    return line if _fits(line) else _on_lines(opening, given, closing, separator)


def one_of(subject: str, literals: Iterable[str]) -> str:
    """The condition that a subject is one of some literals, as many of them on a line as fit."""
    given = list(literals)
    line = f"{subject} in ({', '.join(given)})"
    if _fits(line):
        return line
    lines: list[str] = []
    for literal in given:
        if lines and len(lines[-1]) + len(literal) + 2 <= _WIDTH:
            lines[-1] += f", {literal}"
        else:
            lines.append(literal)
    return _on_lines(f"{subject} in (", lines, ")", ",")


def all_of(keyword: str, conditions: Iterable[str]) -> str:
    """A clause (where, on, having) of conditions that must all hold, each on its own line; '' for none."""
    given = list(conditions)
    if len(given) < 2:
        return f"{keyword} {given[0]}" if given else ""
    return _on_lines(keyword, [given[0], *(f"and {each}" for each in given[1:])], "", "")


def any_of(conditions: Iterable[str]) -> str:
    """One condition, in brackets, of several of which one must hold."""
    first, *others = conditions
    return listed("(", [first, *(f"or {each}" for each in others)], ")", separator="")


def cases(branches: Iterable[tuple[str, str]], otherwise: str | None = None, subject: str = "") -> str:
    """A CASE of (condition, value)."""
    terms = [_when(condition, value) for condition, value in branches]
    if otherwise is not None:
        terms.append(f"else {otherwise}")
    return listed(f"case {subject} " if subject else "case ", terms, " end", separator="")


def over(partition_by: Iterable[str], order_by: Iterable[str] = ()) -> str:
    """The window of a function: the rows that belong together, and their order."""
    parts = [listed("partition by ", partition_by)]
    if order := list(order_by):
        parts.append(listed("order by ", order))
    return _on_lines("over (", parts, ")", "") if order else listed("over (", parts, ")")


def with_relations(relations: Mapping[str, str], select: str) -> str:
    """A statement: relations (SELECTs by name, each of which may read those before it), then a SELECT."""
    return f"with {relations_list(relations)}\n{select}"


def relations_list(relations: Mapping[str, str]) -> str:
    """The inside of a WITH: relations (SELECTs by name), each with its name."""
    return ",\n".join(f"{name} as (\n    {indented(sql)}\n)" for name, sql in relations.items())


def _when(condition: str, value: str) -> str:
    line = f"when {condition} then {value}"
    return line if _fits(line) else f"when {condition}\n{_INDENT}then {indented(value)}"


def _fits(line: str) -> bool:
    return "\n" not in line and len(line) <= _WIDTH


def _on_lines(opening: str, items: list[str], closing: str, separator: str) -> str:
    body = f"{separator}\n{_INDENT}".join(indented(item) for item in items)
    end = f"\n{closing.lstrip()}" if closing else ""
    return f"{opening.rstrip()}\n{_INDENT}{body}{end}"


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} can't be the name of a table or column in Athena")
    return name
