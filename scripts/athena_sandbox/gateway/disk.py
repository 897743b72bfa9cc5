"""Requests that the disk has no room for are refused before their body fills the memory.

Room is reserved for every body from its first byte to the answer, and for the parts of open multipart
uploads, which ministack holds in memory until they become an object. `durability` has the last word: it
refuses what does not fit when it is written, whatever the request said about its size.
"""

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

# Left for the other parts of the stack: journals, histories, logs.
RESERVE_BYTES = 64 * 1024 * 1024


def free_bytes(directory: Path) -> int:
    """Free bytes on the disk of a directory, which may not exist yet."""
    while not directory.exists():
        directory = directory.parent
    return shutil.disk_usage(directory).free


def no_space(directory: Path) -> tuple[str, str, int]:
    """Code, message and HTTP status for a full disk.

    507 and not 500 or 503: AWS SDKs repeat those for a while, and repeating frees no space.
    """
    message = (
        f"No space is left on the disk of {directory}: no space left on device. Free some and try again."
    )
    return "InsufficientStorage", message, 507


class _FullError(Exception):
    """The body that is being received doesn't fit."""


class DiskGuard:
    """An application that answers requests with a body only while the disk has room.

    `directory` is where objects are kept, and `free` returns the free bytes there; `promised` returns the
    bytes that have been accepted and not yet written, apart from the bodies in flight.
    """

    def __init__(
        self,
        app: AsgiApp,
        directory: Path,
        free: Callable[[Path], int] = free_bytes,
        promised: Callable[[], int] = lambda: 0,
    ) -> None:
        self._app = app
        self._directory = directory
        self._free = free
        self._promised = promised
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("PUT", "POST") or _deletes(scope):
            await self._app(scope, receive, send)
            return
        reserved = received = 0
        more = True

        def reserve(size: int) -> None:
            nonlocal reserved
            if size > reserved:
                self._in_flight += size - reserved
                reserved = size
                room = self._free(self._directory) - self._promised() - RESERVE_BYTES
                if self._in_flight > room:
                    raise _FullError

        async def receiving() -> dict[str, Any]:
            nonlocal received, more
            message = await receive()
            more = bool(message.get("more_body"))
            received += len(message.get("body", b""))
            reserve(received)
            return message

        try:
            # Also for an empty body: the request may be a copy.
            reserve(_announced(scope) or 1)
            await self._app(scope, receiving, send)
        except _FullError:
            # A client that is still sending reads no answer: it would see a closed connection and try again.
            while more:
                more = bool((await receive()).get("more_body"))
            await self._refuse(send)
        finally:
            self._in_flight -= reserved

    async def _refuse(self, send: Send) -> None:
        code, text, status = no_space(self._directory)
        body = f"<Error><Code>{code}</Code><Message>{escape(text)}</Message></Error>".encode()
        headers = [(b"content-type", b"application/xml"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _announced(scope: Scope) -> int:
    sizes = [int(value) for name, value in scope["headers"] if name == b"content-length" and value.isdigit()]
    return max(sizes, default=0)


def _deletes(scope: Scope) -> bool:
    """Whether it is S3's DeleteObjects, a POST that makes room."""
    return any(part.partition(b"=")[0] == b"delete" for part in scope["query_string"].split(b"&"))
