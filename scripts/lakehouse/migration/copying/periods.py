"""Partitions of a target as periods of time: each is named by its first day, whatever the transform.

A day, a month or a year of a table's partition column. Conditions over periods are ranges of the column, so
that the engine prunes by them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from lakehouse.athena.sql import any_of
from lakehouse.errors import UsageError
from lakehouse.migration.config import Transform


def period_of(transform: Transform, expression: str) -> str:
    """The first day of the period that a timestamp or date lies in, as SQL (a date)."""
    return f"cast(date_trunc('{transform}', {expression}) as date)"


def next_period(transform: Transform, first: date) -> date | None:
    """The first day of the period after one, None after the last that a date can name."""
    try:
        match transform:
            case Transform.DAY:
                return first + timedelta(days=1)
            case Transform.MONTH:
                return (first.replace(day=28) + timedelta(days=4)).replace(day=1)
            case Transform.YEAR:
                return first.replace(year=first.year + 1)
    except (OverflowError, ValueError):
        return None


@dataclass(frozen=True)
class Days:
    """A range of days, both ends in it."""

    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.first}" if self.first == self.last else f"{self.first}..{self.last}"

    def touch(self, transform: Transform, periods: Iterable[date]) -> bool:
        """Whether a day of the range lies in one of the periods."""
        return any(
            period <= self.last and ((after := next_period(transform, period)) is None or after > self.first)
            for period in periods
        )


def parse_days(text: str) -> Days:
    """A range of days from `2025-08-12` or `2025-08-12..2025-08-14`. Raises UsageError."""
    first, separator, last = text.partition("..")
    try:
        days = Days(date.fromisoformat(first), date.fromisoformat(last if separator else first))
    except ValueError:
        raise UsageError(
            f"{text!r} is not a valid range of days: write 2025-08-12 or 2025-08-12..2025-08-14"
        ) from None
    if days.first > days.last:
        raise UsageError(f"{text!r} ends before it begins")
    return days


def runs(transform: Transform, periods: Iterable[date]) -> list[tuple[date, date | None]]:
    """Periods without a gap between them together: first day, and first day that is no longer in it."""
    found: list[tuple[date, date | None]] = []
    for first in sorted(set(periods)):
        after = next_period(transform, first)
        if found and found[-1][1] == first:
            found[-1] = (found[-1][0], after)
        else:
            found.append((first, after))
    return found


def in_periods(transform: Transform, column: str, column_type: str, periods: Iterable[date]) -> str:
    """The condition that a column (SQL, of type timestamp or date) lies in one of at least one period."""
    ranges = [
        f"{column} >= {_literal(column_type, first)}"
        + ("" if after is None else f" and {column} < {_literal(column_type, after)}")
        for first, after in runs(transform, periods)
    ]
    return any_of(ranges)


def _literal(column_type: str, day: date) -> str:
    return f"date '{day}'" if column_type == "date" else f"timestamp '{day} 00:00:00.000000'"
