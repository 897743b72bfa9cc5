"""Which table bucket a command means."""

from typing import TYPE_CHECKING

from lakehouse.errors import UsageError
from lakehouse.s3tables.names import TableBucket, check_bucket_name, parse_bucket_arn

if TYPE_CHECKING:
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
