"""Who a port answers: requests as browsers and clients send them."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest

from athena_sandbox.wire.access import AccessCheck

KEY = "LOCALKEY"
PAGE = "0123456789abcdef"


def signed(service: str, key: str = KEY) -> dict[str, str]:
    scope = f"{key}/20250101/eu-central-1/{service}/aws4_request"
    return {"authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}


async def answers(scope: Any, receive: Any, send: Any) -> None:
    headers = [(b"access-control-allow-origin", b"*"), (b"Access-Control-Expose-Headers", b"*")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": scope.get("root_path", "").encode()})


def ask(
    headers: Any = (), method: str = "GET", path: str = "/", key: str | None = KEY, service: str = "s3"
) -> httpx.Response:
    async def inside() -> httpx.Response:
        transport = httpx.ASGITransport(AccessCheck(answers, key, service, PAGE))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(inside())


# -- the access key -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "path"),
    [
        (signed("s3"), "/"),
        ({"authorization": f"AWS4-ECDSA-P256-SHA256 Credential={KEY}/20250101/s3/aws4_request"}, "/"),
        ({"authorization": f"AWS {KEY}:c2lnbmF0dXJl"}, "/bucket/key"),
        ({"authorization": f"Bearer {KEY}"}, "/iceberg/v1/config"),
        ({}, f"/bucket/key?X-Amz-Credential={KEY}%2F20250101%2Feu-central-1%2Fs3%2Faws4_request"),
        ({}, f"/bucket/key?AWSAccessKeyId={KEY}&Signature=x&Expires=1"),
    ],
    ids=["v4", "v4a", "v2", "bearer", "presigned v4", "presigned v2"],
)
def test_every_way_to_send_the_key_is_known(headers: dict[str, str], path: str) -> None:
    assert ask(headers, path=path).status_code == 200


@pytest.mark.parametrize(
    ("headers", "path"),
    [
        ({}, "/bucket/key"),
        (signed("s3", "test"), "/"),
        (signed("s3", ""), "/"),
        (signed("s3", KEY + "X"), "/"),
        (signed("s3", KEY.lower()), "/"),
        ({"authorization": f"AWS test:{KEY}"}, "/"),
        ({"authorization": f"Basic {KEY}"}, "/"),
        ({"authorization": KEY}, "/"),
        ({"authorization": f"AWS4-HMAC-SHA256 Signature={KEY}"}, "/"),
        ({}, "/bucket/key?X-Amz-Credential=test%2F20250101%2Feu-central-1%2Fs3%2Faws4_request"),
        ({}, f"/bucket/key?X-Amz-Credential=test&x-amz-credential={KEY}"),
        (signed("s3"), "/bucket/key?AWSAccessKeyId=test"),
        ([*signed("s3").items(), *signed("s3", "test").items()], "/"),
        ({"authorization": f"AWS4-HMAC-SHA256 Credential={KEY}/1, Credential=000000000001/1"}, "/"),
        (signed("s3", "\N{LATIN SMALL LETTER E WITH ACUTE}").items(), "/"),
    ],
)
def test_any_other_credential_is_refused(headers: Any, path: str) -> None:
    encoded = [(name, value.encode("latin-1")) for name, value in dict(headers).items()]
    answer = ask(headers if isinstance(headers, list) else encoded, path=path)
    assert answer.status_code == 403
    assert "<Code>InvalidAccessKeyId</Code>" in answer.text
    assert KEY not in answer.text


@pytest.mark.parametrize("headers", [{}, signed("s3", "test")])
def test_an_open_port_takes_any_key_or_none(headers: dict[str, str]) -> None:
    assert ask(headers, key=None).status_code == 200


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ("athena", '"__type": "UnrecognizedClientException"'),
        ("glue", '"__type": "UnrecognizedClientException"'),
        ("s3tables", '"__type": "UnrecognizedClientException"'),
        ("kms", '"__type": "UnrecognizedClientException"'),
        ("s3", "<Error><Code>InvalidAccessKeyId</Code>"),
        ("sts", "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code>"),
        ("cloudformation", "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code>"),
    ],
)
def test_a_refusal_has_the_form_of_its_service(service: str, code: str) -> None:
    answer = ask(signed(service, "test"))
    assert answer.status_code == 403
    assert code in answer.text
    assert "athena-sandbox env" in answer.text


def test_a_refusal_of_the_iceberg_catalog_is_its_error_model() -> None:
    error = ask(path="/iceberg/v1/config").json()["error"]
    assert (error["code"], error["type"]) == (401, "NotAuthorizedException")


def test_a_refused_head_has_no_body() -> None:
    assert ask(method="HEAD").content == b""


# -- web pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [KEY, None], ids=["closed", "open"])
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://site.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8000"},
        {"origin": ""},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},
        {"sec-fetch-site": "same-site"},
        {"host": "rebound.example:8000"},
        {"host": "127.0.0.1.rebound.example"},
        {"host": "127.0.0.1:8000@rebound.example"},
        {"host": "bucket.localhost:8000"},
        {"host": "f.lambda-url.eu-central-1.127.0.0.1"},
        {"host": "localhost:"},
        {"host": ""},
    ],
    ids=str,
)
def test_what_a_web_page_sends_is_refused_with_any_key(headers: dict[str, str], key: str | None) -> None:
    answer = ask({**signed("s3"), **headers}, "POST", key=key)
    assert answer.status_code == 403
    assert "<Code>AccessDenied</Code>" in answer.text


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "CONNECT"])
def test_no_preflight_is_answered(method: str) -> None:
    answer = ask({**signed("s3"), "access-control-request-method": "PUT"}, method, key=None)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "127.0.0.1", "localhost:8000", "LOCALHOST", "[::1]:8000"])
def test_names_of_this_machine_are_answered(host: str) -> None:
    assert ask({**signed("s3"), "host": host}).status_code == 200


def test_a_second_host_is_refused() -> None:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), (b"host", b"rebound.example")],
    }
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(AccessCheck(answers, None, "s3")(scope, None, send))  # type: ignore[arg-type]
    assert sent[0]["status"] == 403


def test_a_websocket_is_closed() -> None:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(AccessCheck(answers, None, "s3")({"type": "websocket"}, receive, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_no_answer_grants_a_site_anything() -> None:
    headers = ask(signed("s3")).headers
    assert not [name for name in headers if name.startswith("access-control-")]


def test_an_object_that_is_opened_in_a_browser_runs_no_script() -> None:
    typed = {"sec-fetch-site": "none", "sec-fetch-mode": "navigate"}
    assert ask({**signed("s3"), **typed}).headers["content-security-policy"] == "sandbox allow-downloads"
    # A browser that sends no Sec-Fetch headers looks like any other client.
    assert ask(signed("s3")).headers["content-security-policy"] == "sandbox allow-downloads"


@pytest.mark.parametrize("text", ["Credential=", "Credential=a/", "Credential=a/b ", "Credential=/a,"])
def test_a_long_header_is_read_once(text: str) -> None:
    before = time.process_time()
    ask({"authorization": "AWS4-HMAC-SHA256 " + text * (60_000 // len(text))}, key=KEY)
    assert time.process_time() - before < 1


# -- the page of the queries ----------------------------------------------------------------------------


@pytest.mark.parametrize("site", ["none", "same-origin"], ids=["typed", "a link of the page itself"])
def test_the_page_opens_by_its_token(site: str) -> None:
    answer = ask({"sec-fetch-site": site}, path=f"/{PAGE}/")
    assert (answer.status_code, answer.text) == (200, f"/{PAGE}")


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/", {}),
        ("GET", f"/{PAGE}", {}),
        ("GET", f"/{PAGE[:-1]}/", {}),
        ("GET", f"//{PAGE}/", {}),
        ("POST", f"/{PAGE}/", {}),
        ("GET", f"/{PAGE}/", {"sec-fetch-site": "cross-site"}),
        ("GET", f"/{PAGE}/", {"host": "rebound.example"}),
    ],
)
def test_the_token_opens_the_page_alone_and_to_this_machine_alone(
    method: str, path: str, headers: dict[str, str]
) -> None:
    assert ask(headers, method, path, service="athena").status_code == 403
