"""Rules where a query turns a text into a time by itself: CAST, date_parse, from_iso8601_timestamp."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlglot import exp

from lakehouse.migration.rewriting.readings import Reading, truncated
from lakehouse.migration.rewriting.resolving import Unclear
from lakehouse.migration.rewriting.traced import Unit, traced_format
from lakehouse.migration.rewriting.writing import one_line

_CASTABLE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?)?")
_ISO = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}(:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?)?Z?)?)?)?")
_TIMESTAMPS = (exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ, exp.DType.DATETIME)
_INTEGERS = (exp.DType.INT, exp.DType.BIGINT, exp.DType.SMALLINT, exp.DType.TINYINT)
_EXTRACTORS: dict[str, type[exp.Func]] = {
    "Y": exp.Year,
    "m": exp.Month,
    "d": exp.Day,
    "H": exp.Hour,
    "M": exp.Minute,
    "S": exp.Second,
}
# Where a timestamp does what the same timestamp with the zone UTC does: Athena's session is in UTC.
_ZONE_DOES_NOT_MATTER = (
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.Between,
    exp.Cast,
    exp.Date,
    exp.TimestampTrunc,
    exp.DateTrunc,
    exp.DateDiff,
    exp.TimestampDiff,
    exp.Extract,
    exp.Year,
    exp.Month,
    exp.Day,
    exp.Hour,
    exp.Minute,
    exp.Second,
    exp.TimeToStr,
    exp.TimeToUnix,
    exp.Ordered,
    exp.Max,
    exp.Min,
    exp.Count,
    exp.Coalesce,
)


@dataclass(frozen=True)
class Outcome:
    """What becomes of an expression. `works_in_view`: as it was, it works on the compatibility view."""

    node: exp.Expr
    replacement: exp.Expr
    works_in_view: bool
    note: str | None = None


def convert(reading: Reading) -> Outcome | None:
    """The outcome for a reading that its parent turns into a time or a number; None if the parent doesn't."""
    parent = reading.node.parent
    if parent is None or parent.this is not reading.node:
        return None
    match parent:
        case exp.Cast():
            return _cast(reading, parent)
        case exp.FromISO8601Timestamp() | exp.FromISO8601TimestampNanos():
            return _with_zone(reading, parent, bool(_ISO.fullmatch(reading.castable.text)))
        case exp.StrToTime():
            return _date_parse(reading, parent)
        case exp.ParseDatetime():
            return _with_zone(reading, parent, False)
        case exp.Date() | exp.FromISO8601Date() | exp.TsOrDsToDate():
            return _to_date(reading, parent)
        case _:
            return None


def _cast(reading: Reading, cast: exp.Cast) -> Outcome | None:
    kind = cast.to.this
    if reading.type not in ("timestamp", "date"):
        return _cast_of_other(reading, cast)
    if kind in _TIMESTAMPS:
        works = bool(_CASTABLE.fullmatch(reading.castable.text))
        return Outcome(cast, _timestamp(reading), works)
    if kind is exp.DType.TIMESTAMPTZ:
        return _with_zone(reading, cast, bool(_CASTABLE.fullmatch(reading.castable.text)))
    if kind is exp.DType.DATE:
        return _to_date(reading, cast)
    if kind in _INTEGERS and not reading.is_bare:
        return _number(reading, cast)
    return None


def _cast_of_other(reading: Reading, cast: exp.Cast) -> Outcome:
    wanted = exp.DataType.build(reading.type, dialect="athena")
    if cast.to == wanted:
        return Outcome(cast, reading.base.copy(), True)
    # Any cast of a number is one of the same number.
    return Outcome(cast, exp.Cast(this=reading.base.copy(), to=cast.to.copy()), True)


def _to_date(reading: Reading, conversion: exp.Expr) -> Outcome:
    unit = reading.unit
    if unit is None or unit < Unit.DAY:
        raise Unclear(f"{one_line(conversion)} makes a date of less than a day")
    works = bool(_CASTABLE.fullmatch(reading.castable.text)) and len(reading.castable.text) == 10
    return Outcome(conversion, truncated(reading.base, reading.type, Unit.DAY), works)


def _date_parse(reading: Reading, conversion: exp.StrToTime) -> Outcome:
    pattern = conversion.args.get("format")
    if not isinstance(pattern, exp.Literal):
        raise Unclear(f"{one_line(conversion)} reads a format that is not a literal")
    works = _reads(reading.castable.text, pattern.name)
    unit = traced_format(pattern.name).unit
    if _reads(reading.iso.text, pattern.name) or works:
        return Outcome(conversion, _timestamp(reading), works)
    if reading.is_bare and unit is not None and unit <= Unit.DAY and reading.type == "timestamp":
        # Whoever read the whole text so had days in it.
        day = truncated(reading.base, reading.type, unit)
        as_timestamp = (
            day if unit < Unit.DAY else exp.TimestampTrunc(this=reading.base.copy(), unit=exp.Var(this="DAY"))
        )
        return Outcome(conversion, as_timestamp, False, f"{one_line(conversion)} read days alone")
    return Outcome(
        conversion, _timestamp(reading), False, f"{one_line(conversion)} read one way of writing of several"
    )


def _with_zone(reading: Reading, conversion: exp.Expr, works: bool) -> Outcome:
    value = _timestamp(reading)
    outer = conversion.parent
    while isinstance(outer, (exp.Try, exp.Paren, exp.Alias)):
        outer = outer.parent
    if isinstance(outer, _ZONE_DOES_NOT_MATTER):
        return Outcome(conversion, value, works)
    return Outcome(conversion, exp.func("with_timezone", value, exp.Literal.string("UTC")), works)


def _number(reading: Reading, cast: exp.Cast) -> Outcome | None:
    """A single part as a number: cast(substr(t, 12, 2) as integer) is the hour."""
    components = reading.meaning.components
    if len(components) != 1 or reading.meaning.format is None or components[0] not in _EXTRACTORS:
        return None
    part = _EXTRACTORS[components[0]](this=reading.base.copy())
    return Outcome(cast, exp.Cast(this=part, to=cast.to.copy()), reading.is_same_in_view)


def _timestamp(reading: Reading) -> exp.Expr:
    """The value as a timestamp, cut to what is left of its text."""
    if reading.type == "date":
        return exp.Cast(this=reading.typed(), to=exp.DataType.build("TIMESTAMP"))
    if reading.unit is Unit.DAY:
        return exp.TimestampTrunc(this=reading.base.copy(), unit=exp.Var(this="DAY"))
    return reading.typed()


def _reads(text: str, pattern: str) -> bool:
    try:
        datetime.strptime(text, pattern)
    except ValueError:
        return False
    return True
