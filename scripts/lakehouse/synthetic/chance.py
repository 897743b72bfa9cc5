"""Reproducible randomness.

There are two kinds. A stream (`stream`) is a random generator that is seeded by a purpose and a day, so a
day's data never depends on which days were generated before. A trait (`trait`, `fraction`) is a hash of an
identity, such as a customer's number: it needs no table and never changes. A purpose is a number that the
caller chooses; changing it changes every generated file.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

UInt64s = npt.NDArray[np.uint64]
Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer]


def stream(seed: int, purpose: int, day: int, hour: int = 0) -> np.random.Generator:
    """Return the random generator of a purpose, day and hour; days count from the first day of the data."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(purpose, day, hour)))


def mixed(numbers: Integers | UInt64s) -> UInt64s:
    """Return the numbers scrambled, one to one: distinct numbers stay distinct (splitmix64's finalizer)."""
    x = numbers.astype(np.uint64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def mixed_32(numbers: Integers) -> UInt64s:
    """Return numbers below 2**32 scrambled one to one within 32 bits (lowbias32)."""
    mask = np.uint64(0xFFFFFFFF)
    x = numbers.astype(np.uint64) & mask
    x = (x ^ (x >> np.uint64(16))) * np.uint64(0x7FEB352D) & mask
    x = (x ^ (x >> np.uint64(15))) * np.uint64(0x846CA68B) & mask
    return x ^ (x >> np.uint64(16))


def _salt(seed: int, purpose: int) -> np.uint64:
    state = np.random.SeedSequence(seed, spawn_key=(purpose,)).generate_state(1, np.uint64)
    return np.uint64(state[0])


def trait(seed: int, purpose: int, identities: Integers | UInt64s) -> UInt64s:
    """Return a 64-bit number per identity, one to one for a purpose."""
    return mixed(identities.astype(np.uint64) ^ _salt(seed, purpose))


def short_trait(seed: int, purpose: int, identities: Integers) -> UInt64s:
    """Return a 32-bit number per identity below 2**32, one to one for a purpose."""
    return mixed_32(identities.astype(np.uint64) ^ (_salt(seed, purpose) & np.uint64(0xFFFFFFFF)))


def fraction(seed: int, purpose: int, identities: Integers | UInt64s) -> Floats:
    """Return a number in [0, 1) per identity."""
    return (trait(seed, purpose, identities) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def chosen(fractions: Floats, shares: Sequence[float] | Floats) -> Int64s:
    """Return for each number in [0, 1) the index of the share that it falls into."""
    edges = np.cumsum(np.asarray(shares, dtype=np.float64))
    return np.searchsorted(edges[:-1] / edges[-1], fractions, side="right").astype(np.int64)


def chosen_of(fractions: Floats, groups: Integers, shares_of_group: Sequence[Sequence[float]]) -> Int64s:
    """Return for each number the index of the share that it falls into, with the shares of its row's
    group."""
    edges = np.cumsum(np.array(shares_of_group, dtype=np.float64), axis=1)
    edges = edges[:, :-1] / edges[:, -1:]
    choice: Int64s = (fractions[:, None] >= edges[groups]).sum(axis=1).astype(np.int64)
    return choice
