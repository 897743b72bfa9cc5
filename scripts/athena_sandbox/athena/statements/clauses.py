"""Clauses that several statements share: types, column lists, partition values, property lists.

Source: Athena User Guide, pages create-table, create-table-as, unload, read by November 2026; measured on
Athena in September 2026 (aoyagikouhei/athena-local, docs: ddl).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from athena_sandbox.athena.statements.ast import Column, PartitionValues, Properties, PropertyValue
from athena_sandbox.athena.statements.cursor import Cursor
from athena_sandbox.athena.statements.hive_types import HiveType, primitive
from athena_sandbox.athena.statements.lexer import TokenKind

_Item = TypeVar("_Item")


def comma_list(cursor: Cursor, item: Callable[[Cursor], _Item]) -> tuple[_Item, ...]:
    """`( item, item .. )`, at least one."""
    cursor.expect_symbol("(")
    items = [item(cursor)]
    while cursor.take_symbol(","):
        items.append(item(cursor))
    cursor.expect_symbol(")")
    return tuple(items)


def data_type(cursor: Cursor) -> HiveType:
    """A type of Hive DDL. Nesting deeper than the interpreter's stack is refused by the limit below."""
    return _data_type(cursor, 0)


_NESTED = ("array", "map", "struct")
# Hive itself gives up far earlier than this; without a limit hostile text exhausts the stack.
_MAX_TYPE_DEPTH = 100


def _data_type(cursor: Cursor, depth: int) -> HiveType:
    token = cursor.peek()
    name = token.text.lower()
    known = name in _NESTED or primitive(name) is not None
    if token.kind is not TokenKind.WORD or not known or depth > _MAX_TYPE_DEPTH:
        cursor.fail("<type>")
    cursor.next()
    if name in ("array", "map"):
        cursor.expect_symbol("<")
        members = [_data_type(cursor, depth + 1)]
        if name == "map":
            cursor.expect_symbol(",")
            members.append(_data_type(cursor, depth + 1))
        cursor.expect_symbol(">")
        return HiveType(name, (), tuple(("", member) for member in members))
    if name == "struct":
        return HiveType(name, (), _struct_fields(cursor, depth))
    numbers: tuple[int, ...] = ()
    if cursor.sees_symbol("("):
        numbers = comma_list(cursor, Cursor.expect_integer)
    if name == "double":
        cursor.take("PRECISION")
    return primitive(name, numbers) or cursor.fail("<type>")


def _struct_fields(cursor: Cursor, depth: int) -> tuple[tuple[str, HiveType], ...]:
    cursor.expect_symbol("<")
    fields: list[tuple[str, HiveType]] = []
    while True:
        name = cursor.expect_name_part()
        cursor.expect_symbol(":")
        fields.append((name, _data_type(cursor, depth + 1)))
        if cursor.take("COMMENT"):
            cursor.expect_text()
        if not cursor.take_symbol(","):
            break
    cursor.expect_symbol(">")
    return tuple(fields)


def column(cursor: Cursor) -> Column:
    """`name type [COMMENT 'text']`."""
    name = cursor.expect_name_part()
    kind = data_type(cursor)
    return Column(name, kind, cursor.expect_text() if cursor.take("COMMENT") else None)


def _property(cursor: Cursor, value: Callable[[], str] | None = None) -> tuple[str, str]:
    key = cursor.expect_string()
    cursor.expect_symbol("=")
    if cursor.peek().kind in (TokenKind.INTEGER, TokenKind.DECIMAL, TokenKind.DOUBLE):
        return key, cursor.next().text
    return key, (value or cursor.expect_string)()


def properties(cursor: Cursor) -> Properties:
    """`('key'='value', ..)` of TBLPROPERTIES and its kin."""
    return comma_list(cursor, _property)


def serde_properties(cursor: Cursor) -> Properties:
    """`[WITH SERDEPROPERTIES (..)]`; of several blanks in a value one stays, and the ends of lines do."""
    if not cursor.take("WITH", "SERDEPROPERTIES"):
        return ()
    return comma_list(cursor, lambda cursor: _property(cursor, lambda: cursor.expect_text(r"[ \t]+")))


def _partition_value(cursor: Cursor) -> tuple[str, str]:
    name = cursor.expect_name_part()
    cursor.expect_symbol("=")
    sign = "-" if cursor.take_symbol("-") else ""
    if cursor.peek().kind in (TokenKind.INTEGER, TokenKind.DECIMAL):
        return name, sign + cursor.next().text
    if cursor.take("DATE") or cursor.take("TIMESTAMP"):
        return name, cursor.expect_string()
    return name, cursor.expect_string()


def partition(cursor: Cursor) -> PartitionValues:
    """`PARTITION (key='value', ..)`."""
    cursor.expect("PARTITION")
    return comma_list(cursor, _partition_value)


def _with_property(cursor: Cursor) -> tuple[str, PropertyValue]:
    key = cursor.expect_name_part()
    cursor.expect_symbol("=")
    return key, _property_value(cursor)


def _property_value(cursor: Cursor) -> PropertyValue:
    token = cursor.peek()
    if token.kind is TokenKind.INTEGER:
        return cursor.expect_integer()
    if token.kind in (TokenKind.DECIMAL, TokenKind.DOUBLE):
        return float(cursor.next().text)
    if (word := cursor.take_any("TRUE", "FALSE")) is not None:
        return word == "TRUE"
    if cursor.take("ARRAY"):
        return _string_array(cursor)
    return cursor.expect_string()


def _string_array(cursor: Cursor) -> tuple[str, ...]:
    cursor.expect_symbol("[")
    items: list[str] = []
    while not cursor.take_symbol("]"):
        items.append(cursor.expect_string())
        if not cursor.take_symbol(","):
            cursor.expect_symbol("]")
            break
    return tuple(items)


def with_properties(cursor: Cursor) -> tuple[tuple[str, PropertyValue], ...]:
    """`(key = value, ..)` of CTAS and UNLOAD: strings, numbers, booleans, arrays of strings."""
    return comma_list(cursor, _with_property)
