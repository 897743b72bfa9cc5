"""The rules of query executions: start (idempotent, bounded), get, list, stop; recovery after a crash.

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: errors); Athena User Guide,
page service-limits, read by November 2026; recovery after a crash was chosen here.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from athena_sandbox.athena.engine.client import TrinoClient
from athena_sandbox.athena.errors import InvalidRequestError, TooManyRequestsError
from athena_sandbox.athena.executions.job import CANCELLED_BY_USER, Handler, Job, Settle
from athena_sandbox.athena.executions.model import Execution, Request, Statistics
from athena_sandbox.athena.executions.reuse import ResultReuse
from athena_sandbox.athena.executions.store import ExecutionStore
from athena_sandbox.athena.history import HISTORY_SECONDS
from athena_sandbox.athena.results.layout import layout
from athena_sandbox.athena.results.storage import ObjectStore
from athena_sandbox.athena.statements.ast import Statement
from athena_sandbox.athena.statements.classify import Classification, StatementType

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """How many executions run at once by kind, and how many may be queued and running together."""

    running_dml: int = 8
    running_ddl: int = 8
    active: int = 200


class ExecutionService:
    """All query executions of one process; lives on one event loop."""

    def __init__(
        self,
        store: ExecutionStore,
        engine: TrinoClient,
        objects: ObjectStore,
        handler: Handler,
        settle: Settle,
        *,
        limits: Limits = Limits(),
        spool_directory: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._engine = engine
        self._objects = objects
        self._handler = handler
        self._settle = settle
        self._limits = limits
        self._spool_directory = spool_directory
        self._clock = clock
        self._reuse = ResultReuse(store, engine, objects, clock)
        self._jobs: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._dml = asyncio.Semaphore(limits.running_dml)
        self._ddl = asyncio.Semaphore(limits.running_ddl)

    async def recover(self) -> None:
        """End what an earlier process left open, each as it ended at the engine; doesn't wait for them."""
        self._store.forget_before(self._clock() - HISTORY_SECONDS)
        for execution in self._store.open_executions():
            logger.warning("execution %s was interrupted by a restart", execution.id)
            job = self._job(execution, None)
            self._keep(job, job.start_settling())

    async def shut_down(self) -> None:
        """Cancel what runs, at the engine too; the records are ended by the next `recover`."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._store.close()

    def find_repeated(self, request: Request) -> Execution | None:
        """The execution that this request's token already started.

        Raises InvalidRequestError when the token was used for another request.
        """
        earlier = self._store.by_token(request.token) if request.token else None
        if earlier is not None and not earlier.request.repeats(request):
            raise InvalidRequestError(
                "Idempotent parameters do not match", code="IDEMPOTENT_PARAMETER_MISMATCH"
            )
        return earlier

    async def start(self, request: Request, statement: Statement, kind: Classification) -> str:
        """Queue a statement and return its id, as soon as the engine has parsed it.

        Raises TooManyRequestsError when the queue is full and InvalidRequestError when the statement can't be
        parsed; both leave no record and don't use up the token.
        """
        earlier = self.find_repeated(request)
        if earlier is not None:
            return earlier.id
        if len(self._jobs) >= self._limits.active:
            raise TooManyRequestsError(
                "You have exceeded the limit for the number of queries you can run concurrently. "
                "Please reduce the number of concurrent queries submitted by this account.",
                Reason="CONCURRENT_QUERY_LIMIT_EXCEEDED",
            )
        if kind.subtype == "SELECT" and (reusable := await self._reuse.find(request)):
            return self._answer_again(request, kind, reusable)
        job = self._create(request, statement, kind)
        await asyncio.shield(job.accepted)
        return job.execution.id

    def get(self, execution_id: str) -> Execution:
        """The execution, with its statistics up to now. Raises InvalidRequestError if it doesn't exist."""
        execution = self._running(execution_id) or self._store.get(execution_id)
        if execution is None:
            raise InvalidRequestError(
                f"QueryExecution {execution_id} was not found", code="QUERY_EXECUTION_NOT_FOUND"
            )
        return execution

    def page(self, workgroup: str, limit: int, token: str | None) -> tuple[list[str], str | None]:
        """Ids, newest first, and the next page's token."""
        try:
            return self._store.page(workgroup, limit, token)
        except ValueError as error:
            raise InvalidRequestError(f"The nextPageToken is malformed: {token}") from error

    def forget(self, workgroup: str) -> None:
        """Drop the ended executions of a work group."""
        self._store.forget_workgroup(workgroup)

    def recent(self, limit: int) -> list[Execution]:
        """The newest executions of all work groups, newest first, with their statistics up to now."""
        return [self._running(execution.id) or execution for execution in self._store.recent(limit)]

    def _running(self, execution_id: str) -> Execution | None:
        """A running execution by its id. Called again and again, so it doesn't read the history."""
        job = self._jobs.get(execution_id)
        if job is None or job.execution.state.ended:
            return None
        return replace(job.execution, statistics=job.statistics())

    async def stop(self, execution_id: str) -> None:
        """Cancel a query at the engine and end it; returns when that is done. No effect on ended ones."""
        self.get(execution_id)
        job = self._jobs.get(execution_id)
        if job is not None:
            job.cancel(CANCELLED_BY_USER)
            await job.ended()

    def _answer_again(self, request: Request, kind: Classification, earlier: Execution) -> str:
        execution = self._queued(request, kind).reuse(earlier, self._clock())
        self._store.save(execution)
        return execution.id

    def _queued(self, request: Request, kind: Classification) -> Execution:
        execution_id = str(uuid.uuid4())
        return Execution(
            id=execution_id,
            request=request,
            kind=kind,
            output_location=request.output_prefix + layout(kind, execution_id).suffix,
            submitted=self._clock(),
            statistics=Statistics(),
        )

    def _create(self, request: Request, statement: Statement, kind: Classification) -> Job:
        execution = self._queued(request, kind)
        self._store.save(execution)
        job = self._job(execution, statement)
        self._keep(job, job.start(self._dml if kind.type is StatementType.DML else self._ddl))
        return job

    def _job(self, execution: Execution, statement: Statement | None) -> Job:
        return Job(
            execution,
            statement,
            self._handler,
            engine=self._engine,
            store=self._store,
            objects=self._objects,
            settle=self._settle,
            spool_directory=self._spool_directory,
            clock=self._clock,
        )

    def _keep(self, job: Job, task: asyncio.Task[None]) -> None:
        execution_id = job.execution.id
        self._jobs[execution_id] = job
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._finished(execution_id, done))

    def _finished(self, execution_id: str, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        job = self._jobs.pop(execution_id, None)
        if job is not None:
            _log(job.execution)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("execution %s ended without a record", execution_id, exc_info=error)


def _log(execution: Execution) -> None:
    """One line per execution: the first thing to look at when a build is slow or fails."""
    statistics = execution.statistics
    logger.info(
        "%s %s %s after %d ms (%d ms queued), %d bytes scanned%s",
        execution.id,
        execution.kind.subtype,
        execution.state,
        statistics.total_ms,
        statistics.queue_ms,
        statistics.scanned_bytes,
        f": {' '.join(execution.reason.split())}" if execution.reason else "",
    )
