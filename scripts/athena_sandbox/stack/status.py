"""The status of a stack: read only, needs no lock."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psutil

from athena_sandbox.settings import StateLayout
from athena_sandbox.stack.health import is_healthy
from athena_sandbox.stack.parts import Part
from athena_sandbox.stack.state import PartState, read_state


class Condition(StrEnum):
    """The state of a part."""

    UP = "up"
    STARTING = "starting"
    UNHEALTHY = "unhealthy"
    DEAD = "dead"
    STOPPED = "stopped"


@dataclass(frozen=True)
class PartStatus:
    """One part.

    `pid` is None and `memory_bytes` (resident, with its descendants) is 0 unless it runs. `port` is None when
    it never started. `since` is the start of its process in seconds since the epoch; None when it was stopped
    or never started.
    """

    name: str
    condition: Condition
    pid: int | None
    port: int | None
    memory_bytes: int
    since: float | None
    log: Path


def stack_status(layout: StateLayout, parts: Sequence[Part], now: float) -> list[PartStatus]:
    """Every part's status in the given order; `now` is in seconds since the epoch.

    Raises SandboxError if the state file can't be read.
    """
    state = read_state(layout.state_file)
    known = state.parts if state else {}
    key = state.access_key if state else ""
    return [_part_status(layout, part, known.get(part.name), key, now) for part in parts]


def _part_status(
    layout: StateLayout, part: Part, known: PartState | None, access_key: str, now: float
) -> PartStatus:
    log = layout.log(part.name)
    if known is None or known.process is None:
        return PartStatus(part.name, Condition.STOPPED, None, known.port if known else None, 0, None, log)
    process = known.process.find()
    since = known.process.started
    if process is None:
        return PartStatus(part.name, Condition.DEAD, None, known.port, 0, since, log)
    if is_healthy(process, known.port, part.health_path, part.is_healthy, access_key):
        condition = Condition.UP
    else:
        condition = Condition.STARTING if now - since < part.start_timeout else Condition.UNHEALTHY
    return PartStatus(part.name, condition, process.pid, known.port, _memory_bytes(process), since, log)


def _memory_bytes(process: psutil.Process) -> int:
    total = 0
    with suppress(psutil.Error):
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                total += int(one.memory_info().rss)
    return total
