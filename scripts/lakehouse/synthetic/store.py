"""The bronze bucket: lists, writes and deletes its objects."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lakehouse.errors import ServiceError
from lakehouse.records.objects import Location, delete_objects, is_missing, list_objects, read_object

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Store:
    """One bucket and the S3 client for it."""

    s3: "S3Client"
    bucket: str

    def ensure_bucket(self) -> None:
        """Create the bucket in the client's region unless it exists. Raises ServiceError if it isn't ours."""
        try:
            self.s3.head_bucket(Bucket=self.bucket)
            return
        except ClientError as error:
            if not is_missing(error):
                raise ServiceError(
                    f"bucket {self.bucket} can't be used ({error}): choose another with --bucket"
                ) from error
        region = self.s3.meta.region_name
        if region == "us-east-1":
            self.s3.create_bucket(Bucket=self.bucket)
        else:
            # The stubs only know the regions of the time when they were generated.
            self.s3.create_bucket(
                Bucket=self.bucket,
                CreateBucketConfiguration={"LocationConstraint": region},  # type: ignore[typeddict-item]
            )

    def read(self, key: str) -> bytes | None:
        """Return an object's content, None if there is no such object or bucket."""
        return read_object(self.s3, Location(self.bucket, key))

    def sizes(self, prefixes: Iterable[str]) -> dict[str, int]:
        """Return the size in bytes of every object below the prefixes; {} if the bucket doesn't exist."""
        found: dict[str, int] = {}
        for prefix in prefixes:
            try:
                listed = list_objects(self.s3, Location(self.bucket, prefix))
                found.update({place.key: size for place, size, _ in listed})
            except ClientError as error:
                if not is_missing(error):
                    raise
        return found

    def write(self, key: str, content: bytes) -> None:
        """Write an object atomically: readers see the old content or the new."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; missing ones are ignored. Raises ServiceError if one can't be deleted."""
        delete_objects(self.s3, self.bucket, keys)
