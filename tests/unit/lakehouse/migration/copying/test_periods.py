"""Periods of time as partitions: what follows on one, and the ranges that hold several."""

from __future__ import annotations

from datetime import date

import pytest

from lakehouse.errors import UsageError
from lakehouse.migration.config import Transform
from lakehouse.migration.copying.periods import Days, in_periods, next_period, parse_days


@pytest.mark.parametrize(
    ("transform", "first", "after"),
    [
        (Transform.DAY, date(2024, 2, 28), date(2024, 2, 29)),
        (Transform.DAY, date(2024, 12, 31), date(2025, 1, 1)),
        (Transform.MONTH, date(2024, 1, 1), date(2024, 2, 1)),
        (Transform.MONTH, date(2024, 12, 1), date(2025, 1, 1)),
        (Transform.YEAR, date(2024, 1, 1), date(2025, 1, 1)),
        (Transform.DAY, date(9999, 12, 31), None),
        (Transform.MONTH, date(9999, 12, 1), None),
        (Transform.YEAR, date(9999, 1, 1), None),
    ],
)
def test_a_period_is_followed_by_the_next(transform: Transform, first: date, after: date | None) -> None:
    assert next_period(transform, first) == after


def test_periods_without_a_gap_are_one_range() -> None:
    days = [date(2024, 1, 3), date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 9)]
    assert (
        in_periods(Transform.DAY, "at", "timestamp", days)
        == """\
(
    at >= timestamp '2024-01-01 00:00:00.000000' and at < timestamp '2024-01-04 00:00:00.000000'
    or at >= timestamp '2024-01-09 00:00:00.000000' and at < timestamp '2024-01-10 00:00:00.000000'
)"""
    )


def test_years_of_a_date_are_ranges_of_dates() -> None:
    assert in_periods(Transform.YEAR, "born", "date", [date(1990, 1, 1), date(1991, 1, 1)]) == (
        "(born >= date '1990-01-01' and born < date '1992-01-01')"
    )


def test_the_last_period_there_is_has_no_end() -> None:
    assert in_periods(Transform.YEAR, "born", "date", [date(9999, 1, 1)]) == "(born >= date '9999-01-01')"


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2025-08-12", date(2025, 8, 12), date(2025, 8, 12)),
        ("2025-08-12..2025-08-14", date(2025, 8, 12), date(2025, 8, 14)),
    ],
)
def test_a_range_of_days_is_read(text: str, first: date, last: date) -> None:
    assert parse_days(text) == Days(first, last)
    assert str(parse_days(text)) == text


@pytest.mark.parametrize("text", ["2025", "", "..", "2025-02-30", "2025-08-12..", "2025-08-14..2025-08-12"])
def test_what_is_no_range_of_days_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_days(text)


@pytest.mark.parametrize(
    ("transform", "period", "touched"),
    [
        (Transform.DAY, date(2025, 8, 12), True),
        (Transform.DAY, date(2025, 8, 11), False),
        (Transform.DAY, date(2025, 8, 14), False),
        (Transform.MONTH, date(2025, 8, 1), True),
        (Transform.MONTH, date(2025, 9, 1), False),
        (Transform.YEAR, date(2025, 1, 1), True),
        (Transform.YEAR, date(2024, 1, 1), False),
    ],
)
def test_days_touch_the_periods_they_lie_in(transform: Transform, period: date, touched: bool) -> None:
    assert Days(date(2025, 8, 12), date(2025, 8, 13)).touch(transform, [period]) is touched
