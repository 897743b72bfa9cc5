"""Bronze in the Glue catalog: creates its databases, tables and registered partitions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from lakehouse.errors import RefusedError, ServiceError
from lakehouse.telemetry.tables import (
    BRONZE_TABLES,
    DATABASE_DESCRIPTIONS,
    BronzeTable,
    Layout,
    storage_descriptor,
    table_input,
)

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_glue.type_defs import PartitionInputTypeDef, TableInputTypeDef, TableTypeDef

# Glue's limits for one BatchCreatePartition and one BatchDeletePartition.
_PARTITIONS_PER_CREATE = 100
_PARTITIONS_PER_DELETE = 25


@dataclass(frozen=True)
class Catalog:
    """Glue, with a prefix that distinguishes copies of the databases."""

    glue: "GlueClient"
    database_prefix: str = ""

    def database(self, legacy_name: str) -> str:
        """Return the name of a legacy database in Glue."""
        return self.database_prefix + legacy_name

    def check(self, bucket: str) -> None:
        """Raise RefusedError if a table with a bronze table's name exists whose files are elsewhere."""
        for table in BRONZE_TABLES:
            database = self.database(table.database)
            present = self._table(database, table.name)
            if present is None:
                continue
            if present.get("TableType") == "VIRTUAL_VIEW":
                raise RefusedError(
                    f"{database}.{table.name} is a view since its cutover: run `lakehouse migrate rollback` "
                    "first, or keep both with --database-prefix"
                )
            location = present.get("StorageDescriptor", {}).get("Location", "no location")
            if location.rstrip("/") != table.location(bucket).rstrip("/"):
                raise RefusedError(
                    f"table {database}.{table.name} exists already, at {location}: "
                    "drop it, or keep both with --database-prefix"
                )

    def ensure(self, bucket: str, first_day: date, last_day: date, history_days: Sequence[date]) -> None:
        """Create databases, tables and partitions, or correct them; what is already correct is not changed.

        `history_days` are the days of the tables with registered partitions.
        """
        for name, description in DATABASE_DESCRIPTIONS.items():
            self._ensure_database(self.database(name), description)
        for table in BRONZE_TABLES:
            self._ensure_table(table, table_input(table, bucket, first_day, last_day))
            if table.layout is Layout.REGISTERED_PARTITIONS:
                self._ensure_partitions(table, bucket, history_days)

    def _ensure_database(self, name: str, description: str) -> None:
        try:
            self.glue.create_database(DatabaseInput={"Name": name, "Description": description})
        except self.glue.exceptions.AlreadyExistsException:
            return

    def _ensure_table(self, table: BronzeTable, wanted: "TableInputTypeDef") -> None:
        database = self.database(table.database)
        present = self._table(database, table.name)
        if present is None:
            self.glue.create_table(DatabaseName=database, TableInput=wanted)
        elif not _agrees(present, wanted):
            self.glue.update_table(DatabaseName=database, TableInput=wanted)

    def _table(self, database: str, name: str) -> "TableTypeDef | None":
        try:
            return self.glue.get_table(DatabaseName=database, Name=name)["Table"]
        except self.glue.exceptions.EntityNotFoundException:
            return None

    def _ensure_partitions(self, table: BronzeTable, bucket: str, days: Iterable[date]) -> None:
        database = self.database(table.database)
        wanted = {_partition_values(day): day for day in days}
        present = {
            tuple(each["Values"])
            for page in self.glue.get_paginator("get_partitions").paginate(
                DatabaseName=database, TableName=table.name, ExcludeColumnSchema=True
            )
            for each in page["Partitions"]
        }
        stale = sorted(present - wanted.keys())
        for first in range(0, len(stale), _PARTITIONS_PER_DELETE):
            some = stale[first : first + _PARTITIONS_PER_DELETE]
            answer = self.glue.batch_delete_partition(
                DatabaseName=database,
                TableName=table.name,
                PartitionsToDelete=[{"Values": list(values)} for values in some],
            )
            _raise_first(answer.get("Errors", []), database, table)
        missing: list[PartitionInputTypeDef] = [
            {
                "Values": list(values),
                "StorageDescriptor": storage_descriptor(
                    table, f"s3://{bucket}/{table.directory(wanted[values])}"
                ),
            }
            for values in sorted(wanted.keys() - present)
        ]
        for first in range(0, len(missing), _PARTITIONS_PER_CREATE):
            created = self.glue.batch_create_partition(
                DatabaseName=database,
                TableName=table.name,
                PartitionInputList=missing[first : first + _PARTITIONS_PER_CREATE],
            )
            _raise_first(created.get("Errors", []), database, table)


def _partition_values(day: date) -> tuple[str, str, str]:
    return f"{day:%Y}", f"{day:%m}", f"{day:%d}"


def _agrees(present: "TableTypeDef", wanted: "TableInputTypeDef") -> bool:
    """Whether a table is as wanted; additions of Glue and its users, such as owners, don't count."""
    have: dict[str, Any] = dict(present)
    return _contains(have, dict(wanted))


def _contains(have: Any, want: Any) -> bool:
    if isinstance(want, dict):
        return isinstance(have, dict) and all(_contains(have.get(key), value) for key, value in want.items())
    if isinstance(want, (list, tuple)):
        return (
            isinstance(have, (list, tuple))
            and len(have) == len(want)
            and all(_contains(one, other) for one, other in zip(have, want, strict=True))
        )
    return bool(have == want)


def _raise_first(errors: Sequence[Any], database: str, table: BronzeTable) -> None:
    for error in errors:
        detail = error.get("ErrorDetail", {})
        raise ServiceError(
            f"partition {error.get('PartitionValues')} of {database}.{table.name}: "
            f"{detail.get('ErrorCode')}: {detail.get('ErrorMessage')}"
        )
