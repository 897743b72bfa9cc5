"""Which requests the storage address passes on, and what comes back."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from athena_sandbox.gateway.forward import Forwarder

ATHENA, GLUE = "http://127.0.0.1:20004", "http://127.0.0.1:20003"
SERVICES = {"athena": ATHENA, "glue": GLUE, "sts": GLUE, "lakeformation": GLUE}


def signed(service: str) -> dict[str, str]:
    scope = f"test/20250101/eu-central-1/{service}/aws4_request"
    return {"authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}


async def storage(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"storage"})


def part(request: httpx.Request) -> httpx.Response:
    """A part that says what reached it."""
    seen = {
        "at": f"http://{request.url.netloc.decode()}",
        "method": request.method,
        "path": request.url.raw_path.decode(),
        "body": request.content.decode(),
        "target": request.headers.get("x-amz-target"),
    }
    return httpx.Response(400, content=json.dumps(seen), headers={"x-amzn-errortype": "Refused"})


def send(
    headers: dict[str, str], method: str = "POST", path: str = "/", handler: Any = part, body: bytes = b"{}"
) -> httpx.Response:
    async def once() -> httpx.Response:
        forwarder = Forwarder(storage, SERVICES, httpx.MockTransport(handler))
        transport = httpx.ASGITransport(app=forwarder)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:1") as client:
            return await client.request(method, path, headers=headers, content=body)

    return asyncio.run(once())


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ({"x-amz-target": "AmazonAthena.ListWorkGroups"}, ATHENA),
        ({"x-amz-target": "AWSGlue.GetTable", **signed("glue")}, GLUE),
        ({"x-amz-target": "AWSLakeFormation.GetDataLakeSettings"}, GLUE),
        (signed("sts"), GLUE),
    ],
    ids=["target alone", "target and scope", "lake formation", "scope alone"],
)
def test_a_request_reaches_the_part_of_its_service(headers: dict[str, str], address: str) -> None:
    assert send(headers).json()["at"] == address


@pytest.mark.parametrize(
    "headers",
    [{}, signed("s3"), signed("s3tables"), {"x-amz-target": "Firehose_20150804.PutRecord"}],
    ids=["unsigned", "s3", "s3tables", "another target"],
)
def test_what_storage_answers_stays(headers: dict[str, str]) -> None:
    assert send(headers).content == b"storage"


def test_everything_of_a_request_and_of_its_answer_passes() -> None:
    answer = send(signed("glue"), "PUT", "/a%2Fb/c?x=1&y=%20", body=b'{"a": 1}')
    assert answer.json() == {
        "at": GLUE,
        "method": "PUT",
        "path": "/a%2Fb/c?x=1&y=%20",
        "body": '{"a": 1}',
        "target": None,
    }
    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (400, "Refused")


def test_a_part_that_is_down_is_an_error_that_clients_try_again() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    answer = send(signed("athena"), handler=refuse)
    assert answer.status_code == 503
    assert answer.json() == {
        "__type": "ServiceUnavailableException",
        "message": f"athena does not answer at {ATHENA} (ConnectError)",
    }


@pytest.mark.parametrize("target", ["@127.0.0.1:9/", "http://127.0.0.1:9/", ".example/"])
def test_a_target_without_a_slash_leads_nowhere_else(target: str) -> None:
    asked: list[httpx.URL] = []
    sent: list[dict[str, Any]] = []

    def elsewhere(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(200)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def keep(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(name.encode(), value.encode()) for name, value in signed("glue").items()]
    scope = {"type": "http", "method": "POST", "path": target, "query_string": b"", "headers": headers}
    asyncio.run(Forwarder(storage, SERVICES, httpx.MockTransport(elsewhere))(scope, receive, keep))
    assert not asked
    assert sent[-1]["body"] == b"storage"
