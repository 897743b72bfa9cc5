"""Result reuse: which earlier execution's result answers a query again.

The rules: the same text, work group, catalog, database, parameters and result configuration; a result no
older than asked for, whose file still exists; SELECT only over tables of the Glue Data Catalog in Hive's
form, so no Iceberg table and nothing federated; and no function whose answer differs from call to call.

Source: Athena User Guide, page reusing-query-results, read by November 2026.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from athena_sandbox.athena.engine.client import EngineError, EngineStatement, TrinoClient
from athena_sandbox.athena.errors import EngineUnavailableError
from athena_sandbox.athena.executions.model import DEFAULT_CATALOG, Execution, Request
from athena_sandbox.athena.executions.store import ExecutionStore
from athena_sandbox.athena.results.storage import ObjectStore, StorageError, parse_location
from athena_sandbox.athena.statements.lexer import iter_significant

_NOT_DETERMINISTIC = (
    *("NOW", "CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME", "LOCALTIMESTAMP", "LOCALTIME"),
    *("RAND", "RANDOM", "SHUFFLE", "UUID", "TABLESAMPLE", "CURRENT_USER"),
)


class ResultReuse:
    """Finds the execution whose result a request may be answered with."""

    def __init__(
        self, store: ExecutionStore, engine: TrinoClient, objects: ObjectStore, clock: Callable[[], float]
    ) -> None:
        self._store = store
        self._engine = engine
        self._objects = objects
        self._clock = clock

    async def find(self, request: Request) -> Execution | None:
        """The newest execution that fits, None when the query must run (also when that can't be decided)."""
        if request.reuse_minutes is None or request.managed_results:
            return None
        since = self._clock() - request.reuse_minutes * 60
        for earlier in self._store.reusable(request.reuse_key(), since):
            if await self._file_is_there(earlier):
                return earlier if await self._is_repeatable(request) else None
        return None

    async def _is_repeatable(self, request: Request) -> bool:
        """Whether the query gives the same rows again, by its text and by what it reads."""
        if any(token.is_word(*_NOT_DETERMINISTIC) for token in iter_significant(request.query)):
            return False
        return await self._reads_hive_tables_only(request)

    async def _file_is_there(self, earlier: Execution) -> bool:
        location = parse_location(earlier.output_location)
        if location is None:
            return False
        try:
            await asyncio.to_thread(self._objects.read, location, 0, 1)
        except StorageError:
            return False
        return True

    async def _reads_hive_tables_only(self, request: Request) -> bool:
        """Asks the engine's planner, which sees through views and names without a catalog."""
        statement = EngineStatement(
            f"explain (type io, format json) {request.query}",
            catalog=request.session_catalog,
            schema=request.session_database,
        )
        try:
            rows = await self._engine.run(statement)
        except (EngineError, EngineUnavailableError):
            return False
        plan: dict[str, Any] = json.loads(rows[0][0])
        tables = [info["table"] for info in plan.get("inputTableColumnInfos", ())]
        return all(
            table["catalog"] == DEFAULT_CATALOG and table["schemaTable"]["schema"] != "information_schema"
            for table in tables
        )
