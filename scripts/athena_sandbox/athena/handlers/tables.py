"""CREATE TABLE without a query and DROP TABLE.

Hive tables are Glue entries: Trino's own CREATE TABLE would lose SerDes and properties. Iceberg tables are
created by Trino, which writes their first metadata file.

Source: Athena User Guide, pages create-table, querying-iceberg-creating-tables, read by November 2026;
measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: ddl).
"""

from __future__ import annotations

import asyncio

from botocore.exceptions import ClientError

from athena_sandbox.athena.catalog import sql
from athena_sandbox.athena.catalog.definition import (
    ATHENA_ONLY,
    FORMATS,
    INPUT_FORMATS,
    SERDES,
    table_input,
)
from athena_sandbox.athena.catalog.iceberg import partitioning_property
from athena_sandbox.athena.errors import Failure, InvalidRequestError, StatementFailedError
from athena_sandbox.athena.executions.failures import USER, hive_failure
from athena_sandbox.athena.executions.outcome import Outcome, Run, nothing
from athena_sandbox.athena.handlers.base import (
    Services,
    check_location,
    look_up,
    on_iceberg,
    require_database,
)
from athena_sandbox.athena.handlers.properties import check_iceberg_properties, refuse_unserved
from athena_sandbox.athena.statements import ast
from athena_sandbox.athena.statements.table_buckets import bucket_of


async def create_table(services: Services, statement: ast.CreateTable, run: Run) -> Outcome:
    if bucket_of(run.catalog) is not None:
        await _create_in_table_bucket(services, statement, run)
        return nothing()
    check_create_table(statement)
    database = run.database_of(statement.table)
    await asyncio.to_thread(require_database, services.glue, database)
    if statement.is_iceberg:
        await _create_iceberg(statement, run, database)
    else:
        await _create_hive(services, statement, database)
    return nothing()


def check_create_table(statement: ast.CreateTable) -> None:
    """Refuse what Athena refuses in CREATE TABLE before it asks the catalog."""
    if statement.location is None:
        raise InvalidRequestError("No location was specified for table. An S3 location must be specified")
    check_location(statement.location)
    if statement.is_iceberg and statement.external:
        raise InvalidRequestError("External keyword not supported for table type ICEBERG")
    if not statement.is_iceberg and not statement.external:
        raise InvalidRequestError("External keyword required for table type HIVE")
    if statement.is_iceberg and (statement.stored_as or statement.row_format):
        raise StatementFailedError(
            Failure("Iceberg create table statement does not allow STORED AS/BY", USER, 1200)
        )
    if not statement.is_iceberg and statement.transforms:
        raise hive_failure("ParseException Partition columns of a Hive table need a type", error_type=1003)
    form = statement.stored_as.name if statement.stored_as else None
    if form is not None and form not in FORMATS:
        raise InvalidRequestError(f"Queries of this type are not supported: STORED AS {form}")
    _check_classes(statement)


def _check_classes(statement: ast.CreateTable) -> None:
    """Refuse the SerDes and input formats of a table that no query could read."""
    serde = statement.row_format.serde if statement.row_format else None
    input_format = statement.stored_as.input_format if statement.stored_as else None
    for name in filter(None, (serde, input_format)):
        if name in ATHENA_ONLY:
            raise InvalidRequestError(
                f"Queries of this type are not supported: the sandbox's engine can't read {name}"
            )
    if serde is not None and serde not in SERDES:
        raise hive_failure(
            "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
            f"Cannot validate serde: {serde}"
        )
    if input_format is not None and input_format not in INPUT_FORMATS:
        raise hive_failure(f"SemanticException Cannot find class '{input_format}'", error_type=1006)


async def _create_hive(services: Services, statement: ast.CreateTable, database: str) -> None:
    definition = table_input(statement, now=services.clock())
    refuse_unserved(definition)
    try:
        created = await asyncio.to_thread(services.glue.create_table, database, definition)
    except ClientError as error:
        text = error.response["Error"].get("Message", str(error))
        raise hive_failure(
            "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
            f"MetaException(message:{text})"
        ) from error
    if not created and not statement.if_not_exists:
        name = statement.table.name
        raise hive_failure(
            "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
            f"AlreadyExistsException(message:Table {name} already exist)",
            message=f"Table {name} already exists.",
        )


def plan_iceberg_create(statement: ast.CreateTable, database: str, catalog: str = sql.ICEBERG) -> str:
    """Trino's CREATE TABLE for an Iceberg table. Raises StatementFailedError for unknown properties."""
    columns = ", ".join(
        f"{sql.quote_name(c.name)} {c.type.trino()}"
        + ("" if c.comment is None else f" COMMENT {sql.quote_text(c.comment)}")
        for c in statement.columns
    )
    properties = []
    if statement.location is not None:
        properties.append(f"location = {sql.quote_text(statement.location.rstrip('/'))}")
    form = dict(statement.properties).get("format")
    if form:
        properties.append(f"format = {sql.quote_text(form.upper())}")
    transforms = statement.transforms
    extra = {key: value for key, value in statement.properties if key not in ("table_type", "format")}
    check_iceberg_properties(extra)
    if extra:
        properties.append(f"extra_properties = {sql.text_map(extra)}")
    if transforms:
        items = ", ".join(sql.quote_text(item) for item in partitioning_property(transforms))
        properties.append(f"partitioning = ARRAY[{items}]")
    exists = "IF NOT EXISTS " if statement.if_not_exists else ""
    comment = "" if statement.comment is None else f" COMMENT {sql.quote_text(statement.comment)}"
    name = sql.qualified(catalog, database, statement.table.name)
    options = f" WITH ({', '.join(properties)})" if properties else ""
    return f"CREATE TABLE {exists}{name} ({columns}){comment}{options}"


async def _create_iceberg(statement: ast.CreateTable, run: Run, database: str) -> None:
    await run.engine.run(on_iceberg(plan_iceberg_create(statement, database)))


async def _create_in_table_bucket(services: Services, statement: ast.CreateTable, run: Run) -> None:
    """The table bucket decides where the table lies, and every table in it is Iceberg."""
    database = run.database_of(statement.table)
    if await asyncio.to_thread(services.catalog(run.catalog).database, database) is None:
        raise StatementFailedError(Failure("Cannot find or access the specified table", USER, 1100))
    await run.engine.run(on_iceberg(plan_iceberg_create(statement, database, run.catalog)))


async def drop_table(services: Services, statement: ast.DropTable, run: Run) -> Outcome:
    """An Iceberg table loses its data too, a Hive table only its entry."""
    target = await look_up(services, run, statement.table)
    if target is None:
        if statement.if_exists:
            return nothing()
        full = f"{run.database_of(statement.table)}.{statement.table.name}"
        raise hive_failure(
            f"SemanticException [Error 10001]: Table not found {full}", message=f"Table not found {full}"
        )
    if target.iceberg:
        await run.engine.run(on_iceberg(f"DROP TABLE {target.qualified}"))
    else:
        await asyncio.to_thread(services.glue.delete_table, target.database, target.name)
    return nothing()
