"""The changes a catalog can undergo: planned by `operations`, kept by `journal`, made by `apply` here.

An effect holds everything that it needs (times, version numbers), so that replaying it years later gives the
same state to the digit. It cannot fail on the state that it was planned for. The same vocabulary serves the
journal of changes and the snapshot of what is live (`snapshot`).

Source: chosen here; SkipArchive and the cascade of a drop follow botocore 1.43's model of Glue, November
2026.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from athena_sandbox.glue.catalog import (
    VERSIONS_KEPT,
    Catalog,
    Database,
    Function,
    Json,
    Partition,
    Table,
    Values,
    Version,
)


@dataclass(frozen=True)
class PutDatabase:
    """Create a database, or replace the input of an existing one."""

    name: str
    input: Json
    created: float

    def apply(self, catalog: Catalog) -> None:
        known = catalog.databases.get(self.name)
        if known is None:
            catalog.databases[self.name] = Database(self.name, self.input, self.created)
        else:
            known.input = self.input


@dataclass(frozen=True)
class DropDatabase:
    """With its tables and functions, as Glue does."""

    name: str

    def apply(self, catalog: Catalog) -> None:
        del catalog.databases[self.name]


@dataclass(frozen=True)
class PutVersion:
    """Create a table, or make `number` its current version.

    `archive` False is Glue's SkipArchive: the version before it is not kept.
    """

    database: str
    table: str
    number: int
    input: Json
    created: float
    updated: float
    archive: bool = True

    def apply(self, catalog: Catalog) -> None:
        tables = catalog.databases[self.database].tables
        table = tables.get(self.table)
        if table is None:
            table = tables[self.table] = Table(self.table, self.created, self.number)
        elif not self.archive:
            del table.versions[table.current]
        table.current = self.number
        table.versions[self.number] = Version(self.number, self.input, self.updated)
        while len(table.versions) > VERSIONS_KEPT:
            del table.versions[next(iter(table.versions))]


@dataclass(frozen=True)
class DropVersion:
    database: str
    table: str
    number: int

    def apply(self, catalog: Catalog) -> None:
        del catalog.databases[self.database].tables[self.table].versions[self.number]


@dataclass(frozen=True)
class DropTable:
    """With its versions, partitions and statistics."""

    database: str
    table: str

    def apply(self, catalog: Catalog) -> None:
        del catalog.databases[self.database].tables[self.table]


@dataclass(frozen=True)
class PutPartition:
    """Create a partition, or replace the one with the values `replaces`, which keeps its statistics."""

    database: str
    table: str
    values: list[str]
    input: Json
    created: float
    replaces: list[str] | None = None

    def apply(self, catalog: Catalog) -> None:
        partitions = catalog.databases[self.database].tables[self.table].partitions
        values = tuple(self.values)
        former = partitions.pop(tuple(self.replaces), None) if self.replaces is not None else None
        statistics = former.statistics if former else {}
        partitions[values] = Partition(values, self.input, self.created, statistics)


@dataclass(frozen=True)
class DropPartition:
    database: str
    table: str
    values: list[str]

    def apply(self, catalog: Catalog) -> None:
        del catalog.databases[self.database].tables[self.table].partitions[tuple(self.values)]


@dataclass(frozen=True)
class PutStatistics:
    """Set the statistics of columns (name -> ColumnStatistics) of a table, or of one partition of it."""

    database: str
    table: str
    statistics: dict[str, Json]
    values: list[str] | None = None

    def apply(self, catalog: Catalog) -> None:
        _statistics(catalog, self.database, self.table, self.values).update(self.statistics)


@dataclass(frozen=True)
class DropStatistics:
    database: str
    table: str
    column: str
    values: list[str] | None = None

    def apply(self, catalog: Catalog) -> None:
        del _statistics(catalog, self.database, self.table, self.values)[self.column]


@dataclass(frozen=True)
class PutFunction:
    """Create a user defined function, or replace the input of an existing one."""

    database: str
    name: str
    input: Json
    created: float

    def apply(self, catalog: Catalog) -> None:
        functions = catalog.databases[self.database].functions
        functions[self.name] = Function(self.name, self.input, self.created)


@dataclass(frozen=True)
class DropFunction:
    database: str
    name: str

    def apply(self, catalog: Catalog) -> None:
        del catalog.databases[self.database].functions[self.name]


Effect = (
    PutDatabase
    | DropDatabase
    | PutVersion
    | DropVersion
    | DropTable
    | PutPartition
    | DropPartition
    | PutStatistics
    | DropStatistics
    | PutFunction
    | DropFunction
)

KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        PutDatabase,
        DropDatabase,
        PutVersion,
        DropVersion,
        DropTable,
        PutPartition,
        DropPartition,
        PutStatistics,
        DropStatistics,
        PutFunction,
        DropFunction,
    )
}


def to_json(effect: Effect) -> list[Any]:
    """`[kind, fields]`, ready for json.dumps; the fields are shared, not copied."""
    return [type(effect).__name__, vars(effect)]


def from_json(record: list[Any]) -> Effect:
    """The inverse of `to_json`. Raises KeyError, TypeError or ValueError for anything else."""
    kind, fields = record
    effect: Effect = KINDS[kind](**fields)
    return effect


def snapshot(catalog: Catalog) -> Iterator[Effect]:
    """The effects that rebuild this catalog from nothing; as many as there are live entities."""
    for database in catalog.databases.values():
        yield PutDatabase(database.name, database.input, database.created)
        for function in database.functions.values():
            yield PutFunction(database.name, function.name, function.input, function.created)
        for table in database.tables.values():
            yield from _table_snapshot(database.name, table)


def _table_snapshot(database: str, table: Table) -> Iterator[Effect]:
    for version in table.versions.values():
        yield PutVersion(database, table.name, version.number, version.input, table.created, version.updated)
    if table.statistics:
        yield PutStatistics(database, table.name, table.statistics)
    for partition in table.partitions.values():
        values = list(partition.values)
        yield PutPartition(database, table.name, values, partition.input, partition.created)
        if partition.statistics:
            yield PutStatistics(database, table.name, partition.statistics, values)


def _statistics(catalog: Catalog, database: str, table: str, values: list[str] | None) -> dict[str, Json]:
    entity = catalog.databases[database].tables[table]
    if values is None:
        return entity.statistics
    key: Values = tuple(values)
    return entity.partitions[key].statistics
