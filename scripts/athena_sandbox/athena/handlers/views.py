"""DROP VIEW, SHOW VIEWS and SHOW CREATE VIEW; CREATE VIEW goes to Trino like a query.

Source: Athena User Guide, page views, read by November 2026; measured on Athena in September 2026
(aoyagikouhei/athena-local, docs: ddl).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from typing import Any

from athena_sandbox.athena.catalog.glue import is_view
from athena_sandbox.athena.errors import Failure, StatementFailedError
from athena_sandbox.athena.executions.failures import USER
from athena_sandbox.athena.executions.outcome import Outcome, Run, nothing, text_outcome
from athena_sandbox.athena.handlers.base import Services, Target, look_up, require_database
from athena_sandbox.athena.handlers.patterns import hive_pattern
from athena_sandbox.athena.statements import ast

_PREFIX, _SUFFIX = "/* Presto View: ", " */"


async def _require_view(services: Services, run: Run, name: ast.Name) -> Target:
    target = await look_up(services, run, name)
    if target is None or not is_view(target.table):
        full = f"{run.catalog_of(name)}.{run.database_of(name)}.{name.name}"
        raise StatementFailedError(
            Failure(f"TABLE_NOT_FOUND: line 1:1: View '{full}' does not exist", USER, 1301)
        )
    return target


async def drop_view(services: Services, statement: ast.DropView, run: Run) -> Outcome:
    if statement.if_exists and await look_up(services, run, statement.view) is None:
        return nothing()
    target = await _require_view(services, run, statement.view)
    await asyncio.to_thread(services.catalog(target.catalog).delete_table, target.database, target.name)
    return nothing()


async def show_views(services: Services, statement: ast.ShowViews, run: Run) -> Outcome:
    database = statement.database or run.database
    glue = services.catalog(run.catalog)
    await asyncio.to_thread(require_database, glue, database)
    tables = await asyncio.to_thread(glue.tables, database)
    matches = hive_pattern(statement.pattern)
    rows = [[t["Name"]] for t in tables if is_view(t) and matches(t["Name"])]
    return text_outcome(["views"], rows, kind="varchar")


def _definition(target: Target) -> dict[str, Any]:
    """The definition of a view as Glue holds it; empty when the entry isn't one of Trino's or Athena's."""
    text = str(target.table.get("ViewOriginalText", ""))
    try:
        body = base64.b64decode(text.removeprefix(_PREFIX).removesuffix(_SUFFIX), validate=True)
        definition = json.loads(body)
    except (binascii.Error, ValueError):
        return {}
    return definition if isinstance(definition, dict) else {}


def view_sql(target: Target) -> str:
    """The query of a view; empty when the entry isn't one of Trino's or Athena's."""
    return str(_definition(target).get("originalSql", ""))


def view_columns(target: Target) -> Outcome:
    """DESCRIBE and SHOW COLUMNS of a view: its columns with the engine's types."""
    columns = _definition(target).get("columns")
    if columns is None:
        stored = target.table["StorageDescriptor"]["Columns"]
        columns = [{"name": column["Name"], "type": column["Type"]} for column in stored]
    rows = [[f"{column['name']}\t{column['type']}"] for column in columns]
    return text_outcome(["column", "type"], rows, kind="varchar")


async def show_create_view(services: Services, statement: ast.ShowCreateView, run: Run) -> Outcome:
    target = await _require_view(services, run, statement.view)
    lines = [f"CREATE VIEW {target.database}.{target.name} AS", *view_sql(target).split("\n")]
    return text_outcome(["create view"], [[line] for line in lines], kind="varchar")
