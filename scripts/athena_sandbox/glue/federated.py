"""The catalogs of S3 Tables in Glue: `<account>:s3tablescatalog/<bucket>`, read from S3 Tables at every call.

Nothing is stored here: a namespace is a database, and a table is what its metadata file says. On AWS the
catalog `s3tablescatalog` is created once per account and region; here it always exists, over every table
bucket. Operations that this module doesn't have are refused by name.

Source: "Amazon S3 Tables integration with AWS analytics services", S3 User Guide, read by November 2026;
dbt-athena 1.11.1, which reads TableType `customer` and the parameter `table_type` and takes
GetTableVersion(s) to know no such entity (incremental.sql, August 2026).
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from athena_sandbox.glue import ACCOUNT_ID
from athena_sandbox.glue.catalog import Json
from athena_sandbox.glue.errors import (
    AlreadyExistsError,
    EntityNotFoundError,
    GlueError,
    InvalidInputError,
    NotServedError,
)
from athena_sandbox.glue.iceberg_types import hive_columns
from athena_sandbox.glue.names import compile_pattern
from athena_sandbox.glue.operations.call import fold
from athena_sandbox.glue.paging import page
from athena_sandbox.glue.requests import conform
from athena_sandbox.glue.service import parsed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3tables import S3TablesClient

PARENT = "s3tablescatalog"
_CATALOG_ID = re.compile(rf"(?:{ACCOUNT_ID}:)?{PARENT}/(?P<bucket>[a-z0-9][a-z0-9-]{{1,61}}[a-z0-9])")
_PARENT_IDS = (PARENT, f"{ACCOUNT_ID}:{PARENT}")
_CONNECTION = "aws:s3tables"


@dataclass(frozen=True)
class Clients:
    """The storage part in one region."""

    s3tables: S3TablesClient
    s3: S3Client


@dataclass(frozen=True)
class _Call:
    request: Json
    region: str
    bucket: str
    clients: Clients

    @property
    def arn(self) -> str:
        return f"arn:aws:s3tables:{self.region}:{ACCOUNT_ID}:bucket/{self.bucket}"

    @property
    def catalog_id(self) -> str:
        return f"{ACCOUNT_ID}:{PARENT}/{self.bucket}"

    def name(self, member: str) -> str:
        return fold(self.request[member])


class FederatedCatalogs:
    """Answers Glue calls on S3 Tables; blocks. `connect` returns the clients of a region."""

    def __init__(self, connect: Callable[[str], Clients]) -> None:
        self._connect = connect

    def serves(self, operation: str, body: bytes) -> bool:
        """Whether a call is for S3 Tables; cheap, because every Glue call is asked."""
        return operation in _CATALOG_OPERATIONS or (PARENT.encode() in body and _names_bucket(body))

    def answer(self, region: str, operation: str, body: bytes) -> Json:
        """The answer to one call. Raises GlueError if it is refused."""
        request = conform(operation, parsed(body))
        clients = self._connect(region)
        if handler := _CATALOG_OPERATIONS.get(operation):
            return handler(request, region, clients)
        match = _CATALOG_ID.fullmatch(str(request.get("CatalogId", "")))
        if match is None:
            raise EntityNotFoundError(f"Catalog {request.get('CatalogId')} not found.")
        if operation in _VERSION_OPERATIONS:
            raise EntityNotFoundError("Entity Not Found")
        if (found := _OPERATIONS.get(operation)) is None:
            raise NotServedError(f"glue:{operation} on an S3 Tables catalog is not supported by this server.")
        return found(_Call(request, region, match["bucket"], clients))


def _names_bucket(body: bytes) -> bool:
    try:
        parsed = json.loads(body)
    except ValueError:
        return False
    return isinstance(parsed, dict) and PARENT in str(parsed.get("CatalogId", ""))


def _translated(error: Exception, missing: str) -> GlueError | None:
    """S3 Tables' refusal in Glue's words; None for any other error."""
    from botocore.exceptions import ClientError, ParamValidationError

    if isinstance(error, ParamValidationError):
        # A name that S3 Tables cannot have.
        return EntityNotFoundError(missing)
    if not isinstance(error, ClientError):
        return None
    code, text = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if code == "NotFoundException":
        return EntityNotFoundError(missing)
    if code == "ConflictException":
        return AlreadyExistsError(text)
    return InvalidInputError(text) if code == "BadRequestException" else None


def _ask(missing: str, call: Callable[[], Any]) -> Any:
    """The answer of S3 Tables. Raises EntityNotFoundError with `missing`, or another GlueError."""
    try:
        return call()
    except Exception as error:
        if (refusal := _translated(error, missing)) is not None:
            raise refusal from error
        raise


# -- databases ----------------------------------------------------------------------------------------


def _namespaces(call: _Call) -> list[Json]:
    def pages() -> list[Any]:
        paginator = call.clients.s3tables.get_paginator("list_namespaces")
        return [entry for one in paginator.paginate(tableBucketARN=call.arn) for entry in one["namespaces"]]

    found: list[Json] = _ask(f"Catalog {call.catalog_id} not found.", pages)
    return sorted(found, key=lambda entry: str(entry["namespace"][0]))


def _database(call: _Call, namespace: Json) -> Json:
    name = namespace["namespace"][0]
    return {
        "Name": name,
        "CreateTime": namespace["createdAt"].timestamp(),
        "CatalogId": call.catalog_id,
        "FederatedDatabase": {"Identifier": f"{call.arn}|{name}", "ConnectionName": _CONNECTION},
    }


def _get_databases(call: _Call) -> Json:
    shown, token = page(_namespaces(call), lambda entry: entry["namespace"][0], call.request, default=100)
    return {"DatabaseList": [_database(call, entry) for entry in shown], **token}


def _get_database(call: _Call) -> Json:
    return {"Database": _database(call, _require_database(call, call.name("Name")))}


def _require_database(call: _Call, name: str) -> Json:
    s3tables = call.clients.s3tables
    found: Json = _ask(
        f"Database {name} not found.", lambda: s3tables.get_namespace(tableBucketARN=call.arn, namespace=name)
    )
    return found


def _create_database(call: _Call) -> Json:
    name = fold(call.request["DatabaseInput"]["Name"])
    s3tables = call.clients.s3tables
    _ask(
        f"Catalog {call.catalog_id} not found.",
        lambda: s3tables.create_namespace(tableBucketARN=call.arn, namespace=[name]),
    )
    return {}


def _delete_database(call: _Call) -> Json:
    name = call.name("Name")
    s3tables = call.clients.s3tables
    missing = f"Database {name} not found."
    try:
        _ask(missing, lambda: s3tables.delete_namespace(tableBucketARN=call.arn, namespace=name))
    except AlreadyExistsError as error:
        # The conflict of a deletion is another one.
        raise InvalidInputError(str(error)) from error
    return {}


# -- tables -------------------------------------------------------------------------------------------


def _get_table(call: _Call) -> Json:
    return {"Table": _described(call, call.name("DatabaseName"), call.name("Name"))}


def _get_tables(call: _Call) -> Json:
    database = call.name("DatabaseName")
    _require_database(call, database)
    matches = compile_pattern(call.request.get("Expression"))
    paginator = call.clients.s3tables.get_paginator("list_tables")
    pages = paginator.paginate(tableBucketARN=call.arn, namespace=database)
    names = sorted(entry["name"] for one in pages for entry in one["tables"] if matches(entry["name"]))
    shown, token = page(names, lambda name: name, call.request, default=100)
    tables = []
    for name in shown:
        try:
            tables.append(_described(call, database, name))
        except EntityNotFoundError:
            # Dropped since it was listed.
            continue
    return {"TableList": tables, **token}


def _delete_table(call: _Call) -> Json:
    """The table with its data: S3 Tables keeps neither."""
    database, name = call.name("DatabaseName"), call.name("Name")
    s3tables = call.clients.s3tables
    _ask(
        f"Table {name} not found.",
        lambda: s3tables.delete_table(tableBucketARN=call.arn, namespace=database, name=name),
    )
    return {}


def _described(call: _Call, database: str, name: str) -> Json:
    s3tables = call.clients.s3tables
    entry = _ask(
        "Entity Not Found",
        lambda: s3tables.get_table(tableBucketARN=call.arn, namespace=database, name=name),
    )
    file = entry.get("metadataLocation", "")
    metadata = _read_metadata(call.clients.s3, file)
    parameters = {"table_type": "ICEBERG", "format": "ICEBERG", "metadata_location": file}
    if comment := metadata.get("properties", {}).get("comment"):
        parameters["comment"] = comment
    return {
        "Name": name,
        "DatabaseName": database,
        "CreateTime": entry["createdAt"].timestamp(),
        "UpdateTime": entry["modifiedAt"].timestamp(),
        "Retention": 0,
        "StorageDescriptor": {
            "Columns": hive_columns(metadata),
            "Location": entry.get("warehouseLocation", ""),
            "Compressed": False,
            "NumberOfBuckets": 0,
            "SortColumns": [],
            "StoredAsSubDirectories": False,
        },
        "PartitionKeys": [],
        "TableType": "customer",
        "Parameters": parameters,
        "IsRegisteredWithLakeFormation": False,
        "CatalogId": call.catalog_id,
        "FederatedTable": {
            "Identifier": entry["tableARN"],
            "DatabaseIdentifier": f"{call.arn}|{database}",
            "ConnectionName": _CONNECTION,
        },
    }


def _read_metadata(s3: S3Client, address: str) -> Json:
    """The metadata file; empty for a table that has none yet."""
    bucket, _, key = address.partition("://")[2].partition("/")
    if not key:
        return {}
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except (s3.exceptions.NoSuchKey, s3.exceptions.NoSuchBucket):
        return {}
    parsed: Json = json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
    return parsed


# -- catalogs -----------------------------------------------------------------------------------------


def _catalog(name: str, identifier: str, resource: str, created: float | None = None) -> Json:
    described: Json = {
        "CatalogId": f"{ACCOUNT_ID}:{name}",
        "Name": name.rpartition("/")[2],
        "ResourceArn": resource,
        "FederatedCatalog": {"Identifier": identifier, "ConnectionName": _CONNECTION},
        "CatalogProperties": {},
        "AllowFullTableExternalDataAccess": "True",
    }
    return described if created is None else {**described, "CreateTime": created}


def _parent(region: str) -> Json:
    identifier = f"arn:aws:s3tables:{region}:{ACCOUNT_ID}:bucket/*"
    return _catalog(PARENT, identifier, f"arn:aws:glue:{region}:{ACCOUNT_ID}:catalog/{PARENT}")


def _child(region: str, bucket: Json) -> Json:
    name = f"{PARENT}/{bucket['name']}"
    resource = f"arn:aws:glue:{region}:{ACCOUNT_ID}:catalog/{name}"
    return _catalog(name, bucket["arn"], resource, bucket["createdAt"].timestamp())


def _children(region: str, clients: Clients) -> list[Json]:
    pages = clients.s3tables.get_paginator("list_table_buckets").paginate()
    buckets: list[Any] = [bucket for one in pages for bucket in one["tableBuckets"]]
    return [_child(region, bucket) for bucket in sorted(buckets, key=lambda bucket: str(bucket["name"]))]


def _get_catalog(request: Json, region: str, clients: Clients) -> Json:
    wanted = request["CatalogId"]
    if wanted in _PARENT_IDS:
        return {"Catalog": _parent(region)}
    for child in _children(region, clients):
        if child["CatalogId"] in (wanted, f"{ACCOUNT_ID}:{wanted}"):
            return {"Catalog": child}
    raise EntityNotFoundError(f"Catalog {wanted} not found.")


def _get_catalogs(request: Json, region: str, clients: Clients) -> Json:
    """The catalogs below the parent that is named; below the account there is one."""
    parent = request.get("ParentCatalogId", ACCOUNT_ID)
    if parent in _PARENT_IDS:
        catalogs = _children(region, clients)
    elif parent == ACCOUNT_ID:
        recursive = request.get("Recursive", False)
        catalogs = [_parent(region), *(_children(region, clients) if recursive else [])]
    else:
        raise EntityNotFoundError(f"Catalog {parent} not found.")
    shown, token = page(catalogs, lambda one: one["CatalogId"], request, default=100)
    return {"CatalogList": list(shown), **token}


_OPERATIONS: dict[str, Callable[[_Call], Json]] = {
    "GetDatabase": _get_database,
    "GetDatabases": _get_databases,
    "CreateDatabase": _create_database,
    "DeleteDatabase": _delete_database,
    "GetTable": _get_table,
    "GetTables": _get_tables,
    "DeleteTable": _delete_table,
}
_VERSION_OPERATIONS = frozenset(("GetTableVersion", "GetTableVersions"))
_CATALOG_OPERATIONS: dict[str, Callable[[Json, str, Clients], Json]] = {
    "GetCatalog": _get_catalog,
    "GetCatalogs": _get_catalogs,
}
