"""All spellings of dates and timestamps in bronze, each with the result of reading it correctly.

This module has the truth about a text: it is parsed (with a format class), rejected (for a reason) or empty
(a marker). This is known from the spelling that the text was written in, and never from reading it. The names
of classes and reasons are those of the project's timestamp macros.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lakehouse.synthetic.text import Int64s, Mask, Template, UInt64s, in_rows

Codes = npt.NDArray[np.int16]


class SpellingKind(StrEnum):
    """The result of reading a text."""

    PARSED = "parsed"
    REJECTED = "rejected"
    EMPTY = "empty"


@dataclass(frozen=True)
class Spelling:
    """One way to write an instant, or to write nothing or nonsense instead.

    `label` is the format class, the reject reason or the marker under which the manifest counts it.
    `template` is None if there is no text: NULL, or in JSON a missing key (`absent`).
    """

    kind: SpellingKind
    label: str
    template: Template | None
    absent: bool = False

    @property
    def source(self) -> str | None:
        """The template as it is written below, None if there is no text."""
        return self.template.source if self.template else None

    @cached_property
    def may_be_padded(self) -> bool:
        """Whether the text only has its class if some part of it has one digit."""
        return self.template is not None and bool(self.template.unpadded_fields)

    def writes_truly(self, instants: Int64s) -> Mask:
        """Return for which instants this spelling produces a text of its class."""
        if self.kind is not SpellingKind.PARSED or self.template is None or not self.may_be_padded:
            return np.ones(len(instants), dtype=np.bool_)
        return self.template.has_short_part(instants)


_NBSP = "\u00a0"
_BOM = "\ufeff"

# The first template of a class is the plain one.
PARSED: dict[str, tuple[str, ...]] = {
    "iso_utc": (
        "{Y}-{m}-{d}T{H}:{M}:{S}.{f6}Z",
        "{Y}-{m}-{d}T{H}:{M}:{S}.{f3}Z",
        "{Y}-{m}-{d}T{H}:{M}:{S}Z",
        "{Y}-{m}-{d}T{H}:{M}:{S}.{f9}Z",
        "{Y}-{m}-{d}T{H}:{M}:{S},{f3}Z",
        "{Y}-{m}-{d}T{H}:{M}:{S}.{f1}Z",
        "{Y}-{m}-{d}t{H}:{M}:{S}.{f3}z",
        "{Y}-{m}-{d}T{H}:{M}Z",
        " {Y}-{m}-{d}T{H}:{M}:{S}.{f6}Z ",
        _BOM + "{Y}-{m}-{d}T{H}:{M}:{S}.{f3}Z",
        "{Y}-{m}-{d}T{H}:{M}:{S}Z\r\n",
    ),
    "iso_offset": (
        "{Y}-{m}-{d}T{H}:{M}:{S}.{f3}{z}",
        "{Y}-{m}-{d}T{H}:{M}:{S}{z}",
        "{Y}-{m}-{d}T{H}:{M}:{S}.{f6}{zz}",
        "{Y}-{m}-{d}T{H}:{M}:{S}{zh}",
        "{Y}-{m}-{d}T{H}:{M}{z}",
    ),
    "iso_local": (
        "{Y}-{m}-{d}T{H}:{M}:{S}.{f6}",
        "{Y}-{m}-{d}T{H}:{M}:{S}",
        "{Y}-{m}-{d}T{H}:{M}",
    ),
    "sql_utc": (
        "{Y}-{m}-{d} {H}:{M}:{S}Z",
        "{Y}-{m}-{d} {H}:{M}:{S}.{f6} UTC",
        "{Y}-{m}-{d} {H}:{M}:{S} GMT",
        "{Y}-{m}-{d} {H}:{M}:{S}.{f3} Z",
    ),
    "sql_offset": (
        "{Y}-{m}-{d} {H}:{M}:{S}{z}",
        "{Y}-{m}-{d} {H}:{M}:{S}.{f6} {z}",
        "{Y}-{m}-{d} {H}:{M}:{S}.{f3}{zz}",
        "{Y}-{m}-{d} {H}:{M}:{S}{zh}",
    ),
    "sql_local": (
        "{Y}-{m}-{d} {H}:{M}:{S}.{f6}",
        "{Y}-{m}-{d} {H}:{M}:{S}",
        "{Y}-{m}-{d} {H}:{M}:{S}.{f3}",
        "{Y}-{m}-{d} {H}:{M}",
        "{Y}-{m}-{d} {H}:{M}:{S}" + _NBSP,
        "\t{Y}-{m}-{d} {H}:{M}:{S}.{f6}",
    ),
    "date_only": ("{Y}-{m}-{d}",),
    "unpadded": ("{Y}-{um}-{ud} {uH}:{uM}", "{Y}-{um}-{ud}", "{Y}-{um}-{ud} {uH}:{M}:{S}"),
    "slashed_ymd": (
        "{Y}/{m}/{d} {H}:{M}:{S}",
        "{Y}/{m}/{d} {H}:{M}:{S}.{f3}",
        "{Y}/{m}/{d} {H}:{M}:{S}Z",
        "{Y}/{m}/{d}",
    ),
    "compact_date": ("{Y}{m}{d}",),
    "compact_utc": (
        "{Y}{m}{d}T{H}{M}{S}Z",
        "{Y}{m}{d}T{H}{M}{S}.{f3}Z",
        "{Y}{m}{d}T{H}{M}{S}{zz}",
    ),
    "compact_local": ("{Y}{m}{d}T{H}{M}{S}",),
    "epoch_seconds": ("{s}", "{s}.{f6}"),
    "epoch_millis": ("{ms}",),
    "epoch_micros": ("{us}",),
    "epoch_nanos": ("{ns}",),
}

REJECTED: dict[str, tuple[str, ...]] = {
    "ambiguous_date": (
        "{d}/{m}/{Y} {H}:{M}:{S}",
        "{m}/{d}/{Y} {H}:{M}",
        "{d}/{m}/{Y}",
        "{um}/{ud}/{Y}",
        "{d}.{m}.{Y}",
        "{d}.{m}.{Y} {H}:{M}:{S}",
        "{m}-{d}-{Y}",
    ),
    "out_of_range": (
        "{Y}-02-30T{H}:{M}:{S}Z",
        "{Y}-13-{d} {H}:{M}:{S}",
        "{Y}-{m}-{d}T24:00:00Z",
        "{Y}-{m}-{d} {H}:{M}:60",
        "{Y}-{m}-{d}T{H}:60:{S}.{f3}Z",
        "0000-00-00 00:00:00",
        "0000-{m}-{d}",
        "{Y}-{m}-{d}T{H}:{M}:{S}+15:00",
        "{Y}-{m}-00",
        "9999999999999",
    ),
    "unknown_format": (
        "not available yet",
        "{Y}",
        "{Y}-{m}",
        "{Y}-{doy}",
        "{Y}-W33-3",
        "{d} {mon} {Y} {H}:{M}",
        "{mon} {d}, {Y}",
        "{Y}-{m}-{d}T{H}:{M}:{S}.{f6}Z;",
        "event_timestamp={ms}",
        "-{s}",
        "{s}0",
    ),
    "zone_name": (
        "{Y}-{m}-{d} {H}:{M}:{S} Europe/Berlin",
        "{Y}-{m}-{d} {H}:{M}:{S} CET",
        "{Y}-{m}-{d}T{H}:{M}:{S} America/New_York",
        "{Y}-{m}-{d} {H}:{M}:{S}.{f3} PST",
    ),
}

# Markers of "no value", by the name under which the manifest counts them. "missing" is a NULL; "absent" is a
# missing JSON key, and exists only in the JSON table, because in Parquet it would be a NULL.
MARKERS: dict[str, str | None] = {
    "missing": None,
    "absent": None,
    "empty_string": "",
    "blanks": "   ",
    "tab": "\t",
    "NULL": "NULL",
    "null": "null",
    "None": "None",
    "N/A": "N/A",
    "NaN": "NaN",
    "\\N": "\\N",
    "-": "-",
    "padded_null": " null ",
}


def _all_spellings() -> tuple[Spelling, ...]:
    parsed = [
        Spelling(SpellingKind.PARSED, label, Template(each))
        for label, ways in PARSED.items()
        for each in ways
    ]
    rejected = [
        Spelling(SpellingKind.REJECTED, reason, Template(each))
        for reason, ways in REJECTED.items()
        for each in ways
    ]
    empty = [
        Spelling(
            SpellingKind.EMPTY, name, None if content is None else Template(content), absent=name == "absent"
        )
        for name, content in MARKERS.items()
    ]
    return (*parsed, *rejected, *empty)


SPELLINGS: tuple[Spelling, ...] = _all_spellings()
_CODE = {(each.label, each.source): n for n, each in enumerate(SPELLINGS)}


def code_of(label: str, template: str | None) -> int:
    """Return the code (index in SPELLINGS) of a spelling of a class, reason or marker.

    Raises KeyError if the label, or the template under it, doesn't exist.
    """
    return _CODE[label, template]


def codes_of(label: str) -> tuple[int, ...]:
    """Return the codes of all spellings of a class, reason or marker. Raises KeyError if there are none."""
    codes = tuple(code for code, each in enumerate(SPELLINGS) if each.label == label)
    if not codes:
        raise KeyError(label)
    return codes


MISSING = code_of("missing", None)
EMPTY_STRING = code_of("empty_string", "")
IS_PARSED: Mask = np.array([each.kind is SpellingKind.PARSED for each in SPELLINGS])
# Spellings with an offset: their local date can differ from the date in UTC.
SHOWS_OFFSET: Mask = np.array(
    [each.template is not None and bool({"z", "zz", "zh"} & set(each.template.fields)) for each in SPELLINGS]
)
IS_ABSENT: Mask = np.array([each.absent for each in SPELLINGS])
_MAY_BE_PADDED: Mask = np.array([each.may_be_padded for each in SPELLINGS])
# Replaces an unpadded spelling if no part of the text has one digit: that text is a plain SQL timestamp.
_PADDED_EQUIVALENT = code_of("sql_local", PARSED["sql_local"][0])


def in_own_class(codes: Codes, instants: Int64s) -> Codes:
    """Return the codes, replacing those that would produce a text of another class than their own.

    2025-12-13 has no part that could be unpadded, so an `unpadded` row is written, and counted, as
    `sql_local`.
    """
    replaced = codes.copy()
    for code in np.unique(codes[_MAY_BE_PADDED[codes]]):
        where = np.flatnonzero(codes == code)
        replaced[where[~SPELLINGS[code].writes_truly(instants[where])]] = _PADDED_EQUIVALENT
    return replaced


def write(codes: Codes, instants: Int64s, salts: UInt64s) -> pa.StringArray:
    """Return the text of every instant in the spelling of its code, NULL if the spelling has no text."""
    pieces: list[tuple[Int64s, pa.Array]] = [(np.empty(0, dtype=np.int64), pa.array([], pa.string()))]
    for code in np.unique(codes):
        where = np.flatnonzero(codes == code)
        template = SPELLINGS[code].template
        if template is None:
            pieces.append((where, pa.nulls(len(where), pa.string())))
        else:
            pieces.append((where, template.write(instants[where], salts[where])))
    return in_rows(pieces, len(codes))


def denoted(codes: Codes, instants: Int64s) -> Int64s:
    """Return the instants that parsed texts denote: the original instants, truncated to their precision."""
    units = np.array([each.template.unit if each.template else 1 for each in SPELLINGS], dtype=np.int64)
    unit = units[codes]
    return instants // unit * unit
