"""Rules where a query converts a text to a time itself: CAST, date_parse, from_iso8601_timestamp."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlglot import exp

from lakehouse.migration.rewriting.contexts import Context, Use, context_of
from lakehouse.migration.rewriting.resolving import Unclear
from lakehouse.migration.rewriting.time_expressions import TimeExpression, truncated
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
_ZONED = (exp.FromISO8601Timestamp, exp.FromISO8601TimestampNanos, exp.ParseDatetime)
# Digits of a second in a typed column, and in a timestamp whose type names none.
_DIGITS, _USUAL_DIGITS = 6, 3


@dataclass(frozen=True)
class Outcome:
    """What becomes of an expression. `works_in_view`: as it was, it works on the compatibility view."""

    node: exp.Expr
    replacement: exp.Expr
    works_in_view: bool
    note: str | None = None


def convert(reading: TimeExpression) -> Outcome | None:
    """The outcome for a reading that its parent turns into a time or a number; None if the parent doesn't."""
    parent = reading.node.parent
    if parent is None or parent.this is not reading.node:
        return None
    match parent:
        case exp.Cast():
            return _cast(reading, parent)
        case exp.FromISO8601Timestamp() | exp.FromISO8601TimestampNanos():
            return _converted(reading, parent, bool(_ISO.fullmatch(reading.castable.text)))
        case exp.StrToTime():
            return _date_parse(reading, parent)
        case exp.ParseDatetime():
            return _converted(reading, parent, False)
        case exp.Date() | exp.FromISO8601Date() | exp.TsOrDsToDate():
            return _to_date(reading, parent)
        case _:
            return None


def _cast(reading: TimeExpression, cast: exp.Cast) -> Outcome | None:
    kind = cast.to.this
    if reading.type not in ("timestamp", "date"):
        return _cast_of_other(reading, cast)
    if kind in _TIMESTAMPS or kind is exp.DType.TIMESTAMPTZ:
        return _converted(reading, cast, bool(_CASTABLE.fullmatch(reading.castable.text)))
    if kind is exp.DType.DATE:
        return _to_date(reading, cast)
    if kind in _INTEGERS and not reading.is_bare:
        return _number(reading, cast)
    return None


def _cast_of_other(reading: TimeExpression, cast: exp.Cast) -> Outcome:
    wanted = exp.DataType.build(reading.type, dialect="athena")
    if cast.to == wanted:
        return Outcome(cast, reading.base.copy(), True)
    # Any cast of a number is one of the same number.
    return Outcome(cast, exp.Cast(this=reading.base.copy(), to=cast.to.copy()), True)


def _to_date(reading: TimeExpression, conversion: exp.Expr) -> Outcome:
    unit = reading.unit
    if unit is None or unit < Unit.DAY:
        raise Unclear(f"{one_line(conversion)} makes a date of less than a day")
    works = bool(_CASTABLE.fullmatch(reading.castable.text)) and len(reading.castable.text) == 10
    return Outcome(conversion, truncated(reading.base, reading.type, Unit.DAY), works)


def _date_parse(reading: TimeExpression, conversion: exp.StrToTime) -> Outcome:
    pattern = conversion.args.get("format")
    if not isinstance(pattern, exp.Literal):
        raise Unclear(f"{one_line(conversion)} reads a format that is not a literal")
    works = _reads(reading.castable.text, pattern.name)
    unit = traced_format(pattern.name).unit
    if _reads(reading.iso.text, pattern.name) or works:
        return _converted(reading, conversion, works)
    if reading.is_bare and unit is not None and unit <= Unit.DAY and reading.type == "timestamp":
        # A query that read the whole text this way had days in it.
        day = truncated(reading.base, reading.type, unit)
        as_timestamp = (
            day if unit < Unit.DAY else exp.TimestampTrunc(this=reading.base.copy(), unit=exp.Var(this="DAY"))
        )
        return Outcome(conversion, as_timestamp, False, f"{one_line(conversion)} read days alone")
    return _converted(
        reading, conversion, False, f"{one_line(conversion)} read one way of writing of several"
    )


def _converted(reading: TimeExpression, conversion: exp.Expr, works: bool, note: str = "") -> Outcome:
    """The timestamp in the place of a conversion, with the zone and the digits that the conversion gave where
    they can be seen: written so, or told."""
    context = context_of(conversion)
    is_zoned = isinstance(conversion, _ZONED) or _is_cast_to_zoned(conversion)
    is_fine = reading.type == "timestamp" and reading.unit is Unit.MICRO
    digits = _digits(conversion)
    value = _timestamp(reading)
    notes = [note]
    if context.use is Use.PRINTED or _names_digits(conversion):
        value = _with_digits(value, conversion, digits, is_fine=is_fine)
    elif is_fine and context.shows_digits and digits < _DIGITS:
        notes.append(f"{one_line(conversion)} gave milliseconds, {one_line(reading.base)} has microseconds")
    if is_zoned and context.shows_zone:
        if context.is_cut and context.use is Use.GIVEN and not context.moves_zone:
            notes.append(f"what is made of {one_line(conversion)} comes out without a zone: it is UTC")
        else:
            value = exp.func("with_timezone", value, exp.Literal.string("UTC"))
    if is_zoned and not context.moves_zone and _keeps_offset(context):
        notes.append(
            f"{one_line(conversion)} kept the offset of a text that has one; "
            f"{one_line(reading.base)} is in UTC"
        )
    return Outcome(conversion, value, works, "; ".join(filter(None, notes)) or None)


def _keeps_offset(context: Context) -> bool:
    return context.is_cut or context.use in (Use.TAKEN_APART, Use.PRINTED, Use.GIVEN)


def _with_digits(value: exp.Expr, conversion: exp.Expr, digits: int, *, is_fine: bool) -> exp.Expr:
    """A timestamp with as many digits as a conversion gave: CAST rounds, the others cut."""
    if is_fine and digits < _DIGITS and not isinstance(conversion, exp.Cast):
        value = exp.TimestampTrunc(this=value, unit=exp.Var(this="MILLISECOND"))
    if isinstance(value, exp.Cast) and digits == _USUAL_DIGITS:
        # cast(a_date as timestamp)
        return value
    return exp.Cast(this=value, to=exp.DataType.build(f"TIMESTAMP({digits})", dialect="athena"))


def _digits(conversion: exp.Expr) -> int:
    """Digits of a second that a conversion gives."""
    if isinstance(conversion, exp.FromISO8601TimestampNanos):
        return 9
    named = _named_digits(conversion)
    return _USUAL_DIGITS if named is None else named


def _named_digits(conversion: exp.Expr) -> int | None:
    """The p of `cast(t as timestamp(p))`, None without one."""
    named = conversion.to.expressions if isinstance(conversion, exp.Cast) else []
    return int(named[0].name) if named else None


def _names_digits(conversion: exp.Expr) -> bool:
    """Whether a CAST asks for fewer digits than there are: it rounds, and does so on."""
    named = _named_digits(conversion)
    return named is not None and named < _DIGITS


def _is_cast_to_zoned(conversion: exp.Expr) -> bool:
    return isinstance(conversion, exp.Cast) and conversion.to.this is exp.DType.TIMESTAMPTZ


def _number(reading: TimeExpression, cast: exp.Cast) -> Outcome | None:
    """A single part as a number: cast(substr(t, 12, 2) as integer) is the hour."""
    components = reading.meaning.components
    if len(components) != 1 or reading.meaning.format is None or components[0] not in _EXTRACTORS:
        return None
    part = _EXTRACTORS[components[0]](this=reading.base.copy())
    return Outcome(cast, exp.Cast(this=part, to=cast.to.copy()), reading.is_same_in_view)


def _timestamp(reading: TimeExpression) -> exp.Expr:
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
