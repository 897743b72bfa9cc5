"""Who watches what on which device: traits of customers, titles and devices, by their numbers.

Customers, titles and campaigns are numbered from 0 in the order of their creation. What never changes about
them is a function of the number, so the telemetry and the dimension tables agree without sharing a table of
ten million entries.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lakehouse.synthetic.chance import (
    Floats,
    Int64s,
    Integers,
    UInt64s,
    chosen,
    chosen_of,
    fraction,
    short_trait,
    trait,
)
from lakehouse.telemetry.purposes import Purpose
from lakehouse.telemetry.vocabulary import (
    DEVICE_SYSTEMS,
    DEVICE_TYPES,
    GEOGRAPHY,
    MOVIE,
    MOVIE_SHARE,
    SERIES,
    SYSTEMS_OF_DEVICE,
)

MOBILE_CONNECTION = 1
_SYSTEM_SHARES = [
    [SYSTEMS_OF_DEVICE[device].get(system, 0.0) for system in DEVICE_SYSTEMS] for device in DEVICE_TYPES
]
_MOVIE_SECONDS = (80 * 60, 170 * 60)
_EPISODE_SECONDS = (18 * 60, 62 * 60)


@dataclass(frozen=True)
class World:
    """The traits that follow from a seed."""

    seed: int

    def customer_key(self, customers: Integers) -> UInt64s:
        return short_trait(self.seed, Purpose.CUSTOMER_KEY, customers)

    def title_key(self, titles: Integers) -> UInt64s:
        return short_trait(self.seed, Purpose.TITLE_KEY, titles)

    def campaign_key(self, campaigns: Integers) -> UInt64s:
        return short_trait(self.seed, Purpose.CAMPAIGN_KEY, campaigns)

    def home(self, customers: Integers) -> Int64s:
        """Return where each customer lives (index into GEOGRAPHY)."""
        return chosen(fraction(self.seed, Purpose.HOME, customers), GEOGRAPHY.place_shares)

    def provider(self, customers: Integers, connections: Integers) -> Int64s:
        """Return the customer's provider for a type of connection (index into GEOGRAPHY.providers)."""
        home = self.home(customers)
        fixed = _one_of(
            fraction(self.seed, Purpose.FIXED_PROVIDER, customers),
            GEOGRAPHY.first_fixed[home],
            GEOGRAPHY.count_fixed[home],
        )
        mobile = _one_of(
            fraction(self.seed, Purpose.MOBILE_PROVIDER, customers),
            GEOGRAPHY.first_mobile[home],
            GEOGRAPHY.count_mobile[home],
        )
        return np.where(connections == MOBILE_CONNECTION, mobile, fixed)

    def address(self, customers: Integers, providers: Integers) -> npt.NDArray[np.uint32]:
        """Return the IPv4 address a customer has with a provider, in the private range 10.0.0.0/8."""
        host = trait(self.seed, Purpose.ADDRESS, customers) & np.uint64(0xFFFF)
        return (np.uint64(10 << 24) | (providers.astype(np.uint64) << np.uint64(16)) | host).astype(np.uint32)

    def device(self, customers: Integers, devices: Integers) -> UInt64s:
        """Return the key of the customer's device of a type; a customer has one of each type."""
        pair = customers.astype(np.uint64) * np.uint64(len(DEVICE_TYPES)) + devices.astype(np.uint64)
        return trait(self.seed, Purpose.DEVICE_KEY, pair)

    def system(self, device_keys: UInt64s, devices: Integers) -> Int64s:
        """Return the operating system (index into DEVICE_SYSTEMS) of a device of a type."""
        return chosen_of(fraction(self.seed, Purpose.SYSTEM, device_keys), devices, _SYSTEM_SHARES)

    def title_type(self, titles: Integers) -> Int64s:
        is_movie = fraction(self.seed, Purpose.TITLE_TYPE, titles) < MOVIE_SHARE
        return np.where(is_movie, MOVIE, SERIES)

    def duration_seconds(self, titles: Integers) -> Int64s:
        """Return the running time of a movie, or of an episode of a series."""
        is_movie = self.title_type(titles) == MOVIE
        shortest = np.where(is_movie, _MOVIE_SECONDS[0], _EPISODE_SECONDS[0])
        longest = np.where(is_movie, _MOVIE_SECONDS[1], _EPISODE_SECONDS[1])
        part = fraction(self.seed, Purpose.DURATION, titles)
        seconds: Int64s = shortest + (part * (longest - shortest)).astype(np.int64)
        return seconds


def _one_of(fractions: Floats, first: Int64s, count: Int64s) -> Int64s:
    return first + (fractions * count).astype(np.int64)
