"""The protocol: the answers to malformed, unknown and wrongly typed requests."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from athena_sandbox.athena.errors import (
    InternalError,
    InvalidRequestError,
    MetadataError,
    ResourceNotFoundError,
    SerializationError,
    TooManyRequestsError,
)
from athena_sandbox.athena.protocol.page import queries_page
from athena_sandbox.athena.protocol.responses import error_answer
from athena_sandbox.athena.protocol.routes import routes
from athena_sandbox.athena.protocol.validation import service_model, validated

START = {"QueryString": "select 1", "ClientRequestToken": "t" * 32}


def check(operation: str, members: Any) -> dict[str, Any]:
    return validated(service_model().operation_model(operation), members)


def call(operation: str | None, body: bytes, operations: dict[str, Any]) -> httpx.Response:
    async def inside() -> httpx.Response:
        transport = httpx.ASGITransport(
            Starlette(
                routes=routes(operations, queries_page(lambda limit: [], lambda _: pytest.fail("asked")))
            )
        )
        headers = {} if operation is None else {"X-Amz-Target": f"AmazonAthena.{operation}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://athena") as client:
            return await client.post("/", content=body, headers=headers)

    return asyncio.run(inside())


async def echo(members: dict[str, Any]) -> dict[str, Any]:
    return members


def test_members_arrive_and_unknown_keys_do_not() -> None:
    members = check("StartQueryExecution", {**START, "Surprise": 1, "WorkGroup": None})
    assert members == START


def test_decimals_lose_their_fraction_where_an_integer_is_wanted() -> None:
    assert check("ListQueryExecutions", {"MaxResults": 5.9}) == {"MaxResults": 5}


@pytest.mark.parametrize(
    ("operation", "members", "message"),
    [
        (
            "GetQueryExecution",
            {},
            "1 validation error detected: Value null at 'queryExecutionId' failed to satisfy constraint: "
            "Member must not be null",
        ),
        (
            "StartQueryExecution",
            {"QueryString": "", "WorkGroup": "a b"},
            "2 validation errors detected: Value '' at 'queryString' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1; "
            "Value 'a b' at 'workGroup' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z0-9._-]{1,128}",
        ),
        (
            "ListQueryExecutions",
            {"MaxResults": 51},
            "1 validation error detected: Value '51' at 'maxResults' failed to satisfy constraint: "
            "Member must have value less than or equal to 50",
        ),
        (
            "UpdateWorkGroup",
            {"WorkGroup": "w", "State": "OFF"},
            "1 validation error detected: Value 'OFF' at 'state' failed to satisfy constraint: "
            "Member must satisfy enum value set: [ENABLED, DISABLED]",
        ),
        (
            "BatchGetQueryExecution",
            {"QueryExecutionIds": []},
            "1 validation error detected: Value '[]' at 'queryExecutionIds' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1",
        ),
        (
            "StartQueryExecution",
            {**START, "ExecutionParameters": [""]},
            "1 validation error detected: Value '' at 'executionParameters.1.member' failed to satisfy "
            "constraint: Member must have length greater than or equal to 1",
        ),
    ],
)
def test_violated_constraints_are_listed(operation: str, members: Any, message: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        check(operation, members)
    assert caught.value.message == message
    assert caught.value.code == "INVALID_INPUT"


def test_null_items_of_a_list_are_left_out() -> None:
    ids = ["a" * 36, None]
    assert check("BatchGetQueryExecution", {"QueryExecutionIds": ids}) == {"QueryExecutionIds": ids[:1]}


def test_a_value_of_a_map_is_named_by_its_key() -> None:
    members = {"Name": "c", "Type": "HIVE", "Parameters": {"k": "x" * 51_201}}
    with pytest.raises(InvalidRequestError, match=r"at 'parameters\.k\.member' failed"):
        check("CreateDataCatalog", members)


def test_the_statement_limit_counts_bytes() -> None:
    check("StartQueryExecution", {**START, "QueryString": "x" * 262_144})
    with pytest.raises(InvalidRequestError, match="less than or equal to 262144"):
        check("StartQueryExecution", {**START, "QueryString": "ü" * 131_073})


@pytest.mark.parametrize(
    ("operation", "members", "message"),
    [
        ("ListQueryExecutions", {"MaxResults": "5"}, "STRING_VALUE can not be converted to an Integer"),
        ("ListQueryExecutions", {"MaxResults": True}, "TRUE_VALUE can not be converted to an Integer"),
        ("GetQueryExecution", {"QueryExecutionId": 5}, "NUMBER_VALUE can not be converted to a String"),
        ("GetQueryExecution", {"QueryExecutionId": ["x"]}, "Start of list found where not expected"),
        (
            "GetQueryExecution",
            {"QueryExecutionId": {}},
            "Start of structure or map found where not expected.",
        ),
        ("BatchGetQueryExecution", {"QueryExecutionIds": "x"}, "Expected list or null"),
        ("GetQueryExecution", [], "Start of list found where not expected"),
    ],
)
def test_wrong_json_types(operation: str, members: Any, message: str) -> None:
    with pytest.raises(SerializationError) as caught:
        check(operation, members)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (
            InvalidRequestError("text"),
            400,
            {
                "__type": "InvalidRequestException",
                "AthenaErrorCode": "INVALID_INPUT",
                "ErrorCode": "INVALID_INPUT",
                "Message": "text",
            },
        ),
        (
            TooManyRequestsError("text", Reason="R"),
            400,
            {
                "__type": "TooManyRequestsException",
                "AthenaErrorCode": "TOO_MANY_REQUESTS",
                "ErrorCode": "TOO_MANY_REQUESTS",
                "Message": "text",
                "Reason": "R",
            },
        ),
        (
            ResourceNotFoundError("text", ResourceName="n"),
            400,
            {"__type": "ResourceNotFoundException", "Message": "text", "ResourceName": "n"},
        ),
        (MetadataError("text"), 400, {"__type": "MetadataException", "Message": "text"}),
        (InternalError("text"), 500, {"__type": "InternalServerException", "Message": "text"}),
    ],
)
def test_error_bodies(error: Any, status: int, body: dict[str, str]) -> None:
    answer = error_answer(error)
    assert answer.status_code == status
    assert json.loads(bytes(answer.body)) == body
    assert "x-amzn-requestid" in answer.headers
    assert "x-amzn-errortype" not in answer.headers


@pytest.mark.parametrize("operation", [None, "NoSuchThing"])
def test_unknown_operations(operation: str | None) -> None:
    answer = call(operation, b"{}", {})
    assert answer.status_code == 400
    assert answer.json() == {"__type": "UnknownOperationException"}


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b"\xff\xfe", b'{"a"'])
def test_bodies_that_are_not_json(body: bytes) -> None:
    answer = call("GetQueryExecution", body, {"GetQueryExecution": echo})
    assert answer.status_code == 400
    assert answer.json() == {"__type": "SerializationException"}


def test_an_operation_without_a_function_is_named() -> None:
    answer = call("StartSession", b'{"WorkGroup":"w","EngineConfiguration":{"MaxConcurrentDpus":2}}', {})
    assert answer.json()["Message"] == "Operation StartSession is not supported by this server"


def test_an_unforeseen_fault_is_an_internal_error_and_not_a_broken_connection() -> None:
    async def broken(members: dict[str, Any]) -> dict[str, Any]:
        raise KeyError("x")

    answer = call("ListWorkGroups", b"{}", {"ListWorkGroups": broken})
    assert answer.status_code == 500
    assert answer.json()["__type"] == "InternalServerException"


def test_text_of_any_kind_comes_back_whole() -> None:
    async def repeat(members: dict[str, Any]) -> dict[str, Any]:
        raise InvalidRequestError(members["Description"])

    text = "ünïcode 💥 \u2028 \x00 \ufffe"
    body = json.dumps({"Name": "w", "Description": text}).encode()
    answer = call("CreateWorkGroup", body, {"CreateWorkGroup": repeat})
    assert answer.json()["Message"] == text


def test_half_a_character_is_refused() -> None:
    async def create(members: dict[str, Any]) -> dict[str, Any]:
        return {}

    body = b'{"Name": "w", "Description": "\\ud800"}'
    answer = call("CreateWorkGroup", body, {"CreateWorkGroup": create})
    assert (answer.status_code, answer.json()["__type"]) == (400, "SerializationException")
