"""Which of a source's files are in the target: what increments read, lag is measured by, monitors count.

A file is loaded once every batch that reads it is in the ledger, for the target that is there now: one that
was made again starts from nothing.
"""

from __future__ import annotations

from datetime import date

from lakehouse.catalog.files import SourceFile, list_files
from lakehouse.catalog.tables import find_table
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.copying.periods import Days
from lakehouse.migration.copying.planfile import load_plan
from lakehouse.records.ledger import Entry, Ledger

# The events that say a batch is in: step and event.
_WRITES = (("backfill", "batch"), ("dual-write", "increment"))


def unloaded_files(
    migration: Migration, table: TableConfig, files: list[SourceFile] | None = None
) -> list[SourceFile]:
    """The source's files that are not in the target yet, in the order of their paths.

    `files` are the source's files where they have been listed already.
    """
    if files is None:
        files = list_files(migration.s3, migration.glue, migration.source(table))
    loaded = loaded_files(migration, table)
    return [file for file in files if (file.path, file.size) not in loaded]


def gone_files(migration: Migration, table: TableConfig, files: list[SourceFile]) -> list[str]:
    """Paths of files that are in the target and no longer among the source's `files`."""
    present = {file.path for file in files}
    return sorted({path for path, _ in loaded_files(migration, table)} - present)


def loaded_files(migration: Migration, table: TableConfig) -> set[tuple[str, int]]:
    """Path and size of each file that is wholly in the target. A file that was replaced counts as new."""
    done = loaded_batches(migration.ledger, table.source)
    loaded: set[tuple[str, int]] = set()
    for name in {plan for plan, _ in done}:
        plan = load_plan(migration.s3, migration.config.location, table.source, name)
        waiting = {
            file.path for batch in plan.batches if (name, batch.number) not in done for file in batch.files
        }
        loaded |= {
            (file.path, file.size)
            for batch in plan.batches
            for file in batch.files
            if file.path not in waiting
        }
    return loaded


def loaded_batches(ledger: Ledger, table: str) -> set[tuple[str, int]]:
    """Plan and number of each batch that is in the target that is there now."""
    current = generation(ledger, table)
    return {
        (entry.detail["plan"], entry.detail["batch"])
        for step, event in _WRITES
        for entry in ledger.entries(step, table, event)
        if entry.detail.get("generation") == current
    }


def filled_tables(migration: Migration) -> list[str]:
    """The sources whose targets can be read instead of them: backfilled, or written by dbt."""

    def is_filled(table: TableConfig) -> bool:
        there = find_table(migration.glue, table.target) is not None
        return there and (is_backfilled(migration.ledger, table.source) or table.dbt_model is not None)

    return [table.source for table in migration.config.tables if is_filled(table)]


def is_backfilled(ledger: Ledger, table: str) -> bool:
    """Whether the backfill of the target that is there now has ended."""
    done = ledger.last("backfill", "done", table)
    return done is not None and done.detail.get("generation") == generation(ledger, table)


def trial_days(ledger: Ledger, table: str) -> str | None:
    """The days that backfills of the target that is there now were limited to, None without a trial."""
    current = generation(ledger, table)
    trials = [
        str(Days(date.fromisoformat(entry.detail["first"]), date.fromisoformat(entry.detail["last"])))
        for entry in ledger.entries("backfill", table, "days")
        if entry.detail.get("generation") == current
    ]
    return ", ".join(dict.fromkeys(trials)) or None


def generation(ledger: Ledger, table: str) -> str | None:
    """What tells the target that is there from an earlier one: the entry that was written before it."""
    entry = ledger.last("plan", "creating", table)
    return entry.id if entry else None


def applied_plan(ledger: Ledger, table: str) -> Entry | None:
    """The entry of the plan that was applied to the target that is there now, None without one."""
    entry = ledger.last("plan", "applied", table)
    return entry if entry and entry.detail.get("generation") == generation(ledger, table) else None
