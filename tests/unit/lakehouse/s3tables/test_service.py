"""What the sandbox has no answer for: pages, throttling, tables that AWS keeps. By botocore's stubber, whose
answers are checked against the service's model, and by a server that says no a few times."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from lakehouse.aws import Aws
from lakehouse.errors import RefusedError, ServiceError
from lakehouse.s3tables.errors import ChangedMeanwhileError
from lakehouse.s3tables.iceberg import IcebergTables
from lakehouse.s3tables.listing import TableEntry, iter_buckets, iter_namespaces, iter_tables
from lakehouse.s3tables.maintenance.expiration import (
    Expiration,
    read_expiration,
    read_expiration_job,
    require_expiring_table,
    write_expiration,
)
from lakehouse.s3tables.maintenance.jobs import read_jobs
from lakehouse.s3tables.names import TableBucket, TableName

BUCKET = TableBucket("aws", "eu-central-1", "123456789012", "tables")
TABLE_ARN = f"{BUCKET.arn}/table/8a7b"
THEN = datetime(2025, 1, 1, tzinfo=UTC)
ENTRY = TableEntry(TableName("a", "t"), TABLE_ARN, "aws", THEN, THEN)


@pytest.fixture
def session() -> boto3.Session:
    return boto3.Session("test", "test", region_name="eu-central-1")


@pytest.fixture
def client(session: boto3.Session) -> Any:
    return session.client("s3tables")


@pytest.fixture
def stub(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as made:
        yield made
        made.assert_no_pending_responses()


def test_every_page_is_read(client: Any, stub: Stubber) -> None:
    def bucket(name: str) -> dict[str, Any]:
        arn = BUCKET.arn.replace("tables", name)
        return {"arn": arn, "name": name, "ownerAccountId": BUCKET.account, "createdAt": THEN}

    pages: list[dict[str, Any]] = [
        {"tableBuckets": [bucket("one")], "continuationToken": "2"},
        {"tableBuckets": [], "continuationToken": "3"},
        {"tableBuckets": [bucket("two")]},
    ]
    stub.add_response("list_table_buckets", pages[0], {})
    stub.add_response("list_table_buckets", pages[1], {"continuationToken": "2"})
    stub.add_response("list_table_buckets", pages[2], {"continuationToken": "3"})
    assert [one.name for one in iter_buckets(client)] == ["one", "two"]

    def namespace(name: str) -> dict[str, Any]:
        made = {"createdAt": THEN, "createdBy": BUCKET.account, "ownerAccountId": BUCKET.account}
        return {"namespace": [name], **made}

    where = {"tableBucketARN": BUCKET.arn}
    stub.add_response("list_namespaces", {"namespaces": [namespace("a")], "continuationToken": "x"}, where)
    stub.add_response(
        "list_namespaces", {"namespaces": [namespace("b")]}, {**where, "continuationToken": "x"}
    )
    assert list(iter_namespaces(client, BUCKET.arn)) == ["a", "b"]

    def table(name: str) -> dict[str, Any]:
        made = {"createdAt": THEN, "modifiedAt": THEN, "tableARN": TABLE_ARN, "type": "customer"}
        return {"namespace": ["a"], "name": name, **made}

    stub.add_response("list_tables", {"tables": [table("t")], "continuationToken": "y"}, where)
    stub.add_response("list_tables", {"tables": [table("u")]}, {**where, "continuationToken": "y"})
    assert [str(one.table) for one in iter_tables(client, BUCKET.arn)] == ["a.t", "a.u"]


def test_jobs_are_told_with_what_a_failure_means(client: Any, stub: Stubber) -> None:
    told = {
        "icebergCompaction": {"status": "Successful", "lastRunTimestamp": THEN},
        "icebergSnapshotManagement": {
            "status": "Failed",
            "lastRunTimestamp": THEN,
            "failureMessage": "Commit conflict",
        },
        "icebergUnreferencedFileRemoval": {"status": "Disabled"},
    }
    where = {"tableBucketARN": BUCKET.arn, "namespace": "a", "name": "t"}
    stub.add_response("get_table_maintenance_job_status", {"tableARN": TABLE_ARN, "status": told}, where)
    jobs = {job.kind: job for job in read_jobs(client, BUCKET, TableName("a", "t"))}
    assert jobs["icebergCompaction"].explanation is None
    assert jobs["icebergCompaction"].last_run == THEN
    assert "commit less often" in (jobs["icebergSnapshotManagement"].explanation or "")
    assert "turned off" in (jobs["icebergUnreferencedFileRemoval"].explanation or "")


def _told(days: int | None, status: str = "enabled") -> dict[str, Any]:
    return {"configuration": {"status": status, **({"settings": {"days": days}} if days else {})}}


WHERE = {"tableArn": TABLE_ARN}
GET, PUT = "get_table_record_expiration_configuration", "put_table_record_expiration_configuration"


def test_record_expiration_is_read_and_written_as_a_whole(client: Any, stub: Stubber) -> None:
    stub.add_response(GET, _told(None, "disabled"), WHERE)
    before = read_expiration(client, TABLE_ARN)
    assert before == Expiration(False, None)
    stub.add_response(GET, _told(None, "disabled"), WHERE)
    stub.add_response(PUT, {}, {**WHERE, "value": {"status": "enabled", "settings": {"days": 365}}})
    stub.add_response(GET, _told(365), WHERE)
    write_expiration(client, ENTRY, before, Expiration(True, 365))


def test_record_expiration_that_somebody_changed_is_left_alone(client: Any, stub: Stubber) -> None:
    stub.add_response(GET, _told(30), WHERE)
    with pytest.raises(ChangedMeanwhileError, match="30 days"):
        write_expiration(client, ENTRY, Expiration(False, None), Expiration(True, 365))


def test_record_expiration_of_ones_own_tables_is_refused() -> None:
    require_expiring_table(ENTRY)
    with pytest.raises(RefusedError, match="with a DELETE in Athena"):
        require_expiring_table(replace(ENTRY, type="customer"))


def test_what_record_expiration_deleted_is_told(client: Any, stub: Stubber) -> None:
    answer = {"status": "Successful", "lastRunTimestamp": THEN, "metrics": {"deletedRecords": 12}}
    stub.add_response("get_table_record_expiration_job_status", answer, WHERE)
    job = read_expiration_job(client, TABLE_ARN)
    assert (job.status, job.deleted_rows, job.failure) == ("Successful", 12, None)


class Throttling(BaseHTTPRequestHandler):
    """Says no to the first requests, then answers."""

    refusals = 0
    asked = 0

    def do_GET(self) -> None:
        kind = type(self)
        kind.asked += 1
        if kind.asked <= kind.refusals:
            body: dict[str, Any] = {"message": "slow down", "error": {"message": "slow down", "code": 429}}
            self._answer(429, body)
        elif self.path.startswith("/buckets"):
            self._answer(200, {"tableBuckets": []})
        else:
            self._answer(404, {"error": {"message": "none", "type": "NoSuchTableException", "code": 404}})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        self.send_response(status)
        self.send_header("x-amzn-errortype", "TooManyRequestsException")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def throttling() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Throttling)
    Throttling.asked = 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_api_is_asked_again_when_it_throttles(
    throttling: str, monkeypatch: pytest.MonkeyPatch, session: boto3.Session
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3TABLES", throttling)
    Throttling.refusals = 2
    aws = Aws()
    aws.__dict__["session"] = session
    assert list(iter_buckets(aws.s3tables)) == []
    assert Throttling.asked == 3


def test_the_rest_endpoint_is_asked_again_when_it_throttles(throttling: str, session: boto3.Session) -> None:
    pauses: list[float] = []
    Throttling.refusals = 3
    tables = IcebergTables(session, throttling, BUCKET, pauses.append)
    with pytest.raises(ServiceError):
        tables.load(TableName("a", "t"))
    assert pauses == [0.5, 1.0, 2.0]
    Throttling.asked, Throttling.refusals = 0, 100
    with pytest.raises(ServiceError, match="slow down"):
        tables.load(TableName("a", "t"))
    assert Throttling.asked == 4


def test_an_endpoint_that_is_not_there_is_told(session: boto3.Session) -> None:
    tables = IcebergTables(session, "http://127.0.0.1:1", BUCKET, lambda _: None)
    with pytest.raises(ServiceError, match=r"http://127.0.0.1:1/iceberg can't be reached"):
        tables.load(TableName("a", "t"))
