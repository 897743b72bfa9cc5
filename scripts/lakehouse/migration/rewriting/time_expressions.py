"""A reading: an expression whose text is a changed column's, whole or cut; what is left of the time in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from lakehouse.migration.rewriting.resolving import Resolver, Unclear, carries, columns_of
from lakehouse.migration.rewriting.traced import (
    CASTABLE,
    DAY,
    ISO,
    TracedText,
    Unit,
    apply,
    first_argument,
)
from lakehouse.migration.rewriting.writing import one_line


@dataclass(frozen=True)
class TimeExpression:
    """An expression of text. `base` is the changed value in it, `type` its new type.

    `iso` is what the expression makes of a time as the sources wrote it, `castable` of one as the
    compatibility view writes it. `marks_t`, `marks_blank`: its functions look for a T or a Z, for a blank.
    """

    node: exp.Expr
    base: exp.Expr
    type: str
    iso: TracedText
    castable: TracedText
    marks_t: bool = False
    marks_blank: bool = False

    @property
    def is_bare(self) -> bool:
        """Whether it is the changed value itself, with no string function around it."""
        return self.node is self.base

    @property
    def is_same_in_view(self) -> bool:
        """Whether the view's text gives the same, but for T and Z."""
        return self.iso.normal == self.castable.normal

    @property
    def meaning(self) -> TracedText:
        """What the author saw in the text. Raises Unclear where that depends on how a row is written."""
        if self.is_same_in_view or self.marks_t:
            return self.iso
        if self.marks_blank:
            return self.castable
        raise Unclear(f"{one_line(self.node)} depends on how the text of a row is written")

    @property
    def unit(self) -> Unit | None:
        """The finest part that is left, None if what is left is not a time."""
        return self.meaning.unit

    def typed(self) -> exp.Expr:
        """The time that is left, as a type: the value, cut to its unit. Raises Unclear if there is none."""
        unit = self.unit
        if unit is None:
            raise Unclear(f"{one_line(self.node)} leaves no whole time")
        return truncated(self.base, self.type, unit)

    @property
    def typed_unit(self) -> Unit:
        """The unit of `typed`: that of a date is a day at most."""
        unit = self.unit or Unit.MICRO
        return min(unit, Unit.DAY) if self.type == "date" else unit


def truncated(value: exp.Expr, type_name: str, unit: Unit) -> exp.Expr:
    """A timestamp or a date cut to a unit; to the day, it is a date."""
    value = value.copy()
    if unit is Unit.MICRO or (type_name == "date" and unit >= Unit.DAY):
        return value
    if unit is Unit.DAY:
        return exp.Cast(this=value, to=exp.DataType.build("DATE"))
    return exp.TimestampTrunc(this=value, unit=exp.Var(this=unit.name))


def time_expressions_in(scope: Scope, resolver: Resolver) -> Iterator[TimeExpression | Unclear]:
    """The widest readings of a scope, each once; what can't be made one of, as the reason why not."""
    seen: set[int] = set()
    leaves = [*columns_of(scope), *_subqueries(scope)]
    for leaf in leaves:
        try:
            if resolver.type_of(leaf) is None:
                continue
            widest = _widest(leaf, resolver)
            reading = time_expression_of(widest, resolver)
        except Unclear as unclear:
            yield unclear
            continue
        if reading is not None and id(widest) not in seen:
            seen.add(id(widest))
            yield reading


def time_expression_of(node: exp.Expr | None, resolver: Resolver) -> TimeExpression | None:
    """The reading that an expression is; None if it is none."""
    if node is None:
        return None
    if kind := resolver.type_of(node):
        is_day = kind == "date"
        return TimeExpression(node, node, kind, DAY if is_day else ISO, DAY if is_day else CASTABLE)
    if not isinstance(node, (exp.Func, exp.Cast, exp.Bracket, exp.Paren)):
        return None
    if not isinstance(node.this, exp.Expr):
        return None
    inner = time_expression_of(first_argument(node), resolver)
    if inner is None or inner.type not in ("timestamp", "date"):
        return None
    iso, castable = apply(node, inner.iso), apply(node, inner.castable)
    if iso is None or castable is None:
        return None
    texts = [literal.name for literal in node.find_all(exp.Literal) if literal.is_string]
    return TimeExpression(
        node,
        inner.base,
        inner.type,
        iso,
        castable,
        inner.marks_t or any(mark in text for text in texts for mark in "TZ"),
        inner.marks_blank or any(" " in text for text in texts),
    )


def _widest(leaf: exp.Expr, resolver: Resolver) -> exp.Expr:
    node = leaf
    while (parent := node.parent) is not None:
        if isinstance(parent, exp.Split) and parent.this is node and isinstance(parent.parent, exp.Bracket):
            # Only with the element that is taken from it does it give a text.
            parent = parent.parent
        elif not carries(parent, node) and not _is_text_of(parent, node):
            break
        if time_expression_of(parent, resolver) is None:
            break
        node = parent
    return node


def _is_text_of(parent: exp.Expr, node: exp.Expr) -> bool:
    if not isinstance(parent, (exp.Func, exp.Cast, exp.Bracket)) or not isinstance(parent.this, exp.Expr):
        return False
    return first_argument(parent) is node


def _subqueries(scope: Scope) -> Iterator[exp.Expr]:
    for inner in scope.subquery_scopes:
        parent = inner.expression.parent
        if isinstance(parent, exp.Subquery):
            yield parent
