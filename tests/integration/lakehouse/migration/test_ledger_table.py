"""The ledger is a table for SQL: what the steps write is what a query reads."""

from __future__ import annotations

import json
import uuid

import pytest
from tests.support.migration import migration_of
from tests.support.sandbox import Sandbox

from lakehouse.errors import RefusedError, UsageError
from lakehouse.migration.config import MigrationConfig
from lakehouse.migration.watching.ledger_table import make_ledger_table


def config(name: str) -> MigrationConfig:
    table = {
        "source": "raw.events",
        "columns": {"at": {"type": "timestamp"}},
        "partition_by": {"column": "at"},
    }
    where = f"s3://acme-lakehouse-silver/migrations/{name}/"
    return MigrationConfig.model_validate(
        {"name": name, "location": f"{where}log/", "data": f"{where}data/", "tables": [table]}
    )


def test_entries_are_rows_as_soon_as_they_are_written(sandbox: Sandbox) -> None:
    name = f"ledger_{uuid.uuid4().hex[:8]}"
    migration = migration_of(sandbox.session(), config(name))
    ledger = migration.ledger
    ledger.append("plan", "applied", "raw.events", target="raw.events_v2")
    with pytest.raises(UsageError, match=f"there is no database {name}: make it first"):
        make_ledger_table(migration, f"{name}.entries")
    sandbox.sql(f"create database {name}")
    for _ in range(2):
        make_ledger_table(migration, f"{name}.entries")
    sandbox.sql(f"create view {name}.taken as select 1 as one")
    with pytest.raises(RefusedError, match=f"{name}.taken is there already"):
        make_ledger_table(migration, f"{name}.taken")
    batch = ledger.append("backfill", "batch", "raw.events", rows=7, note="a 'quote' and a\nnewline")
    rows = sandbox.sql(
        "select id, step, table_name, event, operator, detail, json_extract_scalar(detail, '$.rows'),"
        " to_unixtime(from_iso8601_timestamp(at)) * 1000"
        f" from {name}.entries where step = 'backfill'"
    )
    assert [row[:5] for row in rows] == [[batch.id, "backfill", "raw.events", "batch", batch.by]]
    assert json.loads(rows[0][5] or "") == {"rows": 7, "note": "a 'quote' and a\nnewline"}
    assert rows[0][6] == "7"
    assert abs(float(rows[0][7] or 0) - batch.at.timestamp() * 1000) < 2
    assert sandbox.sql(f"select count(*) from {name}.entries") == [["2"]]
