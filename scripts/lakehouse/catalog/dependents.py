"""Views that read a table, as Glue has them, directly or through any number of other views."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from lakehouse.catalog.tables import Table, parse_table
from lakehouse.catalog.views import decoded
from lakehouse.errors import UsageError

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient


def tables_in(sql: str, database: str) -> set[str]:
    """Qualified names of the tables that a statement reads or writes; empty if it can't be parsed."""
    try:
        statements = sqlglot.parse(sql, dialect="athena")
    except SqlglotError:
        return set()
    return {name for statement in statements if statement for name in _tables(statement, database)}


def tables_of_view(table: Table) -> set[str]:
    """Qualified names of the tables and views that a view reads."""
    try:
        view = decoded(table)
    except UsageError:
        # A view of another engine: what it reads can't be known.
        return set()
    return tables_in(view.sql, view.schema)


def list_views(glue: GlueClient) -> list[Table]:
    """Every view of the Data Catalog."""
    return [
        table
        for database in glue.get_paginator("get_databases").paginate()
        for each in database["DatabaseList"]
        for table in _views(glue, each["Name"])
    ]


def views_over(views: list[Table], names: set[str]) -> list[Table]:
    """The views that read one of these tables, directly or through other views."""
    reached = set(names)
    found: dict[str, Table] = {}
    reads = {view.qualified_name: tables_of_view(view) for view in views}
    while new := {
        view.qualified_name: view
        for view in views
        if view.qualified_name not in found and reads[view.qualified_name] & reached
    }:
        found |= new
        reached |= set(new)
    return [found[name] for name in sorted(found)]


def _views(glue: GlueClient, database: str) -> Iterator[Table]:
    for page in glue.get_paginator("get_tables").paginate(DatabaseName=database):
        for answer in page["TableList"]:
            if answer.get("TableType") == "VIRTUAL_VIEW":
                yield parse_table(answer)


def qualified(table: exp.Table, database: str) -> str:
    """A table's qualified name; `database` is that of names without one."""
    return f"{(table.db or database).lower()}.{table.name.lower()}"


def _tables(statement: exp.Expr, database: str) -> Iterator[str]:
    ctes = {cte.alias_or_name.lower() for cte in statement.find_all(exp.CTE)}
    for table in statement.find_all(exp.Table):
        if table.name and (table.db or table.name.lower() not in ctes):
            yield qualified(table, database)
