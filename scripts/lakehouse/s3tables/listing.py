"""Lists table buckets, their namespaces and tables, and the number of rows in tables."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lakehouse.s3tables.errors import code_of
from lakehouse.s3tables.iceberg import no_such_table
from lakehouse.s3tables.names import TableBucket, TableName

if TYPE_CHECKING:
    from mypy_boto3_s3tables import S3TablesClient
    from pyiceberg.table.metadata import TableMetadata


@dataclass(frozen=True)
class BucketEntry:
    """A table bucket in a listing."""

    name: str
    arn: str
    owner: str
    created_at: datetime


@dataclass(frozen=True)
class TableEntry:
    """A table in a listing. `type` is customer, or aws for a table that an AWS service maintains."""

    table: TableName
    arn: str
    type: str
    created_at: datetime
    modified_at: datetime


@dataclass(frozen=True)
class TableSize:
    """The size of a table's newest snapshot; all numbers are 0 without a snapshot.

    `rows` is None if the metadata doesn't have it: equality deletes name values, not rows.
    """

    rows: int | None
    files: int
    bytes: int


def iter_buckets(client: "S3TablesClient") -> Iterator[BucketEntry]:
    """Every table bucket of the account in the client's region, page by page."""
    for page in client.get_paginator("list_table_buckets").paginate():
        for bucket in page["tableBuckets"]:
            yield BucketEntry(bucket["name"], bucket["arn"], bucket["ownerAccountId"], bucket["createdAt"])


def iter_namespaces(client: "S3TablesClient", bucket_arn: str) -> Iterator[str]:
    """Every namespace of a bucket, page by page."""
    for page in client.get_paginator("list_namespaces").paginate(tableBucketARN=bucket_arn):
        for namespace in page["namespaces"]:
            yield ".".join(namespace["namespace"])


def iter_tables(
    client: "S3TablesClient", bucket_arn: str, namespace: str | None = None
) -> Iterator[TableEntry]:
    """Every table of a bucket or of one of its namespaces, page by page."""
    paginator = client.get_paginator("list_tables")
    pages = (
        paginator.paginate(tableBucketARN=bucket_arn, namespace=namespace)
        if namespace
        else paginator.paginate(tableBucketARN=bucket_arn)
    )
    for page in pages:
        for table in page["tables"]:
            yield TableEntry(
                TableName(".".join(table["namespace"]), table["name"]),
                table["tableARN"],
                table["type"],
                table["createdAt"],
                table["modifiedAt"],
            )


def measure(load: Callable[[TableName], "TableMetadata"], table: TableName) -> TableSize:
    """Return the size of a table from its newest snapshot's metadata; no data is read."""
    snapshot = load(table).current_snapshot()
    if snapshot is None or snapshot.summary is None:
        return TableSize(0, 0, 0)
    summary = snapshot.summary
    rows: int | None = None
    if summary["total-equality-deletes"] in (None, "0") and summary["total-records"] is not None:
        rows = int(summary["total-records"]) - int(summary["total-position-deletes"] or 0)
    return TableSize(rows, int(summary["total-data-files"] or 0), int(summary["total-files-size"] or 0))


def find_table(client: "S3TablesClient", bucket: TableBucket, table: TableName) -> TableEntry:
    """Return the listing entry of one table. Raises NoSuchTableError."""
    try:
        found = client.get_table(tableBucketARN=bucket.arn, namespace=table.namespace, name=table.name)
    except ClientError as error:
        if code_of(error) == "NotFoundException":
            raise no_such_table(table, bucket) from error
        raise
    return TableEntry(table, found["tableARN"], found["type"], found["createdAt"], found["modifiedAt"])
