"""The backup of a table: its Glue definitions and everything around them, as JSON that can be restored.

It holds the database, the source with all its versions, partitions, statistics and grants, and the same of
the tables that belong to it (legacy, target, rejects) and of every view over any of them, and the
catalogue's resource policy. Rows are not in it: a migration doesn't touch the old files.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lakehouse.catalog.definitions import (
    Json,
    database_input,
    list_partitions,
    list_versions,
    partition_statistics,
    table_statistics,
)
from lakehouse.catalog.dependents import list_views, views_over
from lakehouse.catalog.grants import list_grants
from lakehouse.catalog.planned_calls import Clients
from lakehouse.catalog.tables import Table, TableKind, find_table, get_table
from lakehouse.errors import RefusedError, UsageError
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration
from lakehouse.records.ledger import Entry
from lakehouse.records.objects import Location, read_object

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

FORMAT = 1


@dataclass(frozen=True)
class Definition:
    """One Glue entry: table inputs of all versions, oldest first, and what hangs on it.

    `grants` is None where they could not be seen; `partition_statistics` are {Values, Statistics}.
    """

    database: str
    name: str
    kind: TableKind
    version: str
    versions: tuple[Json, ...]
    partitions: tuple[Json, ...]
    statistics: tuple[Json, ...]
    partition_statistics: tuple[Json, ...]
    grants: list[Json] | None

    @property
    def qualified_name(self) -> str:
        return f"{self.database}.{self.name}"

    @property
    def current(self) -> Json:
        """The newest version."""
        return self.versions[-1]


@dataclass(frozen=True)
class Backup:
    """What was around a source when it was looked at (UTC). `location` is its file, s3://..."""

    source: str
    taken_at: datetime
    databases: tuple[Json, ...]
    definitions: tuple[Definition, ...]
    resource_policy: str | None
    location: str = ""

    def definition(self, qualified_name: str) -> Definition | None:
        """The entry of that name, None if there was none."""
        return next((each for each in self.definitions if each.qualified_name == qualified_name), None)

    @property
    def old_table(self) -> Definition:
        """The source as a table of files. Raises RefusedError if it was not one any more."""
        found = self.definition(self.source)
        if found is None or found.kind is not TableKind.HIVE:
            raise RefusedError(
                f"{self.location} was made when {self.source} was no longer a table of files: "
                "name an earlier backup with --backup"
            )
        return found


def take_backup(migration: Migration, clients: Clients, table: TableConfig) -> Backup:
    """Read everything, write it to backups/<table>/<time>.json, and record it."""
    backup = read_definitions(clients, table, migration.ledger.now())
    place = Location.of(_prefix(migration, table)) / f"{backup.taken_at:%Y%m%dT%H%M%S%f}Z.json"
    migration.s3.put_object(Bucket=place.bucket, Key=place.key, Body=encode(backup), IfNoneMatch="*")
    source = backup.definition(table.source)
    migration.ledger.append(
        "backup",
        "done",
        table.source,
        location=str(place),
        kind=source.kind if source else None,
        version=source.version if source else None,
        definitions=[each.qualified_name for each in backup.definitions],
    )
    return replace(backup, location=str(place))


def read_definitions(clients: Clients, table: TableConfig, now: datetime) -> Backup:
    """Everything around a source as it is now. Raises UsageError if there is no such table."""
    get_table(clients.glue, table.source)
    names = [table.source, table.legacy, table.target, table.rejects]
    own = [found for name in names if (found := find_table(clients.glue, name))]
    views = views_over(list_views(clients.glue), set(names))
    entries = {each.qualified_name: each for each in (*own, *views)}
    databases = sorted({each.database for each in entries.values()})
    return Backup(
        table.source,
        now,
        tuple(database_input(clients.glue, _database(clients.glue, name)) for name in databases),
        tuple(_definition(clients, each) for each in entries.values()),
        _resource_policy(clients.glue),
    )


def find_backups(migration: Migration, table: TableConfig) -> list[Entry]:
    """The ledger's entries of a table's backups, oldest first."""
    return migration.ledger.entries("backup", table.source, "done")


def load_backup(migration: Migration, table: TableConfig, location: str | None = None) -> Backup:
    """A backup by its location, or the newest. Raises UsageError if it doesn't exist or isn't valid."""
    if location is None:
        entries = find_backups(migration, table)
        if not entries:
            raise UsageError(f"there is no backup of {table.source}: run `lakehouse migrate backup`")
        location = str(entries[-1].detail["location"])
    if not location.startswith(_prefix(migration, table)):
        raise UsageError(
            f"{location} is not a backup of {table.source}: its backups are in {_prefix(migration, table)}"
        )
    body = read_object(migration.s3, Location.of(location))
    if body is None:
        raise UsageError(f"the backup {location} no longer exists: name another with --backup")
    return replace(decode(body, location), location=location)


def encode(backup: Backup) -> bytes:
    """A backup as its file's content."""
    content = {"format": FORMAT, **asdict(backup)}
    del content["location"]
    return json.dumps(content, indent=1, default=_encoded_value, ensure_ascii=False).encode()


def decode(content: bytes, where: str) -> Backup:
    """A backup from its file's content. Raises UsageError, which names the file, if it is not valid."""
    try:
        raw = json.loads(content, object_hook=_decoded_value)
        if raw["format"] != FORMAT:
            raise ValueError(f"its format is {raw['format']}, not {FORMAT}")
        return Backup(
            raw["source"],
            raw["taken_at"],
            tuple(raw["databases"]),
            tuple(Definition(**_tuples(each)) for each in raw["definitions"]),
            raw["resource_policy"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{where} is not a valid backup: {error}") from error


def _prefix(migration: Migration, table: TableConfig) -> str:
    return f"{migration.config.location}backups/{table.source}/"


def _definition(clients: Clients, table: Table) -> Definition:
    is_table = table.kind is TableKind.HIVE
    partitions = list_partitions(clients.glue, table) if is_table and table.partition_keys else []
    return Definition(
        table.database,
        table.name,
        table.kind,
        table.version,
        tuple(list_versions(clients.glue, table)),
        tuple(partitions),
        tuple(table_statistics(clients.glue, table) if table.kind is not TableKind.VIEW else ()),
        tuple(partition_statistics(clients.glue, table, partitions)),
        list_grants(clients.lakeformation, table.qualified_name),
    )


def _database(glue: GlueClient, name: str) -> Json:
    return dict(glue.get_database(Name=name)["Database"])


def _resource_policy(glue: GlueClient) -> str | None:
    try:
        return glue.get_resource_policy().get("PolicyInJson")
    except ClientError as error:
        if error.response["Error"]["Code"] in ("EntityNotFoundException", "AccessDeniedException"):
            return None
        raise


def _tuples(raw: Json) -> Json:
    lists = ("versions", "partitions", "statistics", "partition_statistics")
    return {**raw, "kind": TableKind(raw["kind"]), **{name: tuple(raw[name]) for name in lists}}


def _encoded_value(value: Any) -> Json:
    """A value that JSON can't represent, in a form that can be decoded to the same value."""
    match value:
        case datetime():
            return {"$time": value.isoformat()}
        case bytes():
            return {"$bytes": base64.b64encode(value).decode()}
        case _:
            raise TypeError(f"Glue returned a {type(value).__name__}, which a backup can't represent")


def _decoded_value(raw: Json) -> Any:
    match raw:
        case {"$time": str(text)} if len(raw) == 1:
            return datetime.fromisoformat(text)
        case {"$bytes": str(text)} if len(raw) == 1:
            return base64.b64decode(text)
        case _:
            return raw


def summarised(backup: Backup) -> Iterator[tuple[str, str, int, int, int | None]]:
    """Per entry: name, kind, versions, partitions, grants."""
    for each in backup.definitions:
        yield (
            each.qualified_name,
            str(each.kind),
            len(each.versions),
            len(each.partitions),
            None if each.grants is None else len(each.grants),
        )
