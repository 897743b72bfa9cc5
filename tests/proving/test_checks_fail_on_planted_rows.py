"""Every check of the project is shown to fail: a bad row is planted, the check must name it.

Each case plants its row through the Athena API, runs one dbt test, and takes the row out again, so that the
cases don't depend on each other's order.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from tests.support.sandbox import Sandbox

FACT = "awsdatacatalog.local_marts.fct_playback_events"
REJECTS = "awsdatacatalog.local_marts.rejected_rows"
ACCOUNTING = "awsdatacatalog.local_marts.row_accounting"
V2 = "awsdatacatalog.acme_telemetry.telemetry_v2"


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
    "a fact in the year 1969, as a misread epoch gives": Case(
        insert(FACT, event_id="'PLANTED'", event_timestamp="timestamp '1969-12-31 23:59:59.000000'"),
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
}


@contextmanager
def planted(sandbox: Sandbox, case: Case) -> Iterator[None]:
    """Plant the case's row and put the table back as it was, by its snapshot."""
    [[snapshot]] = sandbox.sql(
        f"select snapshot_id from {_metadata(case.table, 'history')} order by made_current_at desc limit 1"
    )
    columns = ", ".join(
        row[0]
        for row in sandbox.sql(f"show columns in {case.table.removeprefix('awsdatacatalog.')}")
        if row[0]
    )
    sandbox.sql(case.plant)
    try:
        yield
    finally:
        sandbox.sql(f"delete from {case.table}")
        sandbox.sql(
            f"insert into {case.table} select {columns} from {case.table} for version as of {snapshot}"
        )


def _metadata(table: str, kind: str) -> str:
    catalog, database, name = table.split(".")
    return f'{catalog}.{database}."{name}${kind}"'


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_check_fails_on_the_planted_row(built: Sandbox, case: Case) -> None:
    with planted(built, case):
        tested = built.run("dbt", "test", "--select", case.test, check=False)
    assert tested.returncode == 1, tested.stdout
    assert f"Failure in test {case.test}" in tested.stdout
    assert "ERROR=1" in tested.stdout


def test_checks_pass_once_the_rows_are_out(built: Sandbox) -> None:
    selected = [argument for case in CASES.values() for argument in ("--select", case.test)]
    tested = built.run("dbt", "test", *selected, check=False)
    assert tested.returncode == 0, tested.stdout
