"""The state of an Iceberg table by its metadata file, which costs no query."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

from lakehouse.catalog.tables import Table

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def current_snapshot(s3: S3Client, table: Table) -> int | None:
    """The newest snapshot of an Iceberg table, None if it has none: from the metadata file that Glue names
    (Iceberg's table specification, "current-snapshot-id"; -1 stands for none)."""
    location = str(table.definition["Parameters"]["metadata_location"])
    bucket, _, key = location.removeprefix("s3://").partition("/")
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    if key.endswith((".gz.metadata.json", ".metadata.json.gz")):
        body = gzip.decompress(body)
    found = json.loads(body).get("current-snapshot-id")
    return None if found in (None, -1) else int(found)
