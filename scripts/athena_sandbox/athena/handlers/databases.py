"""CREATE, DROP, ALTER and SHOW of databases: all of it is Glue's.

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: ddl); dbt-athena's functional
suite, run in November 2026, for CASCADE.
"""

from __future__ import annotations

import asyncio
from typing import Any

from athena_sandbox.athena.executions.failures import hive_failure
from athena_sandbox.athena.executions.outcome import Outcome, Run, nothing, text_outcome
from athena_sandbox.athena.handlers.base import Services, check_location, require_database
from athena_sandbox.athena.handlers.patterns import hive_pattern
from athena_sandbox.athena.statements import ast

_DDL_TASK = "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask."


def database_input(statement: ast.CreateDatabase) -> dict[str, Any]:
    """Glue's DatabaseInput for the statement."""
    definition: dict[str, Any] = {"Name": statement.name}
    if statement.comment is not None:
        definition["Description"] = statement.comment
    if statement.location is not None:
        check_location(statement.location)
        definition["LocationUri"] = statement.location
    if statement.properties:
        definition["Parameters"] = dict(statement.properties)
    return definition


async def create_database(services: Services, statement: ast.CreateDatabase, run: Run) -> Outcome:
    glue = services.catalog(run.catalog)
    created = await asyncio.to_thread(glue.create_database, database_input(statement))
    if not created and not statement.if_not_exists:
        raise hive_failure(f"{_DDL_TASK} Database {statement.name} already exists")
    return nothing()


async def drop_database(services: Services, statement: ast.DropDatabase, run: Run) -> Outcome:
    """CASCADE removes the entries of all tables, Iceberg's too, and keeps their objects.

    In an S3 Tables catalog the objects are deleted with the entries.
    """
    glue = services.catalog(run.catalog)

    def drop() -> None:
        if statement.if_exists and glue.database(statement.name) is None:
            return
        require_database(glue, statement.name)
        if not statement.cascade and glue.tables(statement.name):
            raise hive_failure(
                f"{_DDL_TASK} InvalidOperationException(message:Database {statement.name} is not empty. "
                "One or more tables exist.)"
            )
        glue.delete_database(statement.name)

    await asyncio.to_thread(drop)
    return nothing()


async def alter_database(services: Services, statement: ast.AlterDatabase, run: Run) -> Outcome:
    def alter() -> None:
        database = require_database(services.glue, statement.name)
        definition = {
            key: database[key]
            for key in ("Name", "Description", "LocationUri", "Parameters")
            if key in database
        }
        definition["Parameters"] = {**definition.get("Parameters", {}), **dict(statement.properties)}
        services.glue.update_database(statement.name, definition)

    await asyncio.to_thread(alter)
    return nothing()


async def show_databases(services: Services, statement: ast.ShowDatabases, run: Run) -> Outcome:
    databases = await asyncio.to_thread(services.catalog(run.catalog).databases)
    matches = hive_pattern(statement.pattern)
    return text_outcome(["database_name"], [[d["Name"]] for d in databases if matches(d["Name"])])
