"""Trino with a catalog for each table bucket, made when a statement first needs it.

Statements and catalog names come here as users know them, `s3tablescatalog/<bucket>`, and leave with Trino's
aliases (`statements.table_buckets`). A catalog made by SQL ends with the engine, so what was made is not
relied on: a statement that doesn't find something is sent once more if such a catalog was missing.
Trino analyses a statement before it runs any of it, which makes that safe for every statement.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import httpcore
from botocore.exceptions import ClientError

from athena_sandbox.athena.catalog.sql import quote_name, quote_text
from athena_sandbox.athena.engine.client import EngineError, EngineQuery, EngineStatement, TrinoClient
from athena_sandbox.athena.statements import table_buckets
from athena_sandbox.wire.keys import SECRET_KEY, own_key

if TYPE_CHECKING:
    from mypy_boto3_s3tables import S3TablesClient

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TableBuckets:
    """Where S3 Tables are, for this service (`client`) and for Trino (addresses `http://host:port`)."""

    client: S3TablesClient
    s3tables_url: str
    s3_url: str
    region: str
    account: str

    def exists(self, bucket: str) -> bool:
        """Whether there is such a table bucket. Blocks."""
        try:
            self.client.get_table_bucket(tableBucketARN=self.arn(bucket))
        except ClientError as error:
            if error.response["Error"]["Code"] == "NotFoundException":
                return False
            raise
        return True

    def arn(self, bucket: str) -> str:
        return f"arn:aws:s3tables:{self.region}:{self.account}:bucket/{bucket}"

    def create_catalog(self, bucket: str) -> str:
        """Trino's CREATE CATALOG for a bucket."""
        properties = {
            "iceberg.catalog.type": "rest",
            "iceberg.rest-catalog.uri": f"{self.s3tables_url}/iceberg",
            "iceberg.rest-catalog.warehouse": self.arn(bucket),
            "iceberg.rest-catalog.view-endpoints-enabled": "false",
            "iceberg.rest-catalog.sigv4-enabled": "true",
            "iceberg.rest-catalog.signing-name": "s3tables",
            # As in the Iceberg catalog on Glue, where Trino's own configuration explains them.
            "iceberg.allowed-extra-properties": "*",
            "iceberg.max-partitions-per-writer": "100",
            "iceberg.metadata-cache.enabled": "false",
            "fs.native-s3.enabled": "true",
            "s3.endpoint": self.s3_url,
            "s3.region": self.region,
            "s3.path-style-access": "true",
            "s3.aws-access-key": own_key(),
            "s3.aws-secret-key": SECRET_KEY,
        }
        assignments = ", ".join(
            f"{quote_name(key)} = {quote_text(value)}" for key, value in properties.items()
        )
        alias = quote_name(table_buckets.alias_of(table_buckets.catalog_name(bucket)))
        return f"CREATE CATALOG IF NOT EXISTS {alias} USING iceberg WITH ({assignments})"


class FederatedTrino(TrinoClient):
    """A client of one coordinator that also knows S3 Tables catalogs; without `buckets` they are refused."""

    def __init__(
        self,
        url: str,
        http: httpcore.AsyncConnectionPool,
        buckets: TableBuckets | None = None,
        **options: Any,
    ) -> None:
        super().__init__(url, http, **options)
        self._buckets = buckets
        self._made: set[str] = set()
        self._making = asyncio.Lock()

    async def submit(
        self, statement: EngineStatement, started: Callable[[EngineQuery], None] = lambda query: None
    ) -> EngineQuery:
        """As `TrinoClient.submit`."""
        translated, buckets = _translated(statement)
        await self._make(buckets)
        try:
            return await super().submit(translated, started)
        except EngineError as error:
            # A view may name catalogs that the statement doesn't.
            needed = buckets | table_buckets.aliased_buckets(error.message)
            if not needed or not _is_missing(error) or not await self._make_again(needed):
                raise
        return await super().submit(translated, started)

    async def _make_again(self, names: set[str]) -> bool:
        """Make the catalogs that the engine has lost; False when it has lost none."""
        if self._buckets is None:
            return False
        query = await super().submit(EngineStatement("SHOW CATALOGS"))
        present = {row[0] for row in await query.drain()}
        lost = {
            name for name in names if table_buckets.alias_of(table_buckets.catalog_name(name)) not in present
        }
        self._made -= lost
        await self._make(lost)
        return bool(lost & self._made)

    async def _make(self, names: set[str]) -> None:
        """Create a catalog for each bucket that exists, and remove those of the others."""
        for bucket in sorted(names):
            if self._buckets is None:
                raise EngineError("NOT_SUPPORTED", "S3 Tables catalogs are not supported by this server")
            if not await asyncio.to_thread(self._buckets.exists, bucket):
                await self._forget(bucket)
            elif bucket not in self._made:
                await self._create(bucket, self._buckets)

    async def _create(self, bucket: str, buckets: TableBuckets) -> None:
        async with self._making:
            if bucket in self._made:
                return
            query = await super().submit(EngineStatement(buckets.create_catalog(bucket)))
            await query.drain()
            self._made.add(bucket)
            logger.info("catalog for table bucket %s made", bucket)

    async def _forget(self, bucket: str) -> None:
        """A statement on a bucket that is gone must fail as on any catalog that doesn't exist."""
        async with self._making:
            alias = quote_name(table_buckets.alias_of(table_buckets.catalog_name(bucket)))
            query = await super().submit(EngineStatement(f"DROP CATALOG IF EXISTS {alias}"))
            await query.drain()
            self._made.discard(bucket)


def _is_missing(error: EngineError) -> bool:
    return error.name.endswith("_NOT_FOUND") or "not found" in error.message


def _translated(statement: EngineStatement) -> tuple[EngineStatement, set[str]]:
    """The statement with Trino's names, and the buckets that it needs."""
    sql, buckets = table_buckets.with_aliases(statement.sql)
    context = table_buckets.bucket_of(statement.catalog)
    if context is not None:
        buckets = buckets | {context}
    if not buckets:
        return statement, buckets
    catalog = table_buckets.alias_of(statement.catalog)
    return replace(statement, sql=sql, catalog=catalog, session=_session(statement.session)), buckets


def _session(properties: Mapping[str, str]) -> dict[str, str]:
    """Session properties, with Trino's name of the catalog that one belongs to."""
    translated = {}
    for key, value in properties.items():
        catalog, dot, name = key.rpartition(".")
        translated[f"{table_buckets.alias_of(catalog)}{dot}{name}"] = value
    return translated
