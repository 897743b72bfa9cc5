"""Named (saved) queries of work groups.

Source: botocore 1.43's model of the API, November 2026.
"""

from __future__ import annotations

import uuid

from athena_sandbox.athena.errors import InvalidRequestError
from athena_sandbox.athena.resources.documents import Document, DocumentStore

_KIND, _TOKEN_KIND = "named", "named-token"


class NamedQueries:
    """Queries as the API's NamedQuery structures, found by id in any work group."""

    def __init__(self, documents: DocumentStore) -> None:
        self._documents = documents

    def create(self, query: Document, token: str | None) -> str:
        """Store it and return its id; a repeated token returns the id of the first time."""
        if token and (earlier := self._documents.get(_TOKEN_KIND, "", token)) is not None:
            return str(earlier["NamedQueryId"])
        query_id = str(uuid.uuid4())
        self._documents.put(_KIND, query["WorkGroup"], query_id, {**query, "NamedQueryId": query_id})
        if token:
            self._documents.put(_TOKEN_KIND, "", token, {"NamedQueryId": query_id})
        return query_id

    def find(self, query_id: str) -> Document | None:
        return self._documents.find(_KIND, query_id)

    def get(self, query_id: str) -> Document:
        query = self.find(query_id)
        if query is None:
            raise InvalidRequestError(f"NamedQuery {query_id} was not found")
        return query

    def update(self, query_id: str, changes: Document) -> None:
        query = self.get(query_id)
        self._documents.put(_KIND, query["WorkGroup"], query_id, {**query, **changes})

    def delete(self, query_id: str) -> None:
        query = self.get(query_id)
        self._documents.delete(_KIND, query["WorkGroup"], query_id)

    def ids(self, workgroup: str) -> list[str]:
        return [query["NamedQueryId"] for query in self._documents.list(_KIND, workgroup)]

    def delete_all(self, workgroup: str) -> None:
        self._documents.delete_scope(_KIND, workgroup)
