"""The maths of the demand model, on histories whose truth is known; back-tested without Spark."""

from __future__ import annotations

import importlib.util
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.support.sandbox import ROOT

FILE = ROOT / "models/marts/demand/viewer_demand_by_hour.py"


def load(path: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


DEMAND: Any = load(FILE)


def true_rate(hours: pd.DatetimeIndex) -> np.ndarray:
    """Viewers that an hour has on average: an evening peak, half as much again at weekends."""
    daily = 60 + 50 * np.sin((hours.hour.to_numpy() - 14) / 24 * 2 * np.pi)
    return daily * np.where(hours.dayofweek.to_numpy() >= 5, 1.5, 1.0)


def history(days: int, seed: int, *, weekends: bool = True) -> pd.DataFrame:
    """Poisson counts around the true rate, one kind of device, from a Monday on."""
    hours = pd.date_range("2025-01-06", periods=days * 24, freq=pd.Timedelta(hours=1))
    rate = true_rate(hours if weekends else hours[:24].append([hours[:24]] * (days - 1)))
    return pd.DataFrame(
        {
            "event_date": hours.date,
            "event_hour": hours.hour,
            "device_type": "tv",
            "viewers": np.random.default_rng(seed).poisson(rate),
            "playback_starts": 1,
        }
    )


def last_days(demand: pd.DataFrame, days: int) -> pd.DataFrame:
    return demand.iloc[-24 * days :]


@pytest.mark.parametrize("seed", range(5))
def test_the_interval_covers_the_last_week_of_eight(seed: int) -> None:
    held_out = last_days(DEMAND.viewer_demand(history(56, seed)), 7)
    assert set(held_out["baseline"]) == {"hour_of_week"}
    inside = held_out["viewers"].between(held_out["lowest_usual_viewers"], held_out["highest_usual_viewers"])
    assert inside.mean() >= 0.98
    # And is of use: no wider than the true one, 6 standard deviations of a Poisson count, and a half.
    width = (held_out["highest_usual_viewers"] - held_out["lowest_usual_viewers"]).to_numpy()
    hours = pd.to_datetime(held_out["event_date"]) + pd.to_timedelta(held_out["event_hour"], unit="h")
    assert np.median(width / (6 * np.sqrt(true_rate(pd.DatetimeIndex(hours))))) < 1.5


@pytest.mark.parametrize("seed", range(5))
def test_the_expectation_errs_less_than_the_same_hour_a_week_or_a_day_ago(seed: int) -> None:
    demand = DEMAND.viewer_demand(history(56, seed))
    held_out = last_days(demand, 7)
    error = (held_out["viewers"] - held_out["expected_viewers"]).abs().mean()
    week_ago = (demand["viewers"] - demand["viewers"].shift(168)).abs().iloc[-168:].mean()
    day_ago = (demand["viewers"] - demand["viewers"].shift(24)).abs().iloc[-168:].mean()
    assert error < 0.85 * week_ago
    assert error < 0.75 * day_ago


@pytest.mark.parametrize("seed", range(5))
def test_a_week_of_history_uses_the_hour_of_the_day(seed: int) -> None:
    held_out = last_days(DEMAND.viewer_demand(history(7, seed, weekends=False)), 1)
    assert set(held_out["baseline"]) == {"hour_of_day"}
    inside = held_out["viewers"].between(held_out["lowest_usual_viewers"], held_out["highest_usual_viewers"])
    assert inside.mean() >= 0.95


def test_a_planted_spike_and_a_planted_outage_are_unusual() -> None:
    counted = history(56, seed=3)
    counted.loc[1300, "viewers"] *= 2
    counted.loc[1310, "viewers"] = 0
    demand = DEMAND.viewer_demand(counted)
    assert demand["is_unusual"].iloc[1300] is True
    assert demand["is_unusual"].iloc[1310] is True
    usual = demand["is_unusual"].iloc[-336:].drop([1300, 1310])
    assert usual.sum() <= 5


def test_an_outage_moves_the_expectation_of_later_weeks_little() -> None:
    clean, broken = history(56, seed=4), history(56, seed=4)
    broken.loc[1000:1011, "viewers"] = 0
    before = DEMAND.viewer_demand(clean).iloc[1168:1180]["expected_viewers"]
    after = DEMAND.viewer_demand(broken).iloc[1168:1180]["expected_viewers"]
    assert ((before - after).abs() / before).max() < 0.15


def test_the_future_changes_nothing_in_the_past() -> None:
    counted = history(20, seed=5)
    shorter = DEMAND.viewer_demand(counted.iloc[:-24])
    longer = DEMAND.viewer_demand(counted).iloc[:-24]
    pd.testing.assert_frame_equal(shorter, longer)


def test_a_short_history_has_no_expectation() -> None:
    demand = DEMAND.viewer_demand(history(4, seed=6))
    assert demand["expected_viewers"].iloc[:72].isna().all()
    assert demand["expected_viewers"].iloc[72:].notna().all()
    # Interval and verdict wait for a day of errors.
    assert [value is None for value in demand["is_unusual"]] == [True] * 96


def test_missing_hours_are_filled_with_zeros_for_each_kind_of_device() -> None:
    counted = pd.DataFrame(
        {
            "event_date": [date(2025, 1, 1), date(2025, 1, 2), date(2025, 1, 1)],
            "event_hour": [22, 1, 23],
            "device_type": ["tv", "tv", "web"],
            "viewers": [5, 6, 7],
            "playback_starts": [1, 2, 3],
        }
    )
    filled = DEMAND.with_empty_hours(counted)
    assert [
        tuple(row) for row in filled[["device_type", "event_date", "event_hour", "viewers"]].to_numpy()
    ] == [
        ("tv", date(2025, 1, 1), 22, 5),
        ("tv", date(2025, 1, 1), 23, 0),
        ("tv", date(2025, 1, 2), 0, 0),
        ("tv", date(2025, 1, 2), 1, 6),
        ("web", date(2025, 1, 1), 22, 0),
        ("web", date(2025, 1, 1), 23, 7),
        ("web", date(2025, 1, 2), 0, 0),
        ("web", date(2025, 1, 2), 1, 0),
    ]


def test_no_events_give_no_rows() -> None:
    empty = pd.DataFrame(columns=["event_date", "event_hour", "device_type", "viewers", "playback_starts"])
    demand = DEMAND.viewer_demand(empty)
    assert list(demand.columns) == DEMAND.COLUMNS
    assert DEMAND.rows_of(demand) == []


def test_rows_hold_none_and_never_nan() -> None:
    rows = DEMAND.rows_of(DEMAND.viewer_demand(history(1, seed=7)))
    assert rows[0][5:] == (None, None, None, None, None)
    assert len(rows[0]) == len(DEMAND.SCHEMA.split(", "))


def test_the_scale_turns_chance_into_one_standard_deviation() -> None:
    counts = np.random.default_rng(8).poisson(50, 20_000)
    assert DEMAND.stabilised(counts).std() == pytest.approx(1.0, abs=0.03)
    assert DEMAND.counts_of(DEMAND.stabilised(np.array([0, 1, 77]))) == pytest.approx([0, 1, 77])
