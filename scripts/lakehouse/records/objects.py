"""JSON documents of a migration in S3: plans, backups, reports. Whole or not at all, as S3 writes objects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lakehouse.errors import ServiceError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def read_document(s3: S3Client, uri: str) -> Any | None:
    """The value of a document, None if there is none. Raises ServiceError if it is no JSON."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return None
        raise
    try:
        return json.loads(body)
    except ValueError as error:
        raise ServiceError(f"{uri} is no JSON ({error}): move it away") from error


def write_document(s3: S3Client, uri: str, value: Any) -> None:
    """Write a value as a document; what JSON has no form for becomes text."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body = json.dumps(value, indent=1, default=str, ensure_ascii=False).encode()
    s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")
