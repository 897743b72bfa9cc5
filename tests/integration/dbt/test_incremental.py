"""Incremental models give the same rows when run twice, in another order of arrival, and rebuilt in full."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.sandbox import Sandbox

INCREMENTAL = {
    "awsdatacatalog.local_marts.fct_playback_events": "event_id",
    "awsdatacatalog.acme_telemetry.telemetry_v2": "event_id",
    "awsdatacatalog.local_intermediate.int_rejects__captured": "reject_id",
}
SELECT = ("--select", "int_rejects__captured+", "fct_playback_events", "telemetry_v2")
BUCKET = "acme-lakehouse-bronze"


def fingerprint(sandbox: Sandbox) -> dict[str, list[list[str | None]]]:
    """Rows and an order-independent checksum over all columns, per incremental model."""
    found = {}
    for table, key in INCREMENTAL.items():
        names = [
            row[0].strip()
            for row in sandbox.sql(f"show columns in {table.removeprefix('awsdatacatalog.')}")
            if row[0]
        ]
        row = ", ".join(names)
        found[table] = sandbox.sql(
            f"select count(*), count(distinct {key}), to_hex(checksum(cast(row({row}) as json))) from {table}"
        )
    return found


def run(sandbox: Sandbox, *arguments: str) -> None:
    sandbox.run("dbt", "run", *SELECT, *arguments)


class Files:
    """Bronze files that are taken away and put back, as if they had not arrived yet."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.s3 = sandbox.client("s3")
        self.hidden: dict[str, bytes] = {}

    def listing(self, prefix: str = "") -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def hide(self, keys: list[str]) -> None:
        for key in keys:
            self.hidden[key] = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
            self.s3.delete_object(Bucket=BUCKET, Key=key)

    def arrive(self, keys: list[str] | None = None) -> None:
        for key in keys if keys is not None else list(self.hidden):
            self.s3.put_object(Bucket=BUCKET, Key=key, Body=self.hidden.pop(key))


@pytest.fixture
def files(built: Sandbox) -> Iterator[Files]:
    held = Files(built)
    yield held
    held.arrive()
    run(built, "--full-refresh")


def load_day(key: str) -> str:
    """The day a bronze file arrived, as yyyymmdd, from either form of its path."""
    digits = [part.split("=")[-1] for part in key.split("/")[:-1] if part.split("=")[-1].isdigit()]
    return "".join(digits[:3])


def is_telemetry(key: str) -> bool:
    return key.endswith((".parquet", ".json.gz", ".gz")) and "telemetry" in key


def test_a_second_run_changes_nothing(built: Sandbox) -> None:
    before = fingerprint(built)
    run(built)
    assert fingerprint(built) == before


def test_a_rebuild_gives_the_same_rows(built: Sandbox) -> None:
    before = fingerprint(built)
    run(built, "--full-refresh")
    assert fingerprint(built) == before


def test_files_that_arrive_day_by_day_give_the_same_rows(
    built: Sandbox, bronze: dict[str, Any], files: Files
) -> None:
    whole = fingerprint(built)
    telemetry = [key for key in files.listing() if is_telemetry(key)]
    days = sorted({load_day(key) for key in telemetry})
    assert len(days) >= 3
    files.hide([key for key in telemetry if load_day(key) > days[0]])
    run(built, "--full-refresh")
    assert fingerprint(built) != whole
    for day in days[1:]:
        files.arrive([key for key in list(files.hidden) if load_day(key) == day])
        run(built)
    assert fingerprint(built) == whole


def test_files_that_arrive_in_another_order_give_the_same_rows(built: Sandbox, files: Files) -> None:
    whole = fingerprint(built)
    telemetry = [key for key in files.listing() if is_telemetry(key)]
    # The table of the highest precedence last, and within a table the newest file first.
    last = [key for key in telemetry if key.startswith("acme_telemetry/telemetry/")]
    early = [
        key for key in telemetry if key not in last and load_day(key) != max(load_day(k) for k in telemetry)
    ]
    files.hide(last + early)
    run(built, "--full-refresh")
    files.arrive(early)
    run(built)
    files.arrive(sorted(last)[1::2])
    run(built)
    files.arrive()
    run(built)
    assert fingerprint(built) == whole
