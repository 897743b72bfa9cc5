"""What statements cost: Athena's price for scanned bytes."""

from __future__ import annotations

# US dollars for a terabyte scanned, and the least that a statement is charged for (AWS price list, 2025; the
# price is the same in most regions).
DOLLARS_PER_TERABYTE = 5.0
MINIMUM_BYTES = 10_000_000


def dollars(*scanned_bytes: int) -> float:
    """The price of statements that scan so many bytes each. DDL scans nothing and isn't charged."""
    charged = sum(max(scanned, MINIMUM_BYTES) for scanned in scanned_bytes)
    return charged / 1e12 * DOLLARS_PER_TERABYTE
