"""Writes text a whole column at a time, without a Python object per row.

This module turns a template such as `{Y}-{m}-{d}T{H}:{M}:{S}.{f3}Z` into the bytes of a column. `spellings`
has the templates and their meaning.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Int64s = npt.NDArray[np.int64]
UInt64s = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

MICROS_PER_SECOND = 1_000_000
MICROS_PER_MINUTE = 60 * MICROS_PER_SECOND
MICROS_PER_HOUR = 60 * MICROS_PER_MINUTE
MICROS_PER_DAY = 24 * MICROS_PER_HOUR

# Minutes east of UTC. All are less than half a day from UTC, so that noon UTC has the same date with every
# offset. The form with hours only uses the whole hours.
OFFSETS_MINUTES = np.array([120, -300, 330, 0, 540, -210, 60, -480, 660, 345], dtype=np.int64)
WHOLE_HOUR_OFFSETS_MINUTES = np.array([120, -300, 0, 540, -480], dtype=np.int64)

_TWO_DIGITS: Bytes = np.array([list(b"%02d" % number) for number in range(100)], dtype=np.uint8)
_HEX_PAIRS: Bytes = np.array([list(b"%02x" % number) for number in range(256)], dtype=np.uint8)
_MONTH_NAMES: Bytes = np.array(
    [list(name) for name in b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()], dtype=np.uint8
)
# A byte that no text contains: it marks a position in the fixed-width matrix that is left out of the text.
_NOTHING = 0
_FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class LocalTime:
    """Instants (microseconds since 1970 UTC) in local time, `offset_minutes` east of UTC.

    `salt` is a number per row that decides what the instant leaves open, such as digits after the sixth.
    """

    instant: Int64s
    offset_minutes: Int64s
    salt: UInt64s = field(repr=False)

    @cached_property
    def local(self) -> Int64s:
        return self.instant + self.offset_minutes * MICROS_PER_MINUTE

    @cached_property
    def _day(self) -> npt.NDArray[np.datetime64]:
        return (self.local // MICROS_PER_DAY).astype("datetime64[D]")

    @cached_property
    def _month_start(self) -> npt.NDArray[np.datetime64]:
        return self._day.astype("datetime64[M]")

    @cached_property
    def year(self) -> Int64s:
        return self._day.astype("datetime64[Y]").astype(np.int64) + 1970

    @cached_property
    def month(self) -> Int64s:
        return self._month_start.astype(np.int64) % 12 + 1

    @cached_property
    def day(self) -> Int64s:
        days: Int64s = (self._day - self._month_start.astype("datetime64[D]")).astype(np.int64) + 1
        return days

    @cached_property
    def day_of_year(self) -> Int64s:
        january = self._day.astype("datetime64[Y]").astype("datetime64[D]")
        days: Int64s = (self._day - january).astype(np.int64) + 1
        return days

    @cached_property
    def hour(self) -> Int64s:
        return self.local // MICROS_PER_HOUR % 24

    @cached_property
    def minute(self) -> Int64s:
        return self.local // MICROS_PER_MINUTE % 60

    @cached_property
    def second(self) -> Int64s:
        return self.local // MICROS_PER_SECOND % 60

    @cached_property
    def micros(self) -> Int64s:
        return self.local % MICROS_PER_SECOND

    @cached_property
    def beyond_micros(self) -> Int64s:
        """Three more digits of a second: a source's nanoseconds, which the lakehouse truncates."""
        return (self.salt % np.uint64(1000)).astype(np.int64)


def digits(numbers: Int64s, width: int) -> Bytes:
    """Return the last `width` decimal digits of non-negative numbers, one row of bytes each."""
    pairs = -(-width // 2)
    written = np.empty((len(numbers), 2 * pairs), dtype=np.uint8)
    rest = numbers
    for pair in range(pairs - 1, -1, -1):
        written[:, 2 * pair : 2 * pair + 2] = _TWO_DIGITS[rest % 100]
        rest = rest // 100
    return written[:, 2 * pairs - width :]


def unpadded(numbers: Int64s) -> Bytes:
    """Return numbers of one or two digits, with a leading zero marked as left out."""
    written = _TWO_DIGITS[numbers]
    written[written[:, 0] == ord("0"), 0] = _NOTHING
    return written


def offset(minutes: Int64s, separator: bytes = b":", *, with_minutes: bool = True) -> Bytes:
    """Return offsets from UTC: +hh:mm, +hhmm (no separator) or +hh (without minutes)."""
    sign = np.where(minutes < 0, ord("-"), ord("+")).astype(np.uint8)[:, None]
    parts = [sign, digits(np.abs(minutes) // 60, 2)]
    if with_minutes:
        parts += [_literal(separator, len(minutes)), digits(np.abs(minutes) % 60, 2)]
    return np.concatenate(parts, axis=1)


def hexadecimal(numbers: UInt64s, width: int) -> Bytes:
    """Return the last `width` (even) hexadecimal digits of the numbers."""
    big_endian = numbers.astype(">u8").view(np.uint8).reshape(-1, 8)
    pairs = _HEX_PAIRS[big_endian[:, 8 - width // 2 :]]
    return pairs.reshape(len(numbers), width)


@dataclass(frozen=True)
class _Field:
    write: Callable[[LocalTime], Bytes]
    # The precision of the field in microseconds; None for fields that always occur together with a more
    # precise one.
    unit: int | None = None


_FIELDS: dict[str, _Field] = {
    "Y": _Field(lambda at: digits(at.year, 4)),
    "m": _Field(lambda at: digits(at.month, 2)),
    "d": _Field(lambda at: digits(at.day, 2), MICROS_PER_DAY),
    "H": _Field(lambda at: digits(at.hour, 2), MICROS_PER_HOUR),
    "M": _Field(lambda at: digits(at.minute, 2), MICROS_PER_MINUTE),
    "S": _Field(lambda at: digits(at.second, 2), MICROS_PER_SECOND),
    "um": _Field(lambda at: unpadded(at.month)),
    "ud": _Field(lambda at: unpadded(at.day), MICROS_PER_DAY),
    "uH": _Field(lambda at: unpadded(at.hour), MICROS_PER_HOUR),
    "uM": _Field(lambda at: unpadded(at.minute), MICROS_PER_MINUTE),
    "f1": _Field(lambda at: digits(at.micros // 100_000, 1), 100_000),
    "f3": _Field(lambda at: digits(at.micros // 1_000, 3), 1_000),
    "f6": _Field(lambda at: digits(at.micros, 6), 1),
    "f9": _Field(lambda at: digits(at.micros * 1000 + at.beyond_micros, 9), 1),
    "z": _Field(lambda at: offset(at.offset_minutes)),
    "zz": _Field(lambda at: offset(at.offset_minutes, b"")),
    "zh": _Field(lambda at: offset(at.offset_minutes, with_minutes=False)),
    "s": _Field(lambda at: digits(at.instant // MICROS_PER_SECOND, 10), MICROS_PER_SECOND),
    "ms": _Field(lambda at: digits(at.instant // 1_000, 13), 1_000),
    "us": _Field(lambda at: digits(at.instant, 16), 1),
    "ns": _Field(lambda at: digits(at.instant * 1000 + at.beyond_micros, 19), 1),
    "doy": _Field(lambda at: digits(at.day_of_year, 3)),
    "mon": _Field(lambda at: _MONTH_NAMES[at.month - 1]),
}


_UNPADDED: dict[str, Callable[[LocalTime], Int64s]] = {
    "um": lambda at: at.month,
    "ud": lambda at: at.day,
    "uH": lambda at: at.hour,
    "uM": lambda at: at.minute,
}


def _literal(content: bytes, rows: int) -> Bytes:
    return np.broadcast_to(np.frombuffer(content, dtype=np.uint8), (rows, len(content)))


@dataclass(frozen=True)
class Template:
    """A template for instants, such as `{Y}-{m}-{d} {H}:{M}`; the fields are those of `_FIELDS`."""

    source: str

    @cached_property
    def _parts(self) -> list[bytes | str]:
        pieces = _FIELD.split(self.source)
        return [piece if index % 2 else piece.encode() for index, piece in enumerate(pieces) if piece]

    @cached_property
    def fields(self) -> list[str]:
        """The names of the fields, in order. An unknown one raises KeyError when the template is used."""
        return [part for part in self._parts if isinstance(part, str)]

    @cached_property
    def unit(self) -> int:
        """The precision of the text in microseconds: the instant it denotes is a multiple of this."""
        units = [_FIELDS[name].unit for name in self.fields]
        return min((unit for unit in units if unit is not None), default=MICROS_PER_DAY)

    @cached_property
    def unpadded_fields(self) -> list[str]:
        """The names of the fields that are written with one digit if that is enough."""
        return [name for name in self.fields if name in _UNPADDED]

    def has_short_part(self, instants: Int64s) -> Mask:
        """Return for which instants an unpadded field is written with one digit (for texts in UTC)."""
        at = LocalTime(instants, np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.uint64))
        short = np.zeros(len(instants), dtype=np.bool_)
        for name in self.unpadded_fields:
            short |= _UNPADDED[name](at) < 10
        return short

    @cached_property
    def _choice_of_offsets(self) -> Int64s:
        if "zh" in self.fields:
            return WHOLE_HOUR_OFFSETS_MINUTES
        if "z" in self.fields or "zz" in self.fields:
            return OFFSETS_MINUTES
        return np.zeros(1, dtype=np.int64)

    def write(self, instants: Int64s, salts: UInt64s) -> pa.StringArray:
        """Return the text of every instant. If the template has an offset, the salt chooses it."""
        choice = self._choice_of_offsets
        offsets = choice[((salts >> np.uint64(32)) % np.uint64(len(choice))).astype(np.int64)]
        local_time = LocalTime(instants, offsets, salts)
        columns = [
            _FIELDS[part].write(local_time) if isinstance(part, str) else _literal(part, len(instants))
            for part in self._parts
        ]
        # The template of the empty text has no parts.
        return strings(np.concatenate([_literal(b"", len(instants)), *columns], axis=1))


def strings(matrix: Bytes) -> pa.StringArray:
    """Return one string per row of a byte matrix, without the bytes that are marked as left out."""
    rows, width = matrix.shape
    kept: Mask = matrix != _NOTHING
    if kept.all():
        ends = np.arange(rows + 1, dtype=np.int32) * np.int32(width)
        content = np.ascontiguousarray(matrix)
    else:
        ends = np.zeros(rows + 1, dtype=np.int32)
        np.cumsum(kept.sum(axis=1), out=ends[1:])
        content = matrix[kept]
    return pa.StringArray.from_buffers(rows, pa.py_buffer(ends), pa.py_buffer(content))


def prefixed_hex(prefix: str, numbers: UInt64s, width: int) -> pa.StringArray:
    """Return identifiers such as CUST_5e6f7a8b: a prefix and the last `width` hexadecimal digits."""
    parts = [_literal(prefix.encode(), len(numbers)), hexadecimal(numbers, width)]
    return strings(np.concatenate(parts, axis=1))


def dotted_quads(addresses: npt.NDArray[np.uint32]) -> pa.StringArray:
    """Return IPv4 addresses as text."""
    numbers = addresses.astype(np.int64)
    parts: list[Bytes] = []
    for shift in (24, 16, 8, 0):
        part = digits(numbers >> shift & 255, 3)
        small, tiny = part[:, 0] == ord("0"), (part[:, 0] == ord("0")) & (part[:, 1] == ord("0"))
        part[small, 0] = _NOTHING
        part[tiny, 1] = _NOTHING
        parts += [part, _literal(b"." if shift else b"", len(numbers))]
    return strings(np.concatenate(parts, axis=1))


def in_rows(pieces: Sequence[tuple[Int64s, pa.Array]], rows: int) -> pa.Array:
    """Merge arrays of disjoint sets of rows, which together are all rows, in the order of the rows."""
    order = np.empty(rows, dtype=np.int64)
    order[np.concatenate([where for where, _ in pieces])] = np.arange(rows)
    return pa.concat_arrays([piece for _, piece in pieces]).take(pa.array(order))
