"""Which rows events become, and what is known of them."""

from datetime import date

import numpy as np
import pytest

from lakehouse.synthetic.spellings import IS_PARSED, MARKERS, PARSED, REJECTED, SPELLINGS, SpellingKind
from lakehouse.telemetry.arrivals import LOOK_BACK_DAYS, arriving_by_hour
from lakehouse.telemetry.deliveries import DUPLICATE, KEYLESS, ORIGINAL, REDELIVERY, Showcase, deliveries_of
from lakehouse.telemetry.scenario import HISTORY_DAYS, Scenario
from lakehouse.telemetry.sessions import Records, events_of, sessions_of

HISTORY, REALTIME, JSON = range(3)
MICROS_PER_HOUR = 3_600_000_000


def test_every_event_reaches_a_table(scenario: Scenario) -> None:
    for day in (0, HISTORY_DAYS):
        sessions, rng = sessions_of(scenario, day, 20)
        events, _ = events_of(scenario, sessions, rng)
        rows = deliveries_of(scenario, day, 20, Showcase())
        assert set(rows["key"].tolist()) == set(events["key"].tolist())


def test_history_gets_all_events_of_its_days_and_none_of_later_ones() -> None:
    scenario = Scenario(days=9, scale=1, dirt=0, seed=1, start=date(2025, 8, 11))
    for day in range(9):
        rows = deliveries_of(scenario, day, 19, Showcase())
        keys = [set(rows["key"][rows["table"] == table].tolist()) for table in (HISTORY, REALTIME, JSON)]
        everything = set(rows["key"].tolist())
        if day < HISTORY_DAYS:
            assert keys[HISTORY] == everything
            assert len(keys[REALTIME]) / len(everything) == pytest.approx(0.15, abs=0.05)
        else:
            assert not keys[HISTORY]
            assert len(keys[REALTIME] & keys[JSON]) / len(everything) == pytest.approx(0.30, abs=0.06)


def test_an_event_arrives_in_its_hour_or_whole_days_later(scenario: Scenario, deliveries: Records) -> None:
    original = deliveries[deliveries["copy"] == ORIGINAL]
    event_hour = (original["instant"] - scenario.first_instant) // MICROS_PER_HOUR
    delay = original["hour"] - event_hour
    assert set(np.unique(delay)) == {0, 24, 48, 72}
    # The late sessions are those of devices that can be offline, all their events together.
    assert set(np.unique(original["device"][delay > 0])) <= {0, 3}
    delay_of: dict[int, set[int]] = {}
    for key, hours in zip(original["session_key"].tolist(), delay.tolist(), strict=True):
        delay_of.setdefault(key, set()).add(hours)
    assert all(len(delays) == 1 for delays in delay_of.values())


def test_a_clean_scenario_has_neither_copies_nor_late_rows_nor_unreadable_texts() -> None:
    clean = Scenario(days=1, scale=0.2, dirt=0, seed=1, start=date(2025, 8, 11))
    rows = np.concatenate([rows for _, rows in arriving_by_hour(clean)])
    assert (rows["copy"] == ORIGINAL).all()
    assert IS_PARSED[rows["spelling"]].all()
    assert {SPELLINGS[code].label for code in np.unique(rows["spelling"])} == {
        "iso_utc", "iso_offset", "sql_local", "epoch_seconds", "epoch_millis",
    }  # fmt: skip


def test_dirt_occurs_at_the_stated_rate() -> None:
    scenario = Scenario(days=1, scale=2, dirt=0.2, seed=1, start=date(2025, 8, 11))
    rows = np.concatenate([deliveries_of(scenario, 5, hour, Showcase()) for hour in range(24)])
    original = rows[rows["copy"] == ORIGINAL]
    kinds = np.array([spelling.kind for spelling in SPELLINGS])[original["spelling"]]
    assert (kinds == SpellingKind.REJECTED).mean() == pytest.approx(0.2 * 0.25, abs=0.003)
    assert (kinds == SpellingKind.EMPTY).mean() == pytest.approx(0.2 * 0.10, abs=0.003)
    assert (rows["copy"] == DUPLICATE).sum() / len(original) == pytest.approx(0.2 * 0.10, abs=0.003)
    assert (rows["copy"] == REDELIVERY).sum() / len(original) == pytest.approx(0.2 * 0.10, abs=0.003)
    assert (rows["copy"] == KEYLESS).sum() / len(original) == pytest.approx(0.2 * 0.02, abs=0.001)
    late = original["hour"] > (original["instant"] - scenario.first_instant) // MICROS_PER_HOUR
    assert late.mean() == pytest.approx(0.2 * 0.05, abs=0.003)


def test_a_duplicate_is_equal_and_a_redelivery_comes_later_and_is_readable(deliveries: Records) -> None:
    originals = {
        (row["table"].item(), row["key"].item()): row for row in deliveries[deliveries["copy"] == ORIGINAL]
    }
    # An original that arrived in time has its copies in the data; the reverse holds always.
    for row in deliveries[deliveries["copy"] != ORIGINAL]:
        original = originals[row["table"].item(), row["key"].item()]
        same = [name for name in row.dtype.names or () if not name.startswith("is_first") and name != "copy"]
        if row["copy"] in (DUPLICATE, KEYLESS):
            assert all(row[name] == original[name] for name in same)
        else:
            assert all(row[name] == original[name] for name in same if name not in ("hour", "spelling"))
            assert 6 <= row["hour"] - original["hour"] < 12
            assert IS_PARSED[row["spelling"]]
            assert SPELLINGS[row["spelling"]].label != SPELLINGS[original["spelling"]].label


def test_firsts_are_marked_in_the_order_of_arrival(deliveries: Records) -> None:
    parsed_in_table: set[tuple[int, int]] = set()
    parsed: set[int] = set()
    seen: set[int] = set()
    order = np.lexsort((deliveries["copy"], deliveries["table"], deliveries["hour"]))
    for row in deliveries[order]:
        key, table = row["key"].item(), row["table"].item()
        is_parsed = bool(IS_PARSED[row["spelling"]])
        if row["copy"] == KEYLESS:
            assert not any(row[name] for name in row.dtype.names or () if name.startswith("is_first"))
            continue
        assert row["is_first_of_event"] == (key not in seen)
        assert row["is_first_parsed"] == (is_parsed and key not in parsed)
        assert row["is_first_parsed_in_table"] == (is_parsed and (table, key) not in parsed_in_table)
        seen.add(key)
        if is_parsed:
            parsed.add(key)
            parsed_in_table.add((table, key))


def test_day_0_of_the_smallest_data_shows_every_class_reason_and_marker(smallest: Scenario) -> None:
    rows = np.concatenate([rows for hour, rows in arriving_by_hour(smallest) if hour < 24])
    for table in (HISTORY, REALTIME, JSON):
        shown = {SPELLINGS[code].label for code in np.unique(rows["spelling"][rows["table"] == table])}
        markers = set(MARKERS) if table == JSON else set(MARKERS) - {"absent"}
        assert shown == set(PARSED) | set(REJECTED) | markers


def test_rows_that_arrive_on_a_day_do_not_depend_on_where_the_days_begin(scenario: Scenario) -> None:
    longer = scenario.grown_to(LOOK_BACK_DAYS + 3)
    day = LOOK_BACK_DAYS + 2
    whole = {hour: rows for hour, rows in arriving_by_hour(longer) if hour >= day * 24}
    tail = dict(arriving_by_hour(longer, first_day=day))
    assert whole.keys() == tail.keys()
    assert sum(map(len, tail.values())) > 500
    for hour, rows in tail.items():
        assert rows.tobytes() == whole[hour].tobytes()


def test_nothing_is_on_its_way_for_longer_than_the_look_back() -> None:
    scenario = Scenario(days=9, scale=1, dirt=1, seed=2, start=date(2025, 8, 11))
    rows = deliveries_of(scenario, 0, 23, Showcase())
    assert rows["hour"].max() < (1 + LOOK_BACK_DAYS) * 24
    assert rows["hour"].max() > 90
