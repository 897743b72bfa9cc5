"""The results of the last maintenance runs, with what to do about a failure.

Source of the messages: "S3 Tables maintenance job status" in the S3 User Guide (read in November 2026). The
page has had two sets of texts; both are recognised here.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lakehouse.s3tables.names import TableBucket, TableName

if TYPE_CHECKING:
    from mypy_boto3_s3tables import S3TablesClient

_RETRIED = "S3 Tables retries automatically"
_FAILURES = {
    r"tags? or references?": "drop the branches and tags of the table, or disable snapshot management",
    r"history\.expire": "unset the properties history.expire.* and set the maintenance settings instead",
    r"gc\.enabled": "unset the property gc.enabled, or set it to true",
    r"insufficient access|access denied|kms": (
        "the table's KMS key must be enabled, and its policy must let maintenance.s3tables.amazonaws.com "
        "use it (kms:Decrypt, kms:GenerateDataKey)"
    ),
    r"commit conflict|out of date metadata": (
        f"a writer committed at the same time; {_RETRIED}. If it repeats, commit less often"
    ),
    r"timed out": _RETRIED,
    r"table does not exist|namespace does not exist": "it was dropped or renamed while the job ran",
    r"not supported": (
        "a table property or column type is not supported: see the warnings below, and `Considerations and "
        "limitations for maintenance jobs` in the S3 User Guide"
    ),
    r"validation exception|well-formed": (
        "the metadata can't be read: a writer has added files outside of the table, or damaged the metadata; "
        "roll back to a readable snapshot"
    ),
    r"internal": f"{_RETRIED}; if the error persists, contact AWS Support",
}
_UNKNOWN = "unknown cause; `S3 Tables maintenance job status` in the S3 User Guide lists the messages"
_STATUSES = {
    "Disabled": "turned off by its setting or by a property of the table",
    "Not_Yet_Run": "a new table, or nothing to do so far",
}


@dataclass(frozen=True)
class Job:
    """The last run of one kind of maintenance. `explanation` is None if it succeeded."""

    kind: str
    status: str
    last_run: datetime | None
    failure: str | None
    explanation: str | None


def read_jobs(client: "S3TablesClient", bucket: TableBucket, table: TableName) -> list[Job]:
    """Return the last run of each kind of maintenance of a table."""
    answer = client.get_table_maintenance_job_status(
        tableBucketARN=bucket.arn, namespace=table.namespace, name=table.name
    )
    return [
        Job(
            kind,
            last["status"],
            last.get("lastRunTimestamp"),
            last.get("failureMessage"),
            explained(last["status"], last.get("failureMessage")),
        )
        for kind, last in sorted(answer["status"].items())
    ]


def explained(status: str, failure: str | None) -> str | None:
    """What a status means and what to do about it; None if nothing has to be explained."""
    if status != "Failed":
        return _STATUSES.get(status)
    for pattern, advice in _FAILURES.items():
        if re.search(pattern, failure or "", re.IGNORECASE):
            return advice
    return _UNKNOWN
