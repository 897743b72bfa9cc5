"""What string functions make of a time's text, followed on a sample: which parts of the time are left.

A legacy query cuts and patches text: substr(t, 1, 10), replace(replace(t, 'T', ' '), 'Z', ''). The same is
done here to a sample whose every character is known to be year, month, ... or punctuation. What comes out
says what the query meant, or that it can't be known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeGuard, cast

from sqlglot import exp


class Unit(IntEnum):
    """Parts of a time, coarse to fine; `date_trunc` knows their names."""

    YEAR = 1
    MONTH = 2
    DAY = 3
    HOUR = 4
    MINUTE = 5
    SECOND = 6
    MICRO = 7


# As strftime names them.
_MARKS = "YmdHMSf"
_LENGTHS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2, "f": 6}


@dataclass(frozen=True)
class TracedText:
    """A sample text, and for each of its characters the part of the time it is of, or itself."""

    text: str
    marks: str

    def cut(self, start: int, end: int) -> TracedText:
        return TracedText(self.text[start:end], self.marks[start:end])

    def replaced(self, old: str, new: str) -> TracedText:
        """Every occurrence of `old` replaced, as SQL's replace does."""
        if not old:
            return self
        text, marks, at = "", "", 0
        for match in re.finditer(re.escape(old), self.text):
            text += self.text[at : match.start()] + new
            marks += self.marks[at : match.start()] + new
            at = match.end()
        return TracedText(text + self.text[at:], marks + self.marks[at:])

    @property
    def unit(self) -> Unit | None:
        """The finest part, if the text is a time from its year down to that part; None if it is not."""
        parts = [mark for mark, _ in _runs(self.marks)]
        # Milliseconds are as fine as CAST(... AS timestamp) reads.
        whole = all(
            length == _LENGTHS[mark] or (mark == "f" and length >= 3) for mark, length in _runs(self.marks)
        )
        if not whole or parts != list(_MARKS[: len(parts)]) or not parts:
            return None
        separators = re.sub(f"[{_MARKS}]", "", self.normal)
        return Unit(len(parts)) if "-- ::.".startswith(separators) else None

    @property
    def format(self) -> str | None:
        """The strftime pattern that writes this text; None if it holds half of a part, or none."""
        if not any(mark in _MARKS for mark in self.marks):
            return None
        if any(length != _LENGTHS[mark] for mark, length in _runs(self.marks)):
            return None
        return re.sub("|".join(f"{mark}+" for mark in _MARKS), lambda run: f"%{run[0][0]}", self.marks)

    @property
    def normal(self) -> str:
        """The marks without what tells the ways of writing a time apart: T or a blank, Z or nothing."""
        return self.marks.replace("T", " ").removesuffix("Z").strip()

    @property
    def components(self) -> list[str]:
        """The parts that are in it, each by its mark."""
        return [mark for mark, _ in _runs(self.marks)]


# Digits that no two parts share would need more than ten; the marks tell the parts apart, not the digits.
ISO = TracedText("2025-08-13T06:08:46.600648Z", "YYYY-mm-ddTHH:MM:SS.ffffffZ")
"""How the sources wrote most of their times."""
CASTABLE = TracedText("2025-08-13 06:08:46.600648", "YYYY-mm-dd HH:MM:SS.ffffff")
"""How the compatibility view writes a timestamp."""
DAY = TracedText("2025-08-13", "YYYY-mm-dd")
"""A date, in the sources as in the compatibility view."""


def traced_format(pattern: str) -> TracedText:
    """What a strftime pattern writes, as far as it is a text with parts of a time."""
    lengths = {f"%{mark}": mark * length for mark, length in _LENGTHS.items()}
    marks = re.sub("%.", lambda code: lengths.get(code[0], "?"), pattern.replace("%T", "%H:%M:%S"))
    return TracedText(marks, marks)


def apply(function: exp.Expr, traced: TracedText) -> TracedText | None:
    """What a string function makes of the text in its first argument; None if it is none that is followed."""
    match function:
        case exp.Paren() | exp.Upper() | exp.Lower():
            return traced
        case exp.Trim():
            return traced if not function.args.get("expression") else None
        case exp.Cast() if is_text_type(function):
            # CAST cuts a text to the length of its type.
            length = next((int(each.name) for each in function.to.expressions), len(traced.text))
            return traced.cut(0, length)
        case exp.Replace():
            return _replace(function, traced)
        case exp.Substring():
            return _substring(function, traced)
        case exp.SplitPart():
            return _split(
                traced, function.args.get("delimiter"), _number(function.args.get("part_index"), 0) or 0
            )
        case exp.Bracket(this=exp.Split() as split):
            # sqlglot counts array elements from 0, and notes where element_at counted from 1.
            index = _number(function.expressions[0], 1 - int(function.args.get("offset") or 0))
            return _split(traced, split.expression, index or 0)
        case exp.RegexpExtract():
            return _extract(function, traced)
        case exp.RegexpReplace():
            return _regexp_replace(function, traced)
        case _:
            return None


def first_argument(function: exp.Expr) -> exp.Expr:
    """The argument whose text a function is about: of `split(x, 'T')[1]` it is x."""
    inner = function.this
    if isinstance(function, exp.Bracket) and isinstance(inner, exp.Split):
        inner = inner.this
    return cast(exp.Expr, inner)


def is_text_type(cast: exp.Expr) -> bool:
    """Whether a CAST is one to text of any length that holds a time."""
    to = cast.args.get("to")
    return isinstance(to, exp.DataType) and to.this in (exp.DType.VARCHAR, exp.DType.TEXT)


def _replace(function: exp.Expr, traced: TracedText) -> TracedText | None:
    old, new = function.args.get("expression"), function.args.get("replacement")
    if not _is_text(old) or not _is_text(new):
        return None
    return traced.replaced(old.name, new.name)


def _substring(function: exp.Expr, traced: TracedText) -> TracedText | None:
    start = _number(function.args.get("start"), 0)
    length = _number(function.args.get("length"), 0) if function.args.get("length") else len(traced.text)
    if start is None or length is None or start < 1:
        return None
    return traced.cut(start - 1, start - 1 + length)


def _split(traced: TracedText, delimiter: exp.Expr | None, index: int) -> TracedText | None:
    if not _is_text(delimiter) or not delimiter.name or index < 1:
        return None
    at = 0
    parts = []
    for match in re.finditer(re.escape(delimiter.name), traced.text):
        parts.append(traced.cut(at, match.start()))
        at = match.end()
    parts.append(traced.cut(at, len(traced.text)))
    return parts[index - 1] if index <= len(parts) else None


def _extract(function: exp.Expr, traced: TracedText) -> TracedText | None:
    group = _number(function.args.get("group"), 0) if function.args.get("group") else 0
    match = _search(function.args.get("expression"), traced.text)
    if match is None or group is None or group > match.re.groups or match.start(group) < 0:
        return None
    return traced.cut(match.start(group), match.end(group))


def _regexp_replace(function: exp.Expr, traced: TracedText) -> TracedText | None:
    replacement = function.args.get("replacement")
    if replacement is not None and not _is_text(replacement):
        return None
    new = replacement.name if replacement is not None else ""
    match = _search(function.args.get("expression"), traced.text)
    if match is None:
        return traced
    if not match[0] or "$" in new or "\\" in new:
        return None
    # One match or many of the same text: the rule of replace.
    if any(each[0] != match[0] for each in match.re.finditer(traced.text)):
        return None
    if len(match.re.findall(traced.text)) != traced.text.count(match[0]):
        return None
    return traced.replaced(match[0], new)


def _search(pattern: exp.Expr | None, text: str) -> re.Match[str] | None:
    if not _is_text(pattern):
        return None
    try:
        return re.search(pattern.name, text)
    except re.error:
        return None


def _is_text(node: exp.Expr | None) -> TypeGuard[exp.Literal]:
    return isinstance(node, exp.Literal) and bool(node.is_string)


def _number(node: exp.Expr | None, offset: int) -> int | None:
    if isinstance(node, exp.Literal) and not node.is_string and node.name.isdigit():
        return int(node.name) + offset
    return None


def _runs(marks: str) -> list[tuple[str, int]]:
    return [(match[0][0], len(match[0])) for match in re.finditer("|".join(f"{m}+" for m in _MARKS), marks)]
