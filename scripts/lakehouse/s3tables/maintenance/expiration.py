"""Record expiration: rows that are older than so many days are deleted.

S3 Tables has it for tables that AWS itself keeps (S3 Storage Lens, SageMaker Catalog) and for no others
("Record expiration for tables", S3 User Guide, read in November 2026). The rows are gone for good.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lakehouse.errors import RefusedError
from lakehouse.s3tables.errors import ChangedMeanwhileError
from lakehouse.s3tables.names import TableName

if TYPE_CHECKING:
    from mypy_boto3_s3tables import S3TablesClient


@dataclass(frozen=True)
class Expiration:
    """The setting; `days` is None when none was ever set."""

    enabled: bool
    days: int | None


@dataclass(frozen=True)
class ExpirationJob:
    """What the last run deleted; counts are None for one that has not run."""

    status: str
    last_run: datetime | None
    failure: str | None
    deleted_rows: int | None


def require_expiring_table(table: TableName, table_type: str) -> None:
    """Raise RefusedError for a table that can't have it: one that users made."""
    if table_type != "aws":
        raise RefusedError(
            f"{table} is a table of yours, and records expire only in tables that AWS keeps: remove old rows "
            "by a DELETE in Athena"
        )


def read_expiration(client: "S3TablesClient", table_arn: str) -> Expiration:
    """Return the setting of a table that AWS keeps."""
    told = client.get_table_record_expiration_configuration(tableArn=table_arn)["configuration"]
    return Expiration(told.get("status") == "enabled", told.get("settings", {}).get("days"))


def read_expiration_job(client: "S3TablesClient", table_arn: str) -> ExpirationJob:
    """Return what the last run came to."""
    told = client.get_table_record_expiration_job_status(tableArn=table_arn)
    return ExpirationJob(
        told["status"],
        told.get("lastRunTimestamp"),
        told.get("failureMessage"),
        told.get("metrics", {}).get("deletedRecords"),
    )


def write_expiration(client: "S3TablesClient", table_arn: str, before: Expiration, after: Expiration) -> None:
    """Write the setting; ChangedMeanwhileError if it is not as it was read."""
    if (now := read_expiration(client, table_arn)) != before:
        raise ChangedMeanwhileError(
            f"record expiration was changed by somebody else meanwhile ({now}): nothing was written; look at "
            "it and run the command again"
        )
    value: dict[str, Any] = {"status": "enabled" if after.enabled else "disabled"}
    if after.days is not None:
        value["settings"] = {"days": after.days}
    client.put_table_record_expiration_configuration(tableArn=table_arn, value=value)  # type: ignore[arg-type]
