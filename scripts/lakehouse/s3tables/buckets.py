"""Table buckets: which one a command means, whether it and what is in it are there, making it."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lakehouse.errors import UsageError
from lakehouse.s3tables.errors import code_of
from lakehouse.s3tables.names import TableBucket, TableName, check_bucket_name, parse_bucket_arn

if TYPE_CHECKING:
    from mypy_boto3_s3tables import S3TablesClient
    from mypy_boto3_sts import STSClient


def resolve_bucket(given: str, sts: "STSClient", region: str) -> TableBucket:
    """Return the bucket of a name or an ARN. A name is one of the caller's account in `region`.

    Asks STS for the account, which every caller may do, and not S3 Tables for all buckets, which needs a
    permission. Raises UsageError for a name that can't be one and an ARN of another region.
    """
    if given.startswith("arn:"):
        bucket = parse_bucket_arn(given)
        if bucket.region != region:
            raise UsageError(
                f"{given} lies in {bucket.region} and the session in {region}: set AWS_REGION={bucket.region}"
            )
        return bucket
    check_bucket_name(given)
    caller = sts.get_caller_identity()
    return TableBucket(caller["Arn"].split(":")[1], region, caller["Account"], given)


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


def has_namespace(client: "S3TablesClient", bucket: TableBucket, namespace: str) -> bool:
    """Whether a namespace is there."""
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
