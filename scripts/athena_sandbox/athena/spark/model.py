"""A Spark session and a calculation, and the rules of their lives. Times are epoch seconds.

    session:      CREATING -> CREATED -> IDLE <-> BUSY -> TERMINATING -> TERMINATED
                  FAILED from any of them, when its worker dies
    calculation:  CREATING -> CREATED -> QUEUED -> RUNNING -> COMPLETED | FAILED
                  CANCELING -> CANCELED once it is stopped

Ended ones never change. The states are those of botocore's model; DEGRADED (a session without a healthy
coordinator) can't happen here, where coordinator and executors are one process.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from athena_sandbox.athena.errors import StateError

# The longest StateChangeReason that the API's shape allows.
LONGEST_REASON = 1024
_JAVA_FRAME = re.compile(r"\s+(at [\w.$/<>]+\(|\.\.\. \d+ more$)")


class SessionState(StrEnum):
    CREATING = "CREATING"
    CREATED = "CREATED"
    IDLE = "IDLE"
    BUSY = "BUSY"
    TERMINATING = "TERMINATING"
    TERMINATED = "TERMINATED"
    DEGRADED = "DEGRADED"
    FAILED = "FAILED"

    @property
    def ended(self) -> bool:
        return self in (SessionState.TERMINATED, SessionState.DEGRADED, SessionState.FAILED)


class CalculationState(StrEnum):
    CREATING = "CREATING"
    CREATED = "CREATED"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    CANCELING = "CANCELING"
    CANCELED = "CANCELED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"

    @property
    def ended(self) -> bool:
        return self in (CalculationState.CANCELED, CalculationState.COMPLETED, CalculationState.FAILED)


_SESSION_STEPS = {
    SessionState.CREATING: {SessionState.CREATED, SessionState.TERMINATING, SessionState.FAILED},
    SessionState.CREATED: {SessionState.IDLE, SessionState.TERMINATING, SessionState.FAILED},
    SessionState.IDLE: {SessionState.BUSY, SessionState.TERMINATING, SessionState.FAILED},
    SessionState.BUSY: {SessionState.IDLE, SessionState.TERMINATING, SessionState.FAILED},
    SessionState.TERMINATING: {SessionState.TERMINATED, SessionState.FAILED},
}

_ENDS = {CalculationState.COMPLETED, CalculationState.FAILED, CalculationState.CANCELED}
_CALCULATION_STEPS = {
    CalculationState.CREATING: {CalculationState.CREATED, CalculationState.CANCELING, *_ENDS},
    CalculationState.CREATED: {CalculationState.QUEUED, CalculationState.CANCELING, *_ENDS},
    CalculationState.QUEUED: {CalculationState.RUNNING, CalculationState.CANCELING, *_ENDS},
    CalculationState.RUNNING: {CalculationState.CANCELING, *_ENDS},
    CalculationState.CANCELING: _ENDS,
}


@dataclass(frozen=True)
class SessionRequest:
    """The request of StartSession, after the work group's rules.

    `engine` is the EngineConfiguration as sent; `output_prefix` the directory of the work group's results,
    ending in a slash. Members are None when the request (or the group) did not have them.
    """

    workgroup: str
    output_prefix: str
    engine: dict[str, Any]
    idle_minutes: int
    description: str | None = None
    notebook_version: str | None = None
    execution_role: str | None = None
    encryption: dict[str, str] | None = None
    token: str | None = None

    @property
    def spark_properties(self) -> dict[str, str]:
        return dict(self.engine.get("SparkProperties", {}))


@dataclass(frozen=True)
class Session:
    """One session; `busy_ms` is the time that its calculations took."""

    id: str
    request: SessionRequest
    started: float
    modified: float
    state: SessionState = SessionState.CREATING
    ended: float | None = None
    idle_since: float | None = None
    reason: str | None = None
    busy_ms: int = 0

    @property
    def working_directory(self) -> str:
        """Where its calculations' files are: an `s3://` directory, ending in a slash."""
        return f"{self.request.output_prefix}{self.id}/"

    def become(self, state: SessionState, now: float, reason: str | None = None) -> Self:
        """The session in its next state. Raises StateError when the machine has no such step."""
        if state not in _SESSION_STEPS.get(self.state, ()):
            raise StateError(f"session {self.id} is {self.state} and can't become {state}")
        return replace(
            self,
            state=state,
            modified=now,
            reason=_fitting(reason),
            idle_since=now if state is SessionState.IDLE else None,
            ended=now if state.ended else None,
        )

    def spend(self, milliseconds: int) -> Self:
        """The session with a calculation's time added."""
        return replace(self, busy_ms=self.busy_ms + milliseconds)


@dataclass(frozen=True)
class CalculationRequest:
    """The request of StartCalculationExecution."""

    session_id: str
    code: str
    description: str | None = None
    token: str | None = None


@dataclass(frozen=True)
class CalculationFiles:
    """The objects that an ended calculation has in S3, as `s3://` addresses; `result` is a directory."""

    stdout: str
    stderr: str
    result: str


@dataclass(frozen=True)
class Calculation:
    id: str
    request: CalculationRequest
    working_directory: str
    submitted: float
    state: CalculationState = CalculationState.CREATING
    completed: float | None = None
    reason: str | None = None
    run_ms: int = 0
    files: CalculationFiles | None = field(default=None)

    def become(self, state: CalculationState, now: float, reason: str | None = None) -> Self:
        """The calculation in its next state. Raises StateError when the machine has no such step."""
        if state not in _CALCULATION_STEPS.get(self.state, ()):
            raise StateError(f"calculation {self.id} is {self.state} and can't become {state}")
        return replace(
            self, state=state, reason=_fitting(reason), completed=now if state.ended else self.completed
        )


def _fitting(reason: str | None) -> str | None:
    """The reason at a length that the API may show.

    Of one that is too long Java's stack frames go first, then all but its end: there a traceback has the
    error itself, and an exception of Java its cause.
    """
    if reason is None or len(reason) <= LONGEST_REASON:
        return reason
    reason = "".join(line for line in reason.splitlines(keepends=True) if not _JAVA_FRAME.match(line))
    return reason if len(reason) <= LONGEST_REASON else "..." + reason[-(LONGEST_REASON - 3) :]


def session_from_record(record: dict[str, Any]) -> Session:
    """The session that `asdict` made this of."""
    return Session(
        **{
            **record,
            "request": SessionRequest(**record["request"]),
            "state": SessionState(record["state"]),
        }
    )


def calculation_from_record(record: dict[str, Any]) -> Calculation:
    """The calculation that `asdict` made this of."""
    return Calculation(
        **{
            **record,
            "request": CalculationRequest(**record["request"]),
            "state": CalculationState(record["state"]),
            "files": CalculationFiles(**record["files"]) if record["files"] else None,
        }
    )
