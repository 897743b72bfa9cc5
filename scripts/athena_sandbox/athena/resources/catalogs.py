"""Data catalogs: AwsDataCatalog always, others as registered (those can't be queried here).

Source: botocore 1.43's model of the API, November 2026; that AwsDataCatalog is always listed: Athena User
Guide, read by November 2026.
"""

from __future__ import annotations

from athena_sandbox.athena.errors import InvalidRequestError
from athena_sandbox.athena.resources.documents import Document, DocumentStore

_KIND = "catalog"
DEFAULT = "AwsDataCatalog"


class DataCatalogs:
    """Catalogs as the API's DataCatalog structures."""

    def __init__(self, documents: DocumentStore, account: str) -> None:
        self._documents = documents
        self._default: Document = {
            "Name": DEFAULT,
            "Type": "GLUE",
            "Parameters": {"catalog-id": account},
            "Status": "CREATE_COMPLETE",
        }

    def create(self, catalog: Document) -> Document:
        if self._find(catalog["Name"]) is not None:
            raise InvalidRequestError(f"DataCatalog {catalog['Name']} already exists")
        members = ("Name", "Type", "Description", "Parameters")
        document: Document = {key: catalog[key] for key in members if key in catalog}
        document["Status"] = "CREATE_COMPLETE"
        self._documents.put(_KIND, "", catalog["Name"].lower(), document)
        return document

    def get(self, name: str) -> Document:
        catalog = self._find(name)
        if catalog is None:
            raise InvalidRequestError(f"DataCatalog {name} was not found")
        return catalog

    def list(self) -> list[Document]:
        return [self._default, *self._documents.list(_KIND, "")]

    def update(self, catalog: Document) -> None:
        self._require_own(catalog["Name"])
        earlier = self.get(catalog["Name"])
        changed: Document = {
            key: catalog[key] for key in ("Type", "Description", "Parameters") if key in catalog
        }
        self._documents.put(_KIND, "", catalog["Name"].lower(), {**earlier, **changed})

    def delete(self, name: str) -> Document:
        self._require_own(name)
        catalog = self.get(name)
        self._documents.delete(_KIND, "", name.lower())
        return catalog

    def _find(self, name: str) -> Document | None:
        if name.lower() == DEFAULT.lower():
            return self._default
        return self._documents.get(_KIND, "", name.lower())

    @staticmethod
    def _require_own(name: str) -> None:
        if name.lower() == DEFAULT.lower():
            raise InvalidRequestError(f"DataCatalog {DEFAULT} cannot be changed")
