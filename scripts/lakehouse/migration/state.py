"""Where a table stands in its migration, read from the ledger: what other steps may do depends on it.

The steps and the events that each writes, per table unless said otherwise:

    discover    done                what the text columns hold
    impact      done                who uses the table
    backup      done                where the definitions are kept
    restore     done                they were restored
    plan        planned, creating,  the batches; a target begins, with nothing in it;
                applied             target, rejects and compatibility view are there
    backfill    batch, days, done   one batch is in; a trial's are; all of the plan's are
    dual-write  increment           files that arrived later are in
    validate    green, red, partial old and new agree, differ, agree in the days that were asked for
    statistics  started             Glue computes the target's column statistics
    cutover     started, done       the old name answers from the new table
    rollback    started, moving,    rows of a snapshot are moved to the old table;
                done                the old name is the old table again
    cleanup     started, done       the old table is gone
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from lakehouse.migration.config import MigrationConfig, TableConfig
from lakehouse.records.ledger import Entry, Ledger


def standing_cutover(ledger: Ledger, table: str) -> Entry | None:
    """The cutover that holds, None before one and after its rollback."""
    cutover = ledger.last("cutover", "done", table)
    rollback = ledger.last("rollback", "done", table)
    if cutover is None or (rollback is not None and rollback.at > cutover.at):
        return None
    return cutover


def cut_over_periods(ledger: Ledger, table: str) -> list[tuple[datetime, datetime | None]]:
    """When the old name was the view (UTC): from each cutover to its rollback, None where it holds."""
    ends = [entry.at for entry in ledger.entries("rollback", table, "done")]
    return [
        (entry.at, next((end for end in ends if end > entry.at), None))
        for entry in ledger.entries("cutover", table, "done")
    ]


def last_write(ledger: Ledger, table: str) -> datetime | None:
    """When the migration last wrote to the table's target (UTC), None if it never did."""
    writes = [
        entry.at
        for step, event in (("plan", "applied"), ("backfill", "batch"), ("dual-write", "increment"))
        if (entry := ledger.last(step, event, table))
    ]
    return max(writes, default=None)


def cut_over_tables(ledger: Ledger, tables: Iterable[TableConfig]) -> list[str]:
    """Those of the tables whose cutover holds."""
    return [table.source for table in tables if standing_cutover(ledger, table.source)]


def dbt_variables(
    ledger: Ledger,
    config: MigrationConfig,
    planned: Iterable[TableConfig] = (),
    without: Iterable[TableConfig] = (),
) -> str:
    """The variables, as JSON, with which dbt's sources read the tables that a cutover renamed.

    As they will be when `planned` tables are cut over, and those `without` are rolled back.
    """
    names = {table.source for table in planned} | set(cut_over_tables(ledger, config.tables))
    names -= {table.source for table in without}
    return json.dumps({"cut_over_tables": [table.source for table in config.tables if table.source in names]})
