"""Statements of a migration: SELECTs that return rows, and writes that are safe to send twice.

A write has a request token derived from its purpose and text. If it is sent again after a kill, Athena
returns the execution that the killed command had started instead of starting a second one. Statements that
fail for a temporary reason (a conflicting commit, throttling, an engine restart) are tried again.
"""

from __future__ import annotations

import hashlib
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lakehouse.athena.client import AthenaClient, QueryResult
from lakehouse.errors import QueryError

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient as Boto3Athena

logger = logging.getLogger(__name__)

# Temporary reasons of failure, by the texts of Athena and its engine.
RETRYABLE_REASONS = (
    "ICEBERG_COMMIT_ERROR",
    "TOO_MANY_REQUESTS",
    "ThrottlingException",
    "SlowDown",
    "NO_NODES_AVAILABLE",
    "SERVER_STARTING_UP",
    "REMOTE_TASK_ERROR",
    "retryable",
)
_RETRYABLE_CODES = ("TooManyRequestsException", "ThrottlingException", "InternalServerException")
# The first line of every statement: in Athena's history it distinguishes the migration's statements from
# those of users. A line comment, because Athena's DDL engine accepts no other kind before a statement.
MARK = "-- lakehouse migrate\n"
# AthenaError's ErrorCategory for errors of the service itself.
_SYSTEM_ERROR = 1
_POLL_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0)
_UNFINISHED = ("QUEUED", "RUNNING")


@dataclass(frozen=True)
class Written:
    """A write that succeeded: execution id, bytes read, milliseconds, rows written (None if not reported)."""

    query_id: str
    scanned_bytes: int
    engine_ms: int
    rows: int | None


@dataclass(frozen=True)
class Statements:
    """Athena for a migration. `attempts` is the maximum number of attempts of one write."""

    client: AthenaClient
    attempts: int = 8
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    @cached_property
    def athena(self) -> Boto3Athena:
        # Created once: creating a client isn't thread-safe, using one is.
        return self.client.session.client("athena")

    def rows(self, statement: str, database: str = "default") -> list[dict[str, Any]]:
        """All rows of a SELECT, each a dictionary by column name, in Python's types."""
        result = self.query(statement, database)
        return [dict(zip(result.columns, row, strict=True)) for row in result.rows]

    def query(self, statement: str, database: str = "default", limit: int | None = None) -> QueryResult:
        """Run a SELECT (or DDL that is safe to repeat); return its rows, at most `limit`, and what it
        took."""
        return self.client.run(MARK + statement, database=database, limit=limit)

    def write(self, statement: str, purpose: str, database: str = "default") -> Written:
        """Run a write that is safe to repeat. `purpose` names what it does and is the same in every run.

        Raises QueryError if it fails for a permanent reason, or `attempts` times for temporary ones.
        """
        athena = self.athena
        begun = time.time()
        mine = 0
        number = 0
        while True:
            number += 1
            execution = self._execute(athena, statement, _token(purpose, statement, number), database)
            state = execution["Status"]["State"]
            if state == "SUCCEEDED":
                return self._written(athena, execution)
            reason = execution["Status"].get("StateChangeReason", state)
            if _may_have_run(execution) and statement.lstrip().lower().startswith("insert"):
                raise QueryError(
                    f"{purpose}: {' '.join(reason.split())} It is not sent again, which could double "
                    f"its rows: look for them in the table (query {execution['QueryExecutionId']})",
                    execution["QueryExecutionId"],
                )
            if _is_older(execution, begun):
                # This is an attempt of an earlier command; the reason of its failure may be gone.
                continue
            mine += 1
            if mine >= self.attempts or not any(passing in reason for passing in RETRYABLE_REASONS):
                raise QueryError(
                    f"{purpose}: {' '.join(reason.split())} (query {execution['QueryExecutionId']})",
                    execution["QueryExecutionId"],
                )
            logger.info("%s: attempt %d failed: %s", purpose, mine, reason)
            self.sleep(_backoff(mine))

    def _execute(self, athena: Boto3Athena, statement: str, token: str, database: str) -> Any:
        query_id = self._start(athena, statement, token, database)
        looks = 0
        while True:
            execution = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            if execution["Status"]["State"] not in _UNFINISHED:
                return execution
            self.sleep(_POLL_SECONDS[min(looks, len(_POLL_SECONDS) - 1)])
            looks += 1

    def _start(self, athena: Boto3Athena, statement: str, token: str, database: str) -> str:
        for tries in range(1, self.attempts + 1):
            try:
                return athena.start_query_execution(
                    QueryString=MARK + statement,
                    ClientRequestToken=token,
                    QueryExecutionContext={"Database": database},
                    ResultConfiguration={"OutputLocation": self.client.results},
                    WorkGroup=self.client.workgroup,
                )["QueryExecutionId"]
            except ClientError as error:
                if error.response["Error"]["Code"] not in _RETRYABLE_CODES or tries == self.attempts:
                    raise
                self.sleep(_backoff(tries))
        raise AssertionError("unreachable")

    def _written(self, athena: Boto3Athena, execution: Any) -> Written:
        query_id = execution["QueryExecutionId"]
        statistics = execution.get("Statistics", {})
        counted = None
        if execution.get("StatementType") == "DML":
            counted = athena.get_query_results(QueryExecutionId=query_id, MaxResults=1).get("UpdateCount")
        return Written(
            query_id,
            statistics.get("DataScannedInBytes", 0),
            statistics.get("EngineExecutionTimeInMillis", 0),
            counted,
        )


def _token(purpose: str, statement: str, number: int) -> str:
    # The statement is part of the token: Athena refuses a known token with another statement.
    return hashlib.sha256(f"{purpose}\0{statement}\0{number}".encode()).hexdigest()


def _may_have_run(execution: Any) -> bool:
    """Whether the service lost track of the write and doesn't allow a retry; a MERGE on a key is always
    safe."""
    error = execution["Status"].get("AthenaError", {})
    return error.get("ErrorCategory") == _SYSTEM_ERROR and not error.get("Retryable", False)


def _is_older(execution: Any, begun: float) -> bool:
    submitted: datetime = execution["Status"]["SubmissionDateTime"]
    # A second of tolerance for clocks: an attempt wrongly counted as older only costs one more attempt.
    return submitted.timestamp() < begun - 1


def _backoff(tries: int) -> float:
    """Seconds to wait before another attempt: doubling from 0.2, at most 10, with jitter."""
    return float(min(10.0, 0.2 * 2**tries) * random.uniform(0.5, 1.0))  # noqa: S311  not a secret
