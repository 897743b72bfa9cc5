"""The state of one region's Data Catalog, in memory, and how to look things up in it.

Nothing here decides or writes: `operations` plans changes, `effects` makes them. Times are seconds since the
epoch (float), as Glue's JSON has them. `input` holds what the caller sent (DatabaseInput, TableInput, ...),
which is never changed in place, so that it can be shared and answered as is.

Source: botocore 1.43's model of Glue, November 2026; texts of refusals: moto 5.2 where it has one (November
2026), otherwise no source is recorded; keeping a hundred versions of a table was chosen here.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from athena_sandbox.glue.errors import EntityNotFoundError

Json = dict[str, Any]
Values = tuple[str, ...]
"""The values of a partition, in the order of the partition keys."""

VERSIONS_KEPT = 100
"""Glue keeps 100,000 versions of a table. An Iceberg table makes one per commit, of several kB, so the
sandbox keeps the newest hundred."""


@dataclass
class Version:
    number: int
    input: Json
    updated: float


@dataclass
class Partition:
    values: Values
    input: Json
    created: float
    statistics: dict[str, Json] = field(default_factory=dict)


@dataclass
class Table:
    name: str
    created: float
    current: int
    versions: dict[int, Version] = field(default_factory=dict)
    partitions: dict[Values, Partition] = field(default_factory=dict)
    statistics: dict[str, Json] = field(default_factory=dict)

    @property
    def latest(self) -> Version:
        return self.versions[self.current]

    @property
    def partition_keys(self) -> list[Json]:
        """The PartitionKeys columns; empty for an unpartitioned table."""
        return self.latest.input.get("PartitionKeys") or []

    def partition(self, values: Values) -> Partition:
        """Raises EntityNotFoundError in Glue's words."""
        found = self.partitions.get(values)
        if found is None:
            raise EntityNotFoundError("Cannot find partition.")
        return found


@dataclass
class Function:
    name: str
    input: Json
    created: float


@dataclass
class Database:
    name: str
    input: Json
    created: float
    tables: dict[str, Table] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)


@dataclass
class Catalog:
    databases: dict[str, Database] = field(default_factory=dict)

    def database(self, name: str) -> Database:
        """Raises EntityNotFoundError in Glue's words."""
        found = self.databases.get(name)
        if found is None:
            raise EntityNotFoundError(f"Database {name} not found.")
        return found

    def table(self, database: str, name: str) -> Table:
        """Raises EntityNotFoundError in Glue's words."""
        found = self.database(database).tables.get(name)
        if found is None:
            raise EntityNotFoundError(f"Table {name} not found.")
        return found


@dataclass
class Regions:
    """Every region's catalog; a region exists as soon as a request names it, as in AWS."""

    catalogs: defaultdict[str, Catalog] = field(default_factory=lambda: defaultdict(Catalog))

    def __getitem__(self, region: str) -> Catalog:
        return self.catalogs[region]
