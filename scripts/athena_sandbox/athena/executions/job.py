"""Runs one execution: waits for a slot, calls the statement's handler, writes the result, ends the record.

The engine queries that a handler starts belong to the job: they count in its statistics, and are cancelled
with it.

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: api, errors); Athena User
Guide, page workgroups-setting-control-limits-cloudwatch, read by November 2026; what becomes of an
interrupted execution was chosen here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from athena_sandbox.athena.engine.client import EngineError, EngineQuery, EngineStatement, TrinoClient
from athena_sandbox.athena.errors import (
    ApiError,
    AthenaSandboxError,
    EngineUnavailableError,
    Failure,
    MalformedQueryError,
)
from athena_sandbox.athena.executions.failures import failure_of, user_message
from athena_sandbox.athena.executions.model import Execution, Result, Statistics
from athena_sandbox.athena.executions.outcome import Outcome, Run
from athena_sandbox.athena.executions.store import ExecutionStore
from athena_sandbox.athena.results.layout import Body, layout
from athena_sandbox.athena.results.metadata import encode_metadata
from athena_sandbox.athena.results.storage import Location, ObjectStore, StorageError, parse_location
from athena_sandbox.athena.results.writer import ResultWriter
from athena_sandbox.athena.statements.ast import Statement
from athena_sandbox.athena.statements.classify import StatementType

logger = logging.getLogger(__name__)

Handler = Callable[[Statement, Run], Awaitable[Outcome]]
# The answer for an execution whose end was not recorded.
Settle = Callable[[Execution], Awaitable[Outcome | Failure]]
# Pages with more values than this are printed in a thread, so that other requests don't wait for them.
_INLINE_ROWS = 200
CANCELLED_BY_USER = "Query cancelled by user"


class Job:
    """The life of one execution in this process.

    `accepted` resolves when the statement is known to be parsed (or to wait in the queue), and carries the
    ApiError when it must be answered to StartQueryExecution instead of becoming a failed execution.
    """

    def __init__(
        self,
        execution: Execution,
        statement: Statement | None,
        handler: Handler,
        *,
        engine: TrinoClient,
        store: ExecutionStore,
        objects: ObjectStore,
        settle: Settle,
        spool_directory: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.execution = execution
        self.accepted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._statement = statement
        self._handler = handler
        self._engine = engine
        self._store = store
        self._objects = objects
        self._settle = settle
        self._spool_directory = spool_directory
        self._clock = clock
        self._queries: list[EngineQuery] = []
        self._started: float | None = None
        self._on_engine: float | None = None
        self._computed: float | None = None
        self._stop_reason: str | None = None
        self._output_rows = 0
        self._settling = False
        self._task: asyncio.Task[None] | None = None

    def start(self, slots: asyncio.Semaphore) -> asyncio.Task[None]:
        self._task = asyncio.create_task(self._run(slots), name=f"execution-{self.execution.id}")
        return self._task

    def start_settling(self) -> asyncio.Task[None]:
        """End an execution that an earlier process left open, as it has really ended."""
        self._settling = True
        self._task = asyncio.create_task(self._run_settling(), name=f"execution-{self.execution.id}")
        return self._task

    def cancel(self, reason: str) -> None:
        """End the execution as CANCELLED; its engine query is cancelled before the record says so.

        One that is being settled ends as it ended at the engine.
        """
        if self._settling:
            return
        if self._task and not self._task.done() and self._stop_reason is None:
            self._stop_reason = reason
            self._task.cancel()

    async def ended(self) -> None:
        """Wait for the end, however it ends."""
        if self._task:
            await asyncio.wait([self._task])

    def statistics(self, manifest_location: str | None = None) -> Statistics:
        """The numbers so far: the queue, what precedes the engine, the engine, what follows it."""
        now = self._clock()
        started = self._started if self._started is not None else now
        computed = self._computed if self._computed is not None else now
        on_engine = self._on_engine if self._on_engine is not None else started
        planning = sum(query.stats.planning_ms for query in self._queries)
        queue_ms, preprocessing_ms = _ms(started - self.execution.submitted), _ms(on_engine - started)
        engine_ms, processing_ms = _ms(computed - on_engine), _ms(now - computed)
        return Statistics(
            engine_ms=engine_ms,
            total_ms=queue_ms + preprocessing_ms + engine_ms + processing_ms,
            queue_ms=queue_ms,
            preprocessing_ms=preprocessing_ms,
            processing_ms=processing_ms,
            planning_ms=planning if self._queries else None,
            scanned_bytes=sum(query.stats.scanned_bytes for query in self._queries),
            manifest_location=manifest_location,
            input_rows=sum(query.stats.input_rows for query in self._queries),
            output_rows=self._output_rows,
        )

    # -- the handler's engine ---------------------------------------------------------------------

    async def submit(self, statement: EngineStatement) -> EngineQuery:
        """Start a query at Trino for this execution; returns when it is parsed."""
        query = await self._engine.submit(statement, self._note_query)
        self._accept()
        return query

    def _note_query(self, query: EngineQuery) -> None:
        if not self._queries:
            self._on_engine = self._clock()
        self._queries.append(query)
        query.watch = self._check_cutoff
        self._save(self.execution.on_engine(query.id))

    async def run(self, statement: EngineStatement) -> list[list[Any]]:
        query = await self.submit(statement)
        return await query.drain()

    # -- the life ---------------------------------------------------------------------------------

    async def _run(self, slots: asyncio.Semaphore) -> None:
        try:
            if slots.locked():
                self._accept()
            async with slots:
                await self._execute()
        except asyncio.CancelledError:
            await self._end_cancelled()
        except Exception as error:
            await self._end_failed(error)
        finally:
            self._accept()

    async def _run_settling(self) -> None:
        try:
            await self._end_settled()
        except Exception as error:
            self._settling = False
            await self._end_failed(error)
        finally:
            self._accept()

    async def _end_settled(self) -> None:
        self._settling = True
        ended = await self._settle(self.execution)
        statistics = self.statistics() if self._queries else self.execution.statistics
        if isinstance(ended, Failure):
            self._save(self.execution.fail(self._clock(), ended, statistics))
            return
        result, manifest = await self._write(ended)
        self._save(self.execution.succeed(self._clock(), result, self.statistics(manifest)))

    async def _execute(self) -> None:
        assert self._statement is not None  # noqa: S101 - only what is settled has none
        self._started = self._clock()
        self._save(self.execution.run())
        outcome = await self._handler(self._statement, Run(self.execution.id, self.execution.request, self))
        if outcome.pages is None:
            self._computed = self._clock()
        if outcome.subtype is not None:
            kind = replace(self.execution.kind, subtype=outcome.subtype)
            self.execution = replace(self.execution, kind=kind)
        try:
            result, manifest = await self._write(outcome)
        except StorageError as error:
            if outcome.update_type is None:
                raise
            raise StorageError(f"{error}. The statement itself has run: don't run it again.") from error
        self._save(self.execution.succeed(self._clock(), result, self.statistics(manifest)))

    async def _write(self, outcome: Outcome) -> tuple[Result, str | None]:
        """Write the files of a successful statement; returns the result and the manifest's address."""
        form = layout(self.execution.kind, self.execution.id)
        size = 0
        extras = [self._write_metadata(outcome, form.body)]
        manifest: Location | None = None
        if outcome.manifest is not None:
            manifest = self._beside("-manifest.csv")
            body = "".join(f"{uri}\n" for uri in outcome.manifest).encode()
            extras.append(asyncio.to_thread(self._objects.put, manifest, body))
        if form.body is Body.NONE:
            await asyncio.gather(*extras)
        else:
            size, _ = await asyncio.gather(self._write_rows(outcome, form.body), asyncio.gather(*extras))
        result = Result(outcome.columns, form.body, size, outcome.update_count)
        return result, str(manifest) if manifest else None

    async def _write_rows(self, outcome: Outcome, body: Body) -> int:
        with ResultWriter(body, self._spool_directory) as writer:
            if body is Body.CSV or self.execution.kind.subtype == "EXPLAIN":
                header: list[str | None] = [column.name for column in outcome.columns]
                if body is Body.CSV or header:
                    writer.write_rows([header])
            if outcome.pages is not None:
                async for page in outcome.pages:
                    self._output_rows += len(page)
                    if len(page) <= _INLINE_ROWS:
                        writer.write_rows(page)
                    else:
                        await asyncio.to_thread(writer.write_rows, page)
                self._computed = self._clock()
            location = parse_location(self.execution.output_location)
            assert location is not None  # noqa: S101 - checked when the request came
            return await asyncio.to_thread(writer.upload, self._objects, location)

    async def _write_metadata(self, outcome: Outcome, body: Body) -> None:
        if not outcome.columns and body is Body.TEXT:
            return
        content = encode_metadata(
            self.execution.id,
            outcome.columns,
            update_type=outcome.update_type,
            update_count=outcome.update_count,
        )
        await asyncio.to_thread(self._objects.put, self._beside(".metadata"), content)

    def _beside(self, suffix: str) -> Location:
        location = parse_location(self.execution.output_location)
        assert location is not None  # noqa: S101 - checked when the request came
        return Location(location.bucket, location.key + suffix)

    def _check_cutoff(self) -> None:
        cutoff = self.execution.request.scan_cutoff
        if cutoff is not None and sum(query.stats.scanned_bytes for query in self._queries) > cutoff:
            self.cancel("Bytes scanned limit was exceeded")

    async def _end_cancelled(self) -> None:
        await self._cancel_queries()
        reason = self._stop_reason
        if reason is None:
            # The service itself is stopping: the next one finds this record and ends it.
            return
        self._save(self.execution.cancel(self._clock(), reason, self.statistics()))

    async def _end_failed(self, error: Exception) -> None:
        rejection = _rejection(error)
        if rejection is not None and not self.accepted.done():
            self._store.remove(self.execution.id)
            self.accepted.set_exception(rejection)
            return
        if isinstance(error, EngineUnavailableError) and self._queries and not self._settling:
            with contextlib.suppress(StorageError):
                await self._end_settled()
                return
        if not isinstance(error, EngineError):
            await self._cancel_queries()
        failure = failure_of(error)
        if not isinstance(error, AthenaSandboxError | ClientError):
            logger.error("execution %s met a fault of the service", self.execution.id, exc_info=error)
        result = await self._write_failure(failure)
        self._save(self.execution.fail(self._clock(), failure, self.statistics(), result))

    async def _write_failure(self, failure: Failure) -> Result | None:
        """Failed DDL of the Hive path leaves its message in the text file and an empty result."""
        form = layout(self.execution.kind, self.execution.id)
        location = parse_location(self.execution.output_location)
        if not failure.reason.startswith("FAILED: ") or form.body is not Body.TEXT or location is None:
            return None
        if self.execution.kind.type is StatementType.DML:
            return None
        with contextlib.suppress(Exception):
            await asyncio.to_thread(self._objects.put, location, failure.reason.encode())
        return Result()

    async def _cancel_queries(self) -> None:
        for query in self._queries:
            await query.cancel()

    def _accept(self) -> None:
        if not self.accepted.done():
            self.accepted.set_result(None)

    def _save(self, execution: Execution) -> None:
        self.execution = execution
        self._store.save(execution)


def _rejection(error: Exception) -> ApiError | None:
    """The answer to StartQueryExecution that this error must become, if it came early enough."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, EngineError) and error.parsing:
        return MalformedQueryError(user_message(error.message))
    return None


def _ms(seconds: float) -> int:
    """Whole milliseconds; any time at all counts as one."""
    return max(0, math.ceil(seconds * 1000))
