"""Creates a table in a bucket, or compares it with the existing one. Nothing is ever replaced."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lakehouse.s3tables.buckets import has_namespace, has_table, make_namespace, require_bucket
from lakehouse.s3tables.compare import Difference, differences
from lakehouse.s3tables.definition import TableDefinition, create_table_request
from lakehouse.s3tables.errors import ChangedMeanwhileError, code_of
from lakehouse.s3tables.iceberg import IcebergTables
from lakehouse.s3tables.names import TableBucket, TableName, check_namespace

if TYPE_CHECKING:
    from mypy_boto3_s3tables import S3TablesClient


@dataclass(frozen=True)
class CreatePlan:
    """What is to be done for a definition.

    `exists` is true if the table exists; `differences` then lists how it differs. `make_namespace` is true if
    the namespace doesn't exist yet.
    """

    table: TableName
    request: dict[str, Any]
    exists: bool
    make_namespace: bool = False
    differences: list[Difference] = field(default_factory=list)


def target_table(definition: TableDefinition, namespace: str) -> TableName:
    """The name of the definition's table; `namespace` is used if the definition names none."""
    return TableName(definition.namespace or check_namespace(namespace), definition.name)


def plan_create(
    client: "S3TablesClient", tables: IcebergTables, definition: TableDefinition, namespace: str
) -> CreatePlan:
    """Return what is to be done. Changes nothing. Raises UsageError if the bucket doesn't exist."""
    bucket = tables.bucket
    table = target_table(definition, namespace)
    request = create_table_request(definition, bucket.arn, table)
    require_bucket(client, bucket)
    if not has_namespace(client, bucket, table.namespace):
        return CreatePlan(table, request, exists=False, make_namespace=True)
    if not has_table(client, bucket, table):
        return CreatePlan(table, request, exists=False)
    return CreatePlan(table, request, exists=True, differences=differences(definition, tables.load(table)))


def apply_create(client: "S3TablesClient", bucket: TableBucket, plan: CreatePlan) -> str:
    """Create the table, and its namespace if it is missing; return the table's ARN.

    Raises ChangedMeanwhileError if somebody else has created the table since the plan was made.
    """
    if plan.make_namespace:
        make_namespace(client, bucket, plan.table.namespace)
    try:
        return client.create_table(**plan.request)["tableARN"]
    except ClientError as error:
        if code_of(error) != "ConflictException":
            raise
        raise ChangedMeanwhileError(
            f"somebody else has just created {plan.table}: run the command again to compare the two"
        ) from error
