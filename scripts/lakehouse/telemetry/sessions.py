"""Playback: the sessions that start in an hour, and their events.

This module decides what a session looks like: it starts, is paused and resumed any number of times, and is
stopped or completed. Between two events the clock advances by the time watched, the time spent buffering and
the pauses; the position advances by the time watched.
"""

import numpy as np
import numpy.typing as npt

from lakehouse.synthetic.chance import Floats, Int64s, chosen, chosen_of, stream, trait
from lakehouse.synthetic.text import MICROS_PER_HOUR, MICROS_PER_SECOND
from lakehouse.telemetry.people import World
from lakehouse.telemetry.purposes import Purpose
from lakehouse.telemetry.scenario import AUDIENCE_PER_SCALE, Scenario
from lakehouse.telemetry.vocabulary import (
    APP_VERSION_SHARES,
    BANDWIDTH_OF_QUALITY,
    COMPLETE,
    CONNECTIONS_OF_DEVICE,
    DEVICE_SHARES,
    DEVICE_TYPES,
    PAUSE,
    QUALITIES,
    QUALITY_SHARES_OF_DEVICE,
    RESUME,
    START,
    STOP,
    viewers_at,
)

# One record per session.
SESSION = np.dtype(
    [
        ("number", "u8"),
        ("customer", "u4"),
        ("title", "u4"),
        ("duration", "i4"),
        ("start", "i8"),
        ("first_position", "i4"),
        ("watched", "i4"),
        ("completes", "?"),
        ("pauses", "i1"),
        ("device", "i1"),
        ("device_key", "u8"),
        ("system", "i1"),
        ("version", "i1"),
        ("quality", "i1"),
        ("bandwidth_cents", "i4"),
        ("connection", "i1"),
        ("place", "i2"),
        ("provider", "i2"),
        ("address", "u4"),
        ("buffering_events", "i4"),
        ("buffering_seconds", "i4"),
        ("errors", "i4"),
    ]
)
# One record per event: the values of its row, with texts as codes and hundredths as integers. `instant` is in
# microseconds since 1970 UTC.
EVENT = np.dtype(
    [
        ("key", "u8"),
        ("session_key", "u8"),
        ("customer", "u4"),
        ("title", "u4"),
        ("type", "i1"),
        ("instant", "i8"),
        ("watched", "i4"),
        ("position", "i4"),
        ("completion_cents", "i4"),
        ("device", "i1"),
        ("device_key", "u8"),
        ("system", "i1"),
        ("version", "i1"),
        ("quality", "i1"),
        ("bandwidth_cents", "i4"),
        ("buffering_events", "i4"),
        ("buffering_seconds", "i4"),
        ("errors", "i4"),
        ("address", "u4"),
        ("place", "i2"),
        ("provider", "i2"),
        ("connection", "i1"),
    ]
)
Records = npt.NDArray[np.void]

_MOST_PAUSES = 4
_PAUSE_SHARES = (0.40, 0.32, 0.18, 0.07, 0.03)
_RESUMED_SHARE = 0.25
_COMPLETED_SHARE = 0.42
_LEAST_PAUSE_SECONDS, _MEAN_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 5.0, 150.0, 1500.0
# A shorter session has no room for four pauses at distinct seconds.
_LEAST_WATCHED_SECONDS = 30
_FIELDS_OF_SESSION = (
    "customer",
    "title",
    "device",
    "device_key",
    "system",
    "version",
    "quality",
    "bandwidth_cents",
    "address",
    "place",
    "provider",
    "connection",
)


def sessions_of(scenario: Scenario, day: int, hour: int) -> tuple[Records, np.random.Generator]:
    """Return the sessions that start in an hour, and the random stream from which to make their events."""
    rng = stream(scenario.seed, Purpose.SESSIONS, day, hour)
    count = _viewers(scenario, hour, rng)
    world = World(scenario.seed)
    sessions = np.zeros(count, dtype=SESSION)
    sessions["number"] = np.arange(count, dtype=np.uint64) | np.uint64((day * 24 + hour) << 40)
    begin = scenario.instant_of(day, hour)
    sessions["start"] = begin + rng.integers(0, MICROS_PER_HOUR, count)
    _choose_viewers(sessions, scenario, day, world, rng)
    _choose_devices(sessions, world, rng)
    _choose_course(sessions, rng)
    return sessions, rng


def _viewers(scenario: Scenario, hour: int, rng: np.random.Generator) -> int:
    least, most = viewers_at(hour)
    return max(1, round(rng.uniform(least, most) * AUDIENCE_PER_SCALE * scenario.scale))


def _choose_viewers(
    sessions: Records, scenario: Scenario, day: int, world: World, rng: np.random.Generator
) -> None:
    # Customers and titles that are new on this day appear in events from the next day on, so that no event is
    # earlier than its customer or title. The exponents make some customers active and some titles popular.
    customers, titles = scenario.customers_by(max(day - 1, 0)), scenario.titles_by(max(day - 1, 0))
    count = len(sessions)
    sessions["customer"] = (rng.random(count) ** 1.3 * customers).astype(np.uint32)
    sessions["title"] = (rng.random(count) ** 2.2 * titles).astype(np.uint32)
    sessions["duration"] = world.duration_seconds(sessions["title"])


def _choose_devices(sessions: Records, world: World, rng: np.random.Generator) -> None:
    count, customers = len(sessions), sessions["customer"]
    device = chosen(rng.random(count), DEVICE_SHARES)
    sessions["device"] = device
    sessions["device_key"] = world.device(customers, device)
    sessions["system"] = world.system(sessions["device_key"], device)
    sessions["version"] = chosen(rng.random(count), APP_VERSION_SHARES)
    quality = chosen_of(rng.random(count), device, [QUALITY_SHARES_OF_DEVICE[name] for name in DEVICE_TYPES])
    sessions["quality"] = quality
    slowest, fastest = np.array([BANDWIDTH_OF_QUALITY[name] for name in QUALITIES]).T
    # Squared, so that most connections are close to what the quality needs and few are fast.
    part = rng.random(count) ** 2
    bandwidth = slowest[quality] + part * (fastest - slowest)[quality]
    sessions["bandwidth_cents"] = np.rint(bandwidth * 100)
    connection = chosen_of(rng.random(count), device, [CONNECTIONS_OF_DEVICE[name] for name in DEVICE_TYPES])
    sessions["connection"] = connection
    sessions["place"] = world.home(customers)
    provider = world.provider(customers, connection)
    sessions["provider"] = provider
    sessions["address"] = world.address(customers, provider)


def _choose_course(sessions: Records, rng: np.random.Generator) -> None:
    count, duration = len(sessions), sessions["duration"]
    resumed = rng.random(count) < _RESUMED_SHARE
    first = np.where(resumed, rng.random(count) * 0.8 * duration, 0).astype(np.int64)
    left = duration - first
    completes = rng.random(count) < _COMPLETED_SHARE
    part = rng.random(count)
    most = left - 1 - _LEAST_WATCHED_SECONDS
    watched = np.where(completes, left, _LEAST_WATCHED_SECONDS + (part * most).astype(np.int64))
    sessions["first_position"], sessions["completes"], sessions["watched"] = first, completes, watched
    sessions["pauses"] = chosen(rng.random(count), _PAUSE_SHARES)
    hours = watched / 3600
    sessions["buffering_events"] = rng.poisson(0.9 * hours)
    sessions["buffering_seconds"] = rng.poisson(6.0 * sessions["buffering_events"])
    # Each stall lasts at least a second; without stalls the duration is 0.
    sessions["buffering_seconds"] = np.maximum(sessions["buffering_seconds"], sessions["buffering_events"])
    sessions["errors"] = rng.poisson(0.06 * hours)


def events_of(scenario: Scenario, sessions: Records, rng: np.random.Generator) -> tuple[Records, Int64s]:
    """Return the events of the sessions, ordered by session and time, and the session of each event."""
    pauses = sessions["pauses"].astype(np.int64)
    counts = 2 + 2 * pauses
    session = np.repeat(np.arange(len(sessions)), counts)
    ordinal = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    last = counts[session] - 1
    of = sessions[session]

    watched_at_pause, paused = _pauses(sessions, rng)
    watched = _watched(ordinal, last, of, session, watched_at_pause)
    share = watched / of["watched"]
    stalls = np.floor(of["buffering_events"] * share).astype(np.int64)
    stalled = np.where(stalls > 0, np.floor(of["buffering_seconds"] * share), 0).astype(np.int64)
    stalled = np.maximum(stalled, stalls)
    # Event 2k+1 is pause k and event 2k+2 is its resume; after that, k+1 pauses are over.
    pauses_over = np.where(ordinal == last, pauses[session], ordinal // 2)
    pausing = np.concatenate(
        [np.zeros((len(sessions), 1), dtype=np.int64), np.cumsum(paused, axis=1)], axis=1
    )

    events = np.zeros(len(session), dtype=EVENT)
    for name in _FIELDS_OF_SESSION:
        events[name] = of[name]
    events["session_key"] = trait(scenario.seed, Purpose.SESSION_KEY, of["number"])
    # A session has at most ten events: four bits for the ordinal keep the numbers of events distinct.
    number = of["number"] << np.uint64(4) | ordinal.astype(np.uint64)
    events["key"] = trait(scenario.seed, Purpose.EVENT_KEY, number)
    events["type"] = _types(ordinal, last, of["completes"])
    events["watched"] = watched
    events["position"] = of["first_position"] + watched
    events["completion_cents"] = np.rint(10_000 * events["position"] / of["duration"])
    events["buffering_events"], events["buffering_seconds"] = stalls, stalled
    events["errors"] = np.floor(of["errors"] * share)
    events["instant"] = of["start"] + (watched + stalled) * MICROS_PER_SECOND + pausing[session, pauses_over]
    return events, session


def _pauses(sessions: Records, rng: np.random.Generator) -> tuple[Int64s, Int64s]:
    """Return, by session and pause, the seconds watched before it (rising) and its microseconds."""
    count = len(sessions)
    parts: Floats = np.sort(rng.random((count, _MOST_PAUSES)), axis=1)
    room = (sessions["watched"].astype(np.int64) - _MOST_PAUSES - 1)[:, None]
    at = (parts * room).astype(np.int64) + np.arange(1, _MOST_PAUSES + 1)
    seconds = _LEAST_PAUSE_SECONDS + rng.exponential(_MEAN_PAUSE_SECONDS, (count, _MOST_PAUSES))
    micros = (np.minimum(seconds, _LONGEST_PAUSE_SECONDS) * MICROS_PER_SECOND).astype(np.int64)
    used = np.arange(_MOST_PAUSES) < sessions["pauses"][:, None]
    return at, np.where(used, micros, 0)


def _watched(ordinal: Int64s, last: Int64s, of: Records, session: Int64s, at_pause: Int64s) -> Int64s:
    pause = np.clip((ordinal - 1) // 2, 0, _MOST_PAUSES - 1)
    during = at_pause[session, pause]
    return np.where(ordinal == 0, 0, np.where(ordinal == last, of["watched"], during)).astype(np.int64)


def _types(ordinal: Int64s, last: Int64s, completes: npt.NDArray[np.bool_]) -> Int64s:
    between = np.where(ordinal % 2 == 1, PAUSE, RESUME)
    ending = np.where(completes, COMPLETE, STOP)
    return np.where(ordinal == 0, START, np.where(ordinal == last, ending, between))
