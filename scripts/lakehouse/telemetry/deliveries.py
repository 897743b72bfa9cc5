"""From events to rows: which tables an event reaches, when, how often and in which spelling.

This module decides about arrival. A session is delivered to the history table, to a live table or to several.
An event arrives in the hour in which it occurs, unless its session was watched offline (then it is late by
whole days). A row can arrive twice in the same hour (an exact duplicate), again in a later file in another
format (a redelivery), or again in the same hour without its event_id (keyless). All copies of an event are
decided together, so for each row it is known whether it is the first readable one of its event.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lakehouse.synthetic import dirt
from lakehouse.synthetic.chance import Int64s, stream
from lakehouse.synthetic.spellings import IS_PARSED, in_own_class
from lakehouse.synthetic.text import MICROS_PER_HOUR
from lakehouse.telemetry.mixes import HISTORY_MIX, JSON_MIX, REALTIME_MIX
from lakehouse.telemetry.purposes import Purpose
from lakehouse.telemetry.scenario import HISTORY_DAYS, HOURS_PER_DAY, Scenario
from lakehouse.telemetry.sessions import EVENT, Records, events_of, sessions_of
from lakehouse.telemetry.tables import HISTORY, JSON_EVENTS, REALTIME, TELEMETRY_TABLES
from lakehouse.telemetry.vocabulary import DEVICE_TYPES

# An event on its way to a table. `hour` counts arrival hours from day 0; `copy` is one of the four below;
# `spelling` is a code of the event_timestamp.
DELIVERY = np.dtype(
    [
        *EVENT.descr,
        ("table", "i1"),
        ("hour", "i4"),
        ("copy", "i1"),
        ("spelling", "i2"),
        ("is_first_of_event", "?"),
        ("is_first_parsed_in_table", "?"),
        ("is_first_parsed", "?"),
    ]
)
ORIGINAL, DUPLICATE, REDELIVERY, KEYLESS = range(4)

# The share of the history days' sessions that also reach a live table, and the shares of later sessions that
# reach only the realtime table or only the JSON table (the rest reaches both).
_TRIAL_SHARES = {REALTIME: 0.15, JSON_EVENTS: 0.15}
_LIVE_SHARES = {REALTIME: 0.35, JSON_EVENTS: 0.35}
# Only these devices can play downloads.
_OFFLINE_DEVICES = [DEVICE_TYPES.index("mobile"), DEVICE_TYPES.index("tablet")]

_MIXES = {HISTORY: HISTORY_MIX, REALTIME: REALTIME_MIX, JSON_EVENTS: JSON_MIX}

Mask = npt.NDArray[np.bool_]


@dataclass
class Showcase:
    """The spellings that each table still has to show: if there is any dirt, day 0 has every class, reason
    and marker."""

    wanted: dict[int, list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, scenario: Scenario) -> "Showcase":
        if not scenario.dirt:
            return cls()
        return cls(
            {
                number: list(dirt.showcase(in_json=table is JSON_EVENTS))
                for number, table in enumerate(TELEMETRY_TABLES)
            }
        )

    def show(self, rows: Records) -> None:
        """Write the remaining spellings into originals that arrive on day 0, on time and once."""
        for number, wanted in self.wanted.items():
            if not wanted:
                continue
            eligible = (rows["table"] == number) & (rows["copy"] == ORIGINAL) & (rows["hour"] < HOURS_PER_DAY)
            copied = np.isin(rows["key"], rows["key"][(rows["table"] == number) & (rows["copy"] != ORIGINAL)])
            where = np.flatnonzero(eligible & ~copied)
            codes = rows["spelling"][where]
            self.wanted[number] = dirt.show(codes, rows["instant"][where], wanted)
            rows["spelling"][where] = codes


def deliveries_of(scenario: Scenario, day: int, hour: int, showcase: Showcase) -> Records:
    """Return the rows of the sessions that start in an hour, whenever they arrive."""
    sessions, session_stream = sessions_of(scenario, day, hour)
    events, session = events_of(scenario, sessions, session_stream)
    rng = stream(scenario.seed, Purpose.DELIVERIES, day, hour)
    routes = _routes(len(sessions), day, rng)
    delay = _delay_hours(scenario, sessions, rng)[session]
    event_hour = (events["instant"] - scenario.first_instant) // MICROS_PER_HOUR
    parts: list[Records] = []
    for number, table in enumerate(TELEMETRY_TABLES):
        routed = np.flatnonzero(routes[number][session])
        originals = _as_deliveries(events[routed], number, (event_hour + delay)[routed])
        parts += _spelled_and_copied(originals, scenario, rng, in_json=table is JSON_EVENTS)
    rows = np.concatenate(parts)
    showcase.show(rows)
    rows["spelling"] = in_own_class(rows["spelling"], rows["instant"])
    _mark_firsts(rows)
    return rows


def _routes(sessions: int, day: int, rng: np.random.Generator) -> list[Mask]:
    """Return for each telemetry table which sessions reach it; every session reaches at least one."""
    fractions = rng.random(sessions)
    if day < HISTORY_DAYS:
        in_realtime = fractions < _TRIAL_SHARES[REALTIME]
        in_json = fractions >= 1 - _TRIAL_SHARES[JSON_EVENTS]
        in_history = np.ones(sessions, dtype=np.bool_)
    else:
        in_realtime = fractions < 1 - _LIVE_SHARES[JSON_EVENTS]
        in_json = fractions >= _LIVE_SHARES[REALTIME]
        in_history = np.zeros(sessions, dtype=np.bool_)
    by_table = {HISTORY: in_history, REALTIME: in_realtime, JSON_EVENTS: in_json}
    return [by_table[table] for table in TELEMETRY_TABLES]


def _delay_hours(scenario: Scenario, sessions: Records, rng: np.random.Generator) -> Int64s:
    offline = np.isin(sessions["device"], _OFFLINE_DEVICES)
    # Increased, because the share is of all sessions but only some devices can be offline.
    share = dirt.LATE_SHARE * scenario.dirt / max(float(offline.mean()), 0.1)
    late = offline & (rng.random(len(sessions)) < share)
    return np.where(late, rng.integers(*dirt.LATE_DAYS, len(sessions)) * HOURS_PER_DAY, 0)


def _as_deliveries(events: Records, table: int, hours: Int64s) -> Records:
    rows = np.zeros(len(events), dtype=DELIVERY)
    for name in EVENT.names or ():
        rows[name] = events[name]
    rows["table"], rows["hour"], rows["copy"] = table, hours, ORIGINAL
    return rows


def _spelled_and_copied(
    originals: Records, scenario: Scenario, rng: np.random.Generator, *, in_json: bool
) -> list[Records]:
    """Choose the spellings of one table's rows and return the rows and their copies."""
    table = TELEMETRY_TABLES[originals["table"][0]] if len(originals) else HISTORY
    clean = _MIXES[table].draw(rng.random(len(originals)))
    originals["spelling"], fractions = dirt.with_dirt(clean, scenario.dirt, rng, in_json=in_json)
    begin = dirt.text_dirt(scenario.dirt)
    middle = begin + dirt.DUPLICATE_SHARE * scenario.dirt
    end = middle + dirt.REDELIVERY_SHARE * scenario.dirt
    duplicates = originals[(fractions >= begin) & (fractions < middle)]
    duplicates["copy"] = DUPLICATE
    redeliveries = originals[(fractions >= middle) & (fractions < end)]
    redeliveries["copy"] = REDELIVERY
    redeliveries["hour"] += rng.integers(*dirt.REDELIVERY_HOURS, len(redeliveries), dtype=np.int32)
    redeliveries["spelling"] = dirt.in_another_format(redeliveries["spelling"], rng.random(len(redeliveries)))
    keyless = originals[(fractions >= end) & (fractions < end + dirt.KEYLESS_SHARE * scenario.dirt)]
    keyless["copy"] = KEYLESS
    return [originals, duplicates, redeliveries, keyless]


def _mark_firsts(rows: Records) -> None:
    """Mark the first row of each event and its first readable row, in order of arrival."""
    order = np.lexsort((rows["copy"], rows["table"], rows["hour"], rows["key"]))
    # A row without a key belongs to no event.
    order = order[rows["copy"][order] != KEYLESS]
    rows["is_first_of_event"][order[_starts(rows["key"][order])]] = True
    parsed = order[IS_PARSED[rows["spelling"][order]]]
    rows["is_first_parsed"][parsed[_starts(rows["key"][parsed])]] = True
    for table in range(len(TELEMETRY_TABLES)):
        own = parsed[rows["table"][parsed] == table]
        rows["is_first_parsed_in_table"][own[_starts(rows["key"][own])]] = True


def _starts(sorted_keys: npt.NDArray[np.uint64]) -> Mask:
    starts = np.ones(len(sorted_keys), dtype=np.bool_)
    starts[1:] = sorted_keys[1:] != sorted_keys[:-1]
    return starts
