"""A query execution and the rules of its life.

QUEUED -> RUNNING -> SUCCEEDED | FAILED | CANCELLED; QUEUED may also end directly. Ended executions never
change. Times are epoch seconds.

Source: botocore 1.43's model of the API, November 2026; measured on Athena in September 2026
(aoyagikouhei/athena-local, docs: api, errors), for states and request tokens.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from athena_sandbox.athena.errors import Failure, StateError
from athena_sandbox.athena.results.columns import ColumnInfo
from athena_sandbox.athena.results.layout import Body
from athena_sandbox.athena.statements.classify import Classification, StatementType

DEFAULT_CATALOG = "awsdatacatalog"
DEFAULT_DATABASE = "default"


class State(StrEnum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def ended(self) -> bool:
        return self in (State.SUCCEEDED, State.FAILED, State.CANCELLED)


@dataclass(frozen=True)
class Request:
    """The request of StartQueryExecution, after work group rules; `query` is the statement's own text.

    `output_prefix` is the result directory. `catalog` and `database` are as sent, None when absent;
    `reuse_minutes` is how old a result may be that answers it, None when it has to run. `result_settings` are
    the API's members about the results besides their location (EncryptionConfiguration...).
    """

    query: str
    workgroup: str
    output_prefix: str
    raw_query: str = ""
    token: str | None = None
    catalog: str | None = None
    database: str | None = None
    requested_output: str | None = None
    parameters: tuple[str, ...] = ()
    output_enforced: bool = False
    scan_cutoff: int | None = None
    reuse_minutes: int | None = None
    managed_results: bool = False
    result_settings: dict[str, Any] = field(default_factory=dict)

    @property
    def session_catalog(self) -> str:
        """The catalog of names without one, as the engine knows it."""
        return (self.catalog or DEFAULT_CATALOG).lower()

    @property
    def session_database(self) -> str:
        """The database of names without one."""
        # awswrangler puts the context's database of DDL in backticks.
        return (self.database or DEFAULT_DATABASE).strip("`").lower()

    def repeats(self, other: Request) -> bool:
        """Whether a reused token belongs to the same request: only what Athena compares counts."""
        mine = (self.raw_query, self.catalog, self.database, self.requested_output)
        return mine == (other.raw_query, other.catalog, other.database, other.requested_output)

    def reuse_key(self) -> str:
        """Equal for two requests if the result of one answers the other."""
        place = (self.output_prefix, self.result_settings)
        asked = (self.query, self.workgroup, place, self.catalog, self.database, self.parameters)
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Statistics:
    """Times in ms, scanned bytes as the engine counted them; planning is None when there was none.

    The total is queue, preprocessing (before the engine is asked), engine and processing (of its answer).
    `reused` says that the result is an earlier execution's.
    """

    engine_ms: int = 0
    total_ms: int = 0
    queue_ms: int = 0
    preprocessing_ms: int = 0
    processing_ms: int = 0
    planning_ms: int | None = None
    scanned_bytes: int = 0
    manifest_location: str | None = None
    input_rows: int = 0
    output_rows: int = 0
    reused: bool = False


@dataclass(frozen=True)
class Result:
    """What GetQueryResults needs: columns, where the rows are, how many rows were changed."""

    columns: tuple[ColumnInfo, ...] = ()
    body: Body = Body.NONE
    size: int = 0
    update_count: int | None = None


@dataclass(frozen=True)
class Execution:
    id: str
    request: Request
    kind: Classification
    output_location: str
    submitted: float
    state: State = State.QUEUED
    completed: float | None = None
    reason: str | None = None
    failure: Failure | None = None
    statistics: Statistics = field(default_factory=Statistics)
    result: Result | None = None
    engine_query: str | None = None

    @property
    def is_reusable(self) -> bool:
        """Whether it has a result of its own: it ran, and succeeded."""
        return self.state is State.SUCCEEDED and not self.statistics.reused

    def run(self) -> Self:
        self._require(State.QUEUED)
        return replace(self, state=State.RUNNING)

    def on_engine(self, query_id: str) -> Self:
        """Note the engine's query id, so that it can be cancelled even after a crash of this service."""
        self._require(State.RUNNING)
        return replace(self, engine_query=query_id)

    def succeed(self, now: float, result: Result, statistics: Statistics) -> Self:
        self._require(State.RUNNING)
        return replace(self, state=State.SUCCEEDED, completed=now, result=result, statistics=statistics)

    def reuse(self, earlier: Execution, now: float) -> Self:
        """End with the result of an earlier execution."""
        self._require(State.QUEUED)
        took = max(1, round((now - self.submitted) * 1000))
        return replace(
            self,
            state=State.SUCCEEDED,
            completed=now,
            result=earlier.result,
            output_location=earlier.output_location,
            statistics=Statistics(
                total_ms=took,
                preprocessing_ms=took,
                output_rows=earlier.statistics.output_rows,
                reused=True,
            ),
        )

    def fail(
        self, now: float, failure: Failure, statistics: Statistics, result: Result | None = None
    ) -> Self:
        self._require(State.QUEUED, State.RUNNING)
        return replace(
            self,
            state=State.FAILED,
            completed=now,
            reason=failure.reason,
            failure=failure,
            statistics=statistics,
            result=result,
        )

    def cancel(self, now: float, reason: str, statistics: Statistics) -> Self:
        self._require(State.QUEUED, State.RUNNING)
        return replace(self, state=State.CANCELLED, completed=now, reason=reason, statistics=statistics)

    def _require(self, *states: State) -> None:
        if self.state not in states:
            raise StateError(f"execution {self.id} is {self.state}, not {' or '.join(states)}")


def to_record(execution: Execution) -> dict[str, Any]:
    """The execution as JSON data."""
    # Not dataclasses.asdict: it copies each value deeply, and every statement is saved four times.
    result, failure = execution.result, execution.failure
    return vars(execution) | {
        "request": vars(execution.request),
        "kind": vars(execution.kind),
        "failure": vars(failure) if failure else None,
        "statistics": vars(execution.statistics),
        "result": vars(result) | {"columns": [vars(column) for column in result.columns]} if result else None,
    }


def from_record(record: dict[str, Any]) -> Execution:
    """The execution that `to_record` made this of."""
    data = dict(record)
    data["request"] = Request(**{**data["request"], "parameters": tuple(data["request"]["parameters"])})
    kind = data["kind"]
    data["kind"] = Classification(StatementType(kind["type"]), kind["subtype"])
    data["state"] = State(data["state"])
    data["failure"] = Failure(**data["failure"]) if data["failure"] else None
    data["statistics"] = Statistics(**data["statistics"])
    if result := data["result"]:
        columns = tuple(ColumnInfo(**column) for column in result["columns"])
        data["result"] = Result(columns, Body(result["body"]), result["size"], result["update_count"])
    return Execution(**data)
