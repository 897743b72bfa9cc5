"""Checks, before a cutover, whether the views over a table keep working when its name becomes a view.

A view that names `"$path"`, or a column that the new view lacks, would fail at the moment of the cutover. So
would one whose stored column types no longer fit: Athena calls it stale. Each view's query is run with the
new view in the table's place; the engine only analyses it, no row is read.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlglot
from sqlglot import exp

from lakehouse.athena.sql import indented, lines, listed, quoted
from lakehouse.catalog.dependents import list_views, qualified, tables_of_view
from lakehouse.catalog.tables import Table
from lakehouse.catalog.views import View, decoded
from lakehouse.errors import QueryError
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration


def failing_views(migration: Migration, table: TableConfig, new: View) -> Iterator[str]:
    """Views right over a table that would fail over `new`, each with the reason."""
    for dependent in list_views(migration.glue):
        if table.source not in tables_of_view(dependent):
            continue
        if reason := _why_it_fails(migration, table, dependent, new):
            yield f"the view {dependent.qualified_name} would fail: {reason}"


def _why_it_fails(migration: Migration, table: TableConfig, dependent: Table, new: View) -> str | None:
    view = decoded(dependent)
    # One row whatever the view holds; the engine sees that nothing joins and reads nothing.
    statement = lines(
        listed("select ", (f"typeof(v.{quoted(column.name)})" for column in view.columns)),
        "from (values 1) as one (x)",
        "left join (",
        f"    {indented(_over(view, table, new))}",
        ") as v",
        "    on false",
    )
    try:
        [found] = migration.statements.query(statement, view.schema).rows
    except QueryError as error:
        return str(error)
    stale = [
        f"{column.name} is {column.type} in it and would be {now}"
        for column, now in zip(view.columns, found, strict=True)
        if not _fits(now, column.type)
    ]
    return f"{', '.join(stale)}: add a CAST and create the view again" if stale else None


def _over(view: View, table: TableConfig, new: View) -> str:
    """A view's query with the new view in the place of the table."""
    query = sqlglot.parse_one(view.sql, dialect="athena")
    replacement = sqlglot.parse_one(new.sql, dialect="athena")
    for named in list(query.find_all(exp.Table)):
        if qualified(named, view.schema) == table.source:
            alias = named.alias or named.name
            named.replace(exp.alias_(exp.Subquery(this=replacement.copy()), alias, table=True))
    return query.sql(dialect="athena", pretty=True)


def _fits(now: str, stored: str) -> bool:
    """Whether Athena takes a column of a type for one that a view stores: the same, or a text that is not
    longer than the stored one."""
    if now == stored or stored == "varchar":
        return now == stored or now.startswith("varchar")
    lengths = [_length(now), _length(stored)]
    return all(length is not None for length in lengths) and lengths[0] <= lengths[1]  # type: ignore[operator]


def _length(kind: str) -> int | None:
    inner = kind.removeprefix("varchar(").removesuffix(")")
    return int(inner) if kind.startswith("varchar(") and inner.isdigit() else None
