"""What a statement does with a time that it made of a text: does it show the zone, or the digits of a second?

`from_iso8601_timestamp` gives milliseconds with a zone and CAST gives milliseconds; the typed column has
microseconds and no zone. Where a day is taken of it that is the same. Where it is printed it is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from sqlglot import exp

from lakehouse.migration.rewriting.resolving import carries

_COARSE_PARTS = (
    exp.Date,
    exp.Year,
    exp.Month,
    exp.Day,
    exp.Hour,
    exp.Minute,
    exp.Second,
    exp.Quarter,
    exp.WeekOfYear,
    exp.YearOfWeek,
    exp.DayOfWeekIso,
    exp.DayOfYear,
    exp.DayOfMonth,
    exp.LastDay,
)
_COMPARISONS = (
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.Between,
    exp.In,
    exp.Distinct,
    exp.ApproxDistinct,
    exp.Window,
    exp.TimeToUnix,
)
_WITHOUT_ZONE = (exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ, exp.DType.DATETIME)
_OF_A_TIME = (*_WITHOUT_ZONE, exp.DType.TIMESTAMPTZ)
_FINER_THAN_A_SECOND = ("MILLISECOND", "MICROSECOND")


class Use(Enum):
    """What becomes of a time. TAKEN_APART: a part of a second or coarser, in the time's own zone. COUNTED:
    only whether it is there. COMPARED: an instant with its digits. GIVEN: it comes out of the query.
    PRINTED: all of it becomes text, or may."""

    TAKEN_APART = auto()
    COUNTED = auto()
    COMPARED = auto()
    GIVEN = auto()
    PRINTED = auto()


@dataclass(frozen=True)
class Context:
    """Where a time ends up. `drops_zone`: a CAST on the way leaves its zone out; `moves_zone`: it is shown in
    another zone; `is_cut`: date_trunc leaves no part of a second."""

    use: Use
    drops_zone: bool = False
    moves_zone: bool = False
    is_cut: bool = False

    @property
    def shows_zone(self) -> bool:
        """Whether the time must have a zone here."""
        return self.moves_zone or (not self.drops_zone and self.use in (Use.GIVEN, Use.PRINTED))

    @property
    def shows_digits(self) -> bool:
        """Whether a millisecond more or less can be seen."""
        return not self.is_cut and self.use in (Use.COMPARED, Use.GIVEN, Use.PRINTED)


def context_of(node: exp.Expr) -> Context:
    """What is done with a time, followed outwards through what gives the same time on."""
    drops_zone = moves_zone = is_cut = False
    while (parent := node.parent) is not None:
        if isinstance(parent, exp.Cast) and parent.to.this in _OF_A_TIME:
            drops_zone = drops_zone or (parent.to.this in _WITHOUT_ZONE and not moves_zone)
        elif isinstance(parent, (exp.TimestampTrunc, exp.DateTrunc)) and parent.this is node:
            is_cut = is_cut or _unit(parent) not in _FINER_THAN_A_SECOND
        elif isinstance(parent, exp.AtTimeZone) or _is_call(parent, "at_timezone"):
            moves_zone = not drops_zone
        elif not (_is_shifted(parent, node) or carries(parent, node)):
            break
        node = parent
    return Context(_use(parent, node), drops_zone, moves_zone, is_cut)


def _use(parent: exp.Expr | None, node: exp.Expr) -> Use:
    match parent:
        case None | exp.Select() | exp.Group() | exp.Ordered():
            # Grouped and ordered by what comes out, so it must be the same expression.
            return Use.GIVEN
        case exp.Count() | exp.Is():
            return Use.COUNTED
        case exp.Extract():
            return Use.PRINTED if "TIMEZONE" in parent.name.upper() else Use.TAKEN_APART
        case exp.DateDiff() | exp.TimestampDiff():
            return Use.COMPARED if _unit(parent) in _FINER_THAN_A_SECOND else Use.TAKEN_APART
        case exp.TimeToStr():
            pattern = parent.args.get("format")
            is_coarse = isinstance(pattern, exp.Literal) and "%f" not in pattern.name
            return Use.TAKEN_APART if is_coarse else Use.PRINTED
        case exp.Cast():
            is_day = parent.to.this is exp.DType.DATE
            return Use.TAKEN_APART if is_day else Use.PRINTED
        case _ if isinstance(parent, _COARSE_PARTS):
            return Use.TAKEN_APART
        case _ if isinstance(parent, _COMPARISONS):
            return Use.COMPARED
        case _:
            return Use.PRINTED


def _is_shifted(parent: exp.Expr, node: exp.Expr) -> bool:
    """Whether a time is moved by a length of time: the result has its zone and its digits."""
    if isinstance(parent, exp.DateAdd):
        return parent.this is node
    return isinstance(parent, (exp.Add, exp.Sub)) and isinstance(parent.expression, exp.Interval)


def _is_call(node: exp.Expr, name: str) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() == name


def _unit(node: exp.Expr) -> str:
    unit = node.args.get("unit")
    return unit.name.upper() if isinstance(unit, exp.Expr) else ""
