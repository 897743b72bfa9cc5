"""What a scan costs on Athena: by the bytes it reads, at the price that AWS publishes."""

from __future__ import annotations

# https://aws.amazon.com/athena/pricing/: 5 USD for each TB scanned, 10 MB at least for each query.
USD_PER_TB = 5.0
_TB = 2**40
_LEAST = 10 * 2**20


def scan_cost(size: int, queries: int = 1) -> float:
    """US dollars that queries reading `size` bytes together cost at most. Zero queries cost nothing."""
    return max(size, _LEAST * queries) / _TB * USD_PER_TB if queries else 0.0


def cost_text(usd: float) -> str:
    """An amount for people; what is below a cent is said so."""
    return f"${usd:,.2f}" if usd >= 0.01 else "less than $0.01"
