"""How bronze goes wrong: what a rate of dirt adds to the formats that a source writes.

A text column has a clean mix, the formats its source is known for. Of a dirt rate D, the shares below become
another format, a reject, an empty value, a copy or a late arrival.
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

# Parts of the dirt rate; together 1. A row is dirty in one of these ways, except that a late session can have
# rows that are dirty in another way too.
OTHER_FORMAT_SHARE = 0.38
REJECTED_SHARE = 0.25
EMPTY_SHARE = 0.10
DUPLICATE_SHARE = 0.10
REDELIVERY_SHARE = 0.10
KEYLESS_SHARE = 0.02
LATE_SHARE = 0.05

# A reject's reason, in the order of REJECTED.
_REASON_SHARES = (0.35, 0.25, 0.25, 0.15)

# Copies come with a later file: files hold six hours at most. A late session comes days later.
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


# What an empty end of something that still goes on looks like: that is no dirt.
ONGOING_MIX = Mix(np.array([MISSING, EMPTY_STRING], dtype=np.int16), np.array([0.8, 0.2]))


def _evenly(labels: Iterable[str], shares: Sequence[float]) -> Mix:
    """Return a mix of labels by shares, each evenly over its spellings."""
    codes: list[int] = []
    weights: list[float] = []
    for label, share in zip(labels, shares, strict=True):
        of_label = codes_of(label)
        codes += of_label
        weights += [share / len(of_label)] * len(of_label)
    return Mix(np.array(codes, dtype=np.int16), np.array(weights))


ANY_FORMAT = _evenly(PARSED, [1.0] * len(PARSED))
# A spelling whose class is in no clean mix.
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
    """Return one spelling of each class and reason and every marker: what a dirty table surely shows."""
    labels = (*PARSED, *REJECTED, *_markers(in_json))
    return tuple(codes_of(label)[0] for label in labels)


def soiled(
    clean: Codes, rate: float, rng: np.random.Generator, *, in_json: bool = False
) -> tuple[Codes, Floats]:
    """Return the codes with a rate of dirt in the text, and the numbers in [0, 1) that decided it.

    A number of `text_dirt(rate)` or more means that the text stayed clean; the caller may use the numbers
    from there to `rate` for dirt other than text.
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
    """Return the part of rows whose text is dirty at a dirt rate."""
    return (OTHER_FORMAT_SHARE + REJECTED_SHARE + EMPTY_SHARE) * rate


def show(codes: Codes, instants: Int64s, wanted: Sequence[int], taken: Sequence[int] = ()) -> list[int]:
    """Write the wanted spellings into codes, in order, each on the first row that is free and can carry it.

    `taken` are rows to leave alone. Returns the wanted spellings for which no row was left.
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
