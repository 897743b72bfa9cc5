"""The clean-up: removes what only a rollback needs, once the time for a rollback is over.

It refuses until `retention_days` have passed since the cutover, by the ledger's clock. The view under the old
name is kept, so that queries keep working, unless its removal is requested. Old files are deleted on request.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from lakehouse.catalog.dependents import list_views, tables_of_view, views_over
from lakehouse.catalog.files import all_objects, objects_below, partition_places
from lakehouse.catalog.planned_calls import Call, Clients, apply_calls, glue_call
from lakehouse.catalog.tables import Table, TableKind, find_table, parse_table
from lakehouse.errors import RefusedError, UsageError
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.state import standing_cutover
from lakehouse.migration.switching.readiness import UnloadedFiles
from lakehouse.output import counted
from lakehouse.records.ledger import Entry
from lakehouse.records.objects import Location, delete_objects

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient


@dataclass(frozen=True)
class CleanupOptions:
    """The optional parts: deleting the old files, dropping the view under the old name, and continuing
    although files still arrive at the old location."""

    delete_data: bool = False
    drop_view: bool = False
    although_delivered: bool = False


@dataclass(frozen=True)
class CleanupPlan:
    """What goes of one table: definitions by `calls`, old files by path with their bytes. `kept` says what
    stays and why. `done` means that a clean-up of this cutover ended and nothing is left to do."""

    table: TableConfig
    cutover: Entry
    location: str
    calls: tuple[Call, ...]
    files: tuple[tuple[str, int], ...]
    kept: tuple[str, ...]
    done: bool


def plan_cleanup(
    migration: Migration,
    clients: Clients,
    table: TableConfig,
    options: CleanupOptions,
    unloaded_files: UnloadedFiles,
) -> CleanupPlan:
    """What would be removed. Raises RefusedError if the table can't be cleaned up."""
    cutover = _due(migration, table)
    legacy = find_table(clients.glue, table.legacy)
    location = _folder(legacy.location if legacy else _begun_location(migration, table, cutover))
    if legacy is not None:
        _refuse_while_needed(migration, table, legacy, cutover.at, options, unloaded_files)
    if options.delete_data:
        _refuse_shared_place(clients.glue, table, location)
    files = tuple(
        (path, size) for path, size, *_ in objects_below(migration.s3, location) if options.delete_data
    )
    kept: list[str] = []
    calls = tuple(_calls(clients, table, legacy, options, kept))
    if files and legacy is not None:
        places = [_folder(place) for place in partition_places(clients.glue, legacy)]
        kept += [f"{place}: delete it by hand" for place in places if not place.startswith(location)]
    if files and any(line.startswith(f"{table.legacy}:") for line in kept):
        raise RefusedError(f"the files of {table.source} are not deleted: {'; '.join(kept)}")
    ended = migration.ledger.last("cleanup", "done", table.source)
    done = not calls and not files and ended is not None and ended.at > cutover.at
    return CleanupPlan(table, cutover, location, calls, files, tuple(kept), done)


def apply_cleanup(migration: Migration, clients: Clients, plan: CleanupPlan) -> None:
    """Make the plan's calls, delete its files, and record both. Safe to repeat after a kill."""
    if plan.done:
        return
    source = plan.table.source
    # The location is recorded first: once the definition is gone, a repeated command reads it from here.
    migration.ledger.append("cleanup", "started", source, location=plan.location, files=len(plan.files))
    by_bucket: dict[str, list[str]] = {}
    for path, _ in plan.files:
        place = Location.of(path)
        by_bucket.setdefault(place.bucket, []).append(place.key)
    for bucket, keys in by_bucket.items():
        delete_objects(migration.s3, bucket, keys)
    apply_calls(clients, plan.calls)
    migration.ledger.append(
        "cleanup",
        "done",
        source,
        location=plan.location,
        changes=[call.description for call in plan.calls],
        files=len(plan.files),
        bytes=sum(size for _, size in plan.files),
    )


def archive_templates(migration: Migration, folder: Path) -> list[str]:
    """Copy the .sql files of a folder to reports/archive/ and return where they are. Raises UsageError if
    there are none."""
    templates = sorted(folder.rglob("*.sql"))
    if not templates:
        raise UsageError(f"there are no .sql files in {folder}: give the folder of the old query templates")
    archived = []
    for template in templates:
        place = migration.ledger.location / f"reports/archive/{template.relative_to(folder).as_posix()}"
        migration.s3.put_object(
            Bucket=place.bucket,
            Key=place.key,
            Body=template.read_bytes(),
            ContentType="text/plain; charset=utf-8",
        )
        archived.append(str(place))
    return archived


def _due(migration: Migration, table: TableConfig) -> Entry:
    """The standing cutover, if it stands long enough."""
    cutover = standing_cutover(migration.ledger, table.source)
    if cutover is None:
        raise RefusedError(f"{table.source} is not cut over: there is nothing to clean up")
    due = cutover.at + timedelta(days=migration.config.retention_days)
    now = migration.ledger.now()
    if now < due:
        raise RefusedError(
            f"{table.source} was cut over at {cutover.at:%Y-%m-%d %H:%M} UTC and its old table stays "
            f"{counted(migration.config.retention_days, 'day')}, until {due:%Y-%m-%d %H:%M} UTC "
            f"(it is {now:%Y-%m-%d %H:%M} UTC by the ledger's clock): wait, nothing overrides this"
        )
    return cutover


def _refuse_while_needed(
    migration: Migration,
    table: TableConfig,
    legacy: Table,
    cut_over_at: datetime,
    options: CleanupOptions,
    unloaded_files: UnloadedFiles,
) -> None:
    """New rows come by the old files for as long as those are written."""
    if waiting := unloaded_files(migration, table):
        raise RefusedError(
            f"{counted(len(waiting), 'file')} of {table.legacy} "
            f"{'is' if len(waiting) == 1 else 'are'} not in {table.target} yet, such as {waiting[0].path}: "
            f"run `lakehouse migrate dual-write --once --table {table.source}` and validate"
        )
    later = [
        (arrived, path)
        for path, _, arrived in all_objects(migration.s3, migration.glue, legacy)
        if arrived > cut_over_at
    ]
    if later and not options.although_delivered:
        newest, path = max(later)
        raise RefusedError(
            f"{counted(len(later), 'file')} arrived at {legacy.location} since the cutover, the newest at "
            f"{newest:%Y-%m-%d %H:%M} UTC ({path}): without {table.legacy} nothing loads them. Let their "
            f"writers write to {table.target} first, or clean up anyway with --although-delivered"
        )


def _refuse_shared_place(glue: GlueClient, table: TableConfig, location: str) -> None:
    """Files below a place are the table's own only if no other table lies there, above it or below it."""
    own = {table.source, table.legacy}
    for other, place in _locations(glue):
        if other not in own and (place.startswith(location) or location.startswith(place)):
            raise RefusedError(
                f"the files of {table.source} are not deleted: {other} has its files in {place}, "
                f"which overlaps with {location}"
            )


def _locations(glue: GlueClient) -> Iterator[tuple[str, str]]:
    for databases in glue.get_paginator("get_databases").paginate():
        for database in databases["DatabaseList"]:
            for page in glue.get_paginator("get_tables").paginate(DatabaseName=database["Name"]):
                for each in page["TableList"]:
                    other = parse_table(each)
                    partitions = partition_places(glue, other) if other.kind is TableKind.HIVE else []
                    # A partition can lie in a folder that isn't its table's.
                    for place in (other.location, *partitions):
                        if place:
                            yield other.qualified_name, _folder(str(Location.of(place)))


def _folder(location: str) -> str:
    return location.rstrip("/") + "/"


def _calls(
    clients: Clients, table: TableConfig, legacy: Table | None, options: CleanupOptions, kept: list[str]
) -> Iterator[Call]:
    views = list_views(clients.glue)
    going: set[str] = set()
    if table.dbt_model is not None and find_table(clients.glue, table.compat):
        kept.append(f"{table.compat}: the dbt project makes it")
    elif find_table(clients.glue, table.compat):
        going.add(table.compat)
    if options.drop_view and find_table(clients.glue, table.source):
        going.add(table.source)
    # Views that go together don't hold each other.
    for name in sorted(going):
        users = [view.qualified_name for view in views if name in tables_of_view(view)]
        if users := [user for user in users if user not in going]:
            kept.append(f"{name}: {', '.join(users)} reads it")
        else:
            yield _drop(name, "view")
    if legacy is None:
        return
    if users := [view.qualified_name for view in views_over(views, {table.legacy})]:
        kept.append(f"{table.legacy}: {', '.join(users)} reads it")
    elif legacy.kind is TableKind.HIVE:
        yield _drop(table.legacy, "definition of the old table")


def _drop(name: str, what: str) -> Call:
    database, table = name.split(".")
    return glue_call("delete_table", f"drop {name}, the {what}", DatabaseName=database, Name=table)


def _begun_location(migration: Migration, table: TableConfig, cutover: Entry) -> str:
    """Where the old files lie, from a clean-up that was begun."""
    started = migration.ledger.last("cleanup", "started", table.source)
    if started is None or started.at < cutover.at:
        raise UsageError(
            f"there is no table {table.legacy}: somebody has dropped it, so its files are not known"
        )
    return str(started.detail["location"])
