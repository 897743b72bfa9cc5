"""What a backfill will take, before anything is planned: bytes, dollars and hours, from S3's listing.

The plan is more exact, with figures per batch, but needs a scan; this estimate needs none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from lakehouse.athena.costs import scan_cost
from lakehouse.catalog.files import list_files
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.copying.batches import DEFAULT_BATCH_BYTES, MAX_PARTITIONS
from lakehouse.migration.copying.durations import batch_time
from lakehouse.migration.copying.plan import READS_PER_BATCH

# The scan that plans, before the batches.
_PLANNING_READS = 1


@dataclass(frozen=True)
class Estimate:
    """One table: its files and bytes as S3 lists them; rows and days if `discover` has counted them.

    `scan_bytes` and `cost` (US dollars) are maxima for planning and backfill together. `seconds` is based on
    the duration of this migration's batches, or on a typical one before the first batch.
    """

    table: str
    files: int
    bytes: int
    rows: int | None
    days: tuple[date, date] | None
    least_batches: int | None
    scan_bytes: int
    cost: float
    seconds: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def estimate_backfills(migration: Migration, tables: Sequence[TableConfig]) -> list[Estimate]:
    """The estimate of each table."""
    return [_estimate(migration, table) for table in tables]


def _estimate(migration: Migration, table: TableConfig) -> Estimate:
    files = list_files(migration.s3, migration.glue, migration.source(table))
    size = sum(file.size for file in files)
    rows, days = _discovered(migration, table)
    batches = _least_batches(days, table)
    reads = _PLANNING_READS + READS_PER_BATCH
    # Each batch is a separate statement, and is billed for at least ten megabytes.
    queries = _PLANNING_READS + READS_PER_BATCH * (batches or 1)
    return Estimate(
        table.source,
        len(files),
        size,
        rows,
        days,
        batches,
        size * reads,
        scan_cost(size * reads, queries),
        _seconds(migration, table, size, batches),
    )


def _seconds(migration: Migration, table: TableConfig, size: int, batches: int | None) -> float:
    by_dbt = table.dbt_model is not None
    by_size = 1 if by_dbt else -(-size // DEFAULT_BATCH_BYTES)
    time = batch_time(migration.ledger, by_dbt=by_dbt)
    return time.backfill_seconds(max(batches or 1, by_size), size)


def _discovered(migration: Migration, table: TableConfig) -> tuple[int | None, tuple[date, date] | None]:
    entry = migration.ledger.last("discover", "done", table.source)
    if entry is None:
        return None, None
    days = entry.detail.get("days", {}).get(table.partition_by.column)
    first_and_last = (date.fromisoformat(days[0]), date.fromisoformat(days[1])) if days else None
    return entry.detail.get("rows"), first_and_last


def _least_batches(days: tuple[date, date] | None, table: TableConfig) -> int | None:
    if days is None or table.dbt_model is not None:
        return None
    first, last = days
    partitions = {
        "day": (last - first).days + 1,
        "month": (last.year - first.year) * 12 + last.month - first.month + 1,
        "year": last.year - first.year + 1,
    }[table.partition_by.transform]
    return -(-partitions // MAX_PARTITIONS)
