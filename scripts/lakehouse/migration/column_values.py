"""Values of a source as its target holds them, and as text: what their types ask for.

An Iceberg table has fewer types than a Hive table: text has no length, the smallest integer is int, a
timestamp has six digits. And not every value has a text: the engine casts neither bytes nor a char, nor a map
whose keys are not plain values, to JSON.
"""

from __future__ import annotations

from collections.abc import Callable

from lakehouse.athena.column_types import ColumnType, parse_column_type
from lakehouse.athena.sql import quoted

_STRING = ColumnType("string")


def target_type(source_type: str) -> str:
    """A source column's Glue type as the Iceberg table has it: varchar(10) is string, smallint is int.

    Raises UsageError for a type that Athena doesn't read.
    """
    return str(parse_column_type(source_type).mapped(_in_iceberg))


def in_target(
    name: str, source_type: str, type_in_target: str | None = None, *, or_null: bool = False
) -> str:
    """A source's column as an expression of the type that it has in the target, by default `target_type`.

    `or_null` makes NULL of what that type can't hold, where the statement would fail.
    """
    old = parse_column_type(source_type)
    new = parse_column_type(type_in_target) if type_in_target else old.mapped(_in_iceberg)
    value = quoted(name)
    if old.holds("char"):
        # The engine fills a char with blanks up to its length; nobody wrote those.
        value = _rebuilt(value, old, lambda kind: kind.name == "char", _without_blanks)
        if not old.is_nested and new.is_text:
            return value
    elif old.in_engine(3) == new.in_engine(6):
        return value
    return f"{'try_cast' if or_null else 'cast'}({value} as {new.in_engine(6)})"


def as_text(expression: str, kind: ColumnType) -> str:
    """A value as text: bytes as hexadecimal digits, what is nested as JSON, the others as CAST has them."""
    if kind.name == "binary":
        return f"to_hex({expression})"
    if kind.is_nested:
        return f"json_format(cast({_rebuilt(expression, kind, _has_no_json, as_text)} as json))"
    return f"cast({expression} as varchar)"


def _in_iceberg(kind: ColumnType) -> ColumnType:
    if kind.is_text:
        return _STRING
    return ColumnType("int") if kind.name in ("tinyint", "smallint") else kind


def _without_blanks(expression: str, _: ColumnType) -> str:
    return f"rtrim(cast({expression} as varchar))"


def _has_no_json(kind: ColumnType) -> bool:
    return kind.name in ("binary", "char")


_Test = Callable[[ColumnType], bool]
_Change = Callable[[str, ColumnType], str]


def _rebuilt(value: str, kind: ColumnType, is_changed: _Test, change: _Change, level: int = 0) -> str:
    """A value with `change` done to every part that `is_changed`; for JSON also to keys that it can't have.
    What is changed becomes text."""
    if not _needs(kind, is_changed):
        return value
    if not kind.is_nested:
        return change(value, kind)
    here, key = f"__value_{level}", f"__key_{level}"
    within = [_rebuilt(here, inner, is_changed, change, level + 1) for inner in kind.inner]
    if kind.name == "array":
        return f"transform({value}, {here} -> {within[0]})"
    if kind.name == "map":
        keys, values = kind.inner
        changed = value
        if _needs(values, is_changed):
            changed = f"transform_values({changed}, ({key}, {here}) -> {within[1]})"
        if _needs_as_key(keys, is_changed):
            changed = f"transform_keys({changed}, ({key}, {here}) -> {change(key, keys)})"
        return changed
    # By a lambda, because "a"."b" could also be column b of a table a.
    fields = ", ".join(
        _rebuilt(f"{here}.{quoted(name)}", inner, is_changed, change, level + 1)
        for name, inner in zip(kind.fields, kind.inner, strict=True)
    )
    row = f"cast(row({fields}) as {_changed_type(kind, is_changed).in_engine(6)})"
    return f"element_at(transform(array[{value}], {here} -> if({here} is not null, {row})), 1)"


def _needs(kind: ColumnType, is_changed: _Test) -> bool:
    if kind.name == "map":
        return _needs_as_key(kind.inner[0], is_changed) or _needs(kind.inner[1], is_changed)
    return is_changed(kind) or any(_needs(inner, is_changed) for inner in kind.inner)


def _needs_as_key(kind: ColumnType, is_changed: _Test) -> bool:
    # As a key the engine's JSON takes text, a number or a boolean.
    is_plain = kind.is_text or kind.is_number or kind.name == "boolean"
    return is_changed(kind) or (is_changed is _has_no_json and not is_plain)


def _changed_type(kind: ColumnType, is_changed: _Test) -> ColumnType:
    if not _needs(kind, is_changed):
        return kind
    if not kind.is_nested:
        return _STRING
    inner = [_changed_type(each, is_changed) for each in kind.inner]
    if kind.name == "map" and _needs_as_key(kind.inner[0], is_changed):
        inner[0] = _STRING
    return ColumnType(kind.name, kind.parameters, tuple(inner), kind.fields)
