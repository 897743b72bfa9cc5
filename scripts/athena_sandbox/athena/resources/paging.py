"""Pages of short lists: an opaque token is the position of the next item.

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: api); the form of tokens was
chosen here.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from athena_sandbox.athena.errors import InvalidRequestError

_Item = TypeVar("_Item")


def page_of(items: Sequence[_Item], limit: int, token: str | None) -> tuple[list[_Item], str | None]:
    """The page that the token names, and the next one's token: None at the end, never an empty text."""
    start = 0 if token is None else _decode(token)
    end = start + limit
    return list(items[start:end]), _encode(end) if end < len(items) else None


def _encode(position: int) -> str:
    return base64.urlsafe_b64encode(f"page:{position}".encode()).decode()


def _decode(token: str) -> int:
    try:
        text = base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, ValueError):
        text = ""
    position = text.removeprefix("page:")
    if position == text or not (position.isascii() and position.isdigit()):
        raise InvalidRequestError(f"The nextPageToken is malformed: {token}")
    return int(position)
