"""Tags of work groups and data catalogs, by the resource's ARN.

Source: botocore 1.43's model of the API, November 2026.
"""

from __future__ import annotations

from collections.abc import Iterable

from athena_sandbox.athena.errors import InvalidRequestError, ResourceNotFoundError
from athena_sandbox.athena.resources.catalogs import DataCatalogs
from athena_sandbox.athena.resources.documents import Document, DocumentStore
from athena_sandbox.athena.resources.workgroups import WorkGroups

_KIND = "tags"
WORKGROUP, CATALOG = "workgroup", "datacatalog"
# AWS's quota for a resource.
_MAX_TAGS = 50


class Tags:
    """Tags as the API's Tag structures, in the order of their keys.

    Every method raises InvalidRequestError for a text that is not an ARN of Athena, and ResourceNotFoundError
    for the ARN of something that doesn't exist.
    """

    def __init__(self, documents: DocumentStore, workgroups: WorkGroups, catalogs: DataCatalogs) -> None:
        self._documents = documents
        self._workgroups = workgroups
        self._catalogs = catalogs

    def of(self, arn: str) -> list[Document]:
        return self._read(*self._resource(arn))

    def add(self, arn: str, tags: Iterable[Document]) -> None:
        self.put(*self._resource(arn), tags)

    def remove(self, arn: str, keys: Iterable[str]) -> None:
        kind, name = self._resource(arn)
        gone = set(keys)
        self._write(kind, name, [tag for tag in self._read(kind, name) if tag["Key"] not in gone])

    def put(self, kind: str, name: str, tags: Iterable[Document]) -> None:
        """Add tags to a resource by its kind and name; the same key takes the new value."""
        values = {
            tag["Key"]: tag.get("Value", "") for tag in [*self._read(kind, name), *tags] if "Key" in tag
        }
        if len(values) > _MAX_TAGS:
            raise InvalidRequestError(f"A resource can have at most {_MAX_TAGS} tags")
        self._write(kind, name, [{"Key": key, "Value": values[key]} for key in sorted(values)])

    def forget(self, kind: str, name: str) -> None:
        self._documents.delete(_KIND, kind, name)

    def _read(self, kind: str, name: str) -> list[Document]:
        document = self._documents.get(_KIND, kind, name)
        return [] if document is None else list(document["Tags"])

    def _write(self, kind: str, name: str, tags: list[Document]) -> None:
        self._documents.put(_KIND, kind, name, {"Tags": tags})

    def _resource(self, arn: str) -> tuple[str, str]:
        """Kind and name of an existing resource: `arn:aws:athena:REGION:ACCOUNT:workgroup/NAME`."""
        parts = arn.split(":", 5)
        kind, _, name = parts[-1].partition("/")
        if len(parts) != 6 or parts[0] != "arn" or parts[2] != "athena" or not name:
            raise InvalidRequestError(f"Invalid ARN: {arn}")
        if kind not in (WORKGROUP, CATALOG):
            raise InvalidRequestError(f"Tags of {kind} are not supported by this server")
        try:
            if kind == WORKGROUP:
                return kind, str(self._workgroups.get(name)["Name"])
            return kind, str(self._catalogs.get(name)["Name"]).lower()
        except InvalidRequestError as error:
            raise ResourceNotFoundError(f"Resource {arn} was not found", ResourceName=arn) from error
