"""Reading and writing policies of buckets and tables. A put replaces the whole policy."""

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lakehouse.s3tables.errors import code_of
from lakehouse.s3tables.grants.documents import PolicyChange
from lakehouse.s3tables.grants.statements import Scope
from lakehouse.s3tables.guarded import Replacement

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
    """Write a policy. Raises ChangedMeanwhileError, see `lakehouse.s3tables.guarded`."""
    # Compared as parsed JSON: the service may return the text with different whitespace.
    replacement = Replacement(f"the policy of {scope}", _meaning(change.before), _meaning(change.after))
    replacement.write(lambda: _meaning(read_policy(client, scope)), lambda: _put(client, scope, change.after))


def _meaning(text: str | None) -> Any:
    return None if text is None else json.loads(text)


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
