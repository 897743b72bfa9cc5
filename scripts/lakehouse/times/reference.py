"""The rules of docs/timestamps.md in Python, a second implementation that a migration's samples, the corpus
and the engine are compared with.

It is written from the rules and not from the macros. It splits a text by hand and lets `datetime` check that
the parts are valid; the macros match patterns and let the engine's CAST check them.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytz

BLANKS = " \t\r\n\u00a0\ufeff"
EMPTY_MARKERS = {"", "null", "none", "n/a", "nan", "\\n", "-"}
EPOCH_CLASSES = {10: "epoch_seconds", 13: "epoch_millis", 16: "epoch_micros", 19: "epoch_nanos"}
EPOCH_START = datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)
EPOCH_END = datetime(2100, 1, 1, tzinfo=UTC)
# Marks an offset with the right syntax but an impossible size, until the instant is computed and rejected.
IMPOSSIBLE_OFFSET = 10**6
_ZONE_AREAS = (
    "africa america antarctica arctic asia atlantic australia brazil canada chile etc europe indian "
    "mexico pacific us"
)
_ZONE_ABBREVIATIONS = (
    "acdt acst adt aedt aest akdt akst art ast awst brt bst cdt cest cet cst edt eest eet est hkt "
    "hst ist jst kst mdt mest mesz met mez msk mst ndt nst nzdt nzst pdt pkt pst sast sgt west wet "
    "wib"
)
ZONE_AREAS = frozenset(_ZONE_AREAS.split())
ZONE_ABBREVIATIONS = frozenset(_ZONE_ABBREVIATIONS.split())


@dataclass(frozen=True)
class Reading:
    """The result of reading a text: times as the engine prints them, None if there is none.

    Status, class and reason are those of the timestamp; there can be a date even if the timestamp is
    rejected.
    """

    status: str
    format_class: str | None = None
    reason: str | None = None
    timestamp: str | None = None
    date: str | None = None


@dataclass(frozen=True)
class _Clock:
    """A time of day, as numbers that may be out of range; `offset` in minutes, None if no zone is stated."""

    hour: int = 0
    minute: int = 0
    second: int = 0
    microsecond: int = 0
    offset: int | None = None
    padded: bool = True
    zone_kind: str = "local"


class _OtherFormatError(Exception):
    """The text doesn't have the format that was tried."""


def read(text: str | None, zone: str = "UTC", formats: tuple[str, ...] = ()) -> Reading:
    """Read a text: what the macros must return for it, given the declared zone and formats."""
    if text is None or text.strip(BLANKS).lower() in EMPTY_MARKERS:
        return Reading("empty")
    text = text.strip(BLANKS)
    for read_format in (_read_epoch, _read_compact, _read_year_first, _read_year_last):
        try:
            return read_format(text, zone, formats)
        except _OtherFormatError:
            continue
        except (ValueError, OverflowError):
            return Reading("rejected", reason="out_of_range")
    if _names_a_zone(text):
        return Reading("rejected", reason="zone_name")
    if _is_ambiguous(text, formats):
        return Reading("rejected", reason="ambiguous_date")
    return Reading("rejected", reason="unknown_format")


def _read_epoch(text: str, zone: str, formats: tuple[str, ...]) -> Reading:
    whole, fraction = _split_fraction(text)
    count = len(whole)
    _require(_digits(whole) and count in EPOCH_CLASSES and (fraction is None or count == 10))
    scale = 10 ** (count - 10)
    seconds, rest = divmod(int(whole), scale)
    microseconds = rest * 10**6 // scale if fraction is None else _microseconds(fraction)
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=microseconds)
    if not EPOCH_START <= instant < EPOCH_END:
        raise ValueError(text)
    return _parsed(EPOCH_CLASSES[count], instant)


def _read_compact(text: str, zone: str, formats: tuple[str, ...]) -> Reading:
    day, rest = text[:8], text[8:]
    _require(len(day) == 8 and _digits(day))
    year, month, day_of_month = int(day[:4]), int(day[4:6]), int(day[6:])
    if not rest:
        return _at_midnight("compact_date", year, month, day_of_month, zone)
    time = rest[1:7]
    _require(rest[0] in "Tt" and len(time) == 6 and _digits(time))
    clock = _read_clock(f"{time[:2]}:{time[2:4]}:{time[4:]}{rest[7:]}")
    kind = "compact_local" if clock.offset is None else "compact_utc"
    return _parsed(kind, _instant(year, month, day_of_month, clock, zone))


def _read_year_first(text: str, zone: str, formats: tuple[str, ...]) -> Reading:
    separator = text[4:5]
    _require(_digits(text[:4]) and separator in ("-", "/"))
    day, joint, time = _split_day(text)
    parts = day.split(separator)
    _require(len(parts) == 3 and all(_digits(part) for part in parts))
    _require(len(parts[0]) == 4 and all(len(part) in (1, 2) for part in parts[1:]))
    year, month, day_of_month = (int(part) for part in parts)
    padded = len(day) == 10
    if not joint:
        bare = "slashed_ymd" if separator == "/" else "date_only" if padded else "unpadded"
        return _at_midnight(bare, year, month, day_of_month, zone)
    clock = _read_clock(time)
    if separator == "/":
        kind = "slashed_ymd"
    elif not (padded and clock.padded):
        kind = "unpadded"
    else:
        kind = ("iso_" if joint in "Tt" else "sql_") + clock.zone_kind
    return _parsed(kind, _instant(year, month, day_of_month, clock, zone))


def _read_year_last(text: str, zone: str, formats: tuple[str, ...]) -> Reading:
    _require(bool(formats))
    day, joint, time = _split_day(text)
    parts = _year_last_parts(day)
    _require(len(parts[2]) == 4)
    first, second, year = (int(part) for part in parts)
    month, day_of_month = (second, first) if formats == ("dmy",) else (first, second)
    kind = f"declared_{formats[0]}"
    if not joint:
        return _at_midnight(kind, year, month, day_of_month, zone)
    return _parsed(kind, _instant(year, month, day_of_month, _read_clock(time), zone))


def _read_clock(text: str) -> _Clock:
    """Read h:m, h:m:s or h:m:s.f, with or without a zone after it."""
    time, zone_text = _split_zone(text)
    parts = time.split(":")
    _require(len(parts) in (2, 3))
    seconds, fraction = _split_fraction(parts[2]) if len(parts) == 3 else ("00", None)
    numbers = (parts[0], parts[1], seconds)
    _require(all(_digits(number) and len(number) <= 2 for number in numbers))
    return _Clock(
        hour=int(numbers[0]),
        minute=int(numbers[1]),
        second=int(numbers[2]),
        microsecond=0 if fraction is None else _microseconds(fraction),
        offset=_offset_minutes(zone_text),
        padded=all(len(number) == 2 for number in numbers),
        zone_kind="local" if not zone_text else "offset" if zone_text[0] in "+-" else "utc",
    )


def _split_zone(text: str) -> tuple[str, str]:
    for name in ("UTC", "GMT", "Z"):
        if text.upper().endswith(name):
            return text[: -len(name)].removesuffix(" "), name
    at = max(text.rfind("+"), text.rfind("-"))
    if at < 0:
        return text, ""
    return text[:at].removesuffix(" "), text[at:]


def _offset_minutes(zone_text: str) -> int | None:
    if not zone_text:
        return None
    if zone_text[0] not in "+-":
        return 0
    digits = zone_text[1:]
    if len(digits) == 5 and digits[2] == ":":
        digits = digits[:2] + digits[3:]
    _require(_digits(digits) and len(digits) in (2, 4))
    hours, minutes = int(digits[:2]), int(digits[2:] or "0")
    if minutes > 59 or hours * 60 + minutes > 14 * 60:
        return IMPOSSIBLE_OFFSET
    return (hours * 60 + minutes) * (-1 if zone_text[0] == "-" else 1)


def _instant(year: int, month: int, day: int, clock: _Clock, zone: str) -> datetime:
    wall = datetime(year, month, day, clock.hour, clock.minute, clock.second, clock.microsecond)
    if clock.offset is not None:
        if clock.offset == IMPOSSIBLE_OFFSET:
            raise ValueError("offset")
        return (wall - timedelta(minutes=clock.offset)).replace(tzinfo=UTC)
    # fold=0, the default, is the earlier instant of a time that occurs twice.
    instant = wall.replace(tzinfo=_zone(zone)).astimezone(UTC)
    if instant.astimezone(_zone(zone)).replace(tzinfo=None) != wall:
        raise ValueError("skipped by a clock change")
    return instant


@cache
def _zone(name: str) -> ZoneInfo:
    """A zone from pytz's own files, since a machine may have no time zone files."""
    with pytz.open_resource(name) as file:
        return ZoneInfo.from_file(file, name)


def _at_midnight(format_class: str, year: int, month: int, day: int, zone: str) -> Reading:
    date = datetime(year, month, day).strftime("%Y-%m-%d").rjust(10, "0")
    try:
        reading = _parsed(format_class, _instant(year, month, day, _Clock(), zone))
    except (ValueError, OverflowError):
        # The date is valid even if its midnight doesn't exist in the zone.
        return Reading("rejected", reason="out_of_range", date=date)
    return Reading("parsed", format_class, None, reading.timestamp, date)


def _parsed(format_class: str, instant: datetime) -> Reading:
    naive = instant.astimezone(UTC).replace(tzinfo=None)
    timestamp = naive.isoformat(sep=" ", timespec="microseconds")
    return Reading("parsed", format_class, None, timestamp, timestamp[:10])


def _names_a_zone(text: str) -> bool:
    """Whether a year-first date and time is followed by a zone's name, with or without Java's brackets."""
    lower = text.lower()
    for at in range(len(lower), 0, -1):
        rest = lower[at:]
        bracketed = rest.startswith("[") and rest.endswith("]")
        name = rest[1:-1] if bracketed else rest
        known = _is_zone_name(name) or (bracketed and name in ("z", "utc", "gmt"))
        if known and _is_year_first_time(text[:at].removesuffix(" ")):
            return True
    return False


def _is_zone_name(name: str) -> bool:
    area, slash, city = name.partition("/")
    allowed = string.ascii_lowercase + string.digits + "_+/-"
    return name in ZONE_ABBREVIATIONS or (
        slash != "" and area in ZONE_AREAS and city != "" and all(letter in allowed for letter in city)
    )


def _is_year_first_time(text: str) -> bool:
    joint = _split_day(text)[1]
    if not joint:
        return False
    for read_format in (_read_compact, _read_year_first):
        try:
            read_format(text, "UTC", ())
        except _OtherFormatError:
            continue
        except (ValueError, OverflowError):
            return True
        return True
    return False


def _is_ambiguous(text: str, formats: tuple[str, ...]) -> bool:
    day, joint, time = _split_day(text)
    try:
        parts = _year_last_parts(day.removesuffix(",") if joint else day)
        if joint:
            _read_clock(_without_half_of_day(time))
    except (_OtherFormatError, ValueError):
        return False
    return len(parts[2]) == 2 or not formats


def _without_half_of_day(time: str) -> str:
    clock, zone = _split_zone(time)
    if clock[-2:].upper() not in ("AM", "PM"):
        return time
    return clock[:-2].removesuffix(" ") + zone


def _year_last_parts(day: str) -> list[str]:
    separators = {letter for letter in day if letter not in string.digits}
    _require(len(separators) == 1 and separators <= set("/.-"))
    parts = day.split(separators.pop())
    _require(len(parts) == 3 and all(_digits(part) for part in parts))
    _require(len(parts[0]) <= 2 and len(parts[1]) <= 2 and len(parts[2]) in (2, 4))
    return parts


def _split_day(text: str) -> tuple[str, str, str]:
    for at, letter in enumerate(text):
        if letter in "Tt ":
            return text[:at], letter, text[at + 1 :]
    return text, "", ""


def _split_fraction(text: str) -> tuple[str, str | None]:
    for mark in ".,":
        whole, found, fraction = text.partition(mark)
        if found:
            _require(_digits(fraction))
            return whole, fraction
    return text, None


def _microseconds(fraction: str) -> int:
    return int(fraction[:6].ljust(6, "0"))


def _digits(text: str) -> bool:
    return text != "" and all(letter in string.digits for letter in text)


def _require(condition: bool) -> None:
    if not condition:
        raise _OtherFormatError
