"""Step `rewrite`: a file of old statements as new ones, dbt's source() and ref() and other fields kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from lakehouse.migration.config import MigrationConfig
from lakehouse.migration.rewriting.model import MigratedTable
from lakehouse.migration.rewriting.results import Rewrite
from lakehouse.migration.rewriting.statement import rewrite
from lakehouse.migration.rewriting.templates import Template, with_refs, without_dbt, without_fields


@dataclass(frozen=True)
class RewrittenFile:
    """What became of a text. `sql` is None if a statement of it can't be rewritten safely."""

    sql: str | None
    tables: tuple[str, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    rewrite: Rewrite

    @property
    def is_changed(self) -> bool:
        return bool(self.tables)

    def as_json(self) -> dict[str, Any]:
        """As --json prints it."""
        return {
            "sql": self.sql,
            "tables": self.tables,
            "problems": self.problems,
            "notes": self.notes,
            "uses": [asdict(use) for use in self.rewrite.uses],
        }


def rewrite_text(
    text: str, tables: list[MigratedTable], config: MigrationConfig, database: str | None = None
) -> RewrittenFile:
    """Rewrite all statements of a text; one that uses no table of the migration comes back as it was."""
    sources = {table.source: table.source for table in config.tables}
    is_dbt = "{{" in text
    template = without_fields(without_dbt(text, sources) if is_dbt else text)
    result = rewrite(template.sql, tables, database)
    sql = text
    if result.tables:
        sql = _restored(result, template, config, is_dbt) or ""
    return RewrittenFile(
        sql if result.sql is not None else None,
        result.tables,
        tuple(template.restored(problem) for problem in result.problems),
        tuple(template.restored(note) for note in result.notes),
        result,
    )


def _restored(result: Rewrite, template: Template, config: MigrationConfig, is_dbt: bool) -> str | None:
    if result.sql is None:
        return None
    sql = template.restored(result.sql) + "\n"
    models = {table.target: table.dbt_model for table in config.tables if table.dbt_model}
    return with_refs(sql, models) if is_dbt else sql
