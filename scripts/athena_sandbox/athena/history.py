"""The common part of the histories of queries and of Spark: the SQLite file, and pages from newest to oldest.

A history survives the death of the process at any moment: every change is one transaction, written before a
client can see its effect.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

_Item = TypeVar("_Item")

# Athena keeps the history of queries for 45 days; no source names a time for Spark.
HISTORY_SECONDS = 45 * 24 * 3600
# The place before the newest item.
_BEGINNING = (float("inf"), "")


def open_database(path: Path) -> sqlite3.Connection:
    """The database in a file, which is created if it is missing; every statement commits automatically."""
    database = sqlite3.connect(path, isolation_level=None)
    # WAL with NORMAL keeps every transaction when the process dies; only a crash of the machine can lose one.
    database.execute("pragma journal_mode = wal")
    database.execute("pragma synchronous = normal")
    return database


def place_after(token: str | None) -> tuple[float, str]:
    """Time (epoch seconds) and id of the last item that was shown, from a token of `page_of_newest`.

    Raises ValueError for any other text.
    """
    if token is None:
        return _BEGINNING
    try:
        moment, last_id = json.loads(base64.urlsafe_b64decode(token.encode()))
        return float(moment), str(last_id)
    except TypeError as error:
        raise ValueError(token) from error


def page_of_newest(
    found: list[_Item], limit: int, place: Callable[[_Item], tuple[float, str]]
) -> tuple[list[_Item], str | None]:
    """The first `limit` of the items, and the token of the next page: None at the end.

    `place` returns an item's time and id.
    """
    if len(found) <= limit:
        return found, None
    return found[:limit], base64.urlsafe_b64encode(json.dumps(place(found[limit - 1])).encode()).decode()
