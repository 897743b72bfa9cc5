"""Rules where a query compares a time's text: with literals, with other times, with texts it makes itself.

Text is compared character by character, so a shorter text stands before every longer one that begins with it.
`t <= '2025-08-13'` holds for no time of that day and `t > '2025-08-13'` for all of them; typed, that is
`t < timestamp '2025-08-13 00:00:00'` and `t >= ...`. What a comparison found, it finds after the rewrite.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from lakehouse.migration.rewriting.conversions import Outcome
from lakehouse.migration.rewriting.literals import (
    EMPTY_MARKERS,
    TimeLiteral,
    date_literal,
    read_time_literal,
    timestamp_literal,
)
from lakehouse.migration.rewriting.resolving import Resolver, Unclear
from lakehouse.migration.rewriting.time_expressions import TimeExpression, time_expression_of
from lakehouse.migration.rewriting.times import is_time, typed_counterpart
from lakehouse.migration.rewriting.traced import Unit
from lakehouse.migration.rewriting.writing import one_line

Operator = type[exp.Binary]
_FLIPPED: dict[Operator, Operator] = {
    exp.EQ: exp.EQ,
    exp.NEQ: exp.NEQ,
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
}
# Against a shorter text, and against a longer one.
_BESIDE_COARSER: dict[Operator, Operator] = {
    exp.GT: exp.GTE,
    exp.GTE: exp.GTE,
    exp.LT: exp.LT,
    exp.LTE: exp.LT,
}
_BESIDE_FINER: dict[Operator, Operator] = {
    exp.GT: exp.GT,
    exp.GTE: exp.GT,
    exp.LT: exp.LTE,
    exp.LTE: exp.LTE,
}


@dataclass(frozen=True)
class Compared:
    """A comparison with types; `works_in_view` as in Outcome."""

    expression: exp.Expr
    works_in_view: bool
    note: str | None = None


def compare(reading: TimeExpression, resolver: Resolver) -> Outcome | None:
    """The outcome for a reading that is compared; None if it isn't. Raises Unclear."""
    parent = reading.node.parent
    if reading.type not in ("timestamp", "date"):
        _refuse_text(reading, parent)
        return None
    match parent:
        case exp.EQ() | exp.NEQ() | exp.GT() | exp.GTE() | exp.LT() | exp.LTE():
            compared = _binary(type(parent), parent.this, parent.expression, resolver)
        case exp.Between():
            compared = _between(parent, resolver)
        case exp.In():
            compared = _in(reading, parent, resolver)
        case exp.Like() if parent.this is reading.node:
            compared = _begins(reading, _prefix_of(parent))
            if parent.args.get("negate"):
                compared = Compared(exp.Not(this=exp.Paren(this=compared.expression)), compared.works_in_view)
        case exp.StartsWith() if parent.this is reading.node:
            compared = _begins(reading, parent.expression)
        case _:
            return None
    return Outcome(parent, compared.expression, compared.works_in_view, compared.note)


def _refuse_text(reading: TimeExpression, parent: exp.Expr | None) -> None:
    """Numbers that were text: beside a literal of text nobody can know what was meant."""
    if isinstance(parent, (exp.Binary, exp.In, exp.Between, exp.Like)) and any(
        literal.is_string for literal in parent.find_all(exp.Literal)
    ):
        raise Unclear(f"{one_line(parent)} compares text with a column that is now {reading.type}")


def _binary(operator: Operator, left: exp.Expr, right: exp.Expr, resolver: Resolver) -> Compared:
    """`left operator right`, one of which must be a reading."""
    first, second = time_expression_of(left, resolver), time_expression_of(right, resolver)
    if first is None:
        return _binary(_FLIPPED[operator], right, left, resolver)
    if second is not None:
        return _two_readings(operator, first, second)
    if isinstance(right, exp.Literal) and right.is_string:
        return _with_literal(operator, first, right)
    if isinstance(right, exp.Null) or is_time(right):
        # Against a time it never worked with text, and works with the type.
        return Compared(operator(this=first.typed(), expression=right.copy()), isinstance(right, exp.Null))
    if isinstance(right, (exp.Placeholder, exp.Parameter)):
        raise Unclear(f"{one_line(left)} is compared with a parameter: pass a time, not a text")
    if first.unit is None and first.is_same_in_view:
        # A part such as the hour stays text.
        return Compared(operator(this=as_text(first), expression=right.copy()), True)
    counterpart = typed_counterpart(right)
    if counterpart is None:
        raise Unclear(f"{one_line(left)} is compared with {one_line(right)}, whose text isn't known")
    other, unit, has_t = counterpart
    return _by_units(operator, first, other, unit, first.is_same_in_view and not has_t)


def _two_readings(operator: Operator, first: TimeExpression, second: TimeExpression) -> Compared:
    works = first.is_same_in_view and second.is_same_in_view
    if first.unit is None or second.unit is None:
        return Compared(operator(this=as_text(first), expression=as_text(second)), works)
    return _by_units(operator, first, second.typed(), second.typed_unit, works)


def _with_literal(operator: Operator, reading: TimeExpression, literal: exp.Literal) -> Compared:
    text = literal.name
    if text.lower() in EMPTY_MARKERS and operator in (exp.EQ, exp.NEQ):
        return _emptiness(operator, reading, text)
    if reading.unit is None:
        return Compared(operator(this=as_text(reading), expression=literal.copy()), reading.is_same_in_view)
    moment = read_time_literal(text)
    if moment is None:
        raise Unclear(f"{one_line(reading.node)} is compared with '{text}', which is not a time")
    typed = date_literal if reading.typed_unit is Unit.DAY else timestamp_literal
    unit = moment.unit
    if moment.has_zone:
        unit = reading.typed_unit
    elif unit is Unit.MICRO and not moment.is_whole:
        unit = Unit.SECOND
    works = reading.is_same_in_view and not moment.has_zone
    works = works and (not moment.has_t or reading.typed_unit <= Unit.DAY)
    compared = _by_units(operator, reading, typed(moment.at), unit, works, text)
    note = f"'{text}' is compared as the time it names, no longer as text" if moment.has_zone else None
    return Compared(compared.expression, compared.works_in_view, note)


def _by_units(
    operator: Operator, reading: TimeExpression, other: exp.Expr, unit: Unit, works: bool, text: str = ""
) -> Compared:
    """A comparison with a time of another or the same unit."""
    mine = reading.typed_unit
    if unit is not mine:
        table = _BESIDE_COARSER if unit < mine else _BESIDE_FINER
        if operator not in table:
            shown = f"'{text}'" if text else one_line(other)
            raise Unclear(
                f"{one_line(reading.node)} and {shown} are never equal as texts, because one is longer: "
                "was a range meant?"
            )
        operator = table[operator]
    return Compared(operator(this=reading.typed(), expression=other.copy()), works)


def _emptiness(operator: Operator, reading: TimeExpression, text: str) -> Compared:
    is_null: exp.Expr = exp.Is(this=reading.base.copy(), expression=exp.Null())
    if operator is exp.NEQ:
        return Compared(exp.Not(this=is_null), True, f"what was '{text}' is NULL now")
    return Compared(is_null, False, f"what was '{text}' is NULL now")


def _between(between: exp.Between, resolver: Resolver) -> Compared:
    this, low, high = between.this, between.args["low"], between.args["high"]
    involved = [each for each in (this, low, high) if time_expression_of(each, resolver)]
    if not any(each is this for each in involved) and len(involved) < 2:
        # Only one bound is of a column: the other side must be written out either way.
        return _between_mixed(this, low, high, resolver)
    lower, upper = _binary(exp.GTE, this, low, resolver), _binary(exp.LTE, this, high, resolver)
    works = lower.works_in_view and upper.works_in_view
    note = lower.note or upper.note
    low_side, high_side = lower.expression, upper.expression
    if isinstance(low_side, exp.GTE) and isinstance(high_side, exp.LTE) and low_side.this == high_side.this:
        typed = exp.Between(this=low_side.this, low=low_side.expression, high=high_side.expression)
        return Compared(typed, works, note)
    return Compared(_both(between, low_side, high_side), works, note)


def _between_mixed(this: exp.Expr, low: exp.Expr, high: exp.Expr, resolver: Resolver) -> Compared:
    sides: list[Compared] = []
    for operator, bound in ((exp.GTE, low), (exp.LTE, high)):
        if time_expression_of(bound, resolver):
            sides.append(_binary(operator, this, bound, resolver))
        else:
            sides.append(Compared(operator(this=this.copy(), expression=bound.copy()), True))
    combined = exp.And(this=sides[0].expression, expression=sides[1].expression)
    return Compared(combined, all(side.works_in_view for side in sides), sides[0].note or sides[1].note)


def _both(original: exp.Expr, left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """Both of two conditions, in parentheses where their surroundings would tear them apart."""
    both = exp.And(this=left, expression=right)
    is_loose = isinstance(original.parent, (exp.Where, exp.Join, exp.Having, exp.And, exp.Paren))
    return both if is_loose else exp.Paren(this=both)


def _in(reading: TimeExpression, parent: exp.In, resolver: Resolver) -> Compared:
    if parent.args.get("query") is not None:
        return _in_query(parent, resolver)
    if parent.this is not reading.node:
        raise Unclear(f"{one_line(parent)} looks for a text among times")
    if reading.unit is None:
        return Compared(_with_this(parent, as_text(reading), parent.expressions), reading.is_same_in_view)
    members = [_binary(exp.EQ, reading.node, each, resolver) for each in parent.expressions]
    values = [each.expression.expression for each in members if isinstance(each.expression, exp.EQ)]
    if len(values) != len(members):
        raise Unclear(f"{one_line(parent)} lists a marker of a missing value")
    return Compared(_with_this(parent, reading.typed(), values), all(each.works_in_view for each in members))


def _in_query(parent: exp.In, resolver: Resolver) -> Compared:
    left, right = (
        time_expression_of(parent.this, resolver),
        time_expression_of(parent.args["query"], resolver),
    )
    if left is None or right is None or not left.is_bare or left.type != right.type:
        raise Unclear(f"{one_line(parent)} looks for a text among times, or for a time among texts")
    return Compared(parent.copy(), True)


def _with_this(parent: exp.In, this: exp.Expr, values: list[exp.Expr]) -> exp.Expr:
    changed = parent.copy()
    changed.set("this", this)
    changed.set("expressions", [value.copy() for value in values])
    return changed


def _prefix_of(like: exp.Like) -> exp.Expr:
    pattern = like.expression
    if not isinstance(pattern, exp.Literal) or not pattern.name.endswith("%"):
        raise Unclear(f"{one_line(like)} matches a pattern of text")
    prefix = pattern.name.removesuffix("%")
    if "%" in prefix or "_" in prefix:
        raise Unclear(f"{one_line(like)} matches a pattern of text")
    return exp.Literal.string(prefix)


def _begins(reading: TimeExpression, prefix: exp.Expr) -> Compared:
    """All texts that begin with another: from its moment up to the next of its unit."""
    moment: TimeLiteral | None = None
    if isinstance(prefix, exp.Literal) and prefix.is_string:
        moment = read_time_literal(prefix.name.rstrip("-T :."))
    unit = reading.unit
    if moment is None or moment.has_zone or moment.is_whole or unit is None or moment.unit > unit:
        raise Unclear(
            f"{one_line(reading.node)} is matched with {one_line(prefix)}, which doesn't begin a time"
        )
    if moment.unit is Unit.MICRO:
        raise Unclear(f"{one_line(reading.node)} is matched with a part of a second")
    typed: Callable[..., exp.Expr] = date_literal if reading.typed_unit is Unit.DAY else timestamp_literal
    value = reading.typed()
    if moment.unit is unit:
        return Compared(exp.EQ(this=value, expression=typed(moment.at)), _begins_in_view(reading, prefix))
    lower = exp.GTE(this=value, expression=typed(moment.at))
    upper = exp.LT(this=value.copy(), expression=typed(moment.next))
    both = _both(reading.node.parent or reading.node, lower, upper)
    return Compared(both, _begins_in_view(reading, prefix))


def _begins_in_view(reading: TimeExpression, prefix: exp.Expr) -> bool:
    return reading.is_same_in_view and "T" not in prefix.name


def as_text(reading: TimeExpression) -> exp.Expr:
    """The text of a reading, made from the typed value. Raises Unclear where half a part is left."""
    meaning = reading.meaning
    if reading.is_bare or (meaning.normal == reading.castable.normal and meaning.unit is Unit.MICRO):
        return exp.Cast(this=reading.base.copy(), to=exp.DataType.build("VARCHAR"))
    pattern = meaning.format
    if pattern is None:
        raise Unclear(f"{one_line(reading.node)} takes half of a part of the time")
    pieces = [_formatted(reading.base, piece) for piece in re.split("(%f)", pattern) if piece]
    text = pieces[0]
    for piece in pieces[1:]:
        text = exp.DPipe(this=text, expression=piece)
    return exp.Paren(this=text) if len(pieces) > 1 else text


def _formatted(value: exp.Expr, pattern: str) -> exp.Expr:
    if pattern == "%f":
        # date_format rounds to milliseconds: the last six characters of the text are the microseconds.
        whole = exp.Cast(this=value.copy(), to=exp.DataType.build("VARCHAR"))
        return exp.Substring(this=whole, start=exp.Literal.number(21))
    if "%" not in pattern:
        return exp.Literal.string(pattern)
    return exp.TimeToStr(this=value.copy(), format=exp.Literal.string(pattern))
