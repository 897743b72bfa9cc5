"""A table made in a bucket, or compared with the one that is there. Nothing is ever replaced."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lakehouse.errors import UsageError
from lakehouse.s3tables.compare import Difference, differences
from lakehouse.s3tables.definition import TableDefinition, create_table_request
from lakehouse.s3tables.errors import code_of
from lakehouse.s3tables.iceberg import IcebergTables
from lakehouse.s3tables.names import TableBucket, TableName, check_namespace

if TYPE_CHECKING:
    from mypy_boto3_s3tables import S3TablesClient


@dataclass(frozen=True)
class CreatePlan:
    """What is to be done for a definition.

    `exists` says that the table is there; `differences` is how it differs then. `make_namespace` says that
    the namespace is not there yet.
    """

    table: TableName
    request: dict[str, Any]
    exists: bool
    make_namespace: bool = False
    differences: list[Difference] = field(default_factory=list)


def target_table(definition: TableDefinition, namespace: str) -> TableName:
    """The definition's table; `namespace` is where it goes if its text names no namespace."""
    return TableName(definition.namespace or check_namespace(namespace), definition.name)


def plan_create(
    client: "S3TablesClient", tables: IcebergTables, definition: TableDefinition, namespace: str
) -> CreatePlan:
    """Return what is to be done. Reads only. Raises UsageError if the bucket is not there."""
    bucket = tables.bucket
    table = target_table(definition, namespace)
    request = create_table_request(definition, bucket.arn, table)
    require_bucket(client, bucket)
    if not _has_namespace(client, bucket, table.namespace):
        return CreatePlan(table, request, exists=False, make_namespace=True)
    if not has_table(client, bucket, table):
        return CreatePlan(table, request, exists=False)
    return CreatePlan(table, request, exists=True, differences=differences(definition, tables.load(table)))


def apply_create(client: "S3TablesClient", bucket: TableBucket, plan: CreatePlan) -> str:
    """Make the namespace and the table that a plan lacks; return the table's ARN.

    Raises botocore's ConflictException if somebody else was faster with the table.
    """
    if plan.make_namespace:
        make_namespace(client, bucket, plan.table.namespace)
    return client.create_table(**plan.request)["tableARN"]


def make_bucket(client: "S3TablesClient", bucket: TableBucket) -> bool:
    """Make a bucket of the caller's own account; False if it is there already."""
    try:
        client.create_table_bucket(name=bucket.name)
    except ClientError as error:
        if code_of(error) != "ConflictException":
            raise
        return False
    return True


def make_namespace(client: "S3TablesClient", bucket: TableBucket, namespace: str) -> bool:
    """Make a namespace; False if it is there already."""
    try:
        client.create_namespace(tableBucketARN=bucket.arn, namespace=[namespace])
    except ClientError as error:
        if code_of(error) != "ConflictException":
            raise
        return False
    return True


def require_bucket(client: "S3TablesClient", bucket: TableBucket) -> None:
    """Raise UsageError if a bucket is not there."""
    try:
        client.get_table_bucket(tableBucketARN=bucket.arn)
    except ClientError as error:
        if code_of(error) != "NotFoundException":
            raise
        raise UsageError(
            f"there is no table bucket {bucket.name} in account {bucket.account}, {bucket.region}: "
            "make it by `lakehouse s3tables create-bucket`, or name another by --bucket"
        ) from error


def _has_namespace(client: "S3TablesClient", bucket: TableBucket, namespace: str) -> bool:
    try:
        client.get_namespace(tableBucketARN=bucket.arn, namespace=namespace)
    except ClientError as error:
        if code_of(error) != "NotFoundException":
            raise
        return False
    return True


def has_table(client: "S3TablesClient", bucket: TableBucket, table: TableName) -> bool:
    """Whether a table is there."""
    try:
        client.get_table(tableBucketARN=bucket.arn, namespace=table.namespace, name=table.name)
    except ClientError as error:
        if code_of(error) != "NotFoundException":
            raise
        return False
    return True
