"""Mistakes and malice of clients: a clear refusal or the right answer, and the service keeps running."""

from __future__ import annotations

import http.client
import json
import socket
import time
import uuid
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from tests.support.athena_service import SLOW, Service, marker
from tests.support.sandbox import Sandbox

MEGABYTE = 1024 * 1024
# Trino plans ten thousand columns, and finds ten thousand parentheses too deep, in tens of seconds.
PATIENCE = 300


@pytest.fixture(scope="module")
def service(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(sandbox, tmp_path_factory.mktemp("service"))
    yield running
    running.kill()


@pytest.fixture(autouse=True)
def _lives_on(service: Service) -> Iterator[None]:
    """After each test the same process still answers a query."""
    pid = service.pid
    yield
    assert rows(service, "select 'alive'") == [["alive"]]
    assert psutil.pid_exists(pid)


def call(service: Service, operation: str, body: bytes) -> tuple[int, dict[str, Any]]:
    """A request as it is, past botocore's own checks."""
    host = service.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=60)
    target = {"X-Amz-Target": f"AmazonAthena.{operation}"}
    connection.request("POST", "/", body, {**target, "Authorization": f"Bearer {service.access_key}"})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text or b"{}")


def start(service: Service, sql: str, **more: Any) -> tuple[int, dict[str, Any]]:
    body = {
        "QueryString": sql,
        "ClientRequestToken": str(uuid.uuid4()),
        "ResultConfiguration": {"OutputLocation": "s3://acme-lakehouse-results/hostile/"},
        **more,
    }
    return call(service, "StartQueryExecution", json.dumps(body).encode())


def outcome(service: Service, sql: str, **more: Any) -> str:
    """The rows' text, or in one line why there are none."""
    status, answer = start(service, sql, **more)
    if status != 200:
        assert status == 400, answer
        return f"{answer['__type']}: {answer.get('Message')}"
    end = service.wait(answer["QueryExecutionId"], "SUCCEEDED", "FAILED", "CANCELLED", seconds=PATIENCE)
    if end["State"] != "SUCCEEDED":
        return f"{end['State']}: {end['StateChangeReason']}"
    return f"SUCCEEDED: {rows_of(service, answer['QueryExecutionId'])}"


def rows(service: Service, sql: str) -> list[list[str | None]]:
    execution_id = service.begin(sql)
    end = service.wait(execution_id, "SUCCEEDED", "FAILED", "CANCELLED")
    assert end["State"] == "SUCCEEDED", end
    return rows_of(service, execution_id)


def rows_of(service: Service, execution_id: str) -> list[list[str | None]]:
    page = service.athena.get_query_results(QueryExecutionId=execution_id)
    found = [[c.get("VarCharValue") for c in row["Data"]] for row in page["ResultSet"]["Rows"]]
    kind = service.athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"][
        "StatementType"
    ]
    return found[1:] if kind == "DML" else found


# -- bodies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe\x00",
        b"[]",
        b'"text"',
        b"[" * 100_000,
        b'{"QueryExecutionId": ' + b"[" * 100_000,
        b'{"QueryExecutionId": 1' + b"0" * 5_000 + b"}",
        b'{"QueryExecutionId": NaN}',
        b'{"QueryExecutionId": {"a": 1}}',
        b'{"QueryExecutionId": true}',
    ],
    ids=[
        "half",
        "no-utf8",
        "list",
        "text",
        "deep",
        "deep-member",
        "long-number",
        "nan",
        "structure",
        "boolean",
    ],
)
def test_bodies_of_another_kind_are_serialization_errors(service: Service, body: bytes) -> None:
    status, answer = call(service, "GetQueryExecution", body)
    assert (status, answer["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize(
    "operation", ["", "Nothing", "../GetWorkGroup", "x" * 10_000, "GetWorkGroup%0d%0aX: y"]
)
def test_unknown_operations(service: Service, operation: str) -> None:
    status, answer = call(service, operation, b"{}")
    assert (status, answer) == (400, {"__type": "UnknownOperationException"})


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"WorkGroup": "no such group"}, "regular expression"),
        ({"ClientRequestToken": ""}, "clientRequestToken is null or empty"),
        ({"ExecutionParameters": []}, "length greater than or equal to 1"),
        ({"QueryExecutionContext": {"Database": ""}}, "length greater than or equal to 1"),
        ({"QueryExecutionContext": {"Database": "d" * 256}}, "length less than or equal to 255"),
        ({"ResultConfiguration": {"OutputLocation": "file:///etc/passwd"}}, "not a valid S3 path"),
        ({"ResultConfiguration": {"OutputLocation": "s3://../../etc/"}}, "not a valid S3 path"),
    ],
)
def test_members_out_of_range_are_refused(service: Service, members: dict[str, Any], message: str) -> None:
    status, answer = start(service, "select 1", **members)
    assert (status, answer["__type"]) == (400, "InvalidRequestException")
    assert message in answer["Message"]


# -- statements -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("", "Member must have length greater than or equal to 1"),
        (" \n", "InvalidRequestException"),
        (";", "Empty sql statement: ;"),
        ("-- nothing", "InvalidRequestException"),
        ("select 1; select 2", "Only one sql statement is allowed"),
        ("select 1;;", "SUCCEEDED: [['1']]"),
        ("select 1 -- ; select 2", "SUCCEEDED: [['1']]"),
        ("select ';' as x", "SUCCEEDED: [[';']]"),
        ("select 'open", "InvalidRequestException"),
        ('select "open', "InvalidRequestException"),
        ("select /* open", "InvalidRequestException"),
        ('select 1 as "a\x00b"', None),
        ("select 'a\x00b' as x", None),
        ("\x00", "InvalidRequestException"),
        ("drop table `a`.`b`.`c`.`d`", "Invalid table name a.b.c.d"),
        ("select '" + "x" * 300_000 + "'", "less than or equal to 262144"),
        ("select '" + "ü" * 131_100 + "'", "less than or equal to 262144"),
    ],
)
def test_odd_statements(service: Service, sql: str, expected: str | None) -> None:
    """Where there is no expectation, any clear outcome is right; the service has to live."""
    assert (expected or "") in outcome(service, sql)


@pytest.mark.parametrize(
    "text",
    [
        "ünïcode",
        "日本語",
        "🦆👩\u200d👩\u200d👧",
        "\u202eright\u202c",
        "e\u0301",
        "\U0010ffff",
        "\ufffe",
        "\x7f",
    ],
)
def test_unicode_comes_back_as_it_went(service: Service, text: str) -> None:
    execution_id = service.begin(f"select 1 as \"{text}\", '{text}' /* {text} */ as y -- {text}")
    service.wait(execution_id, "SUCCEEDED")
    page = service.athena.get_query_results(QueryExecutionId=execution_id)["ResultSet"]["Rows"]
    cells = [[cell["VarCharValue"] for cell in row["Data"]] for row in page]
    assert cells == [[text, "y"], ["1", text]]


def test_the_character_nul_is_data(service: Service) -> None:
    assert rows(service, "select 'a' || chr(0) || 'b' as x") == [["a\x00b"]]


def test_parameters_with_quotes_stay_values(service: Service) -> None:
    text = "'; drop table x; --"
    assert f"SUCCEEDED: [[{text!r}]]" == outcome(service, "select ? as x", ExecutionParameters=[text])


@pytest.mark.parametrize("escape", [r"\ud800", r"\udfff", r"\udc00\ud800"])
def test_half_a_character_is_refused(service: Service, escape: str) -> None:
    token = uuid.uuid4()
    for operation, body in (
        ("StartQueryExecution", f'{{"QueryString": "{escape}", "ClientRequestToken": "{token}"}}'),
        ("GetQueryExecution", f'{{"QueryExecutionId": "{escape}"}}'),
        ("CreateWorkGroup", f'{{"Name": "half", "Description": "{escape}"}}'),
    ):
        status, answer = call(service, operation, body.encode())
        assert (status, answer["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize(
    "sql",
    [
        "select " + "(" * 10_000 + "1" + ")" * 10_000,
        "select " + "(" * 10_000,
        "select " + "not " * 10_000 + "true",
        "select 1" + " + 1" * 20_000,
        "create external table x.y (a " + "array<" * 10_000 + "int" + ">" * 10_000 + ") location 's3://a/b/'",
        "explain " * 10_000 + "select 1",
    ],
    ids=["parentheses", "open", "not", "sum", "types", "explains"],
)
def test_deep_statements_are_answered(service: Service, sql: str) -> None:
    assert outcome(service, sql).split(":")[0] in ("InvalidRequestException", "FAILED", "SUCCEEDED")


def test_ten_thousand_columns(service: Service) -> None:
    columns = ", ".join(f"{number} c{number}" for number in range(10_000))
    execution_id = service.begin(f"select {columns}")
    end = service.wait(execution_id, "SUCCEEDED", "FAILED", seconds=PATIENCE)
    assert end["State"] == "SUCCEEDED"
    answer = service.athena.get_query_results(QueryExecutionId=execution_id)["ResultSet"]
    assert [column["Name"] for column in answer["ResultSetMetadata"]["ColumnInfo"]][-1] == "c9999"
    assert [cell["VarCharValue"] for cell in answer["Rows"][1]["Data"]] == [str(n) for n in range(10_000)]


def test_a_huge_list_of_values(service: Service) -> None:
    numbers = ", ".join(str(number) for number in range(0, 60_000, 2))
    text = f"select count(*) from unnest(sequence(1, 10000)) as t (x) where x in ({numbers})"
    assert outcome(service, text) == "SUCCEEDED: [['5000']]"


# -- results --------------------------------------------------------------------------------------


def resident(pid: int) -> int:
    return int(psutil.Process(pid).memory_info().rss)


def test_a_million_rows_need_the_memory_of_a_page(service: Service) -> None:
    text = "select a.x * 1000 + b.x as n, 'row ' || cast(b.x as varchar) as word from {}"
    rows(service, "select 1")
    before = resident(service.pid)
    source = "unnest(sequence(0, 999)) as a (x) cross join unnest(sequence(0, 999)) as b (x)"
    execution_id = service.begin(text.format(source))
    peak = before
    while service.status(execution_id)["State"] in ("QUEUED", "RUNNING"):
        peak = max(peak, resident(service.pid))
        time.sleep(0.05)
    assert service.status(execution_id)["State"] == "SUCCEEDED"
    token, count = None, 0
    for _ in range(20):
        more = {"NextToken": token} if token else {}
        page = service.athena.get_query_results(QueryExecutionId=execution_id, **more)
        count += len(page["ResultSet"]["Rows"])
        token = page["NextToken"]
    peak = max(peak, resident(service.pid))
    assert count == 20_000
    # Through a spool of 8 MB, uploaded in two parts of 8 MB at a time, read by the page. As objects the rows
    # alone would be hundreds of megabytes.
    assert peak - before < 80 * MEGABYTE, f"{(peak - before) / MEGABYTE:.0f} MB"


def test_a_value_of_five_megabytes_comes_back_whole(service: Service) -> None:
    long = "replace(rpad('', 524288, 'x'), 'x', '0123456789')"
    (row,) = rows(service, f"select {long} as long, 'x' as short")
    assert row[0] is not None
    assert len(row[0]) == 5_242_880
    assert row[0][-10:] == "0123456789"
    assert row[1] == "x"


def test_page_tokens_that_were_never_issued(service: Service) -> None:
    execution_id = service.begin("select 1")
    service.wait(execution_id, "SUCCEEDED")
    for token in ("x", "bzotMQ==", "bzo5OTk5OTk5OTk5OTk5OTk5OTk5OQ==", "💥", "A" * 1000):
        body = json.dumps({"QueryExecutionId": execution_id, "NextToken": token}).encode()
        status, answer = call(service, "GetQueryResults", body)
        # A token is an offset: one behind the end is the empty page there.
        refused = (status, answer.get("__type")) == (400, "InvalidRequestException")
        assert refused or answer["ResultSet"]["Rows"] == []


# -- connections ----------------------------------------------------------------------------------


def _head(service: Service) -> str:
    return f"POST / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {service.access_key}\r\n"


def send_raw(service: Service, operation: str, body: str) -> socket.socket:
    """An open line on which a whole request was sent."""
    host, _, port = service.url.removeprefix("http://").partition(":")
    line = socket.create_connection((host, int(port)))
    head = f"{_head(service)}X-Amz-Target: AmazonAthena.{operation}\r\n"
    line.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    return line


def test_a_query_survives_the_client_that_sent_it(service: Service) -> None:
    """A request is sent and the line cut before the answer: the query was accepted, and runs."""
    number = marker()
    body = json.dumps(
        {
            "QueryString": f"select {number} as x",
            "ClientRequestToken": str(uuid.uuid4()),
            "ResultConfiguration": {"OutputLocation": "s3://acme-lakehouse-results/hostile/"},
        }
    )
    send_raw(service, "StartQueryExecution", body).close()
    deadline = time.monotonic() + 20
    while True:
        newest = service.athena.list_query_executions()["QueryExecutionIds"][0]
        execution = service.athena.get_query_execution(QueryExecutionId=newest)["QueryExecution"]
        if number in execution["Query"] and execution["Status"]["State"] == "SUCCEEDED":
            break
        assert time.monotonic() < deadline, execution
        time.sleep(0.05)


def test_slow_and_broken_requests_do_not_hold_up_others(service: Service) -> None:
    host, _, port = service.url.removeprefix("http://").partition(":")
    lines = [socket.create_connection((host, int(port))) for _ in range(50)]
    for line in lines:
        line.sendall(f"{_head(service)}Content-Length: 1000\r\n\r\n{{".encode())
    began = time.monotonic()
    assert rows(service, "select 1") == [["1"]]
    assert time.monotonic() - began < 10
    for line in lines:
        line.close()


def test_a_reader_that_stops_half_way_leaves_the_rest(service: Service) -> None:
    execution_id = service.begin("select x, rpad('', 900, 'y') from unnest(sequence(1, 5000)) as t (x)")
    service.wait(execution_id, "SUCCEEDED")
    for _ in range(10):
        line = send_raw(service, "GetQueryResults", json.dumps({"QueryExecutionId": execution_id}))
        line.recv(100)
        line.close()
    assert len(rows_of(service, execution_id)) == 999


def test_a_stop_storm(service: Service) -> None:
    """The same query is stopped many times, and stopped after its end."""
    execution_id = service.begin(SLOW.format(marker()))
    for _ in range(20):
        service.athena.stop_query_execution(QueryExecutionId=execution_id)
    assert service.status(execution_id)["State"] == "CANCELLED"
