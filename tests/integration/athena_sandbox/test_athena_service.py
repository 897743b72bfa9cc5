"""The service under trouble: killed, stopped, crowded; in a process of its own on the running sandbox."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from tests.support.athena_service import RESULTS, SLOW, Service, marker
from tests.support.sandbox import Sandbox


@pytest.fixture
def service(sandbox: Sandbox, tmp_path: Path) -> Iterator[Service]:
    running = Service(sandbox, tmp_path)
    yield running
    running.kill()


def test_stop_cancels_the_query_at_the_engine(service: Service) -> None:
    number = marker()
    execution_id = service.begin(SLOW.format(number))
    service.wait(execution_id, "RUNNING")
    assert service.running_at_the_engine(number) == 1
    service.athena.stop_query_execution(QueryExecutionId=execution_id)
    status = service.status(execution_id)
    assert (status["State"], status["StateChangeReason"]) == ("CANCELLED", "Query cancelled by user")
    assert "AthenaError" not in status
    assert service.running_at_the_engine(number) == 0
    service.athena.stop_query_execution(QueryExecutionId=execution_id)


def test_a_killed_service_keeps_its_history_and_ends_what_it_left(service: Service) -> None:
    number = marker()
    done = service.begin("select 42 as answer")
    service.wait(done, "SUCCEEDED")
    left = service.begin(SLOW.format(number))
    service.wait(left, "RUNNING")
    service.kill()
    service.start()
    # It is running until the engine has said what came of it.
    status = service.wait(left, "FAILED")
    assert status["AthenaError"]["Retryable"] is True
    assert service.running_at_the_engine(number) == 0
    rows = service.athena.get_query_results(QueryExecutionId=done)["ResultSet"]["Rows"]
    assert [row["Data"][0]["VarCharValue"] for row in rows] == ["answer", "42"]
    listed = service.athena.list_query_executions()["QueryExecutionIds"]
    assert listed == [left, done]


def test_a_write_that_commits_after_a_kill_is_found_finished(service: Service) -> None:
    number, database = marker(), f"killed_{marker()}"
    for ddl in (
        f"create database {database}",
        f"create table {database}.t (x bigint) location '{RESULTS}{database}/' "
        "tblproperties ('table_type' = 'ICEBERG')",
    ):
        assert service.wait(service.begin(ddl), "SUCCEEDED", "FAILED")["State"] == "SUCCEEDED"
    # Takes seconds, and writes one row.
    left = service.begin(
        f"insert into {database}.t select a.x from unnest(sequence(1, 10000)) as a (x) "
        f"cross join unnest(sequence(1, 5000)) as b (x) where a.x + b.x = 2 and a.x <> {number}"
    )
    deadline = time.monotonic() + 180
    while service.seen_by_the_engine(number) not in (["STARTING"], ["RUNNING"]):
        assert time.monotonic() < deadline
    service.kill()
    # Committed; the engine waits for somebody to read its answer, for minutes.
    while service.seen_by_the_engine(number) != ["FINISHING"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    service.start()
    service.wait(left, "SUCCEEDED", seconds=15)
    counted = service.begin(f"select count(*) from {database}.t")
    service.wait(counted, "SUCCEEDED")
    rows = service.athena.get_query_results(QueryExecutionId=counted)["ResultSet"]["Rows"]
    assert rows[1]["Data"][0]["VarCharValue"] == "1"
    service.wait(service.begin(f"drop database {database} cascade"), "SUCCEEDED")


def test_fifty_queries_at_once_queue_and_finish(service: Service) -> None:
    ids = [service.begin(f"select {number}") for number in range(50)]
    assert {service.wait(i, "SUCCEEDED", "FAILED", "CANCELLED")["State"] for i in ids} == {"SUCCEEDED"}


def test_a_token_starts_one_query(service: Service) -> None:
    token = str(uuid.uuid4())
    first = service.begin("select 1", ClientRequestToken=token)
    assert service.begin("select 1", ClientRequestToken=token) == first
    with pytest.raises(ClientError, match="Idempotent parameters do not match"):
        service.begin("select 2", ClientRequestToken=token)


def test_a_query_of_three_hundred_kilobytes_is_refused_and_one_of_the_maximum_runs(service: Service) -> None:
    with pytest.raises(ClientError, match="less than or equal to 262144"):
        service.begin("select '" + "x" * 300_000 + "'")
    text = "select length('" + "x" * (262_144 - 17) + "')"
    assert service.wait(service.begin(text), "SUCCEEDED", "FAILED")["State"] == "SUCCEEDED"


def test_a_missing_output_bucket_is_named(service: Service) -> None:
    with pytest.raises(ClientError, match="Unable to verify/create output bucket no-such-bucket-here"):
        service.athena.start_query_execution(
            QueryString="select 1",
            ResultConfiguration={"OutputLocation": "s3://no-such-bucket-here/x/"},
        )


def test_a_thousand_columns(service: Service) -> None:
    sql = "select " + ", ".join(f"{n} c{n}" for n in range(1000))
    execution_id = service.begin(sql)
    status = service.wait(execution_id, "SUCCEEDED", "FAILED")
    assert status["State"] == "SUCCEEDED", status
    answer = service.athena.get_query_results(QueryExecutionId=execution_id)
    assert len(answer["ResultSet"]["Rows"][1]["Data"]) == 1000
