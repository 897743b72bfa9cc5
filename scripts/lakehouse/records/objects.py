"""Objects in S3: their addresses, and JSON documents kept in them, whole or not at all as S3 writes objects.

The only place that takes an address apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lakehouse.errors import ServiceError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef, ObjectIdentifierTypeDef

# S3's limit for DeleteObjects.
_KEYS_PER_DELETE = 1000


@dataclass(frozen=True)
class Location:
    """A place in S3: the bucket, and the key of an object or the beginning of keys ('' for all of them)."""

    bucket: str
    key: str = ""

    @classmethod
    def of(cls, address: str) -> Location:
        """The place of an address (s3://bucket/key). s3a:// and s3n:// name the same objects."""
        bucket, _, key = address.partition("://")[2].partition("/")
        return cls(bucket, key)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def __truediv__(self, name: str) -> Location:
        """The place of a name below this one."""
        return Location(self.bucket, f"{self.key.rstrip('/')}/{name}".lstrip("/"))


def get_object(s3: S3Client, location: Location) -> GetObjectOutputTypeDef | None:
    """An object with its content, None if there is no such object or bucket."""
    try:
        return s3.get_object(Bucket=location.bucket, Key=location.key)
    except ClientError as error:
        if is_missing(error):
            return None
        raise


def read_object(s3: S3Client, location: Location) -> bytes | None:
    """An object's content, None if there is no such object or bucket."""
    found = get_object(s3, location)
    return None if found is None else found["Body"].read()


def list_objects(s3: S3Client, place: Location) -> Iterator[tuple[Location, int, datetime]]:
    """Place, bytes and time of arrival (UTC) of every object whose key begins with the place's."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=place.bucket, Prefix=place.key):
        for each in page.get("Contents", []):
            yield Location(place.bucket, each["Key"]), each["Size"], each["LastModified"]


def object_exists(s3: S3Client, location: Location) -> bool:
    """Whether there is such an object."""
    try:
        s3.head_object(Bucket=location.bucket, Key=location.key)
    except ClientError as error:
        if is_missing(error):
            return False
        raise
    return True


def delete_objects(s3: S3Client, bucket: str, keys: Iterable[str]) -> None:
    """Delete objects; those that aren't there don't matter. Raises ServiceError if any can't be deleted."""
    pending: list[ObjectIdentifierTypeDef] = [{"Key": key} for key in sorted(keys)]
    for start in range(0, len(pending), _KEYS_PER_DELETE):
        answer = s3.delete_objects(
            Bucket=bucket, Delete={"Objects": pending[start : start + _KEYS_PER_DELETE], "Quiet": True}
        )
        for failed in answer.get("Errors", []):
            raise ServiceError(
                f"{Location(bucket, failed.get('Key', ''))} can't be deleted: {failed.get('Message')}; "
                "run the command again"
            )


def is_missing(error: ClientError) -> bool:
    """Whether S3 answered that there is no such object or bucket."""
    return status_of(error) == 404


def status_of(error: ClientError) -> int:
    """The HTTP status of an answer, 0 where there was none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def read_document(s3: S3Client, location: Location) -> Any | None:
    """The value of a JSON document, None if there is none. Raises ServiceError if it can't be parsed."""
    body = read_object(s3, location)
    if body is None:
        return None
    try:
        return json.loads(body)
    except ValueError as error:
        raise ServiceError(f"{location} is not a JSON document ({error}): move it away") from error


def write_document(s3: S3Client, location: Location, value: Any) -> None:
    """Write a value as a JSON document; what JSON has no form for becomes text."""
    body = json.dumps(value, indent=1, default=str, ensure_ascii=False).encode()
    s3.put_object(Bucket=location.bucket, Key=location.key, Body=body, ContentType="application/json")
