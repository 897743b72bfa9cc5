"""The operating system's processes: starting a part's, finding them again, ending them.

Every process of a stack carries three variables in its environment, and its descendants inherit them. By them
a process is found even if its starter was killed before it could record it:

    ATHENA_SANDBOX_STATE        the state directory
    ATHENA_SANDBOX_PART         the part's name (only processes of parts have it)
    ATHENA_SANDBOX_FINGERPRINT  what it was started with
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from athena_sandbox.errors import SandboxError

STATE_VARIABLE = "ATHENA_SANDBOX_STATE"
PART_VARIABLE = "ATHENA_SANDBOX_PART"
FINGERPRINT_VARIABLE = "ATHENA_SANDBOX_FINGERPRINT"

# psutil derives start times from clock ticks and the boot time, which differ by this much between calls when
# the system clock is being adjusted.
_SAME_START_SECONDS = 2.0
_POLL_SECONDS = 0.03
_KILL_SECONDS = 10.0


@dataclass(frozen=True)
class ProcessId:
    """One process, unmistakably: pids are reused, a pid together with its start time is not.

    `started` is in seconds since the epoch.
    """

    pid: int
    started: float

    def find(self) -> psutil.Process | None:
        """The process, when it is still that one and alive."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < _SAME_START_SECONDS
            return process if same and not _is_over(process) else None
        except psutil.Error:
            return None


def _is_over(process: psutil.Process) -> bool:
    """Whether it is a zombie that has released its ports and files.

    Its parent may reap it late, or may be this process, so a zombie counts as ended. But Linux calls a
    process a zombie as soon as its first thread has ended, while other threads may still hold everything
    open.
    """
    return process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1


@dataclass(frozen=True)
class FoundProcess:
    """A process that carries a stack's variables.

    `leads` says that it leads its session: it was started by the supervisor and not by a part.
    """

    id: ProcessId
    part: str
    fingerprint: str
    leads: bool


def spawn(
    command: Sequence[str], environ: Mapping[str, str], log: Path, working_dir: Path
) -> "subprocess.Popen[bytes]":
    """Start a part in a session of its own, so that no terminal's signal reaches it; output goes to `log`."""
    with log.open("ab") as output:
        return subprocess.Popen(
            list(command),
            env=dict(environ),
            cwd=working_dir,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def identify(pid: int) -> ProcessId:
    """Pid and start time; for a process that has already ended the time is now."""
    try:
        return ProcessId(pid, psutil.Process(pid).create_time())
    except psutil.Error:
        return ProcessId(pid, time.time())


def find_processes(state_dir: Path) -> list[FoundProcess]:
    """Every live process of the stack in `state_dir`, descendants of parts included."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            environ = process.environ()
            if environ.get(STATE_VARIABLE) != str(state_dir) or PART_VARIABLE not in environ:
                continue
            if process.pid == os.getpid() or _is_over(process):
                continue
            found.append(
                FoundProcess(
                    ProcessId(process.pid, process.create_time()),
                    environ[PART_VARIABLE],
                    environ.get(FINGERPRINT_VARIABLE, ""),
                    os.getsid(process.pid) == process.pid,
                )
            )
    return found


def stop(ids: Sequence[ProcessId], timeout: float) -> list[ProcessId]:
    """SIGTERM, then SIGKILL for those that take longer than `timeout` seconds; returns those that were
    killed.

    None of them is alive afterwards. Raises SandboxError if one survives SIGKILL (it hangs in the kernel).
    """
    _signal(ids, signal.SIGTERM)
    stubborn = _wait(ids, timeout)
    _signal(stubborn, signal.SIGKILL)
    if immortal := _wait(stubborn, _KILL_SECONDS):
        raise SandboxError(
            f"process {immortal[0].pid} does not end, not even when it is killed: look at it with ps"
        )
    return stubborn


def _signal(ids: Sequence[ProcessId], number: signal.Signals) -> None:
    for one in ids:
        if process := one.find():
            with suppress(psutil.Error):
                process.send_signal(number)


def _wait(ids: Sequence[ProcessId], timeout: float) -> list[ProcessId]:
    """Those still alive after `timeout` seconds."""
    end = time.monotonic() + timeout
    alive = [one for one in ids if one.find()]
    while alive and time.monotonic() < end:
        time.sleep(_POLL_SECONDS)
        alive = [one for one in alive if one.find()]
    return alive
