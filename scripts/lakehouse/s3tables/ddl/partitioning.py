"""PARTITIONED BY and SORTED BY: columns and Iceberg's transforms of columns.

S3 Tables supports the transforms identity, year, month, day, hour, bucket and truncate (API reference of
IcebergPartitionField). Engines differ in the order of arguments, so both are accepted: bucket(16, id) and
bucket(id, 16).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.sorting import NullOrder, SortDirection, SortField, SortOrder
from pyiceberg.transforms import (
    BucketTransform,
    DayTransform,
    HourTransform,
    IdentityTransform,
    MonthTransform,
    TimeTransform,
    Transform,
    TruncateTransform,
    YearTransform,
)
from pyiceberg.types import NestedField, StructType

from lakehouse.s3tables.ddl.cursor import Cursor
from lakehouse.s3tables.ddl.lexer import Token, TokenKind

AnyTransform = Transform[Any, Any]

# Iceberg stores the parameter as a 32-bit integer.
_MAX_PARAMETER = 2**31 - 1
_TIMES: dict[str, Callable[[], AnyTransform]] = {
    "year": YearTransform,
    "years": YearTransform,
    "month": MonthTransform,
    "months": MonthTransform,
    "day": DayTransform,
    "days": DayTransform,
    "date": DayTransform,
    "hour": HourTransform,
    "hours": HourTransform,
    "date_hour": HourTransform,
}


@dataclass(frozen=True)
class Term:
    """A transform of a column. `path` has the column's name, and the names of nested fields."""

    transform: AnyTransform
    path: tuple[str, ...]
    token: Token


@dataclass(frozen=True)
class SortTerm:
    """A term to sort by."""

    term: Term
    direction: SortDirection
    null_order: NullOrder


def read_partitioning(cursor: Cursor, *, lower_case: bool) -> list[Term]:
    """Take the parenthesis after PARTITIONED BY. Raises DdlError."""
    return cursor.listed(lambda: _partition_term(cursor, lower_case), "PARTITIONED BY", "a partition")


def read_sorting(cursor: Cursor, *, lower_case: bool) -> list[SortTerm]:
    """Take the parenthesis after SORTED BY. Raises DdlError."""
    return cursor.listed(lambda: _sort_term(cursor, lower_case), "SORTED BY", "a column to sort by")


def _partition_term(cursor: Cursor, lower_case: bool) -> Term:
    term = _term(cursor, lower_case)
    if cursor.here.kind is TokenKind.WORD:
        raise cursor.error(
            "Iceberg partitions by columns of the table: declare the column in the column list, and write "
            "only its name here"
        )
    return term


def _sort_term(cursor: Cursor, lower_case: bool) -> SortTerm:
    term = _term(cursor, lower_case)
    direction = SortDirection.ASC
    if cursor.take_word("desc"):
        direction = SortDirection.DESC
    else:
        cursor.take_word("asc")
    # As in Spark and Trino, nulls are smallest.
    null_order = NullOrder.NULLS_FIRST if direction is SortDirection.ASC else NullOrder.NULLS_LAST
    if cursor.take_word("nulls"):
        place = cursor.take_word("first", "last")
        if place is None:
            raise cursor.expected("FIRST or LAST after NULLS")
        null_order = NullOrder.NULLS_FIRST if place.is_word("first") else NullOrder.NULLS_LAST
    return SortTerm(term, direction, null_order)


def _term(cursor: Cursor, lower_case: bool) -> Term:
    token = cursor.here
    if token.kind is TokenKind.WORD and cursor.following.is_symbol("("):
        return _transformed(cursor, lower_case)
    return Term(IdentityTransform(), _path(cursor, lower_case), token)


def _transformed(cursor: Cursor, lower_case: bool) -> Term:
    token = cursor.next()
    word = token.value.lower()
    cursor.next()
    if word in _TIMES:
        transform: AnyTransform = _TIMES[word]()
        path = _path(cursor, lower_case)
    elif word in ("bucket", "truncate"):
        number, path = _parameter_and_path(cursor, word, lower_case)
        transform = BucketTransform(number) if word == "bucket" else TruncateTransform(number)
    elif word == "identity":
        transform, path = IdentityTransform(), _path(cursor, lower_case)
    else:
        known = "year, month, day, hour, bucket, truncate"
        raise cursor.error(f"{token.shown} is not a transform of S3 Tables: use {known}", token)
    cursor.expect_symbol(")", f"after the column of {word}()")
    return Term(transform, path, token)


def _parameter_and_path(cursor: Cursor, word: str, lower_case: bool) -> tuple[int, tuple[str, ...]]:
    if cursor.here.kind is TokenKind.NUMBER:
        number = _parameter(cursor, word)
        cursor.expect_symbol(",", f"between the parameters of {word}()")
        return number, _path(cursor, lower_case)
    path = _path(cursor, lower_case)
    cursor.expect_symbol(",", f"and a number: {word}() takes a column and a number")
    return _parameter(cursor, word), path


def _parameter(cursor: Cursor, word: str) -> int:
    token = cursor.expect_number(f"the number of {word}()")
    if len(token.value) > 12 or not 1 <= int(token.value) <= _MAX_PARAMETER:
        raise cursor.error(f"{token.shown} is out of range, 1 to {_MAX_PARAMETER:,}", token)
    return int(token.value)


def _path(cursor: Cursor, lower_case: bool) -> tuple[str, ...]:
    names = [cursor.expect_name("a column")]
    while cursor.take_symbol("."):
        names.append(cursor.expect_name("a field's name after ."))
    return tuple(name.value.lower() if lower_case else name.value for name in names)


def partition_spec(terms: list[Term], schema: Schema, cursor: Cursor) -> PartitionSpec:
    """Return the spec. Its fields have the names that Spark and Trino use: at_day, id_bucket, name_trunc.

    Raises DdlError for an unknown column, a transform that doesn't fit the column's type, a redundant
    partition, and a partition whose name is that of another column.
    """
    columns = {column.name for column in schema.fields}
    fields: list[PartitionField] = []
    seen: set[tuple[int, str]] = set()
    for place, term in enumerate(terms):
        source = _source(term, schema, cursor)
        # Iceberg refuses two time transforms of one column (day and hour) as redundant.
        key = (source.field_id, "time" if isinstance(term.transform, TimeTransform) else str(term.transform))
        if key in seen:
            raise cursor.error(
                f"the table is already partitioned by {'.'.join(term.path)} like this", term.token
            )
        seen.add(key)
        name = partition_name(term)
        is_own_column = isinstance(term.transform, IdentityTransform) and len(term.path) == 1
        if (name in columns and not is_own_column) or any(field.name == name for field in fields):
            raise cursor.error(f"the partition's name would be {name!r}, which is taken", term.token)
        fields.append(PartitionField(source.field_id, PARTITION_FIELD_ID_START + place, term.transform, name))
    return PartitionSpec(*fields)


def sort_order(terms: list[SortTerm], schema: Schema, cursor: Cursor) -> SortOrder:
    """Return the order. Raises DdlError for an unknown column or a transform that doesn't fit its type."""
    fields = [
        SortField(
            _source(sort.term, schema, cursor).field_id, sort.term.transform, sort.direction, sort.null_order
        )
        for sort in terms
    ]
    return SortOrder(*fields)


def partition_name(term: Term) -> str:
    """The name that Iceberg's own builders would give a partition field."""
    column = ".".join(term.path)
    match term.transform:
        case IdentityTransform():
            return column
        case BucketTransform():
            return f"{column}_bucket"
        case TruncateTransform():
            return f"{column}_trunc"
        case transform:
            return f"{column}_{transform}"


def _source(term: Term, schema: Schema, cursor: Cursor) -> NestedField:
    """The column or field of a term. Raises DdlError if the transform doesn't fit its type."""
    found = _field(schema.fields, term.path[0])
    for name in term.path[1:]:
        kind = found.field_type if found else None
        found = _field(kind.fields, name) if isinstance(kind, StructType) else None
    if found is None:
        raise cursor.error(f"there is no column {'.'.join(term.path)!r}", term.token)
    if not term.transform.can_transform(found.field_type):
        shown = re.sub(r"\[.*", "", str(term.transform))
        raise cursor.error(
            f"{shown} can't be applied to {'.'.join(term.path)}, which is {found.field_type}", term.token
        )
    return found


def _field(fields: tuple[NestedField, ...], name: str) -> NestedField | None:
    return next((field for field in fields if field.name == name), None)
