"""How long batches take: a fixed time for each and one by its bytes, fitted to the batches in the ledger.

A batch is two statements, which take seconds however little they read: a small batch says nothing about the
speed of a large one, and the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lakehouse.migration.copying.batches import DEFAULT_BATCH_BYTES
from lakehouse.records.ledger import Ledger

# Batches written at a time unless --concurrency says otherwise.
DEFAULT_CONCURRENCY = 4
# Seconds of an empty batch and of a full one before anything was measured, on two busy cores. They weigh as a
# tenth of a measured batch: where all of those have one size, these say how time divides into the two terms.
_USUAL = ((0, 3.0), (DEFAULT_BATCH_BYTES, 55.0))
_USUAL_WEIGHT = 0.1


@dataclass(frozen=True)
class BatchTime:
    """Seconds of a batch: `fixed` for each, `by_byte` for each byte of its files."""

    fixed: float
    by_byte: float

    def backfill_seconds(self, batches: int, size: int) -> float:
        """How long so many batches of `size` bytes in all take, several at a time."""
        total = batches * self.fixed + size * self.by_byte
        return total / max(1, min(batches, DEFAULT_CONCURRENCY))


def batch_time(ledger: Ledger, *, by_dbt: bool = False) -> BatchTime:
    """The time of this migration's batches: those that it merged itself, or the runs of dbt models."""
    entries = ledger.entries("backfill", None, "batch")
    # A run of dbt is not a statement of the migration's own, so it names no queries.
    chosen = [entry.detail for entry in entries if ("queries" not in entry.detail) == by_dbt]
    return fitted([(int(detail["bytes"]), float(detail["seconds"])) for detail in chosen])


def fitted(measured: Sequence[tuple[int, float]]) -> BatchTime:
    """The line through batches (bytes, seconds) with the least squares, neither of its terms below zero."""
    points = [(float(size), seconds, 1.0) for size, seconds in measured]
    points += [(float(size), seconds, _USUAL_WEIGHT) for size, seconds in _USUAL]
    weight = sum(w for _, _, w in points)
    mean_size = sum(w * size for size, _, w in points) / weight
    mean_seconds = sum(w * seconds for _, seconds, w in points) / weight
    covariance = sum(w * (size - mean_size) * (seconds - mean_seconds) for size, seconds, w in points)
    variance = sum(w * (size - mean_size) ** 2 for size, _, w in points)
    by_byte = covariance / variance
    if by_byte < 0:
        return BatchTime(mean_seconds, 0.0)
    if (fixed := mean_seconds - by_byte * mean_size) >= 0:
        return BatchTime(fixed, by_byte)
    products = sum(w * size * seconds for size, seconds, w in points)
    return BatchTime(0.0, products / sum(w * size**2 for size, _, w in points))
