"""Record expiration: rows that are older than so many days are deleted.

S3 Tables offers it only for tables that AWS maintains, those of S3 Storage Lens and SageMaker Catalog
("Record expiration for tables", S3 User Guide, read in November 2026). Expired rows can't be restored.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lakehouse.errors import RefusedError
from lakehouse.output import counted
from lakehouse.s3tables.guarded import Replacement
from lakehouse.s3tables.listing import TableEntry

if TYPE_CHECKING:
    from mypy_boto3_s3tables import S3TablesClient


@dataclass(frozen=True)
class Expiration:
    """The setting; `days` is None if it was never set."""

    enabled: bool
    days: int | None

    def __str__(self) -> str:
        return ("on" if self.enabled else "off") + (f", {counted(self.days, 'day')}" if self.days else "")


@dataclass(frozen=True)
class ExpirationJob:
    """The result of the last run; counts are None if it has not run yet."""

    status: str
    last_run: datetime | None
    failure: str | None
    deleted_rows: int | None


def require_expiring_table(table: TableEntry) -> None:
    """Raise RefusedError for a table that a user created, which can't have record expiration."""
    if table.type != "aws":
        raise RefusedError(
            f"{table.table} is your own table, and records expire only in tables that AWS maintains: remove "
            "old rows with a DELETE in Athena"
        )


def read_expiration(client: "S3TablesClient", table_arn: str) -> Expiration:
    """Return the setting of a table that AWS maintains."""
    found = client.get_table_record_expiration_configuration(tableArn=table_arn)["configuration"]
    return Expiration(found.get("status") == "enabled", found.get("settings", {}).get("days"))


def read_expiration_job(client: "S3TablesClient", table_arn: str) -> ExpirationJob:
    """Return the result of the last run."""
    answer = client.get_table_record_expiration_job_status(tableArn=table_arn)
    return ExpirationJob(
        answer["status"],
        answer.get("lastRunTimestamp"),
        answer.get("failureMessage"),
        answer.get("metrics", {}).get("deletedRecords"),
    )


def write_expiration(
    client: "S3TablesClient", table: TableEntry, before: Expiration, after: Expiration
) -> None:
    """Write the setting. Raises ChangedMeanwhileError, see `lakehouse.s3tables.guarded`."""
    value: Any = {"status": "enabled" if after.enabled else "disabled"}
    if after.days is not None:
        value["settings"] = {"days": after.days}
    replacement = Replacement(f"record expiration of {table.table}", before, after)
    replacement.write(
        lambda: read_expiration(client, table.arn),
        lambda: client.put_table_record_expiration_configuration(tableArn=table.arn, value=value),
    )
