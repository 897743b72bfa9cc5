"""Result reuse and runtime statistics on the real engine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.sandbox import Sandbox

DATABASE = "reuse"
RESULTS = "s3://acme-lakehouse-results/reuse/"


class Queries:
    """Statements with result reuse on, as a client sends them."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.athena = sandbox.client("athena")

    def run(self, sql: str, minutes: int | None = 60, results: str = RESULTS) -> dict[str, Any]:
        reuse = {"Enabled": False} if minutes is None else {"Enabled": True, "MaxAgeInMinutes": minutes}
        query_id = self.athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": DATABASE},
            ResultConfiguration={"OutputLocation": results},
            ResultReuseConfiguration={"ResultReuseByAgeConfiguration": reuse},
        )["QueryExecutionId"]
        while True:
            execution = self.athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
                return dict(execution)
            time.sleep(0.02)

    def rows(self, execution: dict[str, Any]) -> list[str]:
        answer = self.athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
        return [row["Data"][0]["VarCharValue"] for row in answer["ResultSet"]["Rows"][1:]]


def reused(execution: dict[str, Any]) -> bool:
    return bool(execution["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"])


@pytest.fixture(scope="module")
def queries(sandbox: Sandbox) -> Iterator[Queries]:
    made = Queries(sandbox)
    sandbox.sql(f"create database {DATABASE}")
    for name, kind in (("hive_table", "hive"), ("iceberg_table", "iceberg")):
        place = "external_location" if kind == "hive" else "location"
        sandbox.sql(
            f"create table {DATABASE}.{name} with (table_type = '{kind}', "
            f"is_external = {str(kind == 'hive').lower()}, format = 'PARQUET', "
            f"{place} = 's3://acme-lakehouse-silver/reuse/{name}/') "
            "as select * from (values 1, 2, 3) as t (n)"
        )
    sandbox.sql(f"create view {DATABASE}.iceberg_view as select n from {DATABASE}.iceberg_table")
    yield made
    sandbox.sql(f"drop database {DATABASE} cascade")


def test_a_repeated_query_is_answered_by_the_first_result(queries: Queries) -> None:
    sql = "select n from hive_table order by n"
    first, second = queries.run(sql), queries.run(sql)
    assert not reused(first)
    assert reused(second)
    assert second["QueryExecutionId"] != first["QueryExecutionId"]
    assert second["ResultConfiguration"]["OutputLocation"] == first["ResultConfiguration"]["OutputLocation"]
    assert second["Statistics"]["DataScannedInBytes"] == 0
    assert first["Statistics"]["DataScannedInBytes"] > 0
    assert second["ResultReuseConfiguration"]["ResultReuseByAgeConfiguration"] == {
        "Enabled": True,
        "MaxAgeInMinutes": 60,
    }
    assert queries.rows(second) == ["1", "2", "3"]
    # A reused result is not a new run: its age counts from the first.
    assert reused(queries.run(sql))


@pytest.mark.parametrize(
    "sql",
    [
        "select n, now() from hive_table",
        "select n from hive_table order by random()",
        "select n from iceberg_table",
        "select n from iceberg_view",
        "select table_name from information_schema.tables",
        "select 1 where now() is not null",
    ],
)
def test_what_athena_does_not_reuse_runs_again(queries: Queries, sql: str) -> None:
    queries.run(sql)
    assert not reused(queries.run(sql))


def test_a_query_without_tables_is_answered_by_the_first_result(queries: Queries) -> None:
    assert not reused(queries.run("select 1 as without_tables"))
    assert reused(queries.run("select 1 as without_tables"))


def test_another_text_place_or_age_runs_again(queries: Queries) -> None:
    sql = "select max(n) from hive_table"
    first = queries.run(sql)
    assert reused(queries.run(sql))
    assert not reused(queries.run(f"{sql} -- other"))
    assert not reused(queries.run(sql, results=f"{RESULTS}elsewhere/"))
    assert not reused(queries.run(sql, minutes=None))
    assert not reused(queries.run(sql, minutes=0))
    assert not reused(first)


def test_a_result_whose_file_is_gone_is_not_reused(queries: Queries) -> None:
    sql = "select min(n) from hive_table"
    first = queries.run(sql)
    bucket, key = first["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").split("/", 1)
    queries.sandbox.client("s3").delete_object(Bucket=bucket, Key=key)
    again = queries.run(sql)
    assert not reused(again)
    assert queries.rows(again) == ["1"]


def test_runtime_statistics_count_rows_and_times(queries: Queries) -> None:
    execution = queries.run("select n from hive_table where n > 1", minutes=None)
    told = queries.athena.get_query_runtime_statistics(QueryExecutionId=execution["QueryExecutionId"])
    statistics = told["QueryRuntimeStatistics"]
    assert statistics["Rows"]["InputRows"] == 3
    assert statistics["Rows"]["OutputRows"] == 2
    assert statistics["Rows"]["InputBytes"] == execution["Statistics"]["DataScannedInBytes"]
    # "n" and the two rows, quoted, a line each.
    assert statistics["Rows"]["OutputBytes"] == 12
    timeline = statistics["Timeline"]
    assert timeline["TotalExecutionTimeInMillis"] == execution["Statistics"]["TotalExecutionTimeInMillis"]
    assert timeline["EngineExecutionTimeInMillis"] <= timeline["TotalExecutionTimeInMillis"]
