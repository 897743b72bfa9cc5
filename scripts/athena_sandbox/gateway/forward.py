"""Forwarding requests to the part that answers for their service."""

import json
from collections.abc import Mapping

import httpx

from athena_sandbox.wire.access import AsgiApp, Receive, Scope, Send, service_of

# They belong to one connection; httpx sets its own.
_HOP = frozenset(
    (b"connection", b"keep-alive", b"transfer-encoding", b"content-length", b"host", b"date", b"server")
)
# A page of query results may take long; a connection on this machine must not.
_TIMEOUT = httpx.Timeout(120.0, connect=5.0)


class Forwarder:
    """An application that forwards requests for `services` to other parts, and hands all others to `app`.

    `services` has the base address (`http://host:port`) of each AWS service, by name.
    """

    def __init__(
        self, app: AsgiApp, services: Mapping[str, str], transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._app = app
        self._services = services
        self._http = httpx.AsyncClient(transport=transport, timeout=_TIMEOUT, trust_env=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        url = self._services.get(service_of(scope)) if scope["type"] == "http" else None
        # Behind an address, a target such as `@host/` would name another one; the storage refuses it.
        if url is None or not scope["path"].startswith("/"):
            await self._app(scope, receive, send)
            return
        status, headers, body = await self._ask(url, scope, await _body(receive))
        headers = [*headers, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _ask(self, url: str, scope: Scope, body: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        path = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0]
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        try:
            answer = await self._http.request(
                scope["method"],
                url + (path + query).decode("latin-1"),
                headers=_kept(scope["headers"]),
                content=body,
            )
        except httpx.HTTPError as error:
            # 503: every SDK tries again.
            text = f"{service_of(scope)} does not answer at {url} ({type(error).__name__})"
            refusal = {"__type": "ServiceUnavailableException", "message": text}
            return 503, [(b"content-type", b"application/x-amz-json-1.1")], json.dumps(refusal).encode()
        return answer.status_code, _kept(answer.headers.raw), answer.content


def _kept(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name.lower() not in _HOP]


async def _body(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)
