"""Bronze as Athena reads it is bronze as the manifest tells it, and `lakehouse sql` asks for it."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.sandbox import Sandbox

TELEMETRY = (
    "acme_telemetry.telemetry",
    "acme_telemetry.video_telemetry_json",
    "acme_streaming_data.telemetry",
)
DIMENSIONS = {
    "acme_streaming_data.customers": "customer_id",
    "acme_streaming_data.titles": "title_id",
    "acme_streaming_data.campaigns": "campaign_id",
}
# A bucket and databases beside those of the other tests.
OWN = ("--bucket", "telemetry-growth", "--database-prefix", "growth_")


@pytest.mark.parametrize("table", TELEMETRY)
def test_a_telemetry_table_holds_what_the_manifest_says(
    sandbox: Sandbox, bronze: dict[str, Any], table: str
) -> None:
    truth = bronze["tables"][table]["total"]
    markers = truth["columns"]["event_timestamp"]["markers"]
    statement = f"""
        select
            count(*),
            count(distinct nullif(event_id, '')),
            count_if(event_timestamp is null),
            count_if(coalesce(event_id, '') = '')
        from {table}
    """
    nulls = markers["missing"] + markers.get("absent", 0)
    expected = (truth["rows"], truth["distinct_ids"], nulls, truth["missing_keys"])
    assert sandbox.sql(statement) == [[str(each) for each in expected]]


@pytest.mark.parametrize("table", TELEMETRY)
def test_every_row_of_a_telemetry_table_has_its_numbers(
    sandbox: Sandbox, bronze: dict[str, Any], table: str
) -> None:
    statement = f"""
        select
            count(*),
            count_if(watch_duration_seconds >= 0 and position_seconds >= watch_duration_seconds),
            count_if(completion_percentage between 0 and 100 and bandwidth_mbps > 1),
            count_if(length(customer_id) = 13 and city <> ''),
            count_if(length(event_id) = 22)
        from {table}
    """
    truth = bronze["tables"][table]["total"]
    [[rows, positions, measures, texts, keys]] = sandbox.sql(statement)
    assert rows == positions == measures == texts == str(truth["rows"])
    assert int(keys or 0) == truth["rows"] - truth["missing_keys"]


@pytest.mark.parametrize(
    ("table", "day"),
    [
        ("acme_telemetry.telemetry", "regexp_extract(\"$path\", '([0-9]+/[0-9]+/[0-9]+)/[^/]*$', 1)"),
        ("acme_telemetry.video_telemetry_json", "format('%04d/%02d/%02d', year, month, day)"),
        ("acme_streaming_data.telemetry", "format('%04d/%02d/%02d', year, month, day)"),
        ("acme_streaming_data.customers", "regexp_extract(\"$path\", '([0-9]+/[0-9]+/[0-9]+)/[^/]*$', 1)"),
    ],
)
def test_rows_are_found_on_the_day_of_their_arrival(
    sandbox: Sandbox, bronze: dict[str, Any], table: str, day: str
) -> None:
    days = bronze["tables"][table]["arrival_days"]
    found = dict(sandbox.sql(f"select {day}, cast(count(*) as varchar) from {table} group by 1"))
    assert found == {name.replace("-", "/"): str(truth["rows"]) for name, truth in days.items()}


@pytest.mark.parametrize(("table", "key"), DIMENSIONS.items())
def test_a_dimension_holds_what_the_manifest_says(
    sandbox: Sandbox, bronze: dict[str, Any], table: str, key: str
) -> None:
    truth = bronze["tables"][table]["total"]
    found = sandbox.sql(f"select count(*), count(distinct {key}) from {table}")
    assert found == [[str(truth["rows"]), str(truth["distinct_ids"])]]


def test_customers_and_titles_of_events_are_known(sandbox: Sandbox, bronze: dict[str, Any]) -> None:
    statement = """
        select count(*) from acme_telemetry.video_telemetry_json
        where customer_id not in (select customer_id from acme_streaming_data.customers)
            or title_id not in (select title_id from acme_streaming_data.titles)
    """
    assert sandbox.sql(statement) == [["0"]]


def test_a_partition_filter_finds_projected_and_registered_partitions(
    sandbox: Sandbox, bronze: dict[str, Any]
) -> None:
    for table in ("acme_telemetry.video_telemetry_json", "acme_streaming_data.telemetry"):
        rows = bronze["tables"][table]["arrival_days"]["2025-08-12"]["rows"]
        where = "year = 2025 and month = 8 and day = 12"
        assert sandbox.sql(f"select count(*) from {table} where {where}") == [[str(rows)]]


def test_days_that_are_added_are_read(sandbox: Sandbox) -> None:
    small = ("--scale", "0.02", "--days", "1", *OWN, "--json")
    sandbox.run("lakehouse", "telemetry", "generate", *small)
    done = sandbox.run("lakehouse", "telemetry", "append", "--days", "2", *OWN, "--json")
    tables = json.loads(done.stdout)["tables"]
    for name in TELEMETRY:
        assert sandbox.sql(f"select count(*) from growth_{name}") == [[str(tables[name]["rows"])]]
    again = sandbox.run("lakehouse", "telemetry", "generate", "--scale", "0.02", "--days", "3", *OWN)
    assert "the data exists already" in again.stderr


def test_sql_prints_rows_and_what_they_took(sandbox: Sandbox, bronze: dict[str, Any]) -> None:
    rows = bronze["tables"]["acme_streaming_data.titles"]["total"]["rows"]
    done = sandbox.run("lakehouse", "sql", "select count(*) as n from acme_streaming_data.titles")
    assert f"{rows:,}" in done.stdout
    assert "1 row;" in done.stderr
    assert "scanned" in done.stderr


def test_sql_prints_csv_with_null_and_empty_text_apart(sandbox: Sandbox) -> None:
    statement = "select * from (values (1, 'a,b'), (2, null), (3, '')) as t (n, name) order by n"
    done = sandbox.run("lakehouse", "sql", statement, "--format", "csv")
    assert done.stdout == 'n,name\n1,"a,b"\n2,\n3,""\n'
    assert [row[1] for row in csv.reader(io.StringIO(done.stdout))] == ["name", "a,b", "", ""]


def test_sql_takes_parameters_and_a_database_and_prints_json(
    sandbox: Sandbox, bronze: dict[str, Any]
) -> None:
    statement = "select distinct event_type from telemetry where event_type = ? and position_seconds >= ?"
    parameters = ("--param", "start", "--param", "0", "--database", "acme_telemetry")
    done = sandbox.run("lakehouse", "sql", statement, *parameters, "--format", "json")
    result = json.loads(done.stdout)
    assert result["rows"] == [["start"]]
    assert result["columns"] == [{"name": "event_type", "type": "varchar"}]
    assert result["scanned_bytes"] > 0


def test_sql_reads_the_statement_from_a_file(sandbox: Sandbox, tmp_path: Path) -> None:
    query = tmp_path / "query.sql"
    query.write_text("-- one row\nselect 'ä' as letter\n")
    done = sandbox.run("lakehouse", "sql", "--file", str(query), "--format", "csv")
    assert done.stdout == "letter\nä\n"


def test_sql_leaves_rows_out_beyond_the_limit_and_says_so(sandbox: Sandbox) -> None:
    statement = "select n from unnest(sequence(1, 20)) as t (n) order by n"
    done = sandbox.run("lakehouse", "sql", statement, "--limit", "3", "--format", "csv")
    assert done.stdout == "n\n1\n2\n3\n"
    assert "more are not shown" in done.stderr


def test_a_statement_that_fails_is_one_line_and_exit_code_1(sandbox: Sandbox, bronze: dict[str, Any]) -> None:
    done = sandbox.run("lakehouse", "sql", "select 1 from acme_telemetry.nowhere", check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "nowhere" in done.stderr
