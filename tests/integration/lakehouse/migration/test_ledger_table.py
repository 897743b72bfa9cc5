"""The ledger is a table for SQL: what the steps write is what a query reads."""

from __future__ import annotations

import json
import uuid

from tests.support.sandbox import Sandbox

from lakehouse.migration.ledger import Ledger
from lakehouse.migration.watching.ledger_table import ledger_table_ddl


def test_entries_are_rows_as_soon_as_they_are_written(sandbox: Sandbox) -> None:
    name = f"ledger_{uuid.uuid4().hex[:8]}"
    ledger = Ledger(sandbox.client("s3"), f"s3://acme-lakehouse-silver/migrations/{name}/")
    ledger.append("plan", "applied", "raw.events", target="raw.events_v2")
    sandbox.sql(f"create database {name}")
    for _ in range(2):
        sandbox.sql(ledger_table_ddl(ledger, f"{name}.entries"))
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
