"""Refusing what the disk can't take.

ministack keeps an object that it could not write in memory and answers as if all were well; a crash then
loses what was acknowledged. So a request with a body is refused while there is no room for it.
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
# 507 rather than a 500: SDKs would repeat that for a while, and nothing gets better by it.
_STATUS = 507


def _free_bytes(directory: Path) -> int:
    return shutil.disk_usage(directory).free


class DiskGuard:
    """An application that answers requests with a body only while the disk has room.

    Args:
        directory: where objects are kept.
        free: bytes that are free there.
    """

    def __init__(
        self,
        app: AsgiApp,
        directory: Path,
        free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    ) -> None:
        self._app = app
        self._directory = directory
        self._free = free

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("PUT", "POST") or self._has_room(scope):
            await self._app(scope, receive, send)
            return
        message = f"No space is left on the disk of {self._directory}: free some and try again."
        body = f"<Error><Code>InsufficientStorage</Code><Message>{escape(message)}</Message></Error>".encode()
        headers = [(b"content-type", b"application/xml"), (b"content-length", str(len(body)).encode())]
        # The body of the request stays unread; the connection can't be used again.
        headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": _STATUS, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _has_room(self, scope: Scope) -> bool:
        size = 0
        for name, value in scope["headers"]:
            if name.lower() == b"content-length" and value.isdigit():
                size = int(value)
        try:
            return self._free(self._directory) >= size + RESERVE_BYTES
        except OSError:
            # The directory is made with the first object.
            return True
