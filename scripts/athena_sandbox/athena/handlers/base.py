"""What handlers share: the services they work with, and the lookup of a table that most begin with.

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: ddl).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from athena_sandbox.athena.catalog import sql
from athena_sandbox.athena.catalog.glue import GlueCatalog, Table, is_iceberg
from athena_sandbox.athena.engine.client import EngineStatement
from athena_sandbox.athena.errors import InvalidRequestError
from athena_sandbox.athena.executions.failures import hive_failure, unsupported_for_iceberg
from athena_sandbox.athena.executions.outcome import Run
from athena_sandbox.athena.resources.prepared import PreparedStatements
from athena_sandbox.athena.results.storage import ObjectStore, parse_hadoop_location, parse_location
from athena_sandbox.athena.statements.ast import Name


@dataclass(frozen=True)
class Services:
    """The outside world of a handler."""

    glue: GlueCatalog
    objects: ObjectStore
    prepared: PreparedStatements
    clock: Callable[[], float] = time.time

    def catalog(self, name: str) -> GlueCatalog:
        """The Glue catalog behind a catalog name of Athena's."""
        return self.glue.of(name)


@dataclass(frozen=True)
class Target:
    """A table as found in Glue; `catalog` is Athena's name of the catalog that it was looked for in."""

    database: str
    name: str
    table: Table
    catalog: str = sql.HIVE

    @property
    def iceberg(self) -> bool:
        return is_iceberg(self.table)

    @property
    def qualified(self) -> str:
        """The name in the Trino catalog that the table is written through."""
        return sql.qualified(sql.catalog_for(self.catalog, iceberg=self.iceberg), self.database, self.name)

    @property
    def partition_keys(self) -> list[str]:
        return [column["Name"] for column in self.table.get("PartitionKeys", ())]


async def look_up(services: Services, run: Run, name: Name) -> Target | None:
    database = run.database_of(name)
    catalog = run.catalog_of(name)
    table = await asyncio.to_thread(services.catalog(catalog).table, database, name.name)
    return None if table is None else Target(database, name.name, table, catalog)


async def require(services: Services, run: Run, name: Name) -> Target:
    """The table, or the Hive path's failure."""
    target = await look_up(services, run, name)
    if target is None:
        full = f"{run.database_of(name)}.{name.name}"
        raise hive_failure(
            f"SemanticException [Error 10001]: Table not found {full}",
            message=f"Table not found {full}",
        )
    return target


async def require_hive(services: Services, run: Run, name: Name) -> Target:
    """As `require`, for statements that Athena doesn't take for Iceberg tables."""
    target = await require(services, run, name)
    if target.iceberg:
        raise unsupported_for_iceberg()
    return target


async def require_described(services: Services, run: Run, name: Name) -> Target:
    """The table, or the refusal that DESCRIBE and SHOW COLUMNS answer before an execution exists."""
    target = await look_up(services, run, name)
    if target is None:
        raise InvalidRequestError(
            "Entity Not Found (Service: AmazonDataCatalog; Status Code: 400; Error Code: "
            f"EntityNotFoundException; Request ID: {run.id}; Proxy: null)"
        )
    return target


def require_database(glue: GlueCatalog, name: str) -> Mapping[str, Any]:
    """The database, or the Hive path's failure. Blocks."""
    database = glue.database(name)
    if database is None:
        raise hive_failure(
            f"SemanticException [Error 10072]: Database does not exist: {name}",
            message=f"Database does not exist: {name}",
            error_type=1502,
        )
    return database


def check_location(uri: str) -> None:
    """Refuse a LOCATION that is not an `s3://` address."""
    if parse_location(uri) is None:
        raise hive_failure(
            "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
            f"MetaException(message:{uri} is not a valid S3 location)"
        )


def on_iceberg(text: str, **session: str) -> EngineStatement:
    """A statement for the Iceberg catalog, every name in it qualified."""
    return EngineStatement(text, catalog=sql.ICEBERG, session=session)


async def list_objects(objects: ObjectStore, location: str | None) -> list[str]:
    """The addresses of the objects that a statement wrote under its new directory."""
    place = parse_hadoop_location(location or "")
    if place is None:
        return []
    keys = await asyncio.to_thread(lambda: list(objects.iter_keys(place)))
    return [f"s3://{place.bucket}/{key}" for key in keys]
