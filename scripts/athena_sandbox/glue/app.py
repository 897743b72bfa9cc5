"""The HTTP side: which service a request is for, and how its answer or refusal looks on the wire.

A request names its operation in X-Amz-Target (`AWSGlue.GetTable`) and its service and region in the
credential scope of its signature, which is not checked. Everything that is not Glue, STS or Lake Formation is
refused by name.

Source: the JSON protocol of the AWS SDKs, as botocore 1.43 reads it (November 2026); which requests are
refused was chosen here.
"""

import asyncio
import json
import logging
import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from athena_sandbox.glue import ENGINE_PATH
from athena_sandbox.glue.errors import GlueError, InternalError, NotServedError, UnknownOperationError
from athena_sandbox.glue.federated import FederatedCatalogs
from athena_sandbox.glue.moto_services import SERVICES, Answer, MotoServices
from athena_sandbox.glue.requests import is_operation
from athena_sandbox.glue.service import GlueService

logger = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

JSON_1_1 = "application/x-amz-json-1.1"
DEFAULT_REGION = "us-east-1"
"""The region of an unsigned request, which AWS would refuse."""

_SCOPE = re.compile(r"Credential=[^/,\s=]*/\d*/(?P<region>[^/]*)/(?P<service>[^/]*)/aws4_request")
_TARGETS = {"AWSGlue": "glue", "AWSLakeFormation": "lakeformation"}


@dataclass(frozen=True)
class _Request:
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    service: str
    region: str
    operation: str
    engine: bool

    @property
    def name(self) -> str:
        """The requested operation, as messages name it: `glue:GetTable`."""
        return ":".join(filter(None, (self.service, self.operation))) or "a request without a service"


class GlueApp:
    """The ASGI application; `service` is called on the event loop's thread only."""

    def __init__(
        self, service: GlueService, moto: MotoServices, federated: FederatedCatalogs | None = None
    ) -> None:
        self._service = service
        self._moto = moto
        self._federated = federated

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["method"] == "GET" and scope["path"] == "/health":
            await _respond(send, Answer(200, [("content-type", "application/json")], b'{"status":"ok"}'))
            return
        request = _described(scope, await _body(receive))
        await _respond(send, await self._answer(request))

    async def _answer(self, request: _Request) -> Answer:
        try:
            if request.service == "glue" and self._is_federated(request):
                return _json(200, await self._answer_by_storage(request))
            if request.service == "glue" and self._service.serves(request.operation):
                return _json(200, self._answer_by_catalog(request))
            return await self._answer_by_moto(request)
        except GlueError as error:
            return _refusal(request, error)
        except Exception:
            logger.exception("%s failed", request.name)
            return _refusal(request, InternalError(f"{request.name} failed; the Glue log has the reason."))

    def _answer_by_catalog(self, request: _Request) -> dict[str, Any]:
        # Engines use the Java SDK and parse types as Hive does; nothing else distinguishes them.
        hive_reader = request.headers.get("user-agent", "").startswith("aws-sdk-java")
        return self._service.answer(
            request.region,
            request.operation,
            request.body,
            hive_reader=hive_reader,
            engine=request.engine,
        )

    def _is_federated(self, request: _Request) -> bool:
        return self._federated is not None and self._federated.serves(request.operation, request.body)

    async def _answer_by_storage(self, request: _Request) -> dict[str, Any]:
        assert self._federated is not None  # noqa: S101 - asked by the caller
        answer = self._federated.answer
        return await asyncio.to_thread(answer, request.region, request.operation, request.body)

    async def _answer_by_moto(self, request: _Request) -> Answer:
        if request.service not in SERVICES:
            raise NotServedError(
                f"{request.name} is not served here: this endpoint serves glue, lakeformation and sts."
            )
        if request.service == "glue" and not is_operation(request.operation):
            raise UnknownOperationError(f"Glue has no operation '{request.operation}'.")
        try:
            return await asyncio.to_thread(
                self._moto.answer, request.path, request.query, request.headers, request.body
            )
        except NotImplementedError:
            raise NotServedError(f"{request.name} is not served by the sandbox.") from None


def _described(scope: dict[str, Any], body: bytes) -> _Request:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = scope["query_string"].decode("latin-1")
    prefix, _, operation = headers.get("x-amz-target", "").partition(".")
    signed = _SCOPE.search(headers.get("authorization", ""))
    service = _TARGETS.get(prefix) or (signed["service"] if signed else "")
    form = parse_qs(body.decode("latin-1")) if "urlencoded" in headers.get("content-type", "") else {}
    if not service and form.get("Version") == ["2011-06-15"]:
        service = "sts"
    path = scope["path"].removeprefix(ENGINE_PATH)
    return _Request(
        path=path or "/",
        query=query,
        headers=headers,
        body=body,
        service=service,
        region=(signed["region"] if signed else "") or DEFAULT_REGION,
        operation=operation or form.get("Action", [path.strip("/")])[0],
        engine=scope["path"] != path,
    )


async def _body(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


def _json(status: int, content: dict[str, Any]) -> Answer:
    body = json.dumps(content, separators=(",", ":")).encode()
    return Answer(status, [("content-type", JSON_1_1)], body)


def _refusal(request: _Request, error: GlueError) -> Answer:
    """JSON for the JSON protocols; XML for what speaks neither, which otherwise reports a broken answer."""
    if "json" in request.headers.get("content-type", "") or request.service in ("glue", "lakeformation"):
        answer = _json(error.status, error.body())
        return Answer(answer.status, [*answer.headers, ("x-amzn-errortype", error.code)], answer.body)
    text = (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{error.code}</Code>"
        f"<Message>{escape(str(error))}</Message></Error></ErrorResponse>"
    )
    return Answer(error.status, [("content-type", "text/xml")], text.encode())


async def _respond(send: Send, answer: Answer) -> None:
    headers = [
        *((name.encode(), value.encode("latin-1")) for name, value in answer.headers),
        (b"content-length", str(len(answer.body)).encode()),
        (b"x-amzn-requestid", str(uuid.uuid4()).encode()),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
