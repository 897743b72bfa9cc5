"""The rules of sessions and calculations: start (idempotent, bounded), stop, idle timeout, recovery."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
import time
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from athena_sandbox.athena.errors import (
    InvalidRequestError,
    ResourceNotFoundError,
    SessionAlreadyExistsError,
    TooManyRequestsError,
)
from athena_sandbox.athena.history import HISTORY_SECONDS
from athena_sandbox.athena.results.storage import ObjectStore, StorageError, parse_location
from athena_sandbox.athena.spark.model import (
    Calculation,
    CalculationFiles,
    CalculationRequest,
    CalculationState,
    Session,
    SessionRequest,
    SessionState,
)
from athena_sandbox.athena.spark.process import Launcher, Outcome, Worker, WorkerDiedError
from athena_sandbox.athena.spark.store import SparkStore

logger = logging.getLogger(__name__)

_RESTARTED = "The service was restarted while the session was open."
_STOPPED = "The service was stopped."
_REQUESTED = "Session termination was requested."
_CANCELED = "Calculation was canceled by user request."
_CANCELED_WITH_SESSION = "Calculation was canceled because its session was terminated."


@dataclass(frozen=True)
class SparkLimits:
    """How many sessions may be open at once, and how long things may take (seconds).

    `interrupt`: a stopped calculation that still runs after it is ended with its session. `idle_minute`: the
    minute of SessionIdleTimeoutInMinutes; tests have a shorter one.
    """

    sessions: int = 4
    start: float = 120.0
    interrupt: float = 5.0
    idle_minute: float = 60.0


@dataclass
class _Live:
    """The state of an open session that its record doesn't hold."""

    session: Session
    worker: Worker | None = None
    calculation: Calculation | None = None
    idle_timer: asyncio.TimerHandle | None = None
    stop_timer: asyncio.TimerHandle | None = None
    # Set when the session must end; says with which state and reason.
    ending: tuple[SessionState, str] | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)
    calculation_over: asyncio.Event = field(default_factory=asyncio.Event)


class SparkService:
    """All Spark sessions of one process; lives on one event loop.

    `folder` holds one folder per running calculation; `clock` returns epoch seconds.
    """

    def __init__(
        self,
        store: SparkStore,
        launcher: Launcher | None,
        objects: ObjectStore,
        folder: Path,
        *,
        limits: SparkLimits = SparkLimits(),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._launcher = launcher
        self._objects = objects
        self._folder = folder
        self._limits = limits
        self._clock = clock
        self._live: dict[str, _Live] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # Sessions

    def recover(self) -> None:
        """End what an earlier process left open; its workers died with it."""
        now = self._clock()
        for calculation in self._store.open_calculations():
            self._store.save_calculation(calculation.become(CalculationState.FAILED, now, _RESTARTED))
        for session in self._store.open_sessions():
            self._store.save_session(session.become(SessionState.FAILED, now, _RESTARTED))
            shutil.rmtree(self._folder / session.id / "spill", ignore_errors=True)
            logger.warning("session %s was interrupted by a restart", session.id)
        self._store.forget_before(now - HISTORY_SECONDS)
        folders = self._folder.iterdir() if self._folder.exists() else ()
        for folder in folders:
            if self._store.session(folder.name) is None:
                shutil.rmtree(folder, ignore_errors=True)

    async def shut_down(self) -> None:
        """End all sessions and their processes."""
        for live in list(self._live.values()):
            self._end(live, SessionState.TERMINATED, _STOPPED)
        await asyncio.gather(*(live.over.wait() for live in list(self._live.values())))
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._store.close()

    def start_session(self, request: SessionRequest) -> Session:
        """Open a session; it becomes IDLE when its process is up.

        When no place is free, the session that has been idle for longest is ended to make room.

        Raises SessionAlreadyExistsError if the token has opened one, TooManyRequestsError if the sessions in
        all places are busy, and InvalidRequestError if this server has no Spark.
        """
        if self._launcher is None:
            raise InvalidRequestError("Apache Spark is not installed for this server")
        if request.token and (earlier := self._store.session_by_token(request.token)):
            raise SessionAlreadyExistsError(
                f"Session {earlier.id} already exists for this client request token"
            )
        self._make_room()
        now = self._clock()
        session = Session(str(uuid.uuid4()), request, started=now, modified=now)
        self._store.save_session(session)
        live = _Live(session)
        self._live[session.id] = live
        self._spawn(self._lead(live, self._launcher))
        return session

    def _make_room(self) -> None:
        open_ones = [live for live in self._live.values() if live.ending is None]
        if len(open_ones) < self._limits.sessions:
            return
        idle = [live for live in open_ones if live.session.state is SessionState.IDLE]
        if not idle:
            raise TooManyRequestsError(
                f"You have exceeded the limit of {self._limits.sessions} concurrent sessions. Please "
                "terminate a session or wait until one is idle."
            )
        longest = min(idle, key=lambda live: live.session.idle_since or 0.0)
        self._end(longest, SessionState.TERMINATED, "The session was idle and another one needed its place.")

    def session(self, session_id: str) -> Session:
        """Raises ResourceNotFoundError if it doesn't exist."""
        live = self._live.get(session_id)
        session = live.session if live else self._store.session(session_id)
        if session is None:
            raise ResourceNotFoundError(f"Session {session_id} does not exist", ResourceName=session_id)
        return session

    def sessions(
        self, workgroup: str, state: SessionState | None, limit: int, token: str | None
    ) -> tuple[list[Session], str | None]:
        """Sessions of a work group, newest first, and the next page's token."""
        try:
            return self._store.sessions(workgroup, state, limit, token)
        except ValueError as error:
            raise InvalidRequestError(f"The nextPageToken is malformed: {token}") from error

    def terminate(self, session_id: str) -> Session:
        """End a session and what runs in it; no effect on ended ones."""
        self.session(session_id)
        live = self._live.get(session_id)
        if live is not None:
            self._end(live, SessionState.TERMINATED, _REQUESTED)
        return self.session(session_id)

    async def _lead(self, live: _Live, launcher: Launcher) -> None:
        """A session's life, from the start of its process to the end of it."""
        try:
            live.worker = await launcher.launch(live.session)
            if live.ending is None:
                await asyncio.wait_for(live.worker.ready(), self._limits.start)
            if live.ending is None:
                self._become(live, SessionState.CREATED)
                self._become_idle(live)
                death = await live.worker.died()
                live.ending = live.ending or (SessionState.FAILED, death)
        except TimeoutError:
            live.ending = live.ending or (
                SessionState.FAILED,
                f"The session did not start within {self._limits.start:.0f} seconds.",
            )
        except WorkerDiedError as error:
            live.ending = live.ending or (SessionState.FAILED, str(error))
        except OSError as error:
            live.ending = live.ending or (
                SessionState.FAILED,
                f"The session's process can't be started: {error}",
            )
        await self._bury(live)

    async def _bury(self, live: _Live) -> None:
        state, reason = live.ending or (SessionState.FAILED, "The session ended.")
        if live.worker is not None:
            await live.worker.kill()
        if live.calculation is not None:
            # `_perform` sees the death of the worker and ends the record.
            await live.calculation_over.wait()
        for timer in (live.idle_timer, live.stop_timer):
            if timer is not None:
                timer.cancel()
        self._become(live, state, reason)
        del self._live[live.session.id]
        live.over.set()

    def _end(self, live: _Live, state: SessionState, reason: str) -> None:
        """Let a session end in `state`; it does when its process is gone."""
        if live.ending is not None:
            return
        live.ending = (state, reason)
        if state is SessionState.TERMINATED:
            self._become(live, SessionState.TERMINATING)
        if live.worker is not None:
            self._spawn(live.worker.kill())

    def _become(self, live: _Live, state: SessionState, reason: str | None = None) -> None:
        live.session = live.session.become(state, self._clock(), reason)
        self._store.save_session(live.session)

    def _become_idle(self, live: _Live) -> None:
        self._become(live, SessionState.IDLE)
        minutes = live.session.request.idle_minutes
        shown = f"{minutes} minute{'' if minutes == 1 else 's'}"
        live.idle_timer = asyncio.get_running_loop().call_later(
            minutes * self._limits.idle_minute,
            lambda: self._end(
                live,
                SessionState.TERMINATED,
                f"The session was idle for {shown}, its idle timeout.",
            ),
        )

    # Calculations

    def start_calculation(self, request: CalculationRequest) -> Calculation:
        """Run code in an idle session.

        Raises ResourceNotFoundError if there is no such session, and InvalidRequestError if it is not idle or
        the token was used for other code.
        """
        earlier = self._store.calculation_by_token(request.token) if request.token else None
        if earlier is not None:
            if earlier.request != request:
                raise InvalidRequestError(
                    "Idempotent parameters do not match", code="IDEMPOTENT_PARAMETER_MISMATCH"
                )
            return self.calculation(earlier.id)
        session = self.session(request.session_id)
        live = self._live.get(request.session_id)
        if live is None or live.ending is not None or session.state is not SessionState.IDLE:
            # dbt-athena looks for this very sentence.
            raise InvalidRequestError(
                f"Session is in the {session.state} state; needs to be IDLE to accept Calculations."
            )
        calculation_id = str(uuid.uuid4())
        calculation = Calculation(
            calculation_id,
            request,
            working_directory=f"{session.working_directory}{calculation_id}/",
            submitted=self._clock(),
        )
        if live.idle_timer is not None:
            live.idle_timer.cancel()
        self._become(live, SessionState.BUSY)
        live.calculation = calculation
        live.calculation_over.clear()
        self._store.save_calculation(calculation)
        self._spawn(self._perform(live))
        return calculation

    def calculation(self, calculation_id: str) -> Calculation:
        """Raises ResourceNotFoundError if it doesn't exist."""
        calculation = self._store.calculation(calculation_id)
        if calculation is None:
            raise ResourceNotFoundError(
                f"Calculation {calculation_id} does not exist", ResourceName=calculation_id
            )
        return calculation

    def calculations(
        self, session_id: str, state: CalculationState | None, limit: int, token: str | None
    ) -> tuple[list[Calculation], str | None]:
        """Calculations of a session, newest first, and the next page's token."""
        self.session(session_id)
        try:
            return self._store.calculations(session_id, state, limit, token)
        except ValueError as error:
            raise InvalidRequestError(f"The nextPageToken is malformed: {token}") from error

    def stop_calculation(self, calculation_id: str) -> Calculation:
        """Interrupt a calculation; no effect on ended ones.

        One that does not let itself be interrupted in time is ended with its session.
        """
        calculation = self.calculation(calculation_id)
        live = self._live.get(calculation.request.session_id)
        if (
            live is None
            or live.worker is None
            or live.calculation is None
            or live.calculation.id != calculation_id
            or live.calculation.state in (CalculationState.CANCELING, *_ENDED)
        ):
            return calculation
        self._progress(live, CalculationState.CANCELING, _CANCELED)
        live.worker.interrupt(calculation_id)
        live.stop_timer = asyncio.get_running_loop().call_later(
            self._limits.interrupt,
            lambda: self._end(
                live,
                SessionState.FAILED,
                f"Calculation {calculation_id} could not be interrupted and was ended with its session.",
            ),
        )
        return self.calculation(calculation_id)

    async def _perform(self, live: _Live) -> None:
        """A calculation's life, from its record to its files."""
        if live.calculation is None or live.worker is None:
            return
        folder = self._folder / live.session.id / live.calculation.id
        folder.mkdir(parents=True, exist_ok=True)
        for state in (CalculationState.CREATED, CalculationState.QUEUED, CalculationState.RUNNING):
            self._progress(live, state)
        began = self._clock()
        state, reason, result = CalculationState.FAILED, "", None
        try:
            outcome = await live.worker.run(
                live.calculation.id, live.calculation.request.code, folder / "stdout", folder / "stderr"
            )
            state, reason = _ending(outcome)
            result = outcome.result
        except WorkerDiedError as error:
            state, reason = self._ending_of_dead(live, str(error))
            with (folder / "stderr").open("a", encoding="utf-8") as stream:
                stream.write(f"{reason}\n")
        if live.stop_timer is not None:
            live.stop_timer.cancel()
        spent = int((self._clock() - began) * 1000)
        try:
            files = await asyncio.to_thread(self._store_files, live.calculation, folder, result)
        except StorageError as error:
            state, reason, files = CalculationState.FAILED, f"The results could not be written: {error}", None
        live.calculation = replace(live.calculation, files=files, run_ms=spent)
        self._progress(live, state, reason or None)
        live.session = live.session.spend(spent)
        live.calculation = None
        live.calculation_over.set()
        if live.ending is None:
            self._become_idle(live)

    def _ending_of_dead(self, live: _Live, death: str) -> tuple[CalculationState, str]:
        """How a calculation ends whose process is gone: canceled if that was requested."""
        if live.calculation is not None and live.calculation.state is CalculationState.CANCELING:
            return CalculationState.CANCELED, _CANCELED
        if live.ending is not None and live.ending[0] is SessionState.TERMINATED:
            return CalculationState.CANCELED, _CANCELED_WITH_SESSION
        return CalculationState.FAILED, death

    def _store_files(self, calculation: Calculation, folder: Path, result: str | None) -> CalculationFiles:
        """Write what the calculation leaves to S3, and remove it from this machine. Blocks.

        Raises StorageError if S3 does not accept it.
        """
        location = parse_location(calculation.working_directory)
        if location is None:
            raise StorageError(f"{calculation.working_directory} is not an S3 location")
        for name in ("stdout", "stderr"):
            path = folder / name
            path.touch()
            with path.open("rb") as stream:
                self._objects.upload(replace(location, key=f"{location.key}{name}"), stream)
        document = {"data": {} if result is None else {"text/plain": result}}
        self._objects.put(
            replace(location, key=f"{location.key}results/result.json"), json.dumps(document).encode()
        )
        shutil.rmtree(folder, ignore_errors=True)
        return CalculationFiles(f"{location}stdout", f"{location}stderr", f"{location}results/")

    def _progress(self, live: _Live, state: CalculationState, reason: str | None = None) -> None:
        if live.calculation is not None:
            live.calculation = live.calculation.become(state, self._clock(), reason)
            self._store.save_calculation(live.calculation)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a Spark session's task failed", exc_info=error)


_ENDED = tuple(state for state in CalculationState if state.ended)


def _ending(outcome: Outcome) -> tuple[CalculationState, str]:
    if outcome.kind == "completed":
        return CalculationState.COMPLETED, ""
    if outcome.kind == "interrupted":
        return CalculationState.CANCELED, _CANCELED
    return CalculationState.FAILED, outcome.error or "The calculation failed."
