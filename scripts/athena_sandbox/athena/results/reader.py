"""Pages of GetQueryResults, read back from the result file, so that they outlive a restart.

A page token is the byte offset of the next row; the file never changes once it is written.

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: api); the form of tokens was
chosen here.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from athena_sandbox.athena.results.layout import Body
from athena_sandbox.athena.results.storage import Location, ObjectStore
from athena_sandbox.athena.results.writer import Row

_FIRST_CHUNK, _CHUNK = 256 * 1024, 1024 * 1024
_FIELD = re.compile(rb'(?:"((?:[^"]|"")*+)")?([,\n])')
_TOKEN_PREFIX = "o:"  # noqa: S105


@dataclass(frozen=True)
class Page:
    """Rows in file order (a header row is the file's first), and where the next page starts."""

    rows: list[Row]
    next_offset: int


def encode_token(offset: int) -> str:
    return base64.urlsafe_b64encode(f"{_TOKEN_PREFIX}{offset}".encode()).decode()


def decode_token(token: str) -> int | None:
    """The offset in a token made here, or None for any other text."""
    try:
        text = base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, ValueError):
        return None
    number = text.removeprefix(_TOKEN_PREFIX)
    return int(number) if number != text and number.isascii() and number.isdigit() else None


def read_page(
    store: ObjectStore, location: Location, body: Body, *, size: int, offset: int, limit: int
) -> Page:
    """Up to `limit` rows from byte `offset` of a file of `size` bytes. Raises StorageError."""
    parse = _parse_csv if body is Body.CSV else _parse_text
    rows: list[Row] = []
    data, fetched, step = b"", offset, _FIRST_CHUNK
    while len(rows) < limit and (fetched < size or data):
        if fetched < size:
            chunk = store.read(location, fetched, min(step, size - fetched))
            fetched += len(chunk)
            data += chunk
            step = _CHUNK
        used = parse(data, rows, limit, final=fetched >= size)
        offset += used
        data = data[used:]
        if fetched >= size and (not used or not data):
            break
    return Page(rows, offset)


def _parse_csv(data: bytes, rows: list[Row], limit: int, *, final: bool) -> int:
    """Append whole rows found in `data` to `rows`; return how many bytes they took."""
    used = position = 0
    row: Row = []
    while len(rows) < limit and (match := _FIELD.match(data, position)):
        value = match.group(1)
        row.append(None if value is None else value.replace(b'""', b'"').decode())
        position = match.end()
        if match.group(2) == b"\n":
            rows.append(row)
            row, used = [], position
    return used


def _parse_text(data: bytes, rows: list[Row], limit: int, *, final: bool) -> int:
    """As `_parse_csv` for lines: the last line has no newline, and a line is one value."""
    used = 0
    while len(rows) < limit and used < len(data):
        end = data.find(b"\n", used)
        if end < 0:
            if not final:
                break
            end = len(data)
        rows.append([data[used:end].decode()])
        used = min(end + 1, len(data))
    return used
