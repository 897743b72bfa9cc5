"""Restores a backup: what is missing is created, what differs is set back, additions are kept.

An existing Iceberg table is not changed: its definition points at its newest commit, and an older pointer
would lose rows. A dropped one can only be restored while its metadata file exists.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakehouse.catalog.definitions import (
    Json,
    create_partition_calls,
    list_partitions,
    missing_partitions,
    partition_statistics,
    statistics_calls,
    table_input,
    table_statistics,
)
from lakehouse.catalog.grants import grant_calls, list_grants
from lakehouse.catalog.planned_calls import Call, Clients, glue_call
from lakehouse.catalog.tables import Table, TableKind, find_table
from lakehouse.errors import RefusedError
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.state import standing_cutover
from lakehouse.migration.switching.backup import Backup, Definition
from lakehouse.records.objects import Location, object_exists

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class RestorePlan:
    """What would be done, in its order, and what can't be: `notes` are for people."""

    backup: Backup
    calls: tuple[Call, ...]
    notes: tuple[str, ...]


def plan_restore(migration: Migration, clients: Clients, table: TableConfig, backup: Backup) -> RestorePlan:
    """What differs from the backup, as calls. Raises RefusedError while a cutover stands."""
    if standing_cutover(migration.ledger, table.source):
        raise RefusedError(
            f"{table.source} is cut over: run `lakehouse migrate rollback` instead, which restores the old "
            "definition and keeps the rows that have arrived since"
        )
    notes: list[str] = []
    calls = list(_database_calls(clients, backup))
    # Tables before the views over them.
    for definition in sorted(backup.definitions, key=lambda each: each.kind is TableKind.VIEW):
        calls += _definition_calls(migration.s3, clients, definition, notes)
    calls += _policy_calls(clients, backup)
    return RestorePlan(backup, tuple(calls), tuple(notes))


def _database_calls(clients: Clients, backup: Backup) -> Iterator[Call]:
    for database in backup.databases:
        try:
            clients.glue.get_database(Name=database["Name"])
        except clients.glue.exceptions.EntityNotFoundException:
            yield glue_call(
                "create_database", f"create the database {database['Name']}", DatabaseInput=database
            )


def _definition_calls(
    s3: S3Client, clients: Clients, definition: Definition, notes: list[str]
) -> Iterator[Call]:
    there = find_table(clients.glue, definition.qualified_name)
    if there is None:
        if lost := _lost_metadata(s3, definition):
            notes.append(
                f"{definition.qualified_name} can't be restored, because its metadata {lost} is gone: "
                "create it again with `lakehouse migrate plan --apply` and `backfill`"
            )
            return
        yield from create_calls(definition)
    elif definition.kind is TableKind.ICEBERG:
        if there.kind is not TableKind.ICEBERG:
            notes.append(f"{definition.qualified_name} is no longer an Iceberg table: it is not changed")
            return
    else:
        yield from _update_calls(clients, definition, there)
    yield from _hanging_calls(clients, definition, there)


def create_calls(definition: Definition) -> Iterator[Call]:
    """Calls that make an entry with all its versions."""
    first, *later = definition.versions
    name = definition.qualified_name
    yield glue_call(
        "create_table",
        f"create {name} ({definition.kind})",
        DatabaseName=definition.database,
        TableInput=first,
    )
    for number, version in enumerate(later, 2):
        yield glue_call(
            "update_table",
            f"set version {number} of {len(definition.versions)} of {name}",
            DatabaseName=definition.database,
            TableInput=version,
        )


def _update_calls(clients: Clients, definition: Definition, there: Table) -> Iterator[Call]:
    if table_input(clients.glue, there.definition) != definition.current:
        name = definition.qualified_name
        yield glue_call(
            "update_table",
            f"set {name} (version {there.version}, {there.kind}) back to the {definition.kind} it was",
            DatabaseName=definition.database,
            TableInput=definition.current,
            VersionId=there.version,
        )


def _hanging_calls(clients: Clients, definition: Definition, there: Table | None) -> Iterator[Call]:
    """Partitions, statistics and grants that the entry lacks."""
    database, name = definition.database, definition.name
    is_table = there is not None and there.kind is TableKind.HIVE and bool(there.partition_keys)
    present = list_partitions(clients.glue, there) if there and is_table else []
    yield from create_partition_calls(
        database, name, missing_partitions(list(definition.partitions), present)
    )
    statistics = table_statistics(clients.glue, there) if there and there.kind is not TableKind.VIEW else []
    yield from statistics_calls(
        database, name, [each for each in definition.statistics if each not in statistics]
    )
    of_partitions = partition_statistics(clients.glue, there, present) if there and present else []
    for each in definition.partition_statistics:
        if each not in of_partitions:
            yield from statistics_calls(database, name, each["Statistics"], each["Values"])
    granted = list_grants(clients.lakeformation, definition.qualified_name) if there else []
    yield from grant_calls(definition.grants, granted)


def _policy_calls(clients: Clients, backup: Backup) -> Iterator[Call]:
    if backup.resource_policy is None:
        return
    if clients.glue.get_resource_policy().get("PolicyInJson") != backup.resource_policy:
        yield glue_call(
            "put_resource_policy",
            "restore the catalog's resource policy",
            PolicyInJson=backup.resource_policy,
        )


def _lost_metadata(s3: S3Client, definition: Definition) -> str | None:
    """The metadata file that an Iceberg definition points at, if it isn't there."""
    parameters: Json = definition.current.get("Parameters", {})
    location = parameters.get("metadata_location")
    if definition.kind is not TableKind.ICEBERG or not location:
        return None
    return None if object_exists(s3, Location.of(location)) else str(location)
