"""Sessions are coherent, and as many, on such devices and at such hours as documented."""

from collections import defaultdict
from datetime import date

import numpy as np
import pytest

from lakehouse.telemetry.people import World
from lakehouse.telemetry.scenario import Scenario
from lakehouse.telemetry.sessions import Records, events_of, sessions_of
from lakehouse.telemetry.vocabulary import (
    COUNTRIES,
    DEVICE_SYSTEMS,
    DEVICE_TYPES,
    EVENT_TYPES,
    GEOGRAPHY,
    QUALITIES,
    SYSTEMS_OF_DEVICE,
)

FULL_DAY = Scenario(days=1, scale=1, dirt=0, seed=5, start=date(2025, 8, 11))


@pytest.fixture(scope="module")
def hours() -> list[tuple[Records, Records]]:
    """Sessions and events of each hour of a day at scale 1."""
    made = []
    for hour in range(24):
        sessions, rng = sessions_of(FULL_DAY, 0, hour)
        made.append((sessions, events_of(FULL_DAY, sessions, rng)[0]))
    return made


@pytest.fixture(scope="module")
def sessions(hours: list[tuple[Records, Records]]) -> Records:
    return np.concatenate([each for each, _ in hours])


@pytest.fixture(scope="module")
def events(hours: list[tuple[Records, Records]]) -> Records:
    return np.concatenate([each for _, each in hours])


@pytest.fixture(scope="module")
def by_session(events: Records) -> list[Records]:
    groups: dict[int, list[int]] = defaultdict(list)
    for index, key in enumerate(events["session_key"].tolist()):
        groups[key].append(index)
    return [events[rows] for rows in list(groups.values())[:4000]]


def test_a_session_starts_pauses_and_resumes_in_pairs_and_ends_once(by_session: list[Records]) -> None:
    for session in by_session:
        kinds = [EVENT_TYPES[code] for code in session["type"]]
        assert kinds[0] == "start"
        assert kinds[-1] in ("stop", "complete")
        assert kinds[1:-1] == ["pause", "resume"] * (len(kinds) // 2 - 1)


def test_timestamps_of_a_session_increase(by_session: list[Records]) -> None:
    for session in by_session:
        assert (np.diff(session["instant"]) > 0).all()


def test_the_clock_advances_by_watching_buffering_and_pausing(by_session: list[Records]) -> None:
    paused = 0
    for session in by_session:
        seconds = np.diff(session["instant"]) / 1_000_000
        played = np.diff(session["watched"]) + np.diff(session["buffering_seconds"])
        resumes = session["type"][1:] == EVENT_TYPES.index("resume")
        assert seconds[~resumes] == pytest.approx(played[~resumes])
        assert (seconds[resumes] - played[resumes] >= 5).all()
        assert (np.diff(session["watched"])[resumes] == 0).all()
        paused += int(resumes.sum())
    assert paused > 1000


def test_the_position_advances_by_what_was_watched(by_session: list[Records]) -> None:
    for session in by_session:
        assert (np.diff(session["position"]) == np.diff(session["watched"])).all()
        assert session["watched"][0] == 0


def test_positions_and_percentages_agree_with_the_duration_of_the_title(events: Records) -> None:
    duration = World(FULL_DAY.seed).duration_seconds(events["title"])
    assert (events["position"] <= duration).all()
    assert (events["position"] >= 0).all()
    assert np.abs(events["completion_cents"] - 10_000 * events["position"] / duration).max() <= 0.5
    complete = events["type"] == EVENT_TYPES.index("complete")
    assert (events["position"][complete] == duration[complete]).all()
    assert (events["position"][events["type"] == EVENT_TYPES.index("stop")] < duration[
        events["type"] == EVENT_TYPES.index("stop")
    ]).all()  # fmt: skip


def test_counters_of_a_session_never_fall(by_session: list[Records]) -> None:
    for session in by_session:
        for counter in ("buffering_events", "buffering_seconds", "errors"):
            assert (np.diff(session[counter]) >= 0).all()
        assert ((session["buffering_events"] > 0) == (session["buffering_seconds"] > 0)).all()


def test_identifiers_are_distinct(sessions: Records, events: Records) -> None:
    assert len(np.unique(events["key"])) == len(events)
    assert len(np.unique(events["session_key"])) == len(sessions)


# Three standard deviations of a share among some 10,000 sessions are 1.5 points at most.
@pytest.mark.parametrize(
    ("field", "names", "shares"),
    [
        ("device", DEVICE_TYPES, {"mobile": 0.35, "tv": 0.30, "web": 0.25, "tablet": 0.10}),
        ("quality", QUALITIES, {"HD": 0.60, "SD": 0.25, "4K": 0.15}),
    ],
)
def test_shares_are_those_documented(
    sessions: Records, field: str, names: tuple[str, ...], shares: dict[str, float]
) -> None:
    assert set(names) == set(shares)
    for code, name in enumerate(names):
        assert (sessions[field] == code).mean() == pytest.approx(shares[name], abs=0.015)


@pytest.mark.parametrize(
    ("hours_of_band", "least", "most"),
    [
        ((2, 3, 4, 5), 2_000, 5_000),
        ((6, 7, 8, 9), 5_000, 10_000),
        ((10, 11, 12, 13), 8_000, 15_000),
        ((14, 15, 16, 17), 10_000, 18_000),
        ((18, 19, 20, 21), 15_000, 25_000),
        ((22, 23, 0, 1), 8_000, 15_000),
    ],
)
def test_viewers_by_hour_are_those_documented_at_scale_25(
    hours: list[tuple[Records, Records]], hours_of_band: tuple[int, ...], least: int, most: int
) -> None:
    for hour in hours_of_band:
        assert least - 25 <= 25 * len(hours[hour][0]) <= most + 25


def test_sessions_start_in_their_hour(hours: list[tuple[Records, Records]]) -> None:
    for hour, (sessions, _) in enumerate(hours):
        seconds = sessions["start"] / 1_000_000 - 1_754_870_400
        assert ((seconds >= hour * 3600) & (seconds < (hour + 1) * 3600)).all()


def test_the_system_fits_the_device(sessions: Records) -> None:
    for device, system in set(zip(sessions["device"].tolist(), sessions["system"].tolist(), strict=True)):
        assert DEVICE_SYSTEMS[system] in SYSTEMS_OF_DEVICE[DEVICE_TYPES[device]]


def test_a_device_keeps_its_owner_type_and_system(sessions: Records) -> None:
    seen: dict[int, tuple[int, int, int]] = {}
    fields = (sessions[name].tolist() for name in ("device_key", "customer", "device", "system"))
    for key, *rest in zip(*fields, strict=True):
        assert seen.setdefault(key, tuple(rest)) == tuple(rest)


def test_providers_and_places_are_of_one_country(sessions: Records) -> None:
    country_of = {
        name: country.name
        for country in COUNTRIES
        for name in country.fixed_providers + country.mobile_providers
    }
    mobile = {name for country in COUNTRIES for name in country.mobile_providers}
    places = {(country.name, *place) for country in COUNTRIES for place in country.places}
    for place, provider, connection in {
        (row["place"].item(), row["provider"].item(), row["connection"].item()) for row in sessions
    }:
        country = GEOGRAPHY.countries[place]
        assert (country, GEOGRAPHY.states[place], GEOGRAPHY.cities[place]) in places
        assert country_of[GEOGRAPHY.providers[provider]] == country
        assert (GEOGRAPHY.providers[provider] in mobile) == (connection == 1)


def test_customers_and_titles_came_into_being_before_the_day() -> None:
    scenario = FULL_DAY.grown_to(400)
    late, _ = sessions_of(scenario, 399, 20)
    assert late["customer"].max() < scenario.customers_by(398)
    assert late["title"].max() < scenario.titles_by(398)
    assert late["customer"].max() >= scenario.customers_by(0)
