"""Views of the Data Catalog over migrated tables, directly or through other views."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lakehouse.catalog.dependents import list_views, tables_of_view, views_over
from lakehouse.catalog.tables import Table
from lakehouse.catalog.views import decoded
from lakehouse.migration.analysis.usages.finds import Find, Place
from lakehouse.migration.config import MigrationConfig
from lakehouse.migration.rewriting.model import MigratedTable

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient


def find_views(glue: GlueClient, config: MigrationConfig, tables: Sequence[MigratedTable]) -> Iterator[Find]:
    """The views, each with its query; one over another view says which, for it works as that one does."""
    sources = {table.source for table in tables}
    own = sources | {table.compat for table in config.tables}
    views = [view for view in list_views(glue) if view.qualified_name not in own]
    for view in views_over(views, sources):
        reads = tables_of_view(view)
        query = decoded(view)
        if reads & sources:
            yield Find(Place.VIEW, view.qualified_name, query.sql, query.schema)
        else:
            names = {each.qualified_name for each in views}
            through = ", ".join(sorted(reads & names))
            yield Find(
                Place.VIEW,
                view.qualified_name,
                query.sql,
                query.schema,
                tables=tuple(sorted(_sources_behind(view.qualified_name, views, sources))),
                reason=f"reads through {through}",
            )


def _sources_behind(name: str, views: list[Table], sources: set[str]) -> set[str]:
    return {
        source
        for source in sources
        if any(view.qualified_name == name for view in views_over(views, {source}))
    }
