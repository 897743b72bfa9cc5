"""Names of table buckets, namespaces and tables, and the location of a table.

Source: "Naming rules for table buckets, tables and namespaces", S3 User Guide, read by November 2026.
"""

import re
import uuid
from dataclasses import dataclass

from athena_sandbox.s3tables.errors import InvalidError

_ARN = re.compile(
    r"arn:aws:s3tables:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):bucket/(?P<name>[a-z0-9][a-z0-9-]{1,61}[a-z0-9])"
)
# The form that the Glue Data Catalog gives a table bucket.
_CATALOG = re.compile(r"(?P<account>\d{12}):s3tablescatalog/(?P<name>[a-z0-9][a-z0-9-]{1,61}[a-z0-9])")
_BUCKET = re.compile(r"(?!xn--|sthree-|amzn-s3-demo-|aws)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_NAME = re.compile(r"[0-9a-z](?:[0-9a-z_]{0,253}[0-9a-z])?")


@dataclass(frozen=True)
class Bucket:
    """A table bucket."""

    region: str
    account: str
    name: str

    @property
    def arn(self) -> str:
        return f"arn:aws:s3tables:{self.region}:{self.account}:bucket/{self.name}"


@dataclass(frozen=True)
class TableName:
    """A table of a bucket."""

    bucket: Bucket
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}.{self.name}"


def parse_bucket(text: str, region: str) -> Bucket:
    """The bucket of an ARN, or of `<account>:s3tablescatalog/<bucket>`, which names no region.

    Raises InvalidError, in the words of S3 Tables, if it is neither.
    """
    if match := _ARN.fullmatch(text):
        return Bucket(match["region"], match["account"], match["name"])
    if match := _CATALOG.fullmatch(text):
        return Bucket(region, match["account"], match["name"])
    raise InvalidError("The specified table bucket ARN is not valid.")


def check_bucket_name(name: str) -> None:
    """Raise InvalidError for a name that no table bucket may have."""
    if not _BUCKET.fullmatch(name):
        raise InvalidError(f"The specified bucket name is not valid: {name!r}.")


def check_name(kind: str, name: str) -> str:
    """The name of a `kind` (namespace or table). Raises InvalidError if S3 Tables does not accept it."""
    if not _NAME.fullmatch(name):
        raise InvalidError(
            f"The specified {kind} name is not valid: {name!r}. Use 1 to 255 lower-case letters, numbers and "
            "underscores, and begin and end with a letter or a number."
        )
    return name


def new_location() -> str:
    """An S3 address that no table has had before, so that leftovers of one table never appear in another.

    As on AWS it is a bucket of the table's own, with the ending that such buckets have. Trino recognises them
    by that ending: it doesn't require the location of such a table to be empty when it is created (the
    catalog has put the metadata file there), and writes no statistics files into it.
    """
    return f"s3://{uuid.uuid4()}--table-s3"


def metadata_file(location: str, version: int) -> str:
    """An address for a new metadata file, spelled as Iceberg's own catalogs do."""
    return f"{location}/metadata/{version:05d}-{uuid.uuid4()}.metadata.json"


def table_location(metadata_location: str) -> str:
    """The address of the table that a metadata file belongs to."""
    return metadata_location.rpartition("/metadata/")[0]


def version_of(metadata_location: str) -> int:
    """The number in the name of a metadata file; -1 when it has none."""
    number = metadata_location.rpartition("/")[2].partition("-")[0]
    return int(number) if number.isdigit() else -1
