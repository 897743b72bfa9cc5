"""The ASGI application of the storage part: which requests this package answers; ministack answers the
others.

Source: chosen here.
"""

import json
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, unquote

from athena_sandbox.s3tables.control import ControlPlane
from athena_sandbox.s3tables.corrections import correct_ministack
from athena_sandbox.s3tables.ministack import Ministack
from athena_sandbox.s3tables.rest import RestCatalog
from athena_sandbox.s3tables.state import StateNotSavedError
from athena_sandbox.s3tables.tables import Tables
from athena_sandbox.s3tables.wire import Answer, Request

logger = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

DEFAULT_REGION = "us-east-1"
"""The region of an unsigned request, which AWS would refuse."""

_SCOPE = re.compile(r"Credential=[^/,\s=]*/\d*/(?P<region>[^/]*)/(?P<service>[^/]*)/aws4_request")
# Services that can change S3 Tables; ministack's CloudFormation makes table buckets too.
_CHANGING = ("s3tables", "cloudformation")


class StorageApp:
    """ministack with S3 Tables as this package serves it.

    `ministack` is its application; `save` writes its state to disk and raises StateNotSavedError if it can't.
    """

    def __init__(self, ministack: AsgiApp, save: Callable[[], None]) -> None:
        correct_ministack()
        self._ministack = ministack
        self._save = save
        tables = Tables(Ministack(ministack))
        self._rest = RestCatalog(tables)
        self._control = ControlPlane(tables)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._ministack(scope, receive, send)
            return
        region, service = _signed_for(scope)
        try:
            if _segments(scope)[:1] == ("iceberg",):
                await self._answer(self._rest.answer, await _request(scope, receive, region), send)
            elif service in _CHANGING:
                await self._api(scope, receive, send, region, service)
            else:
                changing = scope["method"] in ("PUT", "DELETE") and len(_segments(scope)) == 1
                await self._ministack(scope, receive, self._saving(send) if changing else send)
        except StateNotSavedError as error:
            # 507: a full disk stays full, however often an SDK repeats the request.
            body = {"message": str(error), "error": {"message": str(error), "type": "Disk", "code": 507}}
            await self._respond(Answer(507, body), send)

    async def _api(self, scope: Scope, receive: Receive, send: Send, region: str, service: str) -> None:
        request = await _request(scope, receive, region)
        answer = await self._control.answer(request) if service == "s3tables" else None
        if answer is None:
            changing = service != "s3tables" or scope["method"] != "GET"
            await self._ministack(scope, _replayed(request.body), self._saving(send) if changing else send)
        else:
            await self._respond(answer, send)

    async def _answer(
        self, handler: Callable[[Request], Awaitable[Answer]], request: Request, send: Send
    ) -> None:
        try:
            answer = await handler(request)
        except Exception:
            logger.exception("%s /%s failed", request.method, "/".join(request.segments))
            model = {"message": "The storage log has the reason.", "type": "InternalServerError", "code": 500}
            answer = Answer(500, {"error": model})
        await self._respond(answer, send)

    async def _respond(self, answer: Answer, send: Send) -> None:
        if answer.changed:
            self._save()
        body = b"" if answer.body is None else json.dumps(answer.body, separators=(",", ":")).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        headers += [(name.encode(), value.encode()) for name, value in answer.headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _saving(self, send: Send) -> Send:
        """Sends ministack's answer after the state behind it was saved."""

        async def saved_first(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                self._save()
            await send(message)

        return saved_first


def _signed_for(scope: Scope) -> tuple[str, str]:
    """Region and service of the request's signature, which is not checked."""
    for name, value in scope["headers"]:
        if name.lower() == b"authorization":
            match = _SCOPE.search(value.decode("latin-1"))
            if match:
                return match["region"], match["service"]
    return DEFAULT_REGION, ""


def _segments(scope: Scope) -> tuple[str, ...]:
    raw = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").partition("?")[0]
    return tuple(unquote(part) for part in raw.split("/") if part)


async def _request(scope: Scope, receive: Receive, region: str) -> Request:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    host, port = scope["server"]
    return Request(
        method=scope["method"],
        segments=_segments(scope),
        query={key: values[0] for key, values in query.items()},
        body=b"".join(chunks),
        region=region,
        base_url=f"http://{host}:{port}",
    )


def _replayed(body: bytes) -> Receive:
    """The body once more, for ministack."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive
