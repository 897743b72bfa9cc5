"""UNLOAD: Trino has no such statement, so a table is created at the target and then only its entry is
dropped.

Source: Athena User Guide, page unload, read by November 2026; doing it by a short-lived table was chosen
here.
"""

from __future__ import annotations

import asyncio

from athena_sandbox.athena.engine.client import EngineStatement
from athena_sandbox.athena.errors import InvalidRequestError
from athena_sandbox.athena.executions.outcome import Outcome, Run
from athena_sandbox.athena.handlers.base import Services, list_objects
from athena_sandbox.athena.handlers.ctas import check_target, create_text, plan_hive
from athena_sandbox.athena.handlers.parameters import with_parameters
from athena_sandbox.athena.handlers.queries import ROWS_COLUMN
from athena_sandbox.athena.statements import ast

# Holds the short-lived tables, so that SHOW TABLES in a user's database never lists them.
SCRATCH_DATABASE = "athena_sandbox_unload"
# This parameter makes the sandbox's Glue leave the database out of its lists.
_SCRATCH = {"Name": SCRATCH_DATABASE, "Parameters": {"athena-sandbox.hidden": "true"}}
_OPTIONS = {"compression": "write_compression"}


async def unload(services: Services, statement: ast.Unload, run: Run) -> Outcome:
    properties = {_OPTIONS.get(key, key): value for key, value in statement.properties}
    if "format" not in properties:
        raise InvalidRequestError("UNLOAD needs the property 'format'")
    properties["external_location"] = statement.location
    plan = plan_hive(properties, statement.location)
    await check_target(services.objects, statement.location, "unload")
    table = "unload_" + run.id.replace("-", "_")
    query_text = ast.CreateTableAs(ast.Name(table), (), statement.query)
    await asyncio.to_thread(services.glue.create_database, _SCRATCH)
    text = with_parameters(create_text(plan, SCRATCH_DATABASE, query_text), run.request.parameters)
    try:
        query = await run.engine.submit(
            EngineStatement(text, catalog=run.catalog, schema=run.database, session=plan.session)
        )
        await query.drain()
    finally:
        await asyncio.to_thread(services.glue.delete_table, SCRATCH_DATABASE, table)
    manifest = await list_objects(services.objects, plan.location) if query.update_count else []
    return Outcome(ROWS_COLUMN, update_count=query.update_count, update_type="UNLOAD", manifest=manifest)
