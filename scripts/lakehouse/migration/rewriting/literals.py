"""What a text literal means beside a time: which moment, and down to which part.

A literal such as '2025-08-13' beside a time's text is compared as text: it is the beginning of every text of
that day, so it stands before all of them. Each rule of `comparisons` follows from that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlglot import exp

from lakehouse.migration.rewriting.traced import Unit

_LITERAL = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})(?:[T ](?P<hour>[0-9]{2})"
    r"(?::(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.](?P<fraction>[0-9]{1,9}))?)?)?)?)?)?"
    r"(?P<zone> ?(?:Z|UTC|[+-][0-9]{2}:[0-9]{2}))?"
)
_PARTS = ("year", "month", "day", "hour", "minute", "second", "fraction")
EMPTY_MARKERS = ("", "null", "none", "n/a", "nan", "\\n", "-")
"""Texts that stand for no value, lower-cased; macros/timestamps/is_empty_text.sql has the rule."""


@dataclass(frozen=True)
class TimeLiteral:
    """A moment in UTC, the finest part that its text names, and what was in the text beside it.

    `is_whole`: no longer text begins with it, because it has six digits of a fraction or says its zone.
    """

    at: datetime
    unit: Unit
    is_whole: bool
    has_zone: bool
    has_t: bool

    @property
    def next(self) -> datetime:
        """The moment after all that begin with the same text."""
        match self.unit:
            case Unit.YEAR:
                return self.at.replace(year=self.at.year + 1)
            case Unit.MONTH:
                return (self.at.replace(day=1) + timedelta(days=32)).replace(day=1)
            case Unit.DAY:
                return self.at + timedelta(days=1)
            case Unit.HOUR:
                return self.at + timedelta(hours=1)
            case Unit.MINUTE:
                return self.at + timedelta(minutes=1)
            case _:
                return self.at + timedelta(seconds=1)


def read_time_literal(text: str) -> TimeLiteral | None:
    """The moment of a literal; None if it isn't one written year first, with all digits."""
    match = _LITERAL.fullmatch(text.strip())
    if match is None:
        return None
    fraction = match["fraction"] or ""
    zone = (match["zone"] or "").strip()
    numbers = [int(match[part] or (1 if part in ("month", "day") else 0)) for part in _PARTS[:-1]]
    try:
        year, month, day, hour, minute, second = numbers
        at = datetime(year, month, day, hour, minute, second, int(fraction.ljust(6, "0")[:6] or 0))
        if zone[:1] in ("+", "-"):
            offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
            at = at - offset if zone[0] == "+" else at + offset
        if at.year > 9998:
            return None
    except (ValueError, OverflowError):
        return None
    named = sum(match[part] is not None for part in _PARTS)
    unit = Unit.MICRO if fraction else Unit(named)
    if zone and unit < Unit.MINUTE:
        return None
    return TimeLiteral(at, unit, len(fraction) >= 6 or bool(zone), bool(zone), "T" in text)


def timestamp_literal(at: datetime) -> exp.Cast:
    """`timestamp '...'` with as many digits as it needs."""
    text = at.isoformat(" ", timespec="microseconds" if at.microsecond else "seconds")
    to = exp.DataType.build(f"TIMESTAMP({6 if at.microsecond else 0})", dialect="athena")
    return exp.Cast(this=exp.Literal.string(text), to=to)


def date_literal(at: datetime) -> exp.Cast:
    """`date '...'`."""
    return exp.Cast(this=exp.Literal.string(f"{at:%Y-%m-%d}"), to=exp.DataType.build("DATE"))
