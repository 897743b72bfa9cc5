"""S3 as this service uses it: result objects, and whether a location is empty.

Everything here blocks; callers on the event loop go through `asyncio.to_thread`.

Source: botocore 1.43's model of S3, November 2026; how objects are written was chosen here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, cast

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError

from athena_sandbox.athena.errors import AthenaSandboxError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Each thread of a transfer holds a part of 8 MB; ten of them, the default, gain nothing on one machine.
_TRANSFER = TransferConfig(max_concurrency=2)
_LOCATION = re.compile(r"s3://([a-z0-9][a-z0-9.\-_]*)(?:/(.*))?", re.DOTALL)


@dataclass(frozen=True)
class Location:
    """An S3 address; `key` has no leading slash and may be empty."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def prefix(self) -> str:
        """The key as a directory: empty, or ending in a slash."""
        return self.key if not self.key or self.key.endswith("/") else f"{self.key}/"


def parse_location(uri: str) -> Location | None:
    """The parts of an `s3://` address, the only kind that Athena takes, or None if it is not one."""
    match = _LOCATION.fullmatch(uri)
    return Location(match.group(1), match.group(2) or "") if match else None


def parse_hadoop_location(uri: str) -> Location | None:
    """Also of `s3a://` and `s3n://`, under which Spark and others keep tables in the catalog."""
    return parse_location(re.sub("^s3[an]://", "s3://", uri))


class StorageError(AthenaSandboxError):
    """An object could not be read or written; `missing` when it (or its bucket) doesn't exist."""

    def __init__(self, message: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.missing = missing


class ObjectStore:
    """The objects under an S3 endpoint."""

    def __init__(self, client: S3Client) -> None:
        self._client = client
        self._known_buckets: set[str] = set()

    def bucket_exists(self, bucket: str) -> bool:
        """Asked once per bucket; only a positive answer is remembered."""
        if bucket in self._known_buckets:
            return True
        try:
            self._client.head_bucket(Bucket=bucket)
        except ClientError:
            return False
        except BotoCoreError as error:
            raise StorageError(f"S3 does not answer: {error}") from error
        self._known_buckets.add(bucket)
        return True

    def make_bucket(self, bucket: str) -> None:
        """Create the bucket if it doesn't exist."""
        if self.bucket_exists(bucket):
            return
        try:
            self._client.create_bucket(
                Bucket=bucket,
                CreateBucketConfiguration={"LocationConstraint": cast("Any", self._client.meta.region_name)},
            )
        except (ClientError, BotoCoreError) as error:
            raise StorageError(f"could not make bucket {bucket}: {error}") from error

    def put(self, location: Location, body: bytes) -> None:
        try:
            self._client.put_object(Bucket=location.bucket, Key=location.key, Body=body)
        except (ClientError, BotoCoreError) as error:
            self._known_buckets.discard(location.bucket)
            raise StorageError(f"could not write {location}: {error}") from error

    def upload(self, location: Location, body: IO[bytes]) -> None:
        """Write a file of any size; boto3 sends large ones in parts."""
        try:
            self._client.upload_fileobj(body, location.bucket, location.key, Config=_TRANSFER)
        except (ClientError, BotoCoreError) as error:
            self._known_buckets.discard(location.bucket)
            raise StorageError(f"could not write {location}: {error}") from error

    def read(self, location: Location, start: int, length: int) -> bytes:
        """Bytes `start` to `start + length`, fewer at the end of the object."""
        try:
            answer = self._client.get_object(
                Bucket=location.bucket, Key=location.key, Range=f"bytes={start}-{start + length - 1}"
            )
            return answer["Body"].read()
        except (ClientError, BotoCoreError) as error:
            raise StorageError(f"could not read {location}: {error}", missing=True) from error

    def is_empty(self, location: Location) -> bool:
        """Whether nothing lies under the location taken as a directory."""
        return next(self.iter_keys(location), None) is None

    def iter_keys(self, location: Location) -> Iterator[str]:
        """The keys under the location taken as a directory."""
        try:
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=location.bucket, Prefix=location.prefix
            )
            for page in pages:
                for item in page.get("Contents", ()):
                    yield item["Key"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchBucket":
                raise StorageError(f"The specified bucket does not exist: {location.bucket}") from error
            raise StorageError(f"could not list {location}: {error}") from error
        except BotoCoreError as error:
            raise StorageError(f"could not list {location}: {error}") from error
