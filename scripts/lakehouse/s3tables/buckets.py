"""Table buckets: finding the one that a command means, checking what exists, creating."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lakehouse.errors import UsageError
from lakehouse.s3tables.errors import code_of
from lakehouse.s3tables.names import TableBucket, TableName, check_bucket_name, parse_bucket_arn

if TYPE_CHECKING:
    from mypy_boto3_s3tables import S3TablesClient
    from mypy_boto3_sts import STSClient

_CONFLICT, _NOT_FOUND = "ConflictException", "NotFoundException"


def resolve_bucket(given: str, sts: "STSClient", region: str) -> TableBucket:
    """Return the bucket of a name or an ARN. A name means a bucket in the caller's account, in `region`.

    Gets the account from STS, which every caller may call, because listing the buckets of S3 Tables needs a
    permission. Raises UsageError for an invalid name and for an ARN in another region.
    """
    if given.startswith("arn:"):
        bucket = parse_bucket_arn(given)
        if bucket.region != region:
            raise UsageError(
                f"{given} is in {bucket.region}, but the session is in {region}: "
                f"set AWS_REGION={bucket.region}"
            )
        return bucket
    check_bucket_name(given)
    caller = sts.get_caller_identity()
    return TableBucket(caller["Arn"].split(":")[1], region, caller["Account"], given)


def make_bucket(client: "S3TablesClient", bucket: TableBucket) -> bool:
    """Create a bucket in the caller's account; False if it exists already."""
    return _is_answered(lambda: client.create_table_bucket(name=bucket.name), _CONFLICT)


def make_namespace(client: "S3TablesClient", bucket: TableBucket, namespace: str) -> bool:
    """Create a namespace; False if it exists already."""
    return _is_answered(
        lambda: client.create_namespace(tableBucketARN=bucket.arn, namespace=[namespace]), _CONFLICT
    )


def require_bucket(client: "S3TablesClient", bucket: TableBucket) -> None:
    """Raise UsageError if a bucket doesn't exist."""
    if not _is_answered(lambda: client.get_table_bucket(tableBucketARN=bucket.arn), _NOT_FOUND):
        raise UsageError(
            f"there is no table bucket {bucket.name} in account {bucket.account}, {bucket.region}: "
            "create it with `lakehouse s3tables create-bucket`, or name another with --bucket"
        )


def has_namespace(client: "S3TablesClient", bucket: TableBucket, namespace: str) -> bool:
    """Whether a namespace exists."""
    return _is_answered(
        lambda: client.get_namespace(tableBucketARN=bucket.arn, namespace=namespace), _NOT_FOUND
    )


def has_table(client: "S3TablesClient", bucket: TableBucket, table: TableName) -> bool:
    """Whether a table exists."""
    return _is_answered(
        lambda: client.get_table(tableBucketARN=bucket.arn, namespace=table.namespace, name=table.name),
        _NOT_FOUND,
    )


def _is_answered(call: Callable[[], object], refusal: str) -> bool:
    """Whether a call succeeds; False if it fails with the error code `refusal`."""
    try:
        call()
    except ClientError as error:
        if code_of(error) != refusal:
            raise
        return False
    return True
