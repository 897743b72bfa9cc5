"""SET and UNSET TBLPROPERTIES, and the properties of Iceberg tables that only Glue remembers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from athena_sandbox.athena.catalog import sql
from athena_sandbox.athena.catalog.iceberg import WRITE_PROPERTIES
from athena_sandbox.athena.errors import Failure, StatementFailedError
from athena_sandbox.athena.executions.failures import USER
from athena_sandbox.athena.executions.outcome import Outcome, Run, nothing
from athena_sandbox.athena.handlers.base import Services, on_iceberg, require
from athena_sandbox.athena.statements import ast


async def keep_properties(
    services: Services, database: str, table: str, properties: Mapping[str, str]
) -> None:
    """Put properties that Trino has no word for into the table's parameters; commits leave them there."""
    if properties:
        await asyncio.to_thread(
            services.glue.change_table, database, table, lambda d: _merge(d, properties, ())
        )


def _merge(definition: dict[str, Any], values: Mapping[str, str], removed: tuple[str, ...]) -> None:
    parameters = {**definition.get("Parameters", {}), **values}
    definition["Parameters"] = {key: value for key, value in parameters.items() if key not in removed}


def check_iceberg_properties(keys: tuple[str, ...]) -> None:
    for key in keys:
        if key not in WRITE_PROPERTIES:
            raise StatementFailedError(Failure(f"Unsupported table property key: {key}", USER, 1200))


async def set_properties(services: Services, statement: ast.SetProperties, run: Run) -> Outcome:
    target = await require(services, run, statement.table)
    values = dict(statement.properties)
    if target.iceberg:
        check_iceberg_properties(tuple(values))
        if form := values.pop("format", None):
            await run.engine.run(
                on_iceberg(
                    f"ALTER TABLE {target.qualified} SET PROPERTIES format = {sql.quote_text(form.upper())}"
                )
            )
    await keep_properties(services, target.database, target.name, values)
    return nothing()


async def unset_properties(services: Services, statement: ast.UnsetProperties, run: Run) -> Outcome:
    target = await require(services, run, statement.table)
    if target.iceberg:
        check_iceberg_properties(statement.keys)
    await asyncio.to_thread(
        services.glue.change_table,
        target.database,
        target.name,
        lambda definition: _merge(definition, {}, statement.keys),
    )
    return nothing()
