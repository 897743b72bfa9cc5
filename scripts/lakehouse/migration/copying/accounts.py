"""Where the raw rows of a table went: raw = in the target + duplicates + left out, each counted separately.

Raw rows were counted by the planning scan; duplicates are counted in the source, the others in the new
tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lakehouse.athena.sql import relation, text
from lakehouse.catalog.files import list_files
from lakehouse.errors import DifferenceError
from lakehouse.migration.context import Migration
from lakehouse.migration.copying.batches import chunked
from lakehouse.migration.copying.planfile import Plan
from lakehouse.migration.copying.rows import Rows


@dataclass(frozen=True)
class Accounts:
    """Counts of rows. `left_out` are those that are among the rejects and not in the target."""

    raw: int
    target: int
    duplicates: int
    left_out: int

    @property
    def missing(self) -> int:
        """Rows that are nowhere; less than nothing if there are rows that no raw row accounts for."""
        return self.raw - self.target - self.duplicates - self.left_out

    @classmethod
    def recorded(cls, detail: dict[str, Any]) -> Accounts | None:
        """The accounts of an entry of the ledger, None if it has none."""
        names = ("raw", "target", "duplicates", "left_out")
        return cls(*(detail[name] for name in names)) if "raw" in detail else None


def balance(migration: Migration, rows: Rows, plan: Plan) -> Accounts:
    """Count where the raw rows of a plan went. Raises DifferenceError if the counts don't balance."""
    config, raw = rows.config, plan.raw_rows or 0
    has_no_time = f"column_name = {text(config.partition_by.column)}"
    [counts] = migration.statements.rows(f"""\
select
    (
        select count(*)
        from {relation(config.target)}
    ) as target,
    (
        select coalesce(sum(occurrences), 0)
        from {relation(config.rejects)}
        where {has_no_time} or reject_reason = 'missing_key'
    ) as left_out""")
    target, left_out = int(counts["target"]), int(counts["left_out"])
    duplicates = _duplicates(migration, rows, plan)
    if duplicates is None:
        duplicates = raw - target - left_out
    accounts = Accounts(raw, target, duplicates, left_out)
    if accounts.missing:
        raise DifferenceError(
            f"{config.source} holds {raw:,} rows, {duplicates:,} of them copies; {config.target} holds "
            f"{target:,}, and {left_out:,} are left out with a reason in {config.rejects}: "
            f"{abs(accounts.missing):,} {'missing' if accounts.missing > 0 else 'too many'}. "
            "`lakehouse migrate validate` lists them"
        )
    return accounts


def _duplicates(migration: Migration, rows: Rows, plan: Plan) -> int | None:
    """Rows with key and time that another row with the same key stands for.

    Files that arrived since the planning are left out by name. None if they are more than a statement can
    name: then duplicates are what remains, and only the validation proves them.
    """
    if not rows.config.key:
        return 0
    planned = {file.path for batch in plan.batches for file in batch.files}
    later = [
        file
        for file in list_files(migration.s3, migration.glue, rows.source)
        if file.path not in planned and file.path not in plan.unseen
    ]
    chunks = chunked(later)
    if len(chunks) > 1:
        return None
    [row] = migration.statements.rows(rows.duplicates(chunks[0] if chunks else ()), rows.source.database)
    return int(row["duplicates"])
