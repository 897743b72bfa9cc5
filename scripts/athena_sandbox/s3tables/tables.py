"""The rules of tables: how creating, loading, committing, renaming and dropping change entry and objects.

A table's entry (ministack's) names its current metadata file, and replacing that name is the commit. The file
is written before the entry names it, so a kill in between leaves a file that nobody reads. Commits to one
table bucket wait for each other; reads don't wait.

Source: botocore 1.43's model of S3 Tables, November 2026; the order of writes was chosen here.
"""

import asyncio
import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from athena_sandbox.s3tables.errors import (
    CommitError,
    ExistsError,
    InvalidError,
    MetadataLostError,
    NoSuchBucketError,
    NoSuchNamespaceError,
    NoSuchTableError,
    NotEmptyError,
)
from athena_sandbox.s3tables.metadata import (
    committed,
    first_metadata,
    schema_of_request,
    spec_of_request,
)
from athena_sandbox.s3tables.ministack import Ministack
from athena_sandbox.s3tables.names import (
    Bucket,
    TableName,
    check_name,
    metadata_file,
    new_location,
    parse_bucket,
    table_location,
    version_of,
)

Json = dict[str, Any]

# ministack gives a new table the name of a metadata file that it doesn't write.
_NEVER_WRITTEN = "/metadata/v0.metadata.json"


@dataclass(frozen=True)
class Loaded:
    """A table's current metadata and the file that holds it."""

    location: str
    metadata: Json


class Tables:
    """All tables of one storage part; lives on one event loop."""

    def __init__(self, ministack: Ministack) -> None:
        self._ministack = ministack
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def lock(self, bucket: Bucket) -> asyncio.Lock:
        """Held while an entry of the bucket is read to be changed."""
        return self._locks[bucket.arn]

    async def buckets(self, region: str) -> list[Json]:
        return await self._ministack.buckets(region)

    # -- namespaces -------------------------------------------------------------------------------

    async def namespaces(self, bucket: Bucket) -> list[str]:
        return await self._ministack.namespaces(bucket)

    async def namespace_entries(self, bucket: Bucket) -> list[Json]:
        """ListNamespaces' entries. Raises NoSuchBucketError."""
        return await self._ministack.namespace_entries(bucket)

    async def table_entries(self, bucket: Bucket, namespace: str | None) -> list[Json]:
        """ListTables' entries. Raises NoSuchBucketError."""
        return await self._ministack.tables(bucket, namespace)

    async def require_namespace(self, bucket: Bucket, namespace: str) -> None:
        """Raises NoSuchBucketError, NoSuchNamespaceError."""
        if await self._ministack.namespace_exists(bucket, namespace):
            return
        if not await self._ministack.bucket_exists(bucket):
            raise NoSuchBucketError("The specified bucket does not exist.")
        raise NoSuchNamespaceError("The specified namespace does not exist.")

    async def create_namespace(self, bucket: Bucket, namespace: str) -> None:
        check_name("namespace", namespace)
        await self._ministack.create_namespace(bucket, namespace)

    async def require_empty_namespace(self, bucket: Bucket, namespace: str) -> None:
        """Raises NoSuchNamespaceError, NotEmptyError."""
        await self.require_namespace(bucket, namespace)
        if await self._ministack.tables(bucket, namespace):
            raise NotEmptyError("The namespace that you tried to delete is not empty.")

    async def drop_namespace(self, bucket: Bucket, namespace: str) -> None:
        async with self.lock(bucket):
            await self.require_empty_namespace(bucket, namespace)
            await self._ministack.delete_namespace(bucket, namespace)

    async def require_empty_bucket(self, bucket: Bucket) -> None:
        """Raises NoSuchBucketError, NotEmptyError."""
        if await self._ministack.namespaces(bucket):
            raise NotEmptyError("The bucket that you tried to delete is not empty.")

    # -- tables -----------------------------------------------------------------------------------

    async def names(self, bucket: Bucket, namespace: str) -> list[str]:
        """Raises NoSuchBucketError, NoSuchNamespaceError."""
        await self.require_namespace(bucket, namespace)
        return sorted(entry["name"] for entry in await self._ministack.tables(bucket, namespace))

    async def entry(self, table: TableName) -> Json:
        """GetTable's answer. Raises NoSuchTableError."""
        entry = await self._ministack.table(table)
        if entry is None:
            raise NoSuchTableError(f"Table does not exist: {table}")
        return described(entry)

    async def entry_of_arn(self, arn: str, region: str) -> Json:
        """GetTable's answer for a table's ARN. Raises InvalidError, NoSuchTableError."""
        bucket = parse_bucket(arn.partition("/table/")[0], region)
        for found in await self._ministack.tables(bucket):
            if found["tableARN"] == arn:
                return await self.entry(TableName(bucket, found["namespace"][0], found["name"]))
        raise NoSuchTableError("The specified table does not exist.")

    async def load(self, table: TableName) -> Loaded:
        """Raises NoSuchTableError."""
        entry = await self.entry(table)
        location = str(entry.get("metadataLocation", ""))
        content = await self._ministack.read(table.bucket, location) if location else None
        if content is not None:
            return Loaded(location, json.loads(content))
        if location and not location.endswith(_NEVER_WRITTEN):
            raise MetadataLostError(f"The metadata file of {table} is gone: {location}")
        return await self._adopt(table)

    async def _adopt(self, table: TableName) -> Loaded:
        """Give a table its first metadata file, when none was given (CloudFormation, CreateTable without
        metadata)."""
        metadata = await self._ministack.initial_metadata(table)
        location = new_location()
        return await self._replace(table, metadata_file(location, 0), {**metadata, "location": location})

    async def _replace(self, table: TableName, location: str, metadata: Json) -> Loaded:
        await self._ministack.write(table.bucket, location, json.dumps(metadata).encode())
        await self._ministack.set_metadata_location(table, location)
        return Loaded(location, metadata)

    async def create(self, table: TableName, request: Json) -> Loaded:
        """Create an empty table from the body of the REST catalog's createTable.

        Raises InvalidError, also for a location or a staged create, which S3 Tables doesn't accept;
        ExistsError, NoSuchBucketError and NoSuchNamespaceError.
        """
        if request.get("stage-create"):
            raise InvalidError("The stage-create option is not supported for S3 Tables.")
        if request.get("location"):
            raise InvalidError("Table location can not be specified for tables hosted in S3 table buckets")
        async with self.lock(table.bucket):
            await self._check_new(table)
            location = new_location()
            metadata = first_metadata(
                location,
                request["schema"],
                request.get("partition-spec"),
                request.get("write-order"),
                request.get("properties"),
            )
            return (await self._make(table, {"format": "ICEBERG"}, location, metadata))[1]

    async def _make(
        self, table: TableName, request: Json, location: str, metadata: Json
    ) -> tuple[Json, Loaded]:
        """Write the first metadata file, then the entry; returns CreateTable's answer and the table."""
        file = metadata_file(location, 0)
        await self._ministack.write(table.bucket, file, json.dumps(metadata).encode())
        answer = await self._ministack.create_table(table, request)
        await self._ministack.set_metadata_location(table, file)
        return answer, Loaded(file, metadata)

    async def create_by_api(self, table: TableName, request: Json) -> Json:
        """CreateTable of the S3 Tables API; returns its answer. Raises as `create`."""
        async with self.lock(table.bucket):
            await self._check_new(table)
            given = request.get("metadata") or {}
            iceberg = given.get("iceberg") if isinstance(given, dict) else None
            if not isinstance(iceberg, dict):
                answer = await self._ministack.create_table(table, request)
            else:
                location = new_location()
                metadata = first_metadata(
                    location,
                    schema_of_request(iceberg),
                    spec_of_request(iceberg),
                    iceberg.get("writeOrder"),
                    iceberg.get("properties"),
                )
                # ministack reads of the metadata only what we have read, and less.
                bare = {key: value for key, value in request.items() if key != "metadata"}
                answer, _ = await self._make(table, bare, location, metadata)
            return {**answer, "versionToken": (await self.entry(table))["versionToken"]}

    async def _check_new(self, table: TableName) -> None:
        check_name("table", table.name)
        await self.require_namespace(table.bucket, table.namespace)
        if await self._ministack.table(table) is not None:
            raise ExistsError(f"Table already exists: {table}")

    async def commit(self, table: TableName, requirements: list[Json], updates: list[Json]) -> Loaded:
        """Apply updates to a table whose state the requirements describe.

        Raises CommitError if the table is no longer in that state; InvalidError, UnsupportedError and
        NoSuchTableError.
        """
        async with self.lock(table.bucket):
            base = await self.load(table)
            metadata = committed(base.metadata, base.location, requirements, updates)
            next_file = metadata_file(base.metadata["location"], version_of(base.location) + 1)
            return await self._replace(table, next_file, metadata)

    async def swap(self, table: TableName, location: str, token: str) -> Json:
        """UpdateTableMetadataLocation: `token` must be the one of the current location.

        Raises CommitError if it is not, InvalidError if the location is outside the table, and
        NoSuchTableError.
        """
        async with self.lock(table.bucket):
            entry = await self.entry(table)
            _require_token(entry, token)
            if not location.startswith(f"{entry['warehouseLocation']}/"):
                raise InvalidError("The specified metadata location is not valid.")
            await self._ministack.set_metadata_location(table, location)
            return await self.entry(table)

    async def rename(self, table: TableName, namespace: str, name: str, token: str | None = None) -> None:
        """Raises CommitError as `drop`, NoSuchTableError, NoSuchNamespaceError, ExistsError."""
        async with self.lock(table.bucket):
            _require_token(await self.entry(table), token)
            check_name("table", name)
            await self.require_namespace(table.bucket, namespace)
            await self._ministack.rename_table(table, namespace, name)

    async def drop(self, table: TableName, token: str | None = None) -> None:
        """Delete the entry, then the objects; objects that a kill in between leaves are never read again.

        Raises CommitError if a token was given and is not the table's current one, and NoSuchTableError.
        """
        async with self.lock(table.bucket):
            entry = await self.entry(table)
            _require_token(entry, token)
            await self._ministack.delete_table(table)
        if location := entry.get("warehouseLocation"):
            await self._ministack.remove(table.bucket, location)


def _require_token(entry: Json, token: str | None) -> None:
    """Raise CommitError if a token was given and is not that of the table's current state."""
    if token is not None and token != entry["versionToken"]:
        raise CommitError("Provided version token does not match the table version token.")


def described(entry: Json) -> Json:
    """GetTable's answer as AWS gives it: where the table really lies, a token that changes with each commit,
    which ministack's does not, and a type, which CloudFormation's tables lack."""
    location = str(entry.get("metadataLocation", ""))
    corrected = {"type": "customer", **entry, "versionToken": version_token(location)}
    if found := table_location(location):
        corrected["warehouseLocation"] = found
    return corrected


def version_token(metadata_location: str) -> str:
    """The token of the state that a metadata file is."""
    return hashlib.sha256(metadata_location.encode()).hexdigest()[:20]
