"""Whether a table may be cut over: everything that prevents it, one line each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from lakehouse.catalog.definitions import list_partitions, missing_partitions, table_input
from lakehouse.catalog.files import SourceFile
from lakehouse.catalog.planned_calls import Clients
from lakehouse.catalog.tables import Table, TableKind, find_table
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.state import last_write
from lakehouse.migration.switching.snapshots import current_snapshot
from lakehouse.output import counted

UnloadedFiles = Callable[[Migration, TableConfig], list[SourceFile]]

# Files keep arriving: an old proof says little about what is there today.
VALIDATION_HOLDS = timedelta(hours=24)


def problems(
    migration: Migration, clients: Clients, table: TableConfig, unloaded_files: UnloadedFiles
) -> list[str]:
    """What prevents the cutover of a table, with what to do about each, in the order in which to do it; empty
    if nothing does."""
    found = [*_definitions(clients, table), *_validation(migration, table)]
    # A listing of every file: only where the rest is well.
    return found or list(_files(migration, table, unloaded_files))


def _validation(migration: Migration, table: TableConfig) -> Iterator[str]:
    ledger = migration.ledger
    green = ledger.last("validate", "green", table.source)
    red = ledger.last("validate", "red", table.source)
    again = f"run `lakehouse migrate validate --table {table.source}`"
    if green is None and red is None:
        yield f"it was never validated: {again}"
        return
    if green is None or (red is not None and red.at > green.at):
        yield f"its newest validation is red: find the difference, then {again}"
        return
    if (age := ledger.now() - green.at) > VALIDATION_HOLDS:
        yield f"its validation is {_hours(age)} hours old, more than {_hours(VALIDATION_HOLDS)}: {again}"
    written = last_write(ledger, table.source)
    if written is not None and written > green.at:
        yield f"it was written after its validation (at {written:%Y-%m-%d %H:%M:%S} UTC): {again}"
    target = find_table(migration.glue, table.target)
    validated = green.detail.get("snapshot")
    if target is not None and target.kind is TableKind.ICEBERG and validated is not None:
        current = current_snapshot(migration.s3, target)
        if current != int(validated):
            yield (
                f"{table.target} is at snapshot {current}, its validation saw {validated}: somebody wrote to "
                f"it or compacted it since: {again}"
            )


def _definitions(clients: Clients, table: TableConfig) -> Iterator[str]:
    source = find_table(clients.glue, table.source)
    legacy = find_table(clients.glue, table.legacy)
    target = find_table(clients.glue, table.target)
    again = f"run `lakehouse migrate plan --apply --table {table.source}`"
    if target is None or target.kind is not TableKind.ICEBERG:
        yield f"there is no Iceberg table {table.target}: {again}"
    if legacy is None:
        yield f"there is no table {table.legacy}, which is needed to read new files: {again}"
    elif source is not None and source.kind is TableKind.HIVE and not _same_layout(source, legacy):
        yield (
            f"{table.legacy} and {table.source} differ in columns, location or format, because "
            f"{table.source} has changed since: {again}"
        )


def _files(migration: Migration, table: TableConfig, unloaded_files: UnloadedFiles) -> Iterator[str]:
    if waiting := unloaded_files(migration, table):
        yield (
            f"{counted(len(waiting), 'file')} not loaded yet, such as {waiting[0].path}: "
            f"run `lakehouse migrate dual-write --once --table {table.source}`, then validate"
        )


def unregistered_partitions(clients: Clients, source: Table, legacy: Table) -> list[dict[str, object]]:
    """Partitions of one entry that the other lacks."""
    if not source.partition_keys or not legacy.partition_keys:
        return []
    return missing_partitions(list_partitions(clients.glue, source), list_partitions(clients.glue, legacy))


def changed_since(clients: Clients, source: Table, backed_up: dict[str, object]) -> bool:
    """Whether an entry differs from a backup of it."""
    return table_input(clients.glue, source.definition) != backed_up


def _same_layout(one: Table, other: Table) -> bool:
    return (
        one.columns == other.columns
        and one.partition_keys == other.partition_keys
        and one.location.rstrip("/") == other.location.rstrip("/")
        and _format(one) == _format(other)
    )


def _format(table: Table) -> tuple[object, object]:
    descriptor = table.definition.get("StorageDescriptor", {})
    return descriptor.get("InputFormat"), descriptor.get("SerdeInfo", {}).get("SerializationLibrary")


def _hours(age: timedelta) -> str:
    return f"{age.total_seconds() / 3600:.0f}"
