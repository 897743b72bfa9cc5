"""What the cases of the reference share: a database with a table of each kind, statements run to their end.

Expected values in this folder come from the reference of Athena's surface (measured on Athena, its user
guide, botocore's model), never from what the service answered.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.support.sandbox import Sandbox

RESULTS = "s3://acme-lakehouse-results/conformance/"
DATA = "s3://acme-lakehouse-silver/conformance"


@dataclass(frozen=True)
class Ended:
    """An execution after its end; `rows` are those of GetQueryResults, header and all, None if it refuses."""

    execution: dict[str, Any]
    results: dict[str, Any] | None

    @property
    def id(self) -> str:
        return str(self.execution["QueryExecutionId"])

    @property
    def state(self) -> str:
        return str(self.execution["Status"]["State"])

    @property
    def reason(self) -> str:
        return str(self.execution["Status"].get("StateChangeReason", ""))

    @property
    def error(self) -> dict[str, Any]:
        return dict(self.execution["Status"].get("AthenaError", {}))

    @property
    def kind(self) -> tuple[str, str]:
        return self.execution["StatementType"], self.execution["SubstatementType"]

    @property
    def location(self) -> str:
        return str(self.execution["ResultConfiguration"]["OutputLocation"])

    @property
    def rows(self) -> list[list[str | None]] | None:
        if self.results is None:
            return None
        found = self.results["ResultSet"]["Rows"]
        return [[cell.get("VarCharValue") for cell in row["Data"]] for row in found]

    @property
    def lines(self) -> list[str | None]:
        """The one field of each row."""
        assert self.rows is not None
        assert all(len(row) == 1 for row in self.rows)
        return [row[0] for row in self.rows]

    @property
    def columns(self) -> list[tuple[str, str]]:
        assert self.results is not None
        found = self.results["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
        return [(column["Name"], column["Type"]) for column in found]


class Athena:
    """The sandbox's Athena with one database."""

    def __init__(self, sandbox: Sandbox, database: str) -> None:
        self.sandbox = sandbox
        self.client: Any = sandbox.client("athena")
        self.glue: Any = sandbox.client("glue")
        self.s3: Any = sandbox.client("s3")
        self.database = database

    @property
    def place(self) -> str:
        """An empty location, without a slash at its end."""
        return f"{DATA}/{uuid.uuid4().hex}"

    def start(self, sql: str, **more: Any) -> str:
        context = {"Database": self.database, **more.pop("context", {})}
        request = {"ResultConfiguration": {"OutputLocation": RESULTS}, **more}
        request = {key: value for key, value in request.items() if value is not None}
        answer = self.client.start_query_execution(QueryString=sql, QueryExecutionContext=context, **request)
        return str(answer["QueryExecutionId"])

    def run(self, sql: str, **more: Any) -> Ended:
        """The statement to its end, good or bad."""
        query = self.start(sql, **more)
        while True:
            execution = self.client.get_query_execution(QueryExecutionId=query)["QueryExecution"]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                break
            time.sleep(0.02)
        try:
            return Ended(execution, self.client.get_query_results(QueryExecutionId=query))
        except ClientError:
            return Ended(execution, None)

    def do(self, sql: str, **more: Any) -> Ended:
        """As `run`, for a statement that must succeed."""
        ended = self.run(sql, **more)
        assert ended.state == "SUCCEEDED", f"{sql}: {ended.reason}"
        return ended

    def refusal(self, sql: str, **more: Any) -> dict[str, Any]:
        """The error body of a statement that must be refused when it is started."""
        with pytest.raises(ClientError) as caught:
            self.start(sql, **more)
        return dict(caught.value.response)

    def problem(self, sql: str, **more: Any) -> str:
        """Why the statement is refused or fails: for cases where the reference doesn't say which of both."""
        try:
            ended = self.run(sql, **more)
        except self.client.exceptions.InvalidRequestException as error:
            return str(error.response["Message"])
        assert ended.state == "FAILED"
        return ended.reason

    def read(self, uri: str) -> bytes | None:
        """An object, or None when it isn't there."""
        bucket, key = uri.removeprefix("s3://").split("/", 1)
        try:
            return bytes(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        except self.s3.exceptions.NoSuchKey:
            return None


@pytest.fixture(scope="session")
def athena(sandbox: Sandbox) -> Iterator[Athena]:
    """With a Hive table `hive` (n int, s string; partitioned by p), an Iceberg one `ice` and a view `v`."""
    api = Athena(sandbox, f"conformance_{uuid.uuid4().hex[:8]}")
    sandbox.sql(f"create database {api.database} location '{DATA}/{api.database}/'")
    api.do(
        "create external table hive (n int comment 'a number', s string) partitioned by (p string) "
        f"stored as parquet location '{api.place}/'"
    )
    api.do("insert into hive values (1, 'a', 'x'), (2, 'b', 'y')")
    api.do(
        "create table ice (n int comment 'a number', s string, ts timestamp) "
        f"partitioned by (bucket(4, n), day(ts), truncate(3, s), s) location '{api.place}' "
        "tblproperties ('table_type' = 'ICEBERG')"
    )
    api.do("insert into ice values (1, 'a', timestamp '2020-01-01 00:00:00.123456')")
    api.do(
        "create table bucketed with (bucketed_by = array['n'], bucket_count = 2) as select 1 as n",
    )
    api.do("create view v as select n, s from hive")
    yield api
    sandbox.sql(f"drop database {api.database} cascade")
