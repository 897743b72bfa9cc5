"""A table bucket of a test's own, and statements in its catalog."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.support.sandbox import Sandbox

RESULTS = "s3://acme-lakehouse-results/tests/"
ACCOUNT = "000000000000"


@dataclass(frozen=True)
class TableBucket:
    """A table bucket with the namespace `ns`."""

    sandbox: Sandbox
    name: str

    @classmethod
    def make(cls, sandbox: Sandbox, name: str) -> TableBucket:
        made = cls(sandbox, name)
        client = sandbox.client("s3tables")
        client.create_table_bucket(name=name)
        client.create_namespace(tableBucketARN=made.arn, namespace=["ns"])
        return made

    @property
    def arn(self) -> str:
        return f"arn:aws:s3tables:eu-central-1:{ACCOUNT}:bucket/{self.name}"

    @property
    def catalog(self) -> str:
        return f"s3tablescatalog/{self.name}"

    @property
    def catalog_id(self) -> str:
        return f"{ACCOUNT}:{self.catalog}"

    def remove(self) -> None:
        client = self.sandbox.client("s3tables")
        for namespace in client.list_namespaces(tableBucketARN=self.arn)["namespaces"]:
            (name,) = namespace["namespace"]
            for table in client.list_tables(tableBucketARN=self.arn, namespace=name)["tables"]:
                client.delete_table(tableBucketARN=self.arn, namespace=name, name=table["name"])
            client.delete_namespace(tableBucketARN=self.arn, namespace=name)
        client.delete_table_bucket(tableBucketARN=self.arn)

    def execute(self, sql: str, *, catalog: str | None = None, database: str = "ns") -> dict[str, Any]:
        """The ended QueryExecution of a statement in the bucket's catalog, or in another."""
        athena = self.sandbox.client("athena")
        execution_id = athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Catalog": catalog or self.catalog, "Database": database},
            ResultConfiguration={"OutputLocation": RESULTS},
        )["QueryExecutionId"]
        while True:
            execution = athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return dict(execution)
            time.sleep(0.02)

    def run(self, sql: str, **context: str) -> dict[str, Any]:
        execution = self.execute(sql, **context)
        assert execution["Status"]["State"] == "SUCCEEDED", (sql, execution["Status"])
        return execution

    def rows(self, sql: str, **context: str) -> list[list[str | None]]:
        """Rows as GetQueryResults gives them, a header not among them."""
        execution = self.run(sql, **context)
        athena = self.sandbox.client("athena")
        result = athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"])
        rows = [[cell.get("VarCharValue") for cell in row["Data"]] for row in result["ResultSet"]["Rows"]]
        return rows[1:] if execution["StatementType"] == "DML" else rows

    def failure(self, sql: str, **context: str) -> tuple[str, int, int]:
        status = self.execute(sql, **context)["Status"]
        assert status["State"] == "FAILED", (sql, status)
        error = status["AthenaError"]
        return status["StateChangeReason"], error["ErrorCategory"], error["ErrorType"]

    def refusal(self, sql: str, **context: str) -> tuple[str, str]:
        """AthenaErrorCode and message of a refused StartQueryExecution."""
        with pytest.raises(ClientError) as caught:
            self.execute(sql, **context)
        return caught.value.response["AthenaErrorCode"], caught.value.response["Error"]["Message"]
