"""Reading and writing policies of buckets and tables.

A put replaces the whole policy and the service has no version of it to compare with. So the policy is read
again right before it is written, and once more after, as maintenance settings are (`maintenance.service`).
"""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lakehouse.s3tables.errors import ChangedMeanwhileError, code_of
from lakehouse.s3tables.grants.documents import PolicyChange, statements_of
from lakehouse.s3tables.grants.statements import Scope

if TYPE_CHECKING:
    from mypy_boto3_s3tables import S3TablesClient


def read_policy(client: "S3TablesClient", scope: Scope) -> str | None:
    """Return the text of the policy of a scope's table or bucket; None if there is none."""
    try:
        if scope.table:
            return client.get_table_policy(
                tableBucketARN=scope.bucket.arn, namespace=scope.table.namespace, name=scope.table.name
            )["resourcePolicy"]
        return client.get_table_bucket_policy(tableBucketARN=scope.bucket.arn)["resourcePolicy"]
    except ClientError as error:
        if code_of(error) != "NotFoundException":
            raise
        return None


def write_policy(client: "S3TablesClient", scope: Scope, change: PolicyChange) -> None:
    """Write a policy. Raises ChangedMeanwhileError if it is not as it was read, or does not stay written."""
    if read_policy(client, scope) != change.before:
        raise ChangedMeanwhileError(
            f"the policy of {scope} was changed by somebody else meanwhile: nothing was written; look at it "
            "by `lakehouse s3tables grants show` and run the command again"
        )
    _put(client, scope, change.after)
    # Compared by meaning: the service may give back other spaces than it was sent.
    if statements_of(read_policy(client, scope)) != statements_of(change.after):
        raise ChangedMeanwhileError(
            f"the policy of {scope} was written by somebody else at the same time: look at it by "
            "`lakehouse s3tables grants show` and run the command again"
        )


def _put(client: "S3TablesClient", scope: Scope, text: str | None) -> None:
    if scope.table:
        where = {
            "tableBucketARN": scope.bucket.arn,
            "namespace": scope.table.namespace,
            "name": scope.table.name,
        }
        if text is None:
            client.delete_table_policy(**where)
        else:
            client.put_table_policy(**where, resourcePolicy=text)
    elif text is None:
        client.delete_table_bucket_policy(tableBucketARN=scope.bucket.arn)
    else:
        client.put_table_bucket_policy(tableBucketARN=scope.bucket.arn, resourcePolicy=text)
