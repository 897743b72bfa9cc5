"""The Glue Data Catalog as this service uses it; blocking, so handlers call it in a thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from athena_sandbox.athena.statements.table_buckets import bucket_of

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_glue.type_defs import DatabaseInputTypeDef, TableInputTypeDef

Table = Mapping[str, Any]
Partition = Mapping[str, Any]

# The members of a table that may be sent back in a TableInput.
_INPUT_MEMBERS = [
    "Name",
    "Description",
    "Owner",
    "LastAccessTime",
    "LastAnalyzedTime",
    "Retention",
    "StorageDescriptor",
    "PartitionKeys",
    "ViewOriginalText",
    "ViewExpandedText",
    "TableType",
    "Parameters",
    "TargetTable",
]
_PARTITION_MEMBERS = ["Values", "LastAccessTime", "StorageDescriptor", "Parameters", "LastAnalyzedTime"]
# Glue takes at most this many in one call.
_CREATE_BATCH, _DELETE_BATCH = 100, 25
_UPDATE_ATTEMPTS = 5


def is_iceberg(table: Table) -> bool:
    return str(table.get("Parameters", {}).get("table_type", "")).lower() == "iceberg"


def is_view(table: Table) -> bool:
    return table.get("TableType") == "VIRTUAL_VIEW"


def _missing(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "EntityNotFoundException"


class GlueCatalog:
    """Databases, tables and partitions. Missing things are None or False; other errors are ClientError.

    This is the account's own catalog; `of` returns the one behind a catalog name of Athena's.
    """

    def __init__(self, client: GlueClient, *, account: str = "", catalog_id: str | None = None) -> None:
        self._client = client
        self._account = account
        self._catalog: Any = {} if catalog_id is None else {"CatalogId": catalog_id}

    def of(self, catalog: str) -> GlueCatalog:
        """The Glue catalog of a catalog name; Athena falls back to the account's own for unknown ones."""
        if bucket_of(catalog) is None:
            return self
        return GlueCatalog(
            self._client, account=self._account, catalog_id=f"{self._account}:{catalog.lower()}"
        )

    # -- databases --------------------------------------------------------------------------------

    def database(self, name: str) -> Mapping[str, Any] | None:
        try:
            return self._client.get_database(Name=name, **self._catalog)["Database"]
        except ClientError as error:
            if _missing(error):
                return None
            raise

    def databases(self) -> list[Mapping[str, Any]]:
        pages = self._client.get_paginator("get_databases").paginate(**self._catalog)
        return sorted((d for page in pages for d in page["DatabaseList"]), key=lambda d: d["Name"])

    def create_database(self, definition: Mapping[str, Any]) -> bool:
        """Create it; False when it already exists."""
        try:
            self._client.create_database(
                DatabaseInput=cast("DatabaseInputTypeDef", definition), **self._catalog
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "AlreadyExistsException":
                return False
            raise
        return True

    def update_database(self, name: str, definition: Mapping[str, Any]) -> None:
        self._client.update_database(Name=name, DatabaseInput=cast("DatabaseInputTypeDef", definition))

    def delete_database(self, name: str) -> None:
        """Delete the database and every table in it; objects in S3 stay."""
        for table in self.tables(name):
            self.delete_table(name, table["Name"])
        self._client.delete_database(Name=name, **self._catalog)

    # -- tables -----------------------------------------------------------------------------------

    def table(self, database: str, name: str) -> Table | None:
        try:
            return self._client.get_table(DatabaseName=database, Name=name, **self._catalog)["Table"]
        except ClientError as error:
            if _missing(error):
                return None
            raise

    def tables(self, database: str) -> list[Table]:
        """Every table and view, by name; empty when there is no such database."""
        try:
            pages = self._client.get_paginator("get_tables").paginate(DatabaseName=database, **self._catalog)
            return sorted((t for page in pages for t in page["TableList"]), key=lambda t: t["Name"])
        except ClientError as error:
            if _missing(error):
                return []
            raise

    def create_table(self, database: str, definition: Mapping[str, Any]) -> bool:
        """Create it; False when it already exists. A missing database is a ClientError."""
        try:
            self._client.create_table(DatabaseName=database, TableInput=cast("TableInputTypeDef", definition))
        except ClientError as error:
            if error.response["Error"]["Code"] == "AlreadyExistsException":
                return False
            raise
        return True

    def change_table(self, database: str, name: str, change: Callable[[dict[str, Any]], None]) -> None:
        """Apply `change` to the table's definition and store it.

        It is read, changed and written again when another client commits in between: an Iceberg commit and
        this change would otherwise overwrite each other.
        """
        for attempt in range(_UPDATE_ATTEMPTS):
            table = self._client.get_table(DatabaseName=database, Name=name)["Table"]
            definition = {key: table[key] for key in _INPUT_MEMBERS if key in table}  # type: ignore[literal-required]
            change(definition)
            version: Any = {"VersionId": table["VersionId"]} if table.get("VersionId") else {}
            try:
                self._client.update_table(
                    DatabaseName=database, TableInput=cast("TableInputTypeDef", definition), **version
                )
            except ClientError as error:
                conflict = error.response["Error"]["Code"] == "ConcurrentModificationException"
                if conflict and attempt < _UPDATE_ATTEMPTS - 1:
                    continue
                raise
            return

    def delete_table(self, database: str, name: str) -> bool:
        """Delete the entry, not the data; False when it doesn't exist."""
        try:
            self._client.delete_table(DatabaseName=database, Name=name, **self._catalog)
        except ClientError as error:
            if _missing(error):
                return False
            raise
        return True

    # -- partitions -------------------------------------------------------------------------------

    def partitions(self, database: str, table: str) -> Iterator[Partition]:
        pages = self._client.get_paginator("get_partitions").paginate(
            DatabaseName=database, TableName=table, ExcludeColumnSchema=True
        )
        for page in pages:
            yield from page["Partitions"]

    def partition(self, database: str, table: str, values: list[str]) -> Partition | None:
        try:
            answer = self._client.get_partition(
                DatabaseName=database, TableName=table, PartitionValues=values
            )
        except ClientError as error:
            if _missing(error):
                return None
            raise
        return answer["Partition"]

    def create_partitions(self, database: str, table: str, partitions: list[Mapping[str, Any]]) -> list[str]:
        """Create them; returns the names (`a/b`) of those that already exist."""
        existing: list[str] = []
        for start in range(0, len(partitions), _CREATE_BATCH):
            answer = self._client.batch_create_partition(
                DatabaseName=database,
                TableName=table,
                PartitionInputList=cast("Any", partitions[start : start + _CREATE_BATCH]),
            )
            existing += ["/".join(error.get("PartitionValues", ())) for error in answer.get("Errors", ())]
        return existing

    def delete_partitions(self, database: str, table: str, values: list[list[str]]) -> None:
        for start in range(0, len(values), _DELETE_BATCH):
            self._client.batch_delete_partition(
                DatabaseName=database,
                TableName=table,
                PartitionsToDelete=[{"Values": item} for item in values[start : start + _DELETE_BATCH]],
            )

    def change_partition(
        self, database: str, table: str, values: list[str], change: Callable[[dict[str, Any]], None]
    ) -> None:
        """Apply `change` to a partition's definition; its values may change too."""
        answer = self._client.get_partition(DatabaseName=database, TableName=table, PartitionValues=values)
        partition = answer["Partition"]
        definition = {key: partition[key] for key in _PARTITION_MEMBERS if key in partition}  # type: ignore[literal-required]
        change(definition)
        self._client.update_partition(
            DatabaseName=database,
            TableName=table,
            PartitionValueList=values,
            PartitionInput=cast("Any", definition),
        )
