"""The state of an Iceberg table by its metadata file, which costs no query."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

from lakehouse.catalog.tables import Table
from lakehouse.errors import ServiceError
from lakehouse.records.objects import Location, read_object

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def current_snapshot(s3: S3Client, table: Table) -> int | None:
    """The newest snapshot of an Iceberg table, None if it has none: from the metadata file that Glue names
    (Iceberg's table specification, "current-snapshot-id"; -1 stands for none)."""
    location = str(table.definition["Parameters"]["metadata_location"])
    body = read_object(s3, Location.of(location))
    if body is None:
        raise ServiceError(f"{location} isn't there, but {table.qualified_name} names it: restore the object")
    if location.endswith((".gz.metadata.json", ".metadata.json.gz")):
        body = gzip.decompress(body)
    found = json.loads(body).get("current-snapshot-id")
    return None if found in (None, -1) else int(found)
