"""How a statement ended whose execution was interrupted by a restart of this service or of the engine.

A statement that only reads may be run again. For one that writes, the engine is asked, which knows its newest
queries, and the table is read: Trino writes its query's id into the summary of each Iceberg snapshot
(`trino_query_id`). When neither can tell, the execution is not retryable and says why: a client that repeats
an INSERT would double its rows.

Source: chosen here, on what Trino 476 does (measured in December 2026): `trino_query_id` is in the summaries
of its snapshots; a write whose client is gone stays FINISHING after its commit, for minutes, because nobody
reads its answer; a cancellation then makes it FAILED although it has committed; `finishingTime` is zero until
the commit begins.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from athena_sandbox.athena.catalog.glue import Table, is_iceberg
from athena_sandbox.athena.catalog.iceberg import has_snapshot_of
from athena_sandbox.athena.engine.client import EngineError, ForgottenQueryError, TrinoClient
from athena_sandbox.athena.errors import ApiError, EngineUnavailableError, Failure
from athena_sandbox.athena.executions.failures import SYSTEM, failure_of
from athena_sandbox.athena.executions.model import Execution, State
from athena_sandbox.athena.executions.outcome import Outcome, nothing
from athena_sandbox.athena.handlers.base import Services
from athena_sandbox.athena.handlers.queries import ROWS_COLUMN
from athena_sandbox.athena.results.storage import StorageError
from athena_sandbox.athena.statements import ast
from athena_sandbox.athena.statements.classify import StatementType
from athena_sandbox.athena.statements.parser import parse

logger = logging.getLogger(__name__)

RUN_AGAIN = Failure(
    "GENERIC_INTERNAL_ERROR: The service was restarted while the query was running. Please run it again.",
    SYSTEM,
    100,
    retryable=True,
)
_MAY_HAVE_RUN = (
    "GENERIC_INTERNAL_ERROR: The service was restarted while the statement was running and can't tell how it "
    "ended: it may have run. "
)
MAY_HAVE_RUN = Failure(f"{_MAY_HAVE_RUN}Look at the table before you run it again.", SYSTEM, 100)
_LOOK_FOR_SNAPSHOT = (
    "Before you run it again, look for its snapshot: "
    "select * from \"{}\".\"{}$snapshots\" where element_at(summary, 'trino_query_id') = '{}'"
)
# Trino puts the id of the query into the name of each file.
_LOOK_FOR_FILES = (
    "Before you run it again, look for its files where the table and its partitions lie: "
    "aws s3 ls --recursive {}/ | grep {}"
)
# These only read, or change nothing when they are repeated.
_HARMLESS = frozenset(("SELECT", "EXPLAIN", "PREPARE", "DEALLOCATE", "VACUUM_TABLE"))
_CHANGES = frozenset(("INSERT", "UPDATE", "DELETE", "MERGE"))
_CREATES = frozenset(("CREATE_TABLE_AS_SELECT", "UNLOAD"))
# Errors that end a query at any time, also when it has committed: they don't say that it failed.
_FROM_OUTSIDE = frozenset(("USER_CANCELED", "ABANDONED_QUERY"))
# Seconds that an engine that answers is asked how a query ended; one that is being started has its own.
_SETTLE_SECONDS = 20.0
_FIRST_DELAY, _MAX_DELAY = 0.05, 1.0
# Beside Trino's states: it no longer knows the query (a restart, or it ended long ago); it doesn't answer.
_FORGOTTEN, _UNREACHABLE = "forgotten", "unreachable"


class Interruptions:
    """Finds out how interrupted executions ended."""

    def __init__(self, services: Services, engine: TrinoClient, *, seconds: float = _SETTLE_SECONDS) -> None:
        self._services = services
        self._engine = engine
        self._seconds = seconds

    async def outcome(self, execution: Execution) -> Outcome | Failure:
        """The outcome that the execution ends with; waits for an engine that is being started."""
        kind = execution.kind
        harmless = kind.type is StatementType.UTILITY or kind.subtype in _HARMLESS
        query_id = execution.engine_query
        if query_id is None:
            # Statements for the engine note the query before the engine runs it; DDL works on the catalog.
            unsent = kind.type is StatementType.DML or kind.subtype in _CREATES
            return RUN_AGAIN if harmless or unsent or execution.state is State.QUEUED else MAY_HAVE_RUN
        if harmless:
            await self._engine.cancel(query_id)
            return RUN_AGAIN
        return await self._end_of_write(execution, query_id)

    async def _end_of_write(self, execution: Execution, query_id: str) -> Outcome | Failure:
        subtype = execution.kind.subtype
        deadline, delay = time.monotonic() + self._engine.patience, _FIRST_DELAY
        is_answered = False
        while True:
            state, info = await self._ask(query_id)
            if state != _UNREACHABLE and not is_answered:
                is_answered, deadline = True, time.monotonic() + self._seconds
            if state == "FINISHED":
                return _finished(subtype, info)
            # Asked after the engine: what has ended there commits nothing later.
            has_committed = await self._has_committed(execution, query_id)
            if has_committed:
                return _committed(subtype, info)
            if state == _FORGOTTEN:
                return await self._may_have_run(execution, query_id) if has_committed is None else RUN_AGAIN
            if state == "FAILED":
                if not _was_ended_in_its_commit(info):
                    return _failed(info)
                if has_committed is None:
                    return await self._may_have_run(execution, query_id)
            elif state not in ("FINISHING", _UNREACHABLE):
                await self._engine.cancel(query_id)
            if time.monotonic() + delay > deadline:
                return await self._may_have_run(execution, query_id)
            await asyncio.sleep(delay)
            delay = min(_MAX_DELAY, delay * 2)

    async def _ask(self, query_id: str) -> tuple[str, Mapping[str, Any]]:
        """The query's state at the engine, or that there is none, and Trino's QueryInfo."""
        try:
            info = await self._engine.query_info(query_id)
        except ForgottenQueryError:
            return _FORGOTTEN, {}
        except (EngineUnavailableError, EngineError) as error:
            logger.warning("how query %s ended can't be asked: %s", query_id, error)
            return _UNREACHABLE, {}
        return str(info.get("state")), info

    async def _has_committed(self, execution: Execution, query_id: str) -> bool | None:
        """Whether the query's snapshot is in its Iceberg table; None when that can't be known."""
        table = await self._written_table(execution)
        if table is None or not is_iceberg(table):
            return None
        try:
            return await asyncio.to_thread(has_snapshot_of, self._services.objects, table, query_id)
        except (StorageError, BotoCoreError, ClientError) as error:
            logger.warning("the snapshots of %s can't be read: %s", table["Name"], error)
            return None

    async def _written_table(self, execution: Execution) -> Table | None:
        """The catalog's entry of the table that a statement writes to; None when there is none to be seen."""
        try:
            statement = parse(execution.request.query)
        except ApiError:
            return None
        name = getattr(statement, "target", None) or getattr(statement, "table", None)
        if not isinstance(statement, ast.Passthrough | ast.CreateTableAs | ast.Optimize) or name is None:
            return None
        request = execution.request
        glue = self._services.catalog(name.catalog or request.session_catalog)
        try:
            return await asyncio.to_thread(glue.table, name.database or request.session_database, name.name)
        except (ApiError, BotoCoreError, ClientError) as error:
            logger.warning("the table %s can't be read: %s", name.name, error)
            return None

    async def _may_have_run(self, execution: Execution, query_id: str) -> Failure:
        """That nobody knows how a query ended, and how a person finds out."""
        table = await self._written_table(execution)
        location = ((table or {}).get("StorageDescriptor") or {}).get("Location")
        if table is None or not location:
            return MAY_HAVE_RUN
        if is_iceberg(table):
            how = _LOOK_FOR_SNAPSHOT.format(table["DatabaseName"], table["Name"], query_id)
        else:
            how = _LOOK_FOR_FILES.format(location.rstrip("/"), query_id)
        return replace(MAY_HAVE_RUN, reason=_MAY_HAVE_RUN + how)


def _finished(subtype: str, info: Mapping[str, Any]) -> Outcome | Failure:
    """The outcome of a query that the engine has finished."""
    update = info.get("updateType")
    rows = info.get("queryStats", {}).get("writtenPositions")
    if update in _CHANGES:
        # For the others the engine's count is not that of the changed rows.
        return Outcome(ROWS_COLUMN, update_count=rows if update == "INSERT" else None, update_type=update)
    if update == "CREATE TABLE" and subtype in _CREATES:
        return Outcome(ROWS_COLUMN, update_count=rows, update_type=update if subtype != "UNLOAD" else subtype)
    if update == "ALTER TABLE EXECUTE" or subtype == "CREATE_VIEW":
        return nothing()
    # EXECUTE of a query; other DDL may have had more steps to do.
    return RUN_AGAIN if subtype == "EXECUTE" and update is None else MAY_HAVE_RUN


def _committed(subtype: str, info: Mapping[str, Any]) -> Outcome:
    """The outcome of a query whose snapshot is in its table; `info` is empty without an engine."""
    rows = info.get("queryStats", {}).get("writtenPositions") if info.get("updateType") == "INSERT" else None
    return Outcome(ROWS_COLUMN, update_count=rows, update_type=subtype if subtype in _CHANGES else None)


def _was_ended_in_its_commit(info: Mapping[str, Any]) -> bool:
    """Whether a failed query was ended from outside after it had begun to commit."""
    name = (info.get("errorCode") or {}).get("name")
    # A duration with its unit: 0.00ns, 4.10s.
    finishing = str(info.get("queryStats", {}).get("finishingTime"))
    return name in _FROM_OUTSIDE and not finishing.startswith("0.00")


def _failed(info: Mapping[str, Any]) -> Failure:
    code = info.get("errorCode") or {}
    name = code.get("name", "GENERIC_INTERNAL_ERROR")
    if name == "USER_CANCELED":
        return RUN_AGAIN
    message = (info.get("failureInfo") or {}).get("message") or "Query failed"
    return failure_of(EngineError(name, message, kind=code.get("type", "")))
