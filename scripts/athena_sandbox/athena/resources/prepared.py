"""Prepared statements of work groups, shared by the API and by PREPARE / EXECUTE.

Source: botocore 1.43's model of the API, November 2026; Athena User Guide, page
querying-with-prepared-statements, read by November 2026.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from athena_sandbox.athena.errors import InvalidRequestError, ResourceNotFoundError
from athena_sandbox.athena.resources.documents import Document, DocumentStore

_KIND = "prepared"


class PreparedStatements:
    """Statements by work group and name; names are kept as given and found without regard to case."""

    def __init__(self, documents: DocumentStore, clock: Callable[[], float] = time.time) -> None:
        self._documents = documents
        self._clock = clock

    def create(self, workgroup: str, name: str, query: str, description: str | None = None) -> None:
        if self._documents.get(_KIND, workgroup, name.lower()) is not None:
            raise InvalidRequestError(f"PreparedStatement {name} already exists in WorkGroup {workgroup}")
        self.put(workgroup, name, query, description)

    def put(self, workgroup: str, name: str, query: str, description: str | None = None) -> None:
        """Create or replace, as PREPARE does."""
        document: Document = {
            "StatementName": name,
            "QueryStatement": query,
            "WorkGroupName": workgroup,
            "LastModifiedTime": self._clock(),
        }
        if description is not None:
            document["Description"] = description
        self._documents.put(_KIND, workgroup, name.lower(), document)

    def find(self, workgroup: str, name: str) -> str | None:
        """The query text, or None."""
        document = self._documents.get(_KIND, workgroup, name.lower())
        return None if document is None else str(document["QueryStatement"])

    def get(self, workgroup: str, name: str) -> Document:
        """The PreparedStatement structure. Raises ResourceNotFoundError."""
        document = self._documents.get(_KIND, workgroup, name.lower())
        if document is None:
            raise self._missing(workgroup, name)
        return document

    def update(self, workgroup: str, name: str, query: str, description: str | None) -> None:
        earlier = self.get(workgroup, name)
        self.put(workgroup, name, query, earlier.get("Description") if description is None else description)

    def delete(self, workgroup: str, name: str) -> None:
        if not self._documents.delete(_KIND, workgroup, name.lower()):
            raise self._missing(workgroup, name)

    def list(self, workgroup: str) -> list[Document]:
        return self._documents.list(_KIND, workgroup)

    def delete_all(self, workgroup: str) -> None:
        self._documents.delete_scope(_KIND, workgroup)

    @staticmethod
    def _missing(workgroup: str, name: str) -> ResourceNotFoundError:
        return ResourceNotFoundError(
            f"PreparedStatement {name} was not found in WorkGroup {workgroup}", ResourceName=name
        )
