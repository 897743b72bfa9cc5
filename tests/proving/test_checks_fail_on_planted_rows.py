"""Every check of the project is shown to fail: a bad row is planted, the check must name it.

Rows are planted through the Athena API. An Iceberg table gets its rows back from its snapshot, a Hive table
(the seed) loses the files that were added. Cases on different tables are tried together, which saves starts
of dbt; no test looks at two of them. tests/unit/dbt/test_conventions.py names the generic tests without one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.marts import column_names
from tests.support.sandbox import Sandbox

FACT = "awsdatacatalog.local_marts.fct_playback_events"
REJECTS = "awsdatacatalog.local_marts.rejected_rows"
ACCOUNTING = "awsdatacatalog.local_marts.row_accounting"
V2 = "awsdatacatalog.acme_telemetry.telemetry_v2"
TITLES = "awsdatacatalog.local_marts.dim_titles"
DEMAND = "awsdatacatalog.local_marts.viewer_demand_by_hour"
CORPUS = "awsdatacatalog.local_reference.timestamp_corpus"


@dataclass(frozen=True)
class Case:
    """One planted row: the statement that plants it, and the dbt test that has to fail on it."""

    plant: str
    table: str
    test: str


def insert(table: str, **values: str) -> str:
    return f"insert into {table} ({', '.join(values)}) values ({', '.join(values.values())})"


CASES = {
    "a fact without its time": Case(
        insert(FACT, event_id="'PLANTED'", event_date="date '2025-08-13'", _source_table="'x'"),
        FACT,
        "fct_playback_events_holds_no_invalid_time",
    ),
    "a fact at the zero of the epoch, as an empty number gives": Case(
        insert(FACT, event_id="'PLANTED'", event_timestamp="timestamp '1970-01-01 00:00:00.000000'"),
        FACT,
        "fct_playback_events_holds_no_invalid_time",
    ),
    "a time in the far future in telemetry_v2": Case(
        insert(V2, event_id="'PLANTED'", event_timestamp="timestamp '2100-01-01 00:00:00.000000'"),
        V2,
        "telemetry_v2_holds_no_invalid_time",
    ),
    "a legacy view that hands out a time nobody can cast": Case(
        insert(V2, event_id="'PLANTED'"),
        V2,
        "acme_telemetry__telemetry_compat_times_can_be_cast",
    ),
    "an event twice": Case(
        f"insert into {FACT} select * from {FACT} where event_timestamp is not null limit 1",
        FACT,
        "unique_fct_playback_events_event_id",
    ),
    "an event that no source holds": Case(
        insert(FACT, event_id="'PLANTED'", event_timestamp="timestamp '2025-08-13 00:00:00.000000'"),
        FACT,
        "fct_playback_events_holds_every_parsed_event",
    ),
    "an event that got lost": Case(
        f"delete from {FACT} where event_id = (select min(event_id) from {FACT})",
        FACT,
        "fct_playback_events_holds_every_parsed_event",
    ),
    "a reject that got lost": Case(
        f"delete from {REJECTS} where reject_id = (select min(reject_id) from {REJECTS}"
        " where _source_table = 'acme_telemetry.telemetry' and column_name = 'event_timestamp')",
        REJECTS,
        "stg_acme_telemetry__telemetry_accounts_for_every_raw_row",
    ),
    "a reject counted twice": Case(
        f"update {REJECTS} set occurrences = occurrences + 1 where reject_id = (select min(reject_id)"
        f" from {REJECTS} where _source_table = 'acme_streaming_data.titles'"
        " and column_name = 'release_date')",
        REJECTS,
        "stg_acme_streaming_data__titles_accounts_for_every_raw_row",
    ),
    "a reject of a day that has no file": Case(
        insert(
            REJECTS,
            reject_id="'PLANTED'",
            _source_table="'acme_streaming_data.telemetry'",
            column_name="'event_timestamp'",
            occurrences="bigint '1'",
            _load_date="date '1999-01-01'",
        ),
        REJECTS,
        "stg_acme_streaming_data__telemetry_accounts_for_every_raw_row",
    ),
    "a day that doesn't balance": Case(
        f"update {ACCOUNTING} set unaccounted_rows = 1 where accounting_key = (select min(accounting_key)"
        f" from {ACCOUNTING})",
        ACCOUNTING,
        "row_accounting_leaves_no_row_unaccounted",
    ),
    "an event of a customer that doesn't exist": Case(
        insert(FACT, event_id="'PLANTED'", customer_id="'CUST_nobody'"),
        FACT,
        "fct_playback_events_customers_are_in_dim_customers",
    ),
    "a title without its key": Case(
        insert(TITLES, title_name="'PLANTED'"),
        TITLES,
        "not_null_dim_titles_title_id",
    ),
    "an hour of a kind of device twice": Case(
        f"insert into {DEMAND} select * from {DEMAND} limit 1",
        DEMAND,
        "viewer_demand_by_hour_has_one_row_per_hour_and_device_type",
    ),
    "an hour that is missing between two others": Case(
        f"delete from {DEMAND} where event_hour = 12"
        f" and event_date = (select date_add('day', 1, min(event_date)) from {DEMAND})",
        DEMAND,
        "viewer_demand_by_hour_holds_every_hour",
    ),
    "a text that the engine reads differently from the corpus": Case(
        insert(
            CORPUS,
            case_id="'PLANTED'",
            input_hex="'0x323032352d30382d3133'",  # 2025-08-13
            zone="'UTC'",
            expected_status="'rejected'",
            expected_reason="'unknown_format'",
        ),
        CORPUS,
        "engine_reads_every_timestamp_as_the_corpus_says",
    ),
}


def rounds() -> list[dict[str, Case]]:
    """The cases in rounds: at most one of each table in a round."""
    made: list[dict[str, Case]] = []
    for title, case in CASES.items():
        free = next((r for r in made if case.table not in {c.table for c in r.values()}), None)
        if free is None:
            made.append(free := {})
        free[title] = case
    return made


@contextmanager
def planted(sandbox: Sandbox, cases: Iterable[Case]) -> Iterator[None]:
    """Plant the cases' rows, and put their tables back as they were."""
    with ExitStack() as restoring:
        for case in cases:
            restoring.enter_context(restored(sandbox, case.table))
            sandbox.sql(case.plant)
        yield


@contextmanager
def restored(sandbox: Sandbox, table: str) -> Iterator[None]:
    """Put a table's rows back at the end: an Iceberg table's by its snapshot, a Hive table's by its files."""
    _, database, name = table.split(".")
    found = sandbox.client("glue").get_table(DatabaseName=database, Name=name)["Table"]
    if found["Parameters"].get("table_type", "").lower() == "iceberg":
        snapshot = _snapshot(sandbox, table)
        try:
            yield
        finally:
            columns = ", ".join(column_names(sandbox, table))
            sandbox.sql(f"delete from {table}")
            sandbox.sql(f"insert into {table} select {columns} from {table} for version as of {snapshot}")
    else:
        location = found["StorageDescriptor"]["Location"]
        files = _files(sandbox, location)
        try:
            yield
        finally:
            for bucket, key in _files(sandbox, location) - files:
                sandbox.client("s3").delete_object(Bucket=bucket, Key=key)


def _snapshot(sandbox: Sandbox, table: str) -> str:
    catalog, database, name = table.split(".")
    [[snapshot]] = sandbox.sql(
        f'select snapshot_id from {catalog}.{database}."{name}$history" order by made_current_at desc limit 1'
    )
    return str(snapshot)


def _files(sandbox: Sandbox, location: str) -> set[tuple[str, str]]:
    bucket, prefix = location.removeprefix("s3://").split("/", 1)
    listed = sandbox.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix.rstrip("/") + "/")
    return {(bucket, entry["Key"]) for entry in listed["Contents"]}


def statuses(sandbox: Sandbox) -> dict[str, str]:
    """The status of each test of the last dbt invocation, by the test's name."""
    results = json.loads((Path(sandbox.env["DBT_TARGET_PATH"]) / "run_results.json").read_text())["results"]
    return {result["unique_id"].split(".")[2]: result["status"] for result in results}


@pytest.mark.parametrize("cases", rounds(), ids=lambda cases: "; ".join(cases))
def test_checks_fail_on_planted_rows(built: Sandbox, cases: dict[str, Case]) -> None:
    names = [case.test for case in cases.values()]
    with planted(built, list(cases.values())):
        built.run("dbt", "test", "--select", *names, check=False)
    # A test that can't run would be "error": each of these ran and found its row.
    assert statuses(built) == dict.fromkeys(names, "fail")


def test_checks_pass_once_the_rows_are_out(built: Sandbox) -> None:
    names = {case.test for case in CASES.values()}
    built.run("dbt", "test", "--select", *names, check=False)
    assert statuses(built) == dict.fromkeys(names, "pass")
