"""A find: one statement, somewhere, that may use a migrated table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from lakehouse.migration.rewriting.model import MigratedTable
from lakehouse.migration.rewriting.templates import Template


class Place(StrEnum):
    """What kind of place a statement was found in."""

    QUERY = "query"
    NAMED_QUERY = "named query"
    PREPARED_STATEMENT = "prepared statement"
    VIEW = "view"
    DBT_MODEL = "dbt model"
    DBT_SNAPSHOT = "dbt snapshot"
    DBT_ANALYSIS = "dbt analysis"
    EXPOSURE = "dbt exposure"
    CODE = "code"
    PROMPT = "prompt"


@dataclass(frozen=True)
class Runs:
    """How often a query ran, as far as the history goes: failures among them, those of a conversion, bytes
    scanned, the newest run (UTC) and its id."""

    count: int
    failed: int
    conversion_errors: int
    scanned_bytes: int
    last_at: datetime
    last_id: str = ""


@dataclass(frozen=True)
class Find:
    """A statement (`sql`), where it stands (`name`), and the database of names in it that name none.

    `template` puts the fields of a template back into what is said of it. `reason` says why there is no
    statement to look at, for those that are only known to use a table. `owner` is whoever dbt names, as
    text.
    """

    place: Place
    name: str
    sql: str
    database: str | None = None
    runs: Runs | None = None
    template: Template | None = field(default=None, compare=False)
    tables: tuple[str, ...] = ()
    reason: str | None = None
    owner: str | None = None


# Why a statement of dbt works unchanged: its source is read under the legacy name from the cutover on.
FOLLOWS_CUTOVER = "its source follows the cutover to the legacy name (cut_over_tables)"


def mentions(text: str, tables: Sequence[MigratedTable]) -> bool:
    """Cheap, ahead of parsing: whether the name of a table, without its database, is in a text at all."""
    lowered = text.lower()
    return any(table.source.split(".")[1] in lowered for table in tables)
