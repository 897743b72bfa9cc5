"""Statements on Athena: parameters, limits, errors, cancelling; the service played by a few lines."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from lakehouse.athena.client import AthenaClient, literal
from lakehouse.errors import Interrupted, QueryError, ServiceError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("42", "42"),
        ("-1.5e3", "-1.5e3"),
        ("2025-08-13", "'2025-08-13'"),
        ("start", "'start'"),
        ("O'Brien", "'O''Brien'"),
        ("'42'", "'42'"),
        ("null", "null"),
        ("TRUE", "TRUE"),
        ("date '2025-08-13'", "date '2025-08-13'"),
        ("'a' or 'b'", "'''a'' or ''b'''"),
        ("x'; drop table t --", "'x''; drop table t --'"),
        ("", "''"),
        ("٤٢", "'٤٢'"),
    ],
)
def test_a_parameter_becomes_one_literal(text: str, expected: str) -> None:
    assert literal(text) == expected


@dataclass
class PlayedAthena:
    """Answers one statement: `states` one after the other, then rows (all text, as Athena sends them)."""

    states: list[str]
    rows: list[list[str | None]] = field(default_factory=list)
    columns: tuple[tuple[str, str], ...] = (("n", "integer"), ("name", "varchar"))
    reason: str = ""
    on_poll: Callable[[], None] = lambda: None
    asked: dict[str, Any] = field(default_factory=dict)
    stopped: list[str] = field(default_factory=list)

    def start_query_execution(self, **request: Any) -> dict[str, str]:
        self.asked = request
        return {"QueryExecutionId": "q-1"}

    def get_query_execution(self, QueryExecutionId: str) -> dict[str, Any]:  # noqa: N803
        self.on_poll()
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {
            "QueryExecution": {
                "QueryExecutionId": QueryExecutionId,
                "Query": "select 1",
                "StatementType": "DML",
                "Status": {"State": state, "StateChangeReason": self.reason},
                "ResultConfiguration": {"OutputLocation": "s3://results/q-1.csv"},
                "Statistics": {
                    "DataScannedInBytes": 1_500,
                    "EngineExecutionTimeInMillis": 40,
                    "TotalExecutionTimeInMillis": 60,
                },
            }
        }

    def get_query_results(self, **_: Any) -> dict[str, Any]:
        header = [{"VarCharValue": name} for name, _ in self.columns]
        data = [[{} if value is None else {"VarCharValue": value} for value in row] for row in self.rows]
        columns = [{"Name": name, "Type": kind} for name, kind in self.columns]
        kept: dict[str, Any] = {"Precision": 0, "Scale": 0, "Nullable": "UNKNOWN"}
        return {
            "ResultSet": {
                "Rows": [{"Data": row} for row in [header, *data]],
                "ResultSetMetadata": {"ColumnInfo": [{**column, **kept} for column in columns]},
            }
        }

    def stop_query_execution(self, QueryExecutionId: str) -> None:  # noqa: N803
        self.stopped.append(QueryExecutionId)


@dataclass
class PlayedSession:
    athena: Any
    region_name: str = "eu-central-1"
    profile_name: str = "default"

    def client(self, *_: Any, **__: Any) -> Any:
        return self.athena


def client_of(athena: Any) -> AthenaClient:
    return AthenaClient(PlayedSession(athena), "primary", "s3://results/")  # type: ignore[arg-type]


def test_rows_types_and_costs_come_back() -> None:
    athena = PlayedAthena(["QUEUED", "SUCCEEDED"], [["1", "a"], ["2", None]])
    result = client_of(athena).run("select ?", database="db", parameters=["1"])
    assert result.columns == ["n", "name"]
    assert result.types == ["integer", "varchar"]
    assert result.rows == [(1, "a"), (2, None)]
    assert (result.scanned_bytes, result.engine_ms, result.total_ms) == (1_500, 40, 60)
    assert result.query_id == "q-1"
    assert not result.truncated
    assert athena.asked["QueryExecutionContext"]["Database"] == "db"
    assert athena.asked["WorkGroup"] == "primary"
    assert athena.asked["ExecutionParameters"] == ["1"]
    assert athena.asked["ResultConfiguration"]["OutputLocation"] == "s3://results/"


def test_times_are_read_with_and_without_a_fraction() -> None:
    columns = (("a", "timestamp"), ("b", "timestamp with time zone"), ("c", "time"))
    rows: list[list[str | None]] = [
        ["2025-08-13 06:00:00", "2025-08-13 06:00:00 UTC", "06:00:00"],
        ["2025-08-13 06:00:00.123456", "2025-08-13 06:00:00.5 UTC", "06:00:00.123"],
        [None, None, None],
    ]
    result = client_of(PlayedAthena(["SUCCEEDED"], rows, columns)).run("select 1", database="db")
    assert [[str(value) for value in row] for row in result.rows] == [
        ["2025-08-13 06:00:00", "2025-08-13 06:00:00+00:00", "06:00:00"],
        ["2025-08-13 06:00:00.123456", "2025-08-13 06:00:00.500000+00:00", "06:00:00.123000"],
        ["None", "None", "None"],
    ]


@pytest.mark.parametrize(("limit", "rows", "truncated"), [(1, 1, True), (2, 2, False), (None, 2, False)])
def test_a_limit_leaves_rows_out_and_says_so(limit: int | None, rows: int, truncated: bool) -> None:
    athena = PlayedAthena(["SUCCEEDED"], [["1", "a"], ["2", "b"]])
    result = client_of(athena).run("select 1", database="db", limit=limit)
    assert (len(result.rows), result.truncated) == (rows, truncated)


def test_a_failed_statement_is_one_line_of_athena() -> None:
    athena = PlayedAthena(["FAILED"], reason="COLUMN_NOT_FOUND: line 1:8:\n  Column 'x' cannot be resolved")
    with pytest.raises(QueryError) as failed:
        client_of(athena).run("select x", database="db")
    assert "COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved" in str(failed.value)
    assert "\n" not in str(failed.value)
    assert failed.value.query_id == "q-1"


def test_ctrl_c_cancels_the_statement() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    athena = PlayedAthena(["RUNNING"], on_poll=interrupt)
    with pytest.raises(Interrupted, match="query q-1 was cancelled"):
        client_of(athena).run("select 1", database="db")
    assert athena.stopped == ["q-1"]


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), "http://127.0.0.1:1"),
        (
            ClientError({"Error": {"Code": "InvalidRequestException", "Message": "no such group"}}, "Start"),
            "InvalidRequestException: no such group",
        ),
    ],
)
def test_errors_of_the_service_keep_their_message(error: Exception, part: str) -> None:
    class Refusing(PlayedAthena):
        def start_query_execution(self, **request: Any) -> dict[str, str]:
            raise error

    with pytest.raises(ServiceError, match=part):
        client_of(Refusing(["FAILED"])).run("select 1", database="db")
