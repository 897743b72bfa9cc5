"""A process that dies at a chosen point: what a step has done by then is what its AWS calls have done.

Every state that a kill can leave behind lies between two calls that change something. Dying before the first
of them, before the second, and so on, goes through all of these states, none left out and none by chance.
"""

from __future__ import annotations

from typing import Any

import boto3

_CHANGES = frozenset(
    {
        "PutObject",
        "DeleteObject",
        "DeleteObjects",
        "CreateTable",
        "UpdateTable",
        "DeleteTable",
        "BatchCreatePartition",
        "GrantPermissions",
    }
)


class Killed(BaseException):
    """Not an Exception: nothing may catch it, as nothing catches a kill."""


class Deaths:
    """Counts the changing calls of a session's clients and dies before the one with the chosen number."""

    def __init__(self, session: boto3.Session) -> None:
        self._left: int | None = None
        # Before the first client: each takes the session's handlers along when it is made.
        session.events.register("before-call", self._before)

    def die_before(self, number: int) -> None:
        """Die before the change of that number, counted from 1 and from now on."""
        self._left = number

    def live(self) -> None:
        self._left = None

    def _before(self, model: Any, params: dict[str, Any], **_: Any) -> None:
        if self._left is None or not _changes(model.name, params):
            return
        self._left -= 1
        if self._left == 0:
            self._left = None
            raise Killed(model.name)


def _changes(operation: str, params: dict[str, Any]) -> bool:
    if operation == "StartQueryExecution":
        return any(word in params["body"].lower() for word in (b"insert into", b"merge into"))
    return operation in _CHANGES
