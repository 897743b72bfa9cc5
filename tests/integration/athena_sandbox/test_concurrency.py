"""Many at once: commits of several processes, a full queue; what is cancelled ends at the engine."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.support.athena_service import RESULTS, SLOW, Service, marker
from tests.support.sandbox import ROOT, Sandbox

PROCESSES, COMMITS_EACH = 4, 50
# One process: begins its commits on ten threads, waits for them, prints how each ended.
CLIENT = """
import json, sys, time
from concurrent.futures import ThreadPoolExecutor
import boto3

url, key, results, table, first, count = sys.argv[1:5] + [int(text) for text in sys.argv[5:]]
athena = boto3.client("athena", endpoint_url=url, region_name="eu-central-1",
                      aws_access_key_id=key, aws_secret_access_key="any")

def commit(number):
    query = athena.start_query_execution(
        QueryString=f"insert into {table} values ({number})",
        ResultConfiguration={"OutputLocation": results},
    )["QueryExecutionId"]
    while True:
        status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
        if status["State"] not in ("QUEUED", "RUNNING"):
            return number, status["State"], status.get("StateChangeReason", "")
        time.sleep(0.1)

with ThreadPoolExecutor(10) as pool:
    print(json.dumps(list(pool.map(commit, range(first, first + count)))))
"""


@pytest.fixture
def service(sandbox: Sandbox, tmp_path: Path) -> Iterator[Service]:
    running = Service(sandbox, tmp_path)
    yield running
    running.kill()


def test_two_hundred_commits_to_one_table_are_there_or_known_to_have_failed(
    sandbox: Sandbox, service: Service
) -> None:
    database = f"commits_{uuid.uuid4().hex[:8]}"
    sandbox.sql(f"create database {database}")
    sandbox.sql(
        f"create table {database}.rows (id int) location 's3://acme-lakehouse-silver/{database}/rows' "
        "tblproperties ('table_type' = 'ICEBERG')"
    )
    clients = [
        subprocess.Popen(
            [
                *(sys.executable, "-c", CLIENT, service.url, service.access_key, RESULTS, f"{database}.rows"),
                *(str(number * COMMITS_EACH), str(COMMITS_EACH)),
            ],
            cwd=ROOT,
            env=sandbox.env,
            stdout=subprocess.PIPE,
        )
        for number in range(PROCESSES)
    ]
    outcomes = [outcome for client in clients for outcome in json.loads(client.communicate()[0])]
    assert len(outcomes) == PROCESSES * COMMITS_EACH
    done = sorted(number for number, state, _ in outcomes if state == "SUCCEEDED")
    reasons = {reason.partition(":")[0] for _, state, reason in outcomes if state != "SUCCEEDED"}
    assert reasons <= {"ICEBERG_COMMIT_ERROR"}
    # Some succeed, or the test proves nothing.
    assert len(done) >= PROCESSES
    rows = sandbox.sql(f"select id from {database}.rows order by id")
    assert [int(row[0] or -1) for row in rows] == done
    snapshots = sandbox.sql(f"""select count(*) from {database}."rows$snapshots" """)
    # One per commit, beside the empty one that CREATE TABLE may leave.
    assert int(snapshots[0][0] or 0) in (len(done), len(done) + 1)
    sandbox.sql(f"drop database {database} cascade")


def test_a_full_queue_answers_too_many_requests_and_takes_queries_again(service: Service) -> None:
    number = marker()
    with ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(lambda _: service.begin(SLOW.format(number)), range(200)))
        with pytest.raises(ClientError) as caught:
            service.begin("select 1")
        assert caught.value.response["Error"]["Code"] == "TooManyRequestsException"
        assert caught.value.response["Reason"] == "CONCURRENT_QUERY_LIMIT_EXCEEDED"
        states = {service.status(execution_id)["State"] for execution_id in ids}
        assert states == {"QUEUED", "RUNNING"}
        list(pool.map(lambda i: service.athena.stop_query_execution(QueryExecutionId=i), ids))
    assert {service.status(execution_id)["State"] for execution_id in ids} == {"CANCELLED"}
    assert service.running_at_the_engine(number) == 0
    again = service.begin("select 1")
    assert service.wait(again, "SUCCEEDED", "FAILED")["State"] == "SUCCEEDED"


def test_a_query_stopped_in_the_queue_never_reaches_the_engine(service: Service) -> None:
    number, waiting = marker(), marker()
    ids = [service.begin(SLOW.format(number)) for _ in range(8)]
    queued = service.begin(SLOW.format(waiting))
    assert service.status(queued)["State"] == "QUEUED"
    service.athena.stop_query_execution(QueryExecutionId=queued)
    assert service.status(queued)["State"] == "CANCELLED"
    for execution_id in ids:
        service.athena.stop_query_execution(QueryExecutionId=execution_id)
    assert service.seen_by_the_engine(waiting) == []
    assert service.seen_by_the_engine(number) == ["FAILED USER_CANCELED"] * 8


@pytest.fixture
def twenty_megabytes(sandbox: Sandbox) -> Iterator[str]:
    """A table whose one column is hard to compress."""
    database = f"scans_{uuid.uuid4().hex[:8]}"
    sandbox.sql(f"create database {database}")
    sandbox.sql(
        f"create table {database}.big with (write_compression = 'NONE') as "
        "select cast(uuid() as varchar) as id "
        "from unnest(sequence(1, 1000)) as a (x) cross join unnest(sequence(1, 700)) as b (x)"
    )
    yield f"{database}.big"
    sandbox.sql(f"drop database {database} cascade")


def test_the_scan_limit_cancels_at_the_engine(service: Service, twenty_megabytes: str) -> None:
    """The query has read the table within a second, and would count for hours."""
    limit: dict[str, Any] = {"BytesScannedCutoffPerQuery": 10_000_000}
    service.athena.create_work_group(Name="limited", Configuration=limit)
    number = marker()
    execution_id = service.begin(
        f"select count(*) from {twenty_megabytes} as a cross join {twenty_megabytes} as b "
        f"cross join {twenty_megabytes} as c where length(a.id || b.id || c.id) = {number}",
        WorkGroup="limited",
    )
    status = service.wait(execution_id, "SUCCEEDED", "FAILED", "CANCELLED")
    assert (status["State"], status["StateChangeReason"]) == ("CANCELLED", "Bytes scanned limit was exceeded")
    assert service.seen_by_the_engine(number) == ["FAILED USER_CANCELED"]
    execution = service.athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]
    assert execution["Statistics"]["DataScannedInBytes"] > 10_000_000


def test_a_client_that_polls_hard_does_not_starve_the_others(service: Service) -> None:
    """While one thread asks without a pause, fifty queries still finish."""
    first = service.begin("select 1")
    stop = time.monotonic() + 5
    with ThreadPoolExecutor(4) as pool:

        def poll() -> int:
            asked = 0
            while time.monotonic() < stop:
                service.status(first)
                asked += 1
            return asked

        polling = [pool.submit(poll) for _ in range(2)]
        ids = list(pool.map(lambda n: service.begin(f"select {n}"), range(50)))
        states = [service.wait(i, "SUCCEEDED", "FAILED", "CANCELLED")["State"] for i in ids]
        assert sum(future.result() for future in polling) > 100
    assert states == ["SUCCEEDED"] * 50
