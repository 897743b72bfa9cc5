"""Which other expressions of a statement are times, and which are texts that it makes of a time itself."""

from __future__ import annotations

from sqlglot import exp

from lakehouse.migration.rewriting.time_expressions import truncated
from lakehouse.migration.rewriting.traced import Unit, is_text_type, traced_format

_TIME_TYPES = (
    exp.DType.TIMESTAMP,
    exp.DType.TIMESTAMPTZ,
    exp.DType.TIMESTAMPNTZ,
    exp.DType.DATETIME,
    exp.DType.DATE,
)
_DAYS = (exp.CurrentDate, exp.Date, exp.FromISO8601Date, exp.LastDay)
_TIMES = (
    exp.CurrentTimestamp,
    exp.Localtimestamp,
    exp.FromISO8601Timestamp,
    exp.FromISO8601TimestampNanos,
    exp.StrToTime,
    exp.ParseDatetime,
    exp.AtTimeZone,
    exp.UnixToTime,
)
_SAME_AS_ARGUMENT = (exp.Paren, exp.TimestampTrunc, exp.DateTrunc, exp.DateAdd, exp.Max, exp.Min)
_TIME_FUNCTIONS = ("with_timezone", "at_timezone", "from_unixtime", "from_unixtime_nanos")


def is_time(node: exp.Expr) -> bool:
    """Whether an expression is a date or a timestamp, as far as its form says so."""
    if isinstance(node, exp.Cast):
        return node.to.this in _TIME_TYPES
    if isinstance(node, (*_DAYS, *_TIMES)):
        return True
    if isinstance(node, exp.Anonymous):
        return node.name.lower() in _TIME_FUNCTIONS
    if isinstance(node, (exp.Add, exp.Sub)):
        return is_time(node.this) and isinstance(node.expression, exp.Interval)
    return isinstance(node, _SAME_AS_ARGUMENT) and is_time(node.this)


def typed_counterpart(node: exp.Expr) -> tuple[exp.Expr, Unit, bool] | None:
    """The time behind a text that the query makes: its expression, its unit, whether the text holds a T.

    cast(current_date as varchar) is current_date; None where the text's form isn't known.
    """
    if isinstance(node, exp.Paren):
        return typed_counterpart(node.this)
    if isinstance(node, exp.Cast) and is_text_type(node) and is_time(node.this):
        return node.this, _unit_of(node.this), False
    if isinstance(node, exp.TimeToStr) and isinstance(node.args.get("format"), exp.Literal):
        text = traced_format(node.args["format"].name)
        if text.unit is not None and is_time(node.this):
            return _cut(node.this, text.unit), text.unit, "T" in text.text
    if isinstance(node, exp.Anonymous) and node.name.lower() == "to_iso8601" and is_time(node.expressions[0]):
        return node.expressions[0], _unit_of(node.expressions[0]), True
    return None


def _cut(value: exp.Expr, unit: Unit) -> exp.Expr:
    return truncated(value, "date" if _is_day(value) else "timestamp", unit)


def _unit_of(node: exp.Expr) -> Unit:
    return Unit.DAY if _is_day(node) else Unit.MICRO


def _is_day(node: exp.Expr) -> bool:
    if isinstance(node, exp.Cast):
        return node.to.this is exp.DType.DATE
    if isinstance(node, (exp.Add, exp.Sub, *_SAME_AS_ARGUMENT)):
        return _is_day(node.this)
    return isinstance(node, _DAYS)
