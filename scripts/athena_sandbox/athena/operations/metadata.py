"""Operations on databases and table metadata, read from Glue.

Source: botocore 1.43's model of the API, November 2026; measured on Athena in September 2026
(aoyagikouhei/athena-local, docs: errors), for unknown catalogs.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from athena_sandbox.athena.catalog.glue import GlueCatalog
from athena_sandbox.athena.errors import MetadataError
from athena_sandbox.athena.resources.paging import page_of

Members = dict[str, Any]
_DEFAULT_PAGE = 50


class MetadataOperations:
    """GetDatabase, ListTableMetadata and the others of their kind.

    Names of S3 Tables catalogs select those; every other name falls back to the default Glue catalog, as in
    Athena.
    """

    def __init__(self, glue: GlueCatalog) -> None:
        self._glue = glue

    async def get_database(self, members: Members) -> Members:
        glue = self._glue.of(members["CatalogName"])
        database = await asyncio.to_thread(glue.database, members["DatabaseName"].lower())
        if database is None:
            raise _missing(f"Database {members['DatabaseName']} not found.")
        return {"Database": _database(database)}

    async def list_databases(self, members: Members) -> Members:
        glue = self._glue.of(members["CatalogName"])
        try:
            databases = [_database(d) for d in await asyncio.to_thread(glue.databases)]
        except ClientError as error:
            raise _missing(f"Catalog {members['CatalogName']} not found.") from error
        return _page("DatabaseList", databases, members)

    async def get_table(self, members: Members) -> Members:
        glue = self._glue.of(members["CatalogName"])
        table = await asyncio.to_thread(
            glue.table, members["DatabaseName"].lower(), members["TableName"].lower()
        )
        if table is None:
            raise _missing(f"Table {members['TableName']} not found.")
        return {"TableMetadata": _table(table)}

    async def list_tables(self, members: Members) -> Members:
        database = members["DatabaseName"].lower()
        glue = self._glue.of(members["CatalogName"])
        if await asyncio.to_thread(glue.database, database) is None:
            raise _missing(f"Database {members['DatabaseName']} not found.")
        tables = await asyncio.to_thread(glue.tables, database)
        matches = _expression(members.get("Expression"))
        return _page("TableMetadataList", [_table(t) for t in tables if matches(t["Name"])], members)


def _missing(what: str) -> MetadataError:
    return MetadataError(
        f"EntityNotFoundException: {what} (Service: AmazonDataCatalog; Status Code: 400; "
        "Error Code: EntityNotFoundException; Proxy: null)"
    )


def _page(key: str, items: list[Members], members: Members) -> Members:
    page, token = page_of(items, members.get("MaxResults") or _DEFAULT_PAGE, members.get("NextToken"))
    return {key: page, **({"NextToken": token} if token else {})}


def _expression(text: str | None) -> Callable[[str], bool]:
    """Expression is a regular expression over table names; a broken one matches nothing."""
    if not text:
        return lambda name: True
    try:
        compiled = re.compile(text.replace("*", ".*") if text == "*" else text, re.IGNORECASE)
    except re.error:
        return lambda name: False
    return lambda name: compiled.search(name) is not None


def _database(database: Mapping[str, Any]) -> Members:
    members: Members = {"Name": database["Name"]}
    if database.get("Description"):
        members["Description"] = database["Description"]
    if database.get("Parameters"):
        members["Parameters"] = database["Parameters"]
    return members


def _table(table: Mapping[str, Any]) -> Members:
    storage = table.get("StorageDescriptor", {})
    serde = storage.get("SerdeInfo", {})
    parameters = {
        **table.get("Parameters", {}),
        "inputformat": storage.get("InputFormat", ""),
        "location": storage.get("Location", ""),
        "outputformat": storage.get("OutputFormat", ""),
        "serde.serialization.lib": serde.get("SerializationLibrary", ""),
    }
    parameters |= {f"serde.param.{key}": value for key, value in serde.get("Parameters", {}).items()}
    members: Members = {
        "Name": table["Name"],
        "TableType": table.get("TableType", ""),
        "Columns": [_column(column) for column in storage.get("Columns", ())],
        "PartitionKeys": [_column(column) for column in table.get("PartitionKeys", ())],
        "Parameters": {key: value for key, value in parameters.items() if value is not None},
    }
    for member, key in (("CreateTime", "CreateTime"), ("LastAccessTime", "LastAccessTime")):
        if table.get(key) is not None:
            members[member] = table[key].timestamp()
    return members


def _column(column: Mapping[str, Any]) -> Members:
    members: Members = {"Name": column["Name"], "Type": column.get("Type", "")}
    if column.get("Comment"):
        members["Comment"] = column["Comment"]
    return members
