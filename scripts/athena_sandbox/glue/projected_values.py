"""The values of one projected partition key, from the table's properties `projection.<column>.*`.

Months and years are counted from the lower bound, so that a bound on the 31st doesn't drift, and a range
whose end is before its start is empty: Athena's user guide is silent about both.

Source: Athena User Guide, "Supported types for partition projection", read by November 2026; where it is
silent, chosen here.
"""

from __future__ import annotations

import calendar
import itertools
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from athena_sandbox.glue.catalog import Json
from athena_sandbox.glue.date_pattern import DatePattern, DatePatternError
from athena_sandbox.glue.partition_filter import cast_of

_MONTHS = {"MONTHS": 1, "YEARS": 12}
_DURATIONS = {
    "WEEKS": timedelta(weeks=1),
    "DAYS": timedelta(days=1),
    "HOURS": timedelta(hours=1),
    "MINUTES": timedelta(minutes=1),
    "SECONDS": timedelta(seconds=1),
    "MILLISECONDS": timedelta(milliseconds=1),
}
# More than the minutes of an hour and the seconds of a minute.
_COMPARED_STEPS = 100
_NOW = re.compile(
    r"\s*NOW\s*(?:([+-])\s*([0-9]+)\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?\s*)?", re.ASCII
)


class PropertyError(Exception):
    """The projection of one column is wrong; the message begins with a property's name."""


class KeyValues(ABC):
    """The values of one key, as texts."""

    @abstractmethod
    def texts(self) -> Iterator[str]:
        """All of them, in order."""

    def between(self, low: int | None, high: int | None) -> Iterator[str]:
        """At least those between two integers, None for no bound."""
        return self.texts()

    def surely_exceeds(self, count: int) -> bool:
        """Whether there are more values than this; True only where that is known without making them."""
        return False

    @abstractmethod
    def find(self, value: Any) -> str | None:
        """The text of a value in the key's type, or None if it isn't projected."""

    def canonical(self, text: str, kind: str) -> str:
        """The value of a text, in the form of the key's type."""
        return text if is_text(kind) else str(cast_of(kind)(text.strip()))


@dataclass(frozen=True)
class _Enum(KeyValues):
    values: tuple[str, ...]
    kind: str

    def texts(self) -> Iterator[str]:
        return iter(self.values)

    def find(self, value: Any) -> str | None:
        return next((text for text in self.values if self.canonical(text, self.kind) == str(value)), None)


@dataclass(frozen=True)
class _Integers(KeyValues):
    numbers: range
    digits: int

    def texts(self) -> Iterator[str]:
        return map(self._text, self.numbers)

    def between(self, low: int | None, high: int | None) -> Iterator[str]:
        start, step = self.numbers.start, self.numbers.step
        first = 0 if low is None else max(0, (low - start + step - 1) // step)
        end = None if high is None else max(0, (high - start) // step + 1)
        return map(self._text, self.numbers[first:end])

    def find(self, value: Any) -> str | None:
        try:
            number = int(value)
        except ValueError:
            return None
        text = self._text(number)
        return text if number in self.numbers and value in (number, text) else None

    def _text(self, number: int) -> str:
        # As Java's %0<digits>d: the sign counts.
        return f"{number:0{self.digits}d}"


@dataclass(frozen=True)
class _Dates(KeyValues):
    low: datetime
    high: datetime
    pattern: DatePattern
    interval: int
    unit: str

    def texts(self) -> Iterator[str]:
        last = None
        for index in itertools.count():
            moment = self._point(index)
            if moment is None or moment > self.high:
                return
            text = self.pattern.format(moment)
            # A unit finer than the format gives the same text again.
            if text != last:
                yield text
            last = text

    def surely_exceeds(self, count: int) -> bool:
        last = self._point(count)
        if last is None or last > self.high:
            return False
        # The format may be coarser than the unit: then several steps have one text, the first ones too.
        steps = (self._point(index) for index in range(_COMPARED_STEPS))
        return len({self.pattern.format(step) for step in steps if step is not None}) == _COMPARED_STEPS

    def find(self, value: Any) -> str | None:
        try:
            text = value if isinstance(value, str) else self.pattern.format(_midnight(value))
            moment = self.pattern.parse(text)
        except DatePatternError:
            return None
        near = self._index(moment)
        for index in (near - 1, near, near + 1):
            point = self._point(index) if index >= 0 else None
            if point is not None and point <= self.high and self.pattern.format(point) == text:
                return text
        return None

    def canonical(self, text: str, kind: str) -> str:
        if is_text(kind):
            return text
        moment = self.pattern.parse(text)
        return moment.date().isoformat() if kind == "date" else str(moment)

    def _point(self, index: int) -> datetime | None:
        """The moment of a step; None beyond the calendar."""
        return plus(self.low, index * self.interval, self.unit)

    def _index(self, moment: datetime) -> int:
        """The step at or just before a moment."""
        if self.unit in _MONTHS:
            months = (moment.year - self.low.year) * 12 + moment.month - self.low.month
            return months // (self.interval * _MONTHS[self.unit])
        return (moment - self.low) // (self.interval * _DURATIONS[self.unit])


@dataclass(frozen=True)
class Injected(KeyValues):
    """Values that only the query knows."""

    def texts(self) -> Iterator[str]:
        raise NotImplementedError  # pragma: no cover - `Projection` refuses before it asks

    def find(self, value: Any) -> str | None:
        return str(value)


def plus(moment: datetime, count: int, unit: str) -> datetime | None:
    """A moment moved by units, on the month's last day where it lacks the day; None beyond the calendar."""
    try:
        if unit not in _MONTHS:
            return moment + count * _DURATIONS[unit]
        year, month = divmod(moment.year * 12 + moment.month - 1 + count * _MONTHS[unit], 12)
        day = min(moment.day, calendar.monthrange(year, month + 1)[1])
        return moment.replace(year=year, month=month + 1, day=day)
    except (OverflowError, ValueError):
        return None


def values_of(parameters: Mapping[str, str], key: Json, now: datetime) -> KeyValues:
    """The values that the properties of a key define, at the time `now` (UTC). Raises PropertyError."""
    kind = (property_of(parameters, key, "type") or "").strip().lower()
    if kind == "enum":
        return _enum(parameters, key)
    if kind == "integer":
        return _integers(parameters, key)
    if kind == "date":
        return _dates(parameters, key, now)
    if kind == "injected":
        if not is_text(key["Type"]) and cast_of(key["Type"]) is not int:
            raise PropertyError(
                f"projection.{key['Name']}.type 'injected' of a key of the type {key['Type']} is not served "
                "by the sandbox: strings and integers are"
            )
        return Injected()
    raise PropertyError(f"projection.{key['Name']}.type '{kind}' is not enum, integer, date or injected")


def _enum(parameters: Mapping[str, str], key: Json) -> _Enum:
    values = _required(parameters, key, "values").split(",")
    column = _Enum(tuple(values), key["Type"])
    for text in values:
        try:
            column.canonical(text, key["Type"])
        except (ValueError, ArithmeticError):
            raise PropertyError(f"projection.{key['Name']}.values: '{text}' is not a {key['Type']}") from None
    return column


def _integers(parameters: Mapping[str, str], key: Json) -> _Integers:
    bounds = _range(parameters, key)
    try:
        low, high = (int(bound) for bound in bounds)
    except ValueError:
        raise PropertyError(
            f"projection.{key['Name']}.range '{','.join(bounds)}' is not two integers"
        ) from None
    step = _positive(parameters, key, "interval") or 1
    return _Integers(range(low, high + 1, step), _positive(parameters, key, "digits") or 0)


def _dates(parameters: Mapping[str, str], key: Json, now: datetime) -> _Dates:
    if not is_text(key["Type"]) and key["Type"] not in ("date", "timestamp"):
        raise PropertyError(f"projection.{key['Name']}.type is 'date' and the column a {key['Type']}")
    try:
        pattern = DatePattern.of(_required(parameters, key, "format"))
    except DatePatternError as error:
        raise PropertyError(f"projection.{key['Name']}.format: {error}") from None
    unit = (property_of(parameters, key, "interval.unit") or "").strip().upper()
    interval = _positive(parameters, key, "interval")
    if pattern.default_unit is None and not (unit and interval):
        raise PropertyError(
            f"projection.{key['Name']}.interval and projection.{key['Name']}.interval.unit are required for "
            f"a format that isn't of single-day or single-month precision: '{pattern.pattern}'"
        )
    unit = unit or str(pattern.default_unit)
    if unit not in _MONTHS and unit not in _DURATIONS:
        units = ", ".join((*_MONTHS, *_DURATIONS))
        raise PropertyError(f"projection.{key['Name']}.interval.unit '{unit}' is not one of {units}")
    low, high = (_bound(text, pattern, key, now) for text in _range(parameters, key))
    return _Dates(low, high, pattern, interval or 1, unit)


def _bound(text: str, pattern: DatePattern, key: Json, now: datetime) -> datetime:
    """A bound of a date range, at the precision of the format."""
    relative = _NOW.fullmatch(text)
    try:
        if relative is None:
            return pattern.parse(text)
        sign, count, unit = relative.groups()
        moment = plus(now, int(f"{sign}{count}"), f"{unit}S") if sign else now
        if moment is None:
            raise DatePatternError(f"'{text}' is beyond the calendar")
        return pattern.parse(pattern.format(moment))
    except DatePatternError as error:
        raise PropertyError(f"projection.{key['Name']}.range: {error}") from None


def _range(parameters: Mapping[str, str], key: Json) -> list[str]:
    text = _required(parameters, key, "range")
    bounds = text.split(",")
    if len(bounds) != 2:
        raise PropertyError(
            f"projection.{key['Name']}.range '{text}' is not two values with a comma between them"
        )
    return bounds


def _positive(parameters: Mapping[str, str], key: Json, name: str) -> int | None:
    text = property_of(parameters, key, name)
    if text is None:
        return None
    if not text.strip().isdecimal() or int(text) < 1:
        raise PropertyError(f"projection.{key['Name']}.{name} '{text}' is not a positive integer")
    return int(text)


def _required(parameters: Mapping[str, str], key: Json, name: str) -> str:
    text = property_of(parameters, key, name)
    if text is None:
        raise PropertyError(f"projection.{key['Name']}.{name} is missing")
    return text


def property_of(parameters: Mapping[str, str], key: Json, name: str) -> str | None:
    """The text of `projection.<column>.<name>`; None if the table doesn't have it."""
    return parameters.get(f"projection.{key['Name']}.{name}")


def is_text(kind: str) -> bool:
    """Whether values of a key of this Hive type are compared as texts."""
    return kind.partition("(")[0].strip().lower() not in _TYPED


_TYPED = ("tinyint", "smallint", "int", "integer", "bigint", "long", "decimal", "date", "timestamp")


def _midnight(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
