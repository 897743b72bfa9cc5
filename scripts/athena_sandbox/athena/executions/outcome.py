"""What a statement's handler works with (`Run`) and returns (`Outcome`).

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: api), for update counts; the
rest was chosen here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from athena_sandbox.athena.engine.client import EngineQuery, EngineStatement
from athena_sandbox.athena.executions.model import Request
from athena_sandbox.athena.results.columns import ColumnInfo, text_column
from athena_sandbox.athena.results.writer import Row
from athena_sandbox.athena.statements.ast import Name


class Engine(Protocol):
    """Trino on behalf of one execution: queries started here count in its statistics and are cancelled with
    it.
    """

    async def submit(self, statement: EngineStatement) -> EngineQuery: ...

    async def run(self, statement: EngineStatement) -> list[list[Any]]: ...


@dataclass(frozen=True)
class Run:
    """One execution as its handler sees it."""

    id: str
    request: Request
    engine: Engine

    @property
    def database(self) -> str:
        return self.request.session_database

    @property
    def catalog(self) -> str:
        return self.request.session_catalog

    def database_of(self, name: Name) -> str:
        return name.database or self.database

    def catalog_of(self, name: Name) -> str:
        return name.catalog or self.catalog


@dataclass(frozen=True)
class Outcome:
    """Columns and rows (already printed), or nothing; `manifest` lists the objects that a statement wrote.

    An empty manifest is written too, as for CTAS and UNLOAD without a row; None means that there is no
    manifest. `subtype` corrects SubstatementType where only the catalog knows what kind of thing a name is.
    """

    columns: tuple[ColumnInfo, ...] = ()
    pages: AsyncIterator[list[Row]] | None = None
    update_count: int | None = None
    update_type: str | None = None
    manifest: Sequence[str] | None = None
    subtype: str | None = None


async def _single_page(rows: list[Row]) -> AsyncIterator[list[Row]]:
    yield rows


def text_outcome(
    columns: Iterable[str],
    rows: Iterable[Sequence[str]],
    kind: str = "string",
    *,
    counted: bool = True,
) -> Outcome:
    """The outcome of a SHOW or DESCRIBE: text columns and a handful of rows.

    `counted` says whether there is an update count, 0: Athena leaves it out of DESCRIBE and SHOW CREATE TABLE
    of Hive tables.
    """
    page: list[Row] = [list(row) for row in rows]
    shown = tuple(text_column(name, kind) for name in columns)
    return Outcome(shown, _single_page(page), update_count=0 if counted else None)


def nothing() -> Outcome:
    """The outcome of DDL."""
    return Outcome()
