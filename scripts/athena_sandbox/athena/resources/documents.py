"""A small durable store of JSON documents by kind and key, in one SQLite file.

Source: chosen here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from athena_sandbox.athena.history import open_database

_SCHEMA = """
create table if not exists documents (
    kind text not null, scope text not null, name text not null, document text not null,
    primary key (kind, scope, name)
)
"""

Document = dict[str, Any]


class DocumentStore:
    """Documents of a kind within a scope (a work group, or '' for the account); used from one thread."""

    def __init__(self, path: Path) -> None:
        self._db = open_database(path)
        self._db.execute(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    def get(self, kind: str, scope: str, name: str) -> Document | None:
        row = self._db.execute(
            "select document from documents where kind = ? and scope = ? and name = ?", (kind, scope, name)
        ).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, kind: str, scope: str, name: str, document: Document) -> None:
        self._db.execute(
            "insert or replace into documents (kind, scope, name, document) values (?, ?, ?, ?)",
            (kind, scope, name, json.dumps(document)),
        )

    def delete(self, kind: str, scope: str, name: str) -> bool:
        done = self._db.execute(
            "delete from documents where kind = ? and scope = ? and name = ?", (kind, scope, name)
        )
        return done.rowcount > 0

    def delete_scope(self, kind: str, scope: str) -> None:
        self._db.execute("delete from documents where kind = ? and scope = ?", (kind, scope))

    def list(self, kind: str, scope: str) -> list[Document]:
        """The documents in the order of their names."""
        rows = self._db.execute(
            "select document from documents where kind = ? and scope = ? order by name", (kind, scope)
        )
        return [json.loads(row[0]) for row in rows]

    def find(self, kind: str, name: str) -> Document | None:
        """The document of that name in any scope, for names that are unique across scopes."""
        row = self._db.execute(
            "select document from documents where kind = ? and name = ?", (kind, name)
        ).fetchone()
        return None if row is None else json.loads(row[0])
