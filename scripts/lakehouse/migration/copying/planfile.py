"""Plans of a table as documents in S3: which files go in which write. Never changed once written.

A plan is named by what it holds, so that a command that was killed and started again makes the same plan, and
its writes find the executions that the killed one had started.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from lakehouse.errors import ServiceError
from lakehouse.migration.config import TableConfig
from lakehouse.migration.copying.batches import Batch
from lakehouse.records.objects import Location, read_document, write_document

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Writer(StrEnum):
    """Who writes the target."""

    MERGE = "merge"
    DBT = "dbt"


class Plan(BaseModel):
    """The batches of one table. `raw_rows` is what the scan counted, None where dbt writes and none ran.

    `unseen` are files of the location whose rows the table doesn't give: outside its partition projection.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    source: str
    target: str
    writer: Writer
    config: str
    made_at: datetime
    batches: tuple[Batch, ...]
    raw_rows: int | None
    unplaced_rows: int
    unseen: tuple[str, ...] = ()
    scanned_bytes: int = 0
    scan_ms: int = 0

    @property
    def size(self) -> int:
        """Bytes of the source's files, each once."""
        return sum(file.size for file in {file for batch in self.batches for file in batch.files})

    @property
    def partitions(self) -> tuple[date, ...]:
        """The target's partitions that it touches."""
        return tuple(sorted({day for batch in self.batches for day in batch.partitions}))


def config_digest(table: TableConfig) -> str:
    """What a table's configuration comes to, as a short text: with another one a plan is another plan."""
    return hashlib.sha256(table.model_dump_json().encode()).hexdigest()[:16]


def plan_id(config: str, batches: tuple[Batch, ...]) -> str:
    """The name of a plan: a digest of its configuration and its batches."""
    digest = hashlib.sha256(config.encode())
    for batch in batches:
        digest.update(f"\n{batch.number} {batch.part} {batch.partitions}".encode())
        for file in batch.files:
            digest.update(f"\0{file.path}\0{file.size}\0{file.partitions}".encode())
    return digest.hexdigest()[:16]


def plan_location(location: str, source: str, name: str) -> Location:
    """Where a plan is."""
    return Location.of(location) / f"plans/{source}/{name}.json"


def save_plan(s3: S3Client, location: str, plan: Plan) -> str:
    """Write a plan and return where it is (s3://...)."""
    place = plan_location(location, plan.source, plan.id)
    write_document(s3, place, plan.model_dump(mode="json"))
    return str(place)


def load_plan(s3: S3Client, location: str, source: str, name: str) -> Plan:
    """A plan by its id. Raises ServiceError if it isn't there or isn't valid."""
    place = plan_location(location, source, name)
    value: Any | None = read_document(s3, place)
    if value is None:
        raise ServiceError(
            f"{place} isn't there, but the ledger names it: restore it from the bucket's versions"
        )
    try:
        return Plan.model_validate(value)
    except ValidationError as error:
        raise ServiceError(f"{place} is not a valid plan: {error.errors()[0]['msg']}") from error
