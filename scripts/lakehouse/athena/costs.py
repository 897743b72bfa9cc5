"""What a scan costs on Athena, from the bytes it reads and the price that AWS publishes."""

from __future__ import annotations

# https://aws.amazon.com/athena/pricing/: 5 USD per TB scanned, with a minimum of 10 MB per query.
USD_PER_TB = 5.0
_TB = 2**40
_LEAST = 10 * 2**20


def scan_cost(size: int, queries: int = 1) -> float:
    """The most that `queries` queries reading `size` bytes in total can cost, in US dollars; 0 for no
    query."""
    return max(size, _LEAST * queries) / _TB * USD_PER_TB if queries else 0.0


def cost_text(usd: float) -> str:
    """An amount for people, "less than $0.01" for less than a cent."""
    return f"${usd:,.2f}" if usd >= 0.01 else "less than $0.01"
