"""Dirt in bronze: what a dirt rate adds to the formats that a source writes.

A text column has a clean mix, the usual formats of its source. The shares below split the dirt rate into
other formats, rejects, empty values, copies and late arrivals.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from lakehouse.synthetic.chance import Floats, Int64s, chosen
from lakehouse.synthetic.spellings import (
    EMPTY_STRING,
    MARKERS,
    MISSING,
    PARSED,
    REJECTED,
    SPELLINGS,
    Codes,
    code_of,
    codes_of,
)

# Parts of the dirt rate, which add up to 1. A row is dirty in one of these ways, except that rows of a late
# session can also be dirty in another way.
OTHER_FORMAT_SHARE = 0.38
REJECTED_SHARE = 0.25
EMPTY_SHARE = 0.10
DUPLICATE_SHARE = 0.10
REDELIVERY_SHARE = 0.10
KEYLESS_SHARE = 0.02
LATE_SHARE = 0.05

# The shares of the reasons, in the order of REJECTED.
_REASON_SHARES = (0.35, 0.25, 0.25, 0.15)

# Copies arrive in a later file (a file has at most six hours). A late session arrives days later.
REDELIVERY_HOURS = (6, 12)
LATE_DAYS = (1, 4)


@dataclass(frozen=True)
class Mix:
    """Spellings and how often each occurs."""

    codes: Codes
    shares: Floats

    @classmethod
    def of(cls, parts: Mapping[tuple[str, str], float]) -> "Mix":
        """Make a mix of {(class, template): share}; KeyError for a spelling that doesn't exist."""
        codes = np.array([code_of(label, template) for label, template in parts], dtype=np.int16)
        return cls(codes, np.array(list(parts.values())))

    def draw(self, fractions: Floats) -> Codes:
        """Return a spelling's code for each number in [0, 1)."""
        return self.codes[chosen(fractions, self.shares)]


# How the missing end of something that is still going on is written; this is not dirt.
ONGOING_MIX = Mix(np.array([MISSING, EMPTY_STRING], dtype=np.int16), np.array([0.8, 0.2]))


def _evenly(labels: Iterable[str], shares: Sequence[float]) -> Mix:
    """Return a mix of labels by shares; the share of each label is split evenly between its spellings."""
    codes: list[int] = []
    weights: list[float] = []
    for label, share in zip(labels, shares, strict=True):
        of_label = codes_of(label)
        codes += of_label
        weights += [share / len(of_label)] * len(of_label)
    return Mix(np.array(codes, dtype=np.int16), np.array(weights))


ANY_FORMAT = _evenly(PARSED, [1.0] * len(PARSED))
# A spelling whose class is not in any clean mix.
_NEVER_CLEAN = codes_of("sql_utc")[0]
ANY_REJECT = _evenly(REJECTED, _REASON_SHARES)


def _markers(in_json: bool) -> list[str]:
    return [name for name in MARKERS if in_json or name != "absent"]


@cache
def any_marker(*, in_json: bool) -> Mix:
    markers = _markers(in_json)
    return _evenly(markers, [1.0] * len(markers))


@cache
def showcase(*, in_json: bool) -> tuple[int, ...]:
    """Return one spelling of each class and reason, and every marker: every dirty table has all of them."""
    labels = (*PARSED, *REJECTED, *_markers(in_json))
    return tuple(codes_of(label)[0] for label in labels)


def with_dirt(
    clean: Codes, rate: float, rng: np.random.Generator, *, in_json: bool = False
) -> tuple[Codes, Floats]:
    """Return the codes with dirt in the texts at a rate, and the numbers in [0, 1) that decided it.

    A number of at least `text_dirt(rate)` means that the text is clean; the caller may use the numbers
    between that and `rate` for dirt other than text.
    """
    fractions = rng.random(len(clean))
    codes = clean.copy()
    edge = 0.0
    for share, mix in (
        (OTHER_FORMAT_SHARE, ANY_FORMAT),
        (REJECTED_SHARE, ANY_REJECT),
        (EMPTY_SHARE, any_marker(in_json=in_json)),
    ):
        hit = np.flatnonzero((fractions >= edge) & (fractions < edge + share * rate))
        codes[hit] = mix.draw(rng.random(len(hit)))
        edge += share * rate
    return codes, fractions


def in_another_format(codes: Codes, fractions: Floats) -> Codes:
    """Return a spelling of another class for each clean code: the same instant in another text."""
    drawn = ANY_FORMAT.draw(fractions)
    labels = np.array([spelling.label for spelling in SPELLINGS])
    return np.where(labels[drawn] == labels[codes], _NEVER_CLEAN, drawn).astype(np.int16)


def text_dirt(rate: float) -> float:
    """Return the share of rows whose text is dirty at a dirt rate."""
    return (OTHER_FORMAT_SHARE + REJECTED_SHARE + EMPTY_SHARE) * rate


def show(codes: Codes, instants: Int64s, wanted: Sequence[int], taken: Sequence[int] = ()) -> list[int]:
    """Write the wanted spellings into codes, in order, each to the first free row whose instant fits it.

    `taken` are rows that must not be changed. Returns the wanted spellings for which no row was left.
    """
    free = np.ones(len(codes), dtype=np.bool_)
    free[list(taken)] = False
    missing = []
    for code in wanted:
        fitting = np.flatnonzero(free & SPELLINGS[code].writes_truly(instants))
        if len(fitting):
            codes[fitting[0]] = code
            free[fitting[0]] = False
        else:
            missing.append(code)
    return missing
