"""Customers, titles and campaigns: their rows that arrive on a day.

On day 0 everything that exists arrives, on later days what is new or has changed. This module decides the
rows of the three dimension tables and the truth about their dates.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.synthetic import dirt, spellings
from lakehouse.synthetic.chance import Floats, Int64s, chosen, fraction, stream, trait
from lakehouse.synthetic.dirt import ONGOING_MIX, Mix
from lakehouse.synthetic.spellings import SHOWS_OFFSET, Codes, in_own_class
from lakehouse.synthetic.text import MICROS_PER_DAY, prefixed_hex
from lakehouse.telemetry.frames import named
from lakehouse.telemetry.mixes import DATE_MIX, RECORD_TIME_MIX
from lakehouse.telemetry.people import World
from lakehouse.telemetry.purposes import Purpose
from lakehouse.telemetry.scenario import Scenario
from lakehouse.telemetry.tables import CAMPAIGNS, CUSTOMERS, TITLES, BronzeTable
from lakehouse.telemetry.vocabulary import (
    ACTIVE,
    CAMPAIGN_STATUSES,
    CANCELLED,
    CANCELLED_CAMPAIGN,
    CHANNELS,
    CUSTOMER_STATUS_SHARES,
    CUSTOMER_STATUSES,
    FINISHED,
    FIRST_NAMES,
    GENRES,
    GEOGRAPHY,
    LAST_NAMES,
    PLAN_SHARES,
    PLANNED,
    PLANS,
    RATINGS,
    RUNNING,
    TITLE_ADJECTIVES,
    TITLE_NOUNS,
    TITLE_TYPES,
)

# The share of existing records that change on a day.
_CHANGED_SHARE = 0.005
_CUSTOMER_HISTORY_DAYS = 3 * 365
_TITLE_HISTORY_DAYS = 2 * 365
_MOST_DAYS_FROM_RELEASE_TO_TITLE = 10 * 365
_CAMPAIGN_HISTORY_DAYS = 180
_HALF_A_DAY = MICROS_PER_DAY // 2


@dataclass(frozen=True)
class TimeColumn:
    """A column of dates or times: the instants, the spelling of each, and whether only the day counts."""

    instants: Int64s
    spelling: Codes
    is_date: bool

    @property
    def written_instants(self) -> Int64s:
        """The instants to write. A day is written as its midnight, or as its noon if an offset could change
        its date."""
        if not self.is_date:
            return self.instants
        days: Int64s = self.instants // MICROS_PER_DAY * MICROS_PER_DAY
        return days + np.where(SHOWS_OFFSET[self.spelling], _HALF_A_DAY, 0)

    def take(self, rows: Int64s) -> "TimeColumn":
        return replace(self, instants=self.instants[rows], spelling=self.spelling[rows])


@dataclass(frozen=True)
class DimensionRows:
    """The rows of a dimension table that arrive on a day.

    `plain` has the columns without times. `is_new` marks the first row of an identifier, `is_duplicate` the
    second of two equal rows.
    """

    table: BronzeTable
    numbers: Int64s
    plain: dict[str, pa.Array]
    times: dict[str, TimeColumn]
    is_new: npt.NDArray[np.bool_]
    is_duplicate: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.numbers)

    def frame(self, seed: int) -> pa.Table:
        """Return the rows as an Arrow table in the order of the table's columns."""
        columns = dict(self.plain)
        for position, (name, column) in enumerate(self.times.items()):
            instants = column.written_instants
            salts = trait(seed, Purpose.TEXT, self.numbers * 8 + position)
            columns[name] = spellings.write(column.spelling, instants, salts)
        return pa.table({column.name: columns[column.name] for column in self.table.columns})


@dataclass(frozen=True)
class _Delivery:
    """The records in the delivery of a day: their numbers, and which of them are new."""

    scenario: Scenario
    day: int
    numbers: Int64s
    is_new: npt.NDArray[np.bool_]
    rng: np.random.Generator

    @property
    def world(self) -> World:
        return World(self.scenario.seed)

    def fraction(self, purpose: Purpose) -> Floats:
        return fraction(self.scenario.seed, purpose, self.numbers)

    def pick(self, purpose: Purpose, count: int) -> Int64s:
        return (self.fraction(purpose) * count).astype(np.int64)


def rows_of_day(table: BronzeTable, scenario: Scenario, day: int) -> DimensionRows:
    """Return the rows of a dimension table (CUSTOMERS, TITLES or CAMPAIGNS) that arrive on a day."""
    purpose, population, describe = _DIMENSIONS[table.name]
    rng = stream(scenario.seed, purpose, day)
    now = population(scenario, day)
    if day == 0:
        numbers, is_new = np.arange(now), np.ones(now, dtype=np.bool_)
    else:
        before = population(scenario, day - 1)
        changed = np.sort(rng.choice(before, max(1, round(before * _CHANGED_SHARE)), replace=False))
        numbers = np.concatenate([changed, np.arange(before, now)])
        is_new = numbers >= before
    delivery = _Delivery(scenario, day, numbers, is_new, rng)
    plain, times, mixes = describe(delivery)
    return _with_dirt(table, delivery, plain, times, mixes)


def _with_dirt(
    table: BronzeTable,
    delivery: _Delivery,
    plain: dict[str, pa.Array],
    instants: dict[str, Int64s],
    codes: dict[str, Codes],
) -> DimensionRows:
    scenario, rng = delivery.scenario, delivery.rng
    rate = scenario.dirt
    spelled: dict[str, Codes] = {}
    for name in table.time_columns:
        spelled[name], _ = dirt.with_dirt(codes[name], rate, rng)
    if rate and delivery.day == 0:
        _show_all(spelled, instants)
    times = {
        name: TimeColumn(instants[name], in_own_class(spelled[name], instants[name]), name.endswith("_date"))
        for name in table.time_columns
    }
    doubled = np.flatnonzero(rng.random(len(delivery.numbers)) < dirt.DUPLICATE_SHARE * rate)
    order = np.concatenate([np.arange(len(delivery.numbers)), doubled])
    is_duplicate = np.arange(len(order)) >= len(delivery.numbers)
    return DimensionRows(
        table=table,
        numbers=delivery.numbers[order],
        plain={name: column.take(pa.array(order)) for name, column in plain.items()},
        times={name: column.take(order) for name, column in times.items()},
        is_new=delivery.is_new[order] & ~is_duplicate,
        is_duplicate=is_duplicate,
    )


def _show_all(spelled: dict[str, Codes], instants: dict[str, Int64s]) -> None:
    """Show every class, reason and marker once, alternating between columns so that none is mostly dirt."""
    wanted = dirt.showcase(in_json=False)
    for position, (name, codes) in enumerate(spelled.items()):
        dirt.show(codes, instants[name], wanted[position :: len(spelled)])


_Description = tuple[dict[str, pa.Array], dict[str, Int64s], dict[str, Codes]]


def _customers(of: _Delivery) -> _Description:
    key = of.world.customer_key(of.numbers)
    home = of.world.home(of.numbers)
    first, last = of.pick(Purpose.FIRST_NAME, len(FIRST_NAMES)), of.pick(Purpose.LAST_NAME, len(LAST_NAMES))
    created = _created(of, _CUSTOMER_HISTORY_DAYS, of.scenario.customers_by)
    updated = _updated(of, created)
    status = chosen(of.rng.random(len(of.numbers)), CUSTOMER_STATUS_SHARES)
    status[of.is_new & (of.day > 0)] = ACTIVE
    ended = status == CANCELLED
    plain = {
        "customer_id": prefixed_hex("CUST_", key, 8),
        "email": _joined(prefixed_hex("viewer-", key, 8), "@example.com"),
        "first_name": named(first, FIRST_NAMES),
        "last_name": named(last, LAST_NAMES),
        "plan": named(chosen(of.rng.random(len(of.numbers)), PLAN_SHARES), PLANS),
        "status": named(status, CUSTOMER_STATUSES),
        "country": named(home, GEOGRAPHY.countries),
        "state": named(home, GEOGRAPHY.states),
        "city": named(home, GEOGRAPHY.cities),
    }
    instants = {
        "subscription_start_date": created,
        # A subscription ends on the day of the record's last change, because its end is what changed.
        "subscription_end_date": updated,
        "created_at": created,
        "updated_at": updated,
    }
    codes = {
        "subscription_start_date": _spelled(of, DATE_MIX),
        "subscription_end_date": np.where(ended, _spelled(of, DATE_MIX), _spelled(of, ONGOING_MIX)),
        "created_at": _spelled(of, RECORD_TIME_MIX),
        "updated_at": _spelled(of, RECORD_TIME_MIX),
    }
    return plain, instants, codes


def _titles(of: _Delivery) -> _Description:
    adjective = of.pick(Purpose.ADJECTIVE, len(TITLE_ADJECTIVES))
    noun = of.pick(Purpose.NOUN, len(TITLE_NOUNS))
    created = _created(of, _TITLE_HISTORY_DAYS, of.scenario.titles_by)
    age = of.fraction(Purpose.RELEASED) ** 2 * _MOST_DAYS_FROM_RELEASE_TO_TITLE
    plain = {
        "title_id": prefixed_hex("TITLE_", of.world.title_key(of.numbers), 8),
        "title_name": _title_names(adjective, noun, of.numbers),
        "title_type": named(of.world.title_type(of.numbers), TITLE_TYPES),
        "genre": named(of.pick(Purpose.GENRE, len(GENRES)), GENRES),
        # What changes in a title is its rating.
        "rating": named((of.pick(Purpose.RATING, len(RATINGS)) + ~of.is_new) % len(RATINGS), RATINGS),
        "duration_seconds": pa.array(of.world.duration_seconds(of.numbers), pa.int32()),
    }
    instants = {
        "release_date": created - (age * MICROS_PER_DAY).astype(np.int64),
        "created_at": created,
        "updated_at": _updated(of, created),
    }
    codes = {
        "release_date": _spelled(of, DATE_MIX),
        "created_at": _spelled(of, RECORD_TIME_MIX),
        "updated_at": _spelled(of, RECORD_TIME_MIX),
    }
    return plain, instants, codes


def _campaigns(of: _Delivery) -> _Description:
    key = of.world.campaign_key(of.numbers)
    title = of.pick(Purpose.CAMPAIGN_TITLE, of.scenario.titles_by(0))
    created = _created(of, _CAMPAIGN_HISTORY_DAYS, of.scenario.campaigns_by)
    start = created + (1 + of.pick(Purpose.CAMPAIGN_LENGTH, 14)) * MICROS_PER_DAY
    end = start + (7 + of.pick(Purpose.CAMPAIGN_LENGTH, 54)) * MICROS_PER_DAY
    now = of.scenario.instant_of(of.day + 1) - 1
    status = np.where(end < now, FINISHED, np.where(start > now, PLANNED, RUNNING))
    status = np.where(of.rng.random(len(of.numbers)) < 0.05, CANCELLED_CAMPAIGN, status)
    channel = of.pick(Purpose.CHANNEL, len(CHANNELS))
    plain = {
        "campaign_id": prefixed_hex("CAMPAIGN_", key, 8),
        "campaign_name": _joined(
            named(channel, CHANNELS).dictionary_decode(), prefixed_hex(" campaign ", key, 8)
        ),
        "channel": named(channel, CHANNELS),
        "title_id": prefixed_hex("TITLE_", of.world.title_key(title), 8),
        "status": named(status, CAMPAIGN_STATUSES),
        "budget_usd": pa.array(np.rint(1_000 + of.fraction(Purpose.BUDGET) ** 3 * 499_000), pa.float64()),
    }
    instants = {
        "start_date": start,
        "end_date": end,
        "created_at": created,
        "updated_at": _updated(of, created),
    }
    codes = {
        "start_date": _spelled(of, DATE_MIX),
        "end_date": _spelled(of, DATE_MIX),
        "created_at": _spelled(of, RECORD_TIME_MIX),
        "updated_at": _spelled(of, RECORD_TIME_MIX),
    }
    return plain, instants, codes


_DIMENSIONS: dict[
    str, tuple[Purpose, Callable[[Scenario, int], int], Callable[[_Delivery], _Description]]
] = {
    CUSTOMERS.name: (Purpose.CUSTOMERS, Scenario.customers_by, _customers),
    TITLES.name: (Purpose.TITLES, Scenario.titles_by, _titles),
    CAMPAIGNS.name: (Purpose.CAMPAIGNS, Scenario.campaigns_by, _campaigns),
}


def _spelled(of: _Delivery, mix: Mix) -> Codes:
    return mix.draw(of.rng.random(len(of.numbers)))


def _created(of: _Delivery, history_days: int, population: Callable[[int], int]) -> Int64s:
    """Return when each record was created: in the years before day 0, or on the day on which it is new."""
    base = population(0)
    part = of.fraction(Purpose.CREATED)
    before = of.scenario.first_instant - ((1 - part) * history_days * MICROS_PER_DAY).astype(np.int64) - 1
    per_day = population(1) - base
    day = (of.numbers - base) // per_day + 1
    on_day = of.scenario.first_instant + day * MICROS_PER_DAY + (part * MICROS_PER_DAY).astype(np.int64)
    return np.where(of.numbers < base, before, on_day)


def _updated(of: _Delivery, created: Int64s) -> Int64s:
    """Return when each record was last changed: when it was created, before day 0, or on this day."""
    part = of.rng.random(len(of.numbers))
    if of.day == 0:
        return created + (part**3 * (of.scenario.first_instant - created)).astype(np.int64)
    on_day = of.scenario.instant_of(of.day) + (part * MICROS_PER_DAY).astype(np.int64)
    return np.where(of.is_new, created, on_day)


def _title_names(adjective: Int64s, noun: Int64s, numbers: Int64s) -> pa.Array:
    """Return names such as "The Silent River 12"; the number makes names unique."""
    adjectives = named(adjective, TITLE_ADJECTIVES).dictionary_decode()
    nouns = named(noun, TITLE_NOUNS).dictionary_decode()
    return _joined("The ", adjectives, " ", nouns, " ", pa.array(numbers + 1).cast(pa.string()))


def _joined(*parts: pa.Array | str) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")
