"""Customers, titles and campaigns: complete, coherent, and the ones the telemetry speaks of."""

from datetime import date, datetime

import numpy as np
import pytest

from lakehouse.synthetic.spellings import MARKERS, PARSED, REJECTED, SPELLINGS, SpellingKind
from lakehouse.telemetry.arrivals import arriving_by_hour
from lakehouse.telemetry.dimensions import DimensionRows, rows_of_day
from lakehouse.telemetry.frames import telemetry_frame
from lakehouse.telemetry.scenario import Scenario
from lakehouse.telemetry.tables import CAMPAIGNS, CUSTOMERS, DIMENSION_TABLES, TITLES, BronzeTable
from lakehouse.times.reference import read

CLEAN = Scenario(days=6, scale=0.1, dirt=0, seed=4, start=date(2025, 8, 11))


def rows(table: BronzeTable, scenario: Scenario = CLEAN, days: range = range(6)) -> list[dict[str, str]]:
    return [row for day in days for row in rows_of_day(table, scenario, day).frame(scenario.seed).to_pylist()]


def moment(text: str) -> datetime:
    timestamp = read(text).timestamp
    assert timestamp is not None, text
    return datetime.fromisoformat(timestamp)


def test_customers_and_titles_of_the_telemetry_are_in_the_dimensions(scenario: Scenario) -> None:
    arrived = np.concatenate([each for _, each in arriving_by_hour(scenario)])
    events = telemetry_frame(scenario.seed, arrived)
    for table, column in ((CUSTOMERS, "customer_id"), (TITLES, "title_id")):
        known = {row[column] for row in rows(table, scenario, range(scenario.days))}
        assert set(events[column].to_pylist()) <= known


def test_where_a_customer_watches_is_where_the_customer_lives(scenario: Scenario) -> None:
    home = {
        row["customer_id"]: (row["country"], row["state"], row["city"]) for row in rows(CUSTOMERS, scenario)
    }
    _, some = next(iter(arriving_by_hour(scenario)))
    for row in telemetry_frame(scenario.seed, some).to_pylist():
        assert home[row["customer_id"]] == (row["country"], row["state"], row["city"])


def test_campaigns_are_for_titles_that_exist() -> None:
    assert {row["title_id"] for row in rows(CAMPAIGNS)} <= {row["title_id"] for row in rows(TITLES)}


@pytest.mark.parametrize("table", DIMENSION_TABLES, ids=lambda table: table.name)
def test_a_day_brings_what_is_new_and_what_has_changed(table: BronzeTable) -> None:
    key = table.columns[0].name
    first = {row[key] for row in rows(table, days=range(1))}
    assert len(first) == len(rows(table, days=range(1)))
    seen = set(first)
    for day in range(1, 6):
        delivered = rows_of_day(table, CLEAN, day)
        for row, is_new in zip(delivered.frame(CLEAN.seed).to_pylist(), delivered.is_new, strict=True):
            assert (row[key] not in seen) == is_new
            updated = moment(row["updated_at"])
            assert updated.date() == CLEAN.date_of(day)
            seen.add(row[key])
        assert delivered.is_new.any()
        assert not delivered.is_new.all()
    assert len(seen) > len(first)


@pytest.mark.parametrize("table", DIMENSION_TABLES, ids=lambda table: table.name)
def test_a_record_is_created_once_and_updated_after(table: BronzeTable) -> None:
    created: dict[str, datetime] = {}
    for row in rows(table):
        identity = next(iter(row.values()))
        at = moment(row["created_at"]).replace(microsecond=0)
        assert created.setdefault(identity, at) == at
        assert moment(row["updated_at"]).replace(microsecond=0) >= at


def test_a_subscription_ends_when_it_is_cancelled_and_only_then() -> None:
    ended = 0
    for row in rows(CUSTOMERS):
        assert (row["status"] == "cancelled") == bool(row["subscription_end_date"])
        if row["subscription_end_date"]:
            assert moment(row["subscription_end_date"]) >= moment(row["subscription_start_date"])
            ended += 1
    assert ended > 20


def test_titles_are_released_before_they_are_created_and_campaigns_start_before_they_end() -> None:
    assert all(moment(row["release_date"]) <= moment(row["created_at"]) for row in rows(TITLES))
    for row in rows(CAMPAIGNS):
        assert moment(row["created_at"]) < moment(row["start_date"]) < moment(row["end_date"])


@pytest.mark.parametrize("table", DIMENSION_TABLES, ids=lambda table: table.name)
def test_dirty_texts_are_what_they_are_counted_as(table: BronzeTable, scenario: Scenario) -> None:
    delivered = rows_of_day(table, scenario, 0)
    frame = delivered.frame(scenario.seed)
    for name, column in delivered.times.items():
        texts = frame[name].to_pylist()
        for text, code, instant in zip(texts, column.spelling, column.instants, strict=True):
            spelling, reading = SPELLINGS[code], read(text)
            assert reading.status == spelling.kind, text
            if spelling.kind is SpellingKind.PARSED:
                assert reading.format_class == spelling.label, text
                if column.is_date:
                    assert reading.date == str(np.datetime64(int(instant), "us").astype("datetime64[D]")), (
                        text
                    )


@pytest.mark.parametrize("table", DIMENSION_TABLES, ids=lambda table: table.name)
def test_day_0_of_the_smallest_data_shows_every_class_reason_and_marker(
    table: BronzeTable, smallest: Scenario
) -> None:
    delivered = rows_of_day(table, smallest, 0)
    codes = np.concatenate([column.spelling for column in delivered.times.values()])
    shown = {SPELLINGS[code].label for code in np.unique(codes)}
    assert shown == set(PARSED) | set(REJECTED) | set(MARKERS) - {"absent"}


def test_duplicates_are_equal_rows(scenario: Scenario) -> None:
    delivered: DimensionRows = rows_of_day(CUSTOMERS, scenario, 0)
    frame = delivered.frame(scenario.seed).to_pylist()
    assert delivered.is_duplicate.sum() > 10
    for index in np.flatnonzero(delivered.is_duplicate):
        assert frame.count(frame[index]) == 2


def test_a_date_with_an_offset_has_the_same_date_in_its_zone_and_in_utc() -> None:
    dirty = Scenario(days=1, scale=0.1, dirt=1, seed=4, start=date(2025, 8, 11))
    delivered = rows_of_day(CUSTOMERS, dirty, 0)
    column = delivered.times["subscription_start_date"]
    texts = delivered.frame(dirty.seed)["subscription_start_date"].to_pylist()
    checked = 0
    for text, code, instant in zip(texts, column.spelling, column.instants, strict=True):
        if SPELLINGS[code].label in ("iso_offset", "sql_offset"):
            day = str(np.datetime64(int(instant), "us").astype("datetime64[D]"))
            assert text[:10] == day == moment(text).date().isoformat()
            checked += 1
    assert checked > 50
