"""Everything about the maintenance of one bucket or table."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lakehouse.s3tables.iceberg import IcebergTables
from lakehouse.s3tables.listing import TableEntry
from lakehouse.s3tables.maintenance.expiration import (
    Expiration,
    ExpirationJob,
    read_expiration,
    read_expiration_job,
)
from lakehouse.s3tables.maintenance.jobs import Job, read_jobs
from lakehouse.s3tables.maintenance.obstacles import Obstacle, obstacles
from lakehouse.s3tables.maintenance.service import Target, read_settings
from lakehouse.s3tables.maintenance.settings import Setting, SettingKind

if TYPE_CHECKING:
    from mypy_boto3_s3tables import S3TablesClient


@dataclass(frozen=True)
class Overview:
    """The settings of a target; for a table also its jobs and obstacles.

    Record expiration is None for a table that a user created.
    """

    target: Target
    settings: dict[SettingKind, Setting]
    jobs: list[Job] = field(default_factory=list)
    obstacles: list[Obstacle] = field(default_factory=list)
    expiration: Expiration | None = None
    expiration_job: ExpirationJob | None = None


def bucket_overview(client: "S3TablesClient", tables: IcebergTables) -> Overview:
    """Read a bucket."""
    target = Target(tables.bucket)
    return Overview(target, read_settings(client, target))


def table_overview(client: "S3TablesClient", tables: IcebergTables, entry: TableEntry) -> Overview:
    """Read a table. Raises NoSuchTableError."""
    target = Target(tables.bucket, entry.table)
    settings = read_settings(client, target)
    by_aws = entry.type == "aws"
    return Overview(
        target,
        settings,
        read_jobs(client, tables.bucket, entry.table),
        obstacles(tables.load(entry.table), settings),
        read_expiration(client, entry.arn) if by_aws else None,
        read_expiration_job(client, entry.arn) if by_aws else None,
    )
