"""Partition projection: partitions that are computed from a table's properties instead of being registered.

Athena projects in its query engine, so only the sandbox's engine sees these partitions (`Call.engine`); every
other client of Glue sees the registered ones. Where Athena's user guide is silent, months and years are
counted from the lower bound, so that a bound on the 31st doesn't drift, and a range whose end is before its
start is empty.

A projected value has two forms: its text, which is in the partition's location unchanged, and its value in
the form of the key's type (`2025-01-31` for a date key), by which the engine knows the partition.

Source: Athena User Guide, "Supported types for partition projection" and "Set up partition projection", read
by November 2026; where they are silent, chosen here.
"""

from __future__ import annotations

import calendar
import itertools
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from athena_sandbox.glue.catalog import Json, Values
from athena_sandbox.glue.date_pattern import DatePattern, DatePatternError
from athena_sandbox.glue.errors import InvalidInputError
from athena_sandbox.glue.partition_filter import Condition, cast_of, conditions

_MOST_PARTITIONS = 1_000_000
"""The engine's own limit of partitions in one scan."""
_WIDEST_INJECTED = 10_000
"""How far apart the bounds of an injected integer may be: the engine writes IN (7, 8) as 7 to 8."""

_MONTHS = {"MONTHS": 1, "YEARS": 12}
_DURATIONS = {
    "WEEKS": timedelta(weeks=1),
    "DAYS": timedelta(days=1),
    "HOURS": timedelta(hours=1),
    "MINUTES": timedelta(minutes=1),
    "SECONDS": timedelta(seconds=1),
    "MILLISECONDS": timedelta(milliseconds=1),
}
_NOW = re.compile(
    r"\s*NOW\s*(?:([+-])\s*([0-9]+)\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?\s*)?", re.ASCII
)
_PLACEHOLDER = re.compile(r"\$\{([^}]+)\}")


class _PropertyError(Exception):
    """What is wrong with the projection of one column; the message begins with a property's name."""


class _Values(ABC):
    """The values of one key, as texts."""

    @abstractmethod
    def texts(self) -> Iterator[str]:
        """All of them, in order."""

    def between(self, low: int | None, high: int | None) -> Iterator[str]:
        """At least those between two integers, None for no bound."""
        return self.texts()

    @abstractmethod
    def find(self, value: Any) -> str | None:
        """The text of a value in the key's type, or None if it isn't projected."""

    def canonical(self, text: str, kind: str) -> str:
        """The value of a text, in the form of the key's type."""
        return text if _is_text(kind) else str(cast_of(kind)(text.strip()))


@dataclass(frozen=True)
class _Enum(_Values):
    values: tuple[str, ...]
    kind: str

    def texts(self) -> Iterator[str]:
        return iter(self.values)

    def find(self, value: Any) -> str | None:
        return next((text for text in self.values if self.canonical(text, self.kind) == str(value)), None)


@dataclass(frozen=True)
class _Integers(_Values):
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
class _Dates(_Values):
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
        if _is_text(kind):
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
class _Injected(_Values):
    """Values that only the query knows."""

    def texts(self) -> Iterator[str]:
        raise NotImplementedError  # pragma: no cover - asked by nobody: `Projection` refuses before

    def find(self, value: Any) -> str | None:
        return str(value)


@dataclass(frozen=True)
class Projection:
    """The projected partitions of one table."""

    table: str
    keys: tuple[Json, ...]
    columns: tuple[_Values, ...]
    descriptor: Json
    template: str

    @classmethod
    def of(cls, database: str, name: str, table: Json, now: float) -> Projection | None:
        """The projection of a table (TableInput) at a time in epoch seconds; None if it has none.

        Raises InvalidInputError, with what Athena says where that is known, for one that can't be.
        """
        parameters = table.get("Parameters") or {}
        keys = [{"Type": "string", **key} for key in table.get("PartitionKeys") or []]
        if parameters.get("projection.enabled", "").strip().lower() != "true" or not keys:
            return None
        full = f"{database}.{name}"
        missing = [key["Name"] for key in keys if _property(parameters, key, "type") is None]
        if missing:
            raise InvalidInputError(
                f"Table {full} is configured for partition projection, but the following partition columns "
                f"are missing projection configuration: [{', '.join(missing)}] (table {full})"
            )
        moment = datetime.fromtimestamp(now, UTC).replace(tzinfo=None)
        columns = []
        for key in keys:
            try:
                columns.append(_values(parameters, key, moment))
            except _PropertyError as problem:
                raise InvalidInputError(
                    f"Table {full} is configured for partition projection, but {problem} (table {full})"
                ) from None
        descriptor = table.get("StorageDescriptor") or {}
        template = parameters.get("storage.location.template") or _default_template(descriptor, keys)
        for key in keys:
            if f"${{{key['Name']}}}" not in template:
                raise InvalidInputError(
                    f"Table {full} is configured for partition projection, but its storage.location.template "
                    f"{template} has no placeholder for the partition column {key['Name']} (table {full})"
                )
        return cls(full, tuple(keys), tuple(columns), descriptor, template)

    def values(self, expression: str | None) -> list[Values]:
        """The values of the partitions that fit a filter of GetPartitions.

        Raises InvalidInputError for more than a million, and for an injected key without equality conditions.
        """
        known = conditions(expression, self.keys)
        found = [self._of_key(position, known) for position in range(len(self.keys))]
        joint = [condition.test for condition in known if len(condition.keys) > 1]
        kept = (values for values in itertools.product(*found) if all(test(values) for test in joint))
        partitions = list(itertools.islice(kept, _MOST_PARTITIONS + 1))
        if len(partitions) > _MOST_PARTITIONS:
            raise self._too_many()
        return partitions

    def partition(self, values: Values) -> Json | None:
        """The partition (PartitionInput) of these values; None if it isn't projected."""
        if len(values) != len(self.keys):
            return None
        texts = []
        for value, key, column in zip(values, self.keys, self.columns, strict=True):
            try:
                text = column.find(value if _is_text(key["Type"]) else cast_of(key["Type"])(value))
            except ValueError:
                return None
            if text is None:
                return None
            texts.append(text)
        by_name = dict(zip((key["Name"] for key in self.keys), texts, strict=True))
        location = _PLACEHOLDER.sub(lambda match: by_name.get(match[1], match[0]), self.template)
        return {"Values": list(values), "StorageDescriptor": {**self.descriptor, "Location": location}}

    def _of_key(self, position: int, known: list[Condition]) -> list[str]:
        key, column = self.keys[position], self.columns[position]
        own = [condition for condition in known if condition.keys == {position}]
        equal = [condition.literals for condition in own if condition.is_equality]
        low, high = self._bounds(position, own)
        if isinstance(column, _Injected) and not equal and low is not None and high is not None:
            equal = [frozenset(range(low, high + 1))] if high - low < _WIDEST_INJECTED else []
        texts: Iterator[str]
        if equal:
            wanted = sorted(frozenset.intersection(*equal))
            texts = (text for value in wanted if (text := column.find(value)) is not None)
        elif isinstance(column, _Injected):
            raise InvalidInputError(
                f"CONSTRAINT_VIOLATION: For the injected projected partition column {key['Name']}, the "
                "WHERE clause must contain only static equality conditions, and at least one such condition "
                "must be present."
            )
        else:
            texts = self._limited(column.between(low, high))
        values = dict.fromkeys(column.canonical(text, key["Type"]) for text in texts)
        return [value for value in values if all(self._fits(value, position, test) for test in own)]

    def _fits(self, value: str, position: int, condition: Condition) -> bool:
        """Whether a condition on one key takes a value of it."""
        return condition.test(tuple(value if at == position else "" for at in range(len(self.keys))))

    def _bounds(self, position: int, own: list[Condition]) -> tuple[int | None, int | None]:
        """The integers that the conditions on an integer key leave it to lie between.

        Beyond its literals a condition takes all values or none.
        """
        lows, highs = [], []
        if not _is_text(kind := self.keys[position]["Type"]) and cast_of(kind) is int:
            for condition in (condition for condition in own if condition.literals):
                if not self._fits(str(min(condition.literals) - 1), position, condition):
                    lows.append(min(condition.literals))
                if not self._fits(str(max(condition.literals) + 1), position, condition):
                    highs.append(max(condition.literals))
        return max(lows, default=None), min(highs, default=None)

    def _limited(self, texts: Iterator[str]) -> Iterator[str]:
        for count, text in enumerate(texts):
            if count >= _MOST_PARTITIONS:
                raise self._too_many()
            yield text

    def _too_many(self) -> InvalidInputError:
        return InvalidInputError(
            f"HIVE_EXCEEDED_PARTITION_LIMIT: Query over table '{self.table}' can potentially read more than "
            f"{_MOST_PARTITIONS} partitions"
        )


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


def _values(parameters: Mapping[str, str], key: Json, now: datetime) -> _Values:
    """The values that the properties of a key say. Raises _PropertyError."""
    kind = (_property(parameters, key, "type") or "").strip().lower()
    if kind == "enum":
        return _enum(parameters, key)
    if kind == "integer":
        return _integers(parameters, key)
    if kind == "date":
        return _dates(parameters, key, now)
    if kind == "injected":
        if not _is_text(key["Type"]) and cast_of(key["Type"]) is not int:
            raise _PropertyError(
                f"projection.{key['Name']}.type 'injected' of a key of the type {key['Type']} is not served "
                "by the sandbox: strings and integers are"
            )
        return _Injected()
    raise _PropertyError(f"projection.{key['Name']}.type '{kind}' is not enum, integer, date or injected")


def _enum(parameters: Mapping[str, str], key: Json) -> _Enum:
    values = _required(parameters, key, "values").split(",")
    column = _Enum(tuple(values), key["Type"])
    for text in values:
        try:
            column.canonical(text, key["Type"])
        except (ValueError, ArithmeticError):
            raise _PropertyError(
                f"projection.{key['Name']}.values: '{text}' is not a {key['Type']}"
            ) from None
    return column


def _integers(parameters: Mapping[str, str], key: Json) -> _Integers:
    bounds = _range(parameters, key)
    try:
        low, high = (int(bound) for bound in bounds)
    except ValueError:
        raise _PropertyError(
            f"projection.{key['Name']}.range '{','.join(bounds)}' is not two integers"
        ) from None
    step = _positive(parameters, key, "interval") or 1
    return _Integers(range(low, high + 1, step), _positive(parameters, key, "digits") or 0)


def _dates(parameters: Mapping[str, str], key: Json, now: datetime) -> _Dates:
    if not _is_text(key["Type"]) and key["Type"] not in ("date", "timestamp"):
        raise _PropertyError(f"projection.{key['Name']}.type is 'date' and the column a {key['Type']}")
    try:
        pattern = DatePattern.of(_required(parameters, key, "format"))
    except DatePatternError as error:
        raise _PropertyError(f"projection.{key['Name']}.format: {error}") from None
    unit = (_property(parameters, key, "interval.unit") or "").strip().upper()
    interval = _positive(parameters, key, "interval")
    if pattern.default_unit is None and not (unit and interval):
        raise _PropertyError(
            f"projection.{key['Name']}.interval and projection.{key['Name']}.interval.unit are required for "
            f"a format that isn't of single-day or single-month precision: '{pattern.pattern}'"
        )
    unit = unit or str(pattern.default_unit)
    if unit not in _MONTHS and unit not in _DURATIONS:
        units = ", ".join((*_MONTHS, *_DURATIONS))
        raise _PropertyError(f"projection.{key['Name']}.interval.unit '{unit}' is not one of {units}")
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
        raise _PropertyError(f"projection.{key['Name']}.range: {error}") from None


def _range(parameters: Mapping[str, str], key: Json) -> list[str]:
    text = _required(parameters, key, "range")
    bounds = text.split(",")
    if len(bounds) != 2:
        raise _PropertyError(
            f"projection.{key['Name']}.range '{text}' is not two values with a comma between them"
        )
    return bounds


def _positive(parameters: Mapping[str, str], key: Json, name: str) -> int | None:
    text = _property(parameters, key, name)
    if text is None:
        return None
    if not text.strip().isdecimal() or int(text) < 1:
        raise _PropertyError(f"projection.{key['Name']}.{name} '{text}' is not a positive integer")
    return int(text)


def _required(parameters: Mapping[str, str], key: Json, name: str) -> str:
    text = _property(parameters, key, name)
    if text is None:
        raise _PropertyError(f"projection.{key['Name']}.{name} is missing")
    return text


def _property(parameters: Mapping[str, str], key: Json, name: str) -> str | None:
    return parameters.get(f"projection.{key['Name']}.{name}")


def _default_template(descriptor: Json, keys: list[Json]) -> str:
    folders = "/".join(f"{key['Name']}=${{{key['Name']}}}" for key in keys)
    return f"{str(descriptor.get('Location', '')).rstrip('/')}/{folders}/"


def _is_text(kind: str) -> bool:
    return kind.partition("(")[0].strip().lower() not in _TYPED


_TYPED = ("tinyint", "smallint", "int", "integer", "bigint", "long", "decimal", "date", "timestamp")


def _midnight(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
