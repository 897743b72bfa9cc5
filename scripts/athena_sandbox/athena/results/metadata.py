"""The `.metadata` object beside a result: a protobuf message that the JDBC driver reads column types from.

Fields: 1 query id, 2 update type, 3 update count, 4 repeated column {1 catalog, 4 name, 5 label, 6 type, 7
precision, 8 scale, 9 nullable, 10 case sensitive}. Written by hand: two wire types are all it needs.

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: result-files).
"""

from __future__ import annotations

from collections.abc import Iterable

from athena_sandbox.athena.results.columns import ColumnInfo

_NULLABLE_UNKNOWN = 3
_NAME_ONLY = frozenset(("array", "map", "row", "json", "uuid", "ipaddress", "string"))


def encode_metadata(
    query_id: str, columns: Iterable[ColumnInfo], *, update_type: str | None, update_count: int | None
) -> bytes:
    """The message's bytes."""
    body = _text(1, query_id)
    if update_type:
        body += _text(2, update_type)
    if update_count is not None:
        body += _number(3, update_count)
    return body + b"".join(_bytes(4, _column(column)) for column in columns)


def _column(column: ColumnInfo) -> bytes:
    body = _text(1, "hive") + _text(4, column.name) + _text(5, column.name) + _text(6, column.type)
    precise = column.type not in _NAME_ONLY
    if precise and column.type not in ("boolean", "date"):
        body += _number(7, column.precision)
    if precise and column.type != "boolean":
        body += _number(8, column.scale)
    body += _number(9, _NULLABLE_UNKNOWN)
    return body + _number(10, int(column.case_sensitive)) if precise else body


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())
