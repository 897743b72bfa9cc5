"""The service under trouble: killed, stopped, crowded; in a process of its own on the running sandbox."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.support.sandbox import Sandbox

from athena_sandbox.ports import choose

RESULTS = "s3://acme-lakehouse-results/tests/"
# Runs for minutes unless it is cancelled.
SLOW = (
    "select count(*) from unnest(sequence(1, 10000)) as a (x) cross join unnest(sequence(1, 10000)) as b (x) "
    "cross join unnest(sequence(1, 10000)) as c (x) where a.x + b.x + c.x = {}"
)


class Service:
    """`python -m athena_sandbox.athena` on a free port and a directory of its own."""

    def __init__(self, sandbox: Sandbox, directory: Path) -> None:
        ports = {name: part["port"] for name, part in sandbox.state["parts"].items()}
        self._directory = directory
        self._behind = [
            *("--trino-url", f"http://127.0.0.1:{ports['trino']}"),
            *("--glue-url", f"http://127.0.0.1:{ports['glue']}"),
            *("--s3-url", f"http://127.0.0.1:{ports['storage']}"),
        ]
        self.trino = f"http://127.0.0.1:{ports['trino']}"
        self.start()

    def start(self) -> None:
        port = choose()
        command = [sys.executable, "-m", "athena_sandbox.athena", "--port", str(port)]
        self._process = subprocess.Popen([*command, "--data-dir", str(self._directory), *self._behind])
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "the service did not become healthy"
                time.sleep(0.05)
        self.athena: Any = boto3.client(
            "athena",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="eu-central-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def begin(self, sql: str, **more: Any) -> str:
        answer = self.athena.start_query_execution(
            QueryString=sql, ResultConfiguration={"OutputLocation": RESULTS}, **more
        )
        return str(answer["QueryExecutionId"])

    def status(self, execution_id: str) -> dict[str, Any]:
        return dict(
            self.athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]["Status"]
        )

    def wait(self, execution_id: str, *states: str) -> dict[str, Any]:
        deadline = time.monotonic() + 60
        while (status := self.status(execution_id))["State"] not in states:
            assert time.monotonic() < deadline, status
            time.sleep(0.02)
        return status

    def running_at_the_engine(self, marker: str) -> int:
        """How many unfinished queries at Trino contain the marker."""
        sql = (
            "select count(*) from system.runtime.queries where state not in ('FINISHED', 'FAILED') "
            f"and query like '%{marker}%' and query not like '%runtime.queries%'"
        )
        request = urllib.request.Request(  # noqa: S310
            f"{self.trino}/v1/statement", data=sql.encode(), headers={"X-Trino-User": "test"}
        )
        while True:
            with urllib.request.urlopen(request) as answer:  # noqa: S310
                page = json.load(answer)
            if "data" in page:
                return int(page["data"][0][0])
            request = urllib.request.Request(page["nextUri"])  # noqa: S310


@pytest.fixture
def service(sandbox: Sandbox, tmp_path: Path) -> Iterator[Service]:
    running = Service(sandbox, tmp_path)
    yield running
    running.kill()


def marker() -> str:
    """A number that no other query contains."""
    return str(uuid.uuid4().int % 10**12)


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
    status = service.status(left)
    assert status["State"] == "FAILED"
    assert status["AthenaError"]["Retryable"] is True
    assert service.running_at_the_engine(number) == 0
    rows = service.athena.get_query_results(QueryExecutionId=done)["ResultSet"]["Rows"]
    assert [row["Data"][0]["VarCharValue"] for row in rows] == ["answer", "42"]
    listed = service.athena.list_query_executions()["QueryExecutionIds"]
    assert listed == [left, done]


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
