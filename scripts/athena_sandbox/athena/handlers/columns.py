"""ALTER TABLE on columns, names and locations: Glue for Hive tables, Trino for Iceberg ones.

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: ddl); dbt-athena's functional
suite, run in November 2026.
"""

from __future__ import annotations

import asyncio
from typing import Any

from athena_sandbox.athena.catalog import sql
from athena_sandbox.athena.catalog.definition import glue_columns, stored_location
from athena_sandbox.athena.executions.failures import hive_failure
from athena_sandbox.athena.executions.outcome import Outcome, Run, nothing
from athena_sandbox.athena.handlers.base import (
    Services,
    Target,
    check_location,
    on_iceberg,
    require,
    require_hive,
)
from athena_sandbox.athena.statements import ast
from athena_sandbox.athena.statements.hive_types import parse_glue_type

_DDL_TASK = "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask."


async def _change(services: Services, target: Target, columns: list[dict[str, Any]]) -> None:
    def replace(definition: dict[str, Any]) -> None:
        definition["StorageDescriptor"]["Columns"] = columns

    await asyncio.to_thread(services.glue.change_table, target.database, target.name, replace)


def _columns(target: Target) -> list[dict[str, Any]]:
    return list(target.table["StorageDescriptor"]["Columns"])


async def add_columns(services: Services, statement: ast.AddColumns, run: Run) -> Outcome:
    target = await require(services, run, statement.table)
    if target.iceberg:
        for text in plan_add_columns(target.qualified, statement.columns):
            await run.engine.run(on_iceberg(text))
        return nothing()
    existing = _columns(target)
    taken = {column["Name"] for column in existing} | set(target.partition_keys)
    for column in statement.columns:
        if column.name in taken:
            raise hive_failure(f"{_DDL_TASK} Duplicate column name: {column.name}")
    await _change(services, target, existing + glue_columns(statement.columns))
    return nothing()


def plan_add_columns(table: str, columns: tuple[ast.Column, ...]) -> list[str]:
    """One ADD COLUMN for each: Trino accepts no list."""
    return [
        f"ALTER TABLE {table} ADD COLUMN {sql.quote_name(column.name)} {column.type.trino()}"
        + ("" if column.comment is None else f" COMMENT {sql.quote_text(column.comment)}")
        for column in columns
    ]


async def replace_columns(services: Services, statement: ast.ReplaceColumns, run: Run) -> Outcome:
    target = await require_hive(services, run, statement.table)
    await _change(services, target, glue_columns(statement.columns))
    return nothing()


async def drop_column(services: Services, statement: ast.DropColumn, run: Run) -> Outcome:
    target = await require(services, run, statement.table)
    if not target.iceberg:
        raise hive_failure(
            "ParseException line 1:0 mismatched input 'COLUMN' expecting PARTITION near 'DROP' "
            "in drop partition statement",
            error_type=1003,
        )
    await run.engine.run(
        on_iceberg(f"ALTER TABLE {target.qualified} DROP COLUMN {sql.quote_name(statement.column)}")
    )
    return nothing()


async def change_column(services: Services, statement: ast.ChangeColumn, run: Run) -> Outcome:
    target = await require(services, run, statement.table)
    if target.iceberg:
        for text in plan_iceberg_change(target, statement):
            await run.engine.run(on_iceberg(text))
        return nothing()
    await _change(services, target, _with_changed_column(_columns(target), statement))
    return nothing()


def plan_iceberg_change(target: Target, statement: ast.ChangeColumn) -> list[str]:
    """Rename, retype, comment: only what differs from the current column."""
    alter, column = f"ALTER TABLE {target.qualified}", statement.column
    old, new, kind = sql.quote_name(statement.old), sql.quote_name(column.name), column.type.trino()
    current = next((c for c in _columns(target) if c["Name"] == statement.old), None)
    plan: list[str] = []
    if column.name != statement.old:
        plan.append(f"{alter} RENAME COLUMN {old} TO {new}")
    if current is not None and parse_glue_type(current["Type"]) != column.type:
        plan.append(f"{alter} ALTER COLUMN {new} SET DATA TYPE {kind}")
    if column.comment is not None:
        comment = sql.quote_text(column.comment)
        plan.append(f"COMMENT ON COLUMN {target.qualified}.{new} IS {comment}")
    return plan


def _with_changed_column(columns: list[dict[str, Any]], statement: ast.ChangeColumn) -> list[dict[str, Any]]:
    names = [column["Name"] for column in columns]
    if statement.old not in names:
        raise hive_failure(f"{_DDL_TASK} Invalid column reference {statement.old}")
    index = names.index(statement.old)
    changed = {**columns[index], **glue_columns([statement.column])[0]}
    rest = columns[:index] + columns[index + 1 :]
    if statement.first:
        index = 0
    elif statement.after is not None:
        others = [column["Name"] for column in rest]
        if statement.after not in others:
            raise hive_failure(f"{_DDL_TASK} Invalid column reference {statement.after}")
        index = others.index(statement.after) + 1
    return [*rest[:index], changed, *rest[index:]]


async def rename_table(services: Services, statement: ast.RenameTable, run: Run) -> Outcome:
    target = await require(services, run, statement.table)
    if not target.iceberg:
        raise hive_failure(f"{_DDL_TASK} Unable to alter table. Table rename is not supported")
    # Both names qualified: through the redirecting Hive catalog a rename fails.
    new_name = sql.qualified(sql.ICEBERG, statement.target.database or target.database, statement.target.name)
    await run.engine.run(on_iceberg(f"ALTER TABLE {target.qualified} RENAME TO {new_name}"))
    return nothing()


async def set_location(services: Services, statement: ast.SetLocation, run: Run) -> Outcome:
    check_location(statement.location)
    target = await require_hive(services, run, statement.table)

    def move(definition: dict[str, Any]) -> None:
        definition["StorageDescriptor"]["Location"] = stored_location(statement.location)

    if statement.partition:
        values = dict(statement.partition)
        await asyncio.to_thread(
            services.glue.change_partition,
            target.database,
            target.name,
            [values[key] for key in target.partition_keys],
            move,
        )
    else:
        await asyncio.to_thread(services.glue.change_table, target.database, target.name, move)
    return nothing()
