"""The ledger: entries come back as they were written, in their order, whoever reads them."""

from __future__ import annotations

import json
from datetime import date

import pytest

from lakehouse.errors import ServiceError, UsageError
from lakehouse.migration.state import last_write, standing_cutover
from lakehouse.migration.watching.ledger_table import ledger_table_ddl
from lakehouse.records.ledger import Ledger


def reread(ledger: Ledger) -> Ledger:
    """The same ledger as another process sees it."""
    return Ledger(ledger.s3, ledger.location)


def test_entries_come_back_in_order_and_by_step_table_and_event(ledger: Ledger) -> None:
    ledger.append("backfill", "batch", "raw.events", number=1, rows=10)
    ledger.append("backfill", "batch", "raw.events", number=2, rows=20)
    ledger.append("backfill", "done", "raw.events", rows=30)
    ledger.append("backfill", "batch", "raw.events_more", number=1)
    found = reread(ledger).entries("backfill", "raw.events", "batch")
    assert [entry.detail for entry in found] == [{"number": 1, "rows": 10}, {"number": 2, "rows": 20}]
    assert len(reread(ledger).entries()) == 4
    assert [entry.table for entry in reread(ledger).entries(event="batch")] == [
        "raw.events",
        "raw.events",
        "raw.events_more",
    ]


def test_a_reader_sees_after_a_refresh_what_another_one_added_meanwhile(ledger: Ledger) -> None:
    reader = reread(ledger)
    assert reader.last("plan", "applied", "raw.events") is None
    ledger.append("plan", "applied", "raw.events", target="raw.events_v2")
    reader.refresh()
    entry = reader.last("plan", "applied", "raw.events")
    assert entry is not None
    assert entry.detail == {"target": "raw.events_v2"}
    assert entry.at.tzinfo is not None


def test_the_entries_are_listed_once_and_each_is_read_once(ledger: Ledger) -> None:
    ledger.append("plan", "planned", "raw.events")
    ledger.append("plan", "applied", "raw.events")
    reader = reread(ledger)
    asked: list[str] = []
    for operation in ("ListObjectsV2", "GetObject"):
        reader.s3.meta.events.register(
            f"before-call.s3.{operation}", lambda model, **_: asked.append(model.name)
        )
    assert reader.last("plan", "applied", "raw.events") is not None
    assert len(reader.entries("plan")) == 2
    assert len(reader.entries("plan")) == 2
    reader.append("backup", "done", "raw.events")
    assert [entry.event for entry in reader.entries()] == ["planned", "applied", "done"]
    # The first list is the store's clock's.
    assert sorted(asked) == ["GetObject", "GetObject", "ListObjectsV2", "ListObjectsV2"]


def test_an_entry_is_the_same_for_who_writes_it_and_who_reads_it(ledger: Ledger) -> None:
    written = ledger.append("backfill", "days", "raw.events", first=date(2025, 8, 12))
    assert ledger.entries() == [written]
    assert reread(ledger).entries() == [written]
    assert written.detail == {"first": "2025-08-12"}


def test_an_entry_is_one_line_of_json_with_its_facts_as_text(ledger: Ledger) -> None:
    ledger.append("discover", "done", "raw.events", note="a 'quote', a \u00fc and a\nnewline")
    key = ledger.s3.list_objects_v2(Bucket="migrations")["Contents"][0]["Key"]
    assert key.startswith("acme/ledger/")
    body = ledger.s3.get_object(Bucket="migrations", Key=key)["Body"].read().decode()
    assert body.count("\n") == 1
    line = json.loads(body)
    assert line["table_name"] == "raw.events"
    assert json.loads(line["detail"]) == {"note": "a 'quote', a \u00fc and a\nnewline"}


def test_what_is_no_entry_is_named(ledger: Ledger) -> None:
    key = "acme/ledger/20250101T000000000000Z-x~plan~raw.events~applied.json"
    ledger.s3.put_object(Bucket="migrations", Key=key, Body=b"{}")
    with pytest.raises(ServiceError, match=r"x~plan~raw\.events~applied\.json is not an entry of a ledger"):
        ledger.entries()


def test_a_cutover_stands_until_it_is_rolled_back(ledger: Ledger) -> None:
    assert standing_cutover(ledger, "raw.events") is None
    first = ledger.append("cutover", "done", "raw.events")
    assert standing_cutover(ledger, "raw.events") == first
    assert standing_cutover(ledger, "raw.other") is None
    ledger.append("rollback", "done", "raw.events")
    assert standing_cutover(ledger, "raw.events") is None
    second = ledger.append("cutover", "done", "raw.events")
    assert standing_cutover(ledger, "raw.events") == second


def test_the_last_write_is_the_newest_of_all_that_write(ledger: Ledger) -> None:
    assert last_write(ledger, "raw.events") is None
    ledger.append("plan", "applied", "raw.events")
    batch = ledger.append("backfill", "batch", "raw.events")
    ledger.append("validate", "green", "raw.events")
    assert last_write(ledger, "raw.events") == batch.at
    increment = ledger.append("dual-write", "increment", "raw.events")
    assert last_write(ledger, "raw.events") == increment.at


@pytest.mark.parametrize("name", ["entries", "a.b.c", "A.b", "a.b; drop table c", 'a."b"'])
def test_a_name_that_is_no_tables_is_refused(ledger: Ledger, name: str) -> None:
    with pytest.raises(UsageError, match=r"give database\.table, in lower case"):
        ledger_table_ddl(ledger, name)
