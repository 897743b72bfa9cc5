"""Statements that Trino executes as they are: queries, data changes, CREATE VIEW, EXPLAIN.

Source: Athena User Guide, page other-notable-limitations, read by November 2026; measured on Athena in
September 2026 (aoyagikouhei/athena-local, docs: errors, api); names of written files are Trino 476's.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from botocore.exceptions import BotoCoreError

from athena_sandbox.athena.catalog import sql
from athena_sandbox.athena.engine.client import EngineError, EngineQuery, EngineStatement
from athena_sandbox.athena.errors import Failure, StatementFailedError
from athena_sandbox.athena.executions.failures import SYSTEM, not_supported
from athena_sandbox.athena.executions.outcome import Outcome, Run, nothing
from athena_sandbox.athena.handlers.base import Services, Target, list_objects, look_up
from athena_sandbox.athena.handlers.parameters import with_parameters
from athena_sandbox.athena.results.columns import ColumnInfo, column_info, text_column
from athena_sandbox.athena.results.formatting import row_formatter
from athena_sandbox.athena.results.writer import Row
from athena_sandbox.athena.statements import ast
from athena_sandbox.athena.statements.rewrites import SourceMap, type_decimal_literals
from athena_sandbox.athena.statements.table_buckets import (
    alias_of,
    asks_for_names,
    bucket_of,
    catalog_name,
    with_aliases,
    with_true_names,
)

# Statements that change rows show these in place of a result.
ROWS_COLUMN = (ColumnInfo("rows", "bigint", 19, 0, False),)
_CHANGES = ("INSERT", "UPDATE", "DELETE", "MERGE")


async def passthrough(services: Services, statement: ast.Passthrough, run: Run) -> Outcome:
    target: Target | None = None
    if statement.verb in _CHANGES and statement.target is not None:
        target = await look_up(services, run, statement.target)
        check_change(statement.verb, target)
    source = type_decimal_literals(statement.sql)
    text = with_parameters(source.rewritten, run.request.parameters)
    if text is not source.rewritten:
        source = SourceMap(text, text)
    if statement.verb in _CHANGES:
        query = await submit(run, text, source, sql.SINGLE_WRITER)
        outcome = await _change(query, source, statement.verb)
        if statement.verb == "INSERT" and target is not None and not target.iceberg and outcome.update_count:
            return replace(outcome, manifest=await _written_files(services, target, query.id))
        return outcome
    if asks_for_names(source.rewritten):
        await _require_catalog(services, run)
    query = await submit(run, text, source)
    if statement.verb == "CREATE VIEW":
        await _drain(query, source)
        return nothing()
    names = _catalog_names(run, source.rewritten)
    return await rows_outcome(query, source, names)


async def _require_catalog(services: Services, run: Run) -> None:
    """Fail without Glue: for information_schema the engine takes its errors for tables that aren't there."""
    try:
        await asyncio.to_thread(services.glue.database, run.database)
    except BotoCoreError as error:
        reason = f"GENERIC_INTERNAL_ERROR: The data catalog does not answer: {error}"
        raise StatementFailedError(Failure(reason, SYSTEM, 100, retryable=True)) from error


def _catalog_names(run: Run, text: str) -> Mapping[str, str]:
    """Trino's names of S3 Tables catalogs by which information_schema may call them, and the true ones."""
    if not asks_for_names(text):
        return {}
    buckets = with_aliases(text)[1]
    if (context := bucket_of(run.catalog)) is not None:
        buckets = buckets | {context}
    return {alias_of(name): name for name in map(catalog_name, buckets)}


async def _written_files(services: Services, target: Target, query_id: str) -> list[str]:
    """The objects that an INSERT added to a Hive table: Trino begins their names with the query's id."""
    location = str(target.table.get("StorageDescriptor", {}).get("Location", ""))
    objects = await list_objects(services.objects, location)
    return [uri for uri in objects if uri.rpartition("/")[2].startswith(query_id)]


def check_change(verb: str, target: Target | None) -> None:
    """Refuse the changes that the engine can do and Athena doesn't.

    Trino deletes whole partitions of Hive tables, where Athena changes rows of Iceberg tables only; and it
    inserts into bucketed tables. A missing table is the engine's to report.
    """
    if target is None or target.iceberg:
        return
    if verb != "INSERT":
        raise not_supported("Modifying Hive table rows is only supported for transactional tables")
    if target.table.get("StorageDescriptor", {}).get("BucketColumns"):
        raise not_supported("Inserting into bucketed tables is not supported")


async def submit(
    run: Run, text: str, source: SourceMap, session: Mapping[str, str] = MappingProxyType({})
) -> EngineQuery:
    """Start the text in the execution's own catalog and database."""
    statement = EngineStatement(text, catalog=run.catalog, schema=run.database, session=session)
    try:
        return await run.engine.submit(statement)
    except EngineError as error:
        raise _restored(error, source) from error


def _restored(error: EngineError, source: SourceMap) -> EngineError:
    message = source.restore_positions(error.message)
    return EngineError(error.name, message, kind=error.kind, parsing=error.parsing)


async def _drain(query: EngineQuery, source: SourceMap) -> None:
    try:
        await query.drain()
    except EngineError as error:
        raise _restored(error, source) from error


async def _change(query: EngineQuery, source: SourceMap, verb: str) -> Outcome:
    await _drain(query, source)
    return Outcome(ROWS_COLUMN, update_count=query.update_count or 0, update_type=verb)


async def rows_outcome(
    query: EngineQuery, source: SourceMap, names: Mapping[str, str] = MappingProxyType({})
) -> Outcome:
    """The outcome of a query with rows; waits until its columns are known.

    Values that are keys of `names` are shown as what stands there.
    """
    pages = query.pages()
    try:
        first = await anext(pages, None)
    except EngineError as error:
        raise _restored(error, source) from error
    columns = query.columns or ()
    as_text = row_formatter([column.type for column in columns])

    def format_row(row: list[Any]) -> Row:
        printed_row = as_text(row)
        return [names.get(value or "", value) for value in printed_row] if names else printed_row

    async def printed() -> AsyncIterator[list[Row]]:
        if first is not None:
            yield [format_row(row) for row in first]
        try:
            async for page in pages:
                yield [format_row(row) for row in page]
        except EngineError as error:
            raise _restored(error, source) from error

    return Outcome(tuple(map(column_info, columns)), printed(), update_count=0)


async def explain_text(run: Run, text: str, source: SourceMap) -> Outcome:
    """EXPLAIN: one row per line of the plan under the column `Query Plan`."""
    query = await submit(run, text, source)
    try:
        rows = await query.drain()
    except EngineError as error:
        raise _restored(error, source) from error
    lines: list[Row] = [[line] for row in rows for line in with_true_names(str(row[0])).split("\n")]

    async def pages() -> AsyncIterator[list[Row]]:
        yield lines

    return Outcome((text_column("Query Plan", "varchar"),), pages())
