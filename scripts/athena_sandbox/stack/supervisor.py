"""Starting a stack, reporting on it, stopping it.

The rules:

- A command that changes a stack holds its lock; a second command waits and says so.
- A process is written to the state file right after its start, before any waiting; one whose starter was
  killed before that is found by its environment. So `down` leaves no process, whatever was killed.
- A running process is kept when it was started with what would be started now (`Launch.fingerprint`);
  otherwise it is stopped and started again. Any other process of the stack is stopped.
- A part that does not become healthy is stopped and reported; the others are left as they are, so that the
  next `up` has only that part to start.
"""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace

from filelock import FileLock, Timeout

from athena_sandbox.errors import PartFailedError, PortTakenError, SandboxError, UsageError
from athena_sandbox.files import make_private, private_files, write_if_changed
from athena_sandbox.reporting import Reporter, seconds_since
from athena_sandbox.settings import Settings
from athena_sandbox.stack import logs, ports
from athena_sandbox.stack.aws_config import SERVICE_PARTS, config_text, without_proxy
from athena_sandbox.stack.cleaning import remove_stack
from athena_sandbox.stack.health import is_healthy
from athena_sandbox.stack.parts import Launch, Part, Site
from athena_sandbox.stack.processes import (
    FINGERPRINT_VARIABLE,
    PART_VARIABLE,
    STATE_VARIABLE,
    FoundProcess,
    ProcessId,
    find_processes,
    identify,
    spawn,
    stop,
)
from athena_sandbox.stack.state import PartState, State, check_ours, read_state, write_state

_POLL_SECONDS = 0.1
_FREEING_SECONDS = 1.0
_TAIL_LINES = 20
# A part's descendants get this long after the part itself has ended.
_REMNANT_SECONDS = 3.0
# They would change what a part does, or send its loopback calls elsewhere.
_DROPPED_PREFIXES = ("AWS_", "ATHENA_SANDBOX_", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")


@dataclass
class _Waiting:
    """A part that was started (or found running) and is not yet known to be healthy."""

    part: Part
    process: ProcessId
    child: "subprocess.Popen[bytes] | None"
    since: float

    def has_ended(self) -> bool:
        # Our own child stays a zombie until it is polled.
        if self.child is not None:
            return self.child.poll() is not None
        return self.process.find() is None


@dataclass(frozen=True)
class Ended:
    """What `Supervisor.down` did: the names of the parts that were running and are `stopped`, and a
    description of each thing `removed`.
    """

    stopped: list[str]
    removed: list[str]


class Supervisor:
    """The stack of `settings.state`, made of `parts` in the order in which they are shown.

    `clock` returns seconds, for time limits; `sleep` waits for a number of seconds.
    """

    def __init__(
        self,
        settings: Settings,
        parts: Sequence[Part],
        reporter: Reporter,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._layout = settings.state
        self._parts = {part.name: part for part in parts}
        self._reporter = reporter
        self._clock = clock
        self._sleep = sleep

    def up(self, fixed_ports: Mapping[str, int] | None = None) -> State:
        """Start what is not running as it should; returns when every part is healthy.

        `fixed_ports` are ports that must be used, by part; the others are chosen once and kept.

        Raises UsageError if a port is fixed for a part that does not exist, RefusedError if the state
        directory holds something else, PortTakenError if a fixed port is in use by another program, and
        PartFailedError if a part ended or did not become healthy in its time.
        """
        fixed = dict(fixed_ports or {})
        if strangers := sorted(fixed.keys() - self._parts.keys()):
            raise UsageError(f"there is no part {strangers[0]}: the parts are {', '.join(self._parts)}")
        check_ours(self._layout.root, self._layout.state_file, self._layout.lock_file)
        with self._locked(), private_files():
            # Before anything secret is in it.
            self._layout.root.chmod(0o700)
            state = read_state(self._layout.state_file) or State()
            state = replace(state, region=self._settings.region, heap_mb=self._settings.heap_mb)
            # Written at once: from here on the folder is recognised as a stack.
            write_state(self._layout.state_file, state)
            state, site, kept = self._settle(state, fixed)
            # Files that parts of an earlier version wrote, also while stopping, were readable by all users.
            make_private(self._layout.root)
            self._write_aws_config(site)
            return self._start_missing(state, site, kept)

    def _settle(self, state: State, fixed: Mapping[str, int]) -> tuple[State, Site, dict[str, ProcessId]]:
        """Decide on ports, keep the processes that fit and stop the others."""
        state = self._with_ports(state, fixed)
        while True:
            site = Site(self._settings, state.ports, state.access_key)
            kept = self._stop_misfits(state, site)
            moved = self._with_free_ports(state, fixed, kept)
            write_state(self._layout.state_file, moved)
            if moved.ports == state.ports:
                return moved, site, kept
            state = moved

    def _with_ports(self, state: State, fixed: Mapping[str, int]) -> State:
        for name in self._parts:
            known = state.parts.get(name)
            port = fixed.get(name) or (known.port if known else ports.choose(state.ports.values()))
            state = state.with_part(name, replace(known, port=port) if known else PartState(port))
        return state

    def _with_free_ports(
        self, state: State, fixed: Mapping[str, int], kept: Mapping[str, ProcessId]
    ) -> State:
        for name in self._parts.keys() - kept.keys():
            part = state.parts[name]
            if self._gets_free(part.port):
                continue
            owner = ports.owner_of(part.port) or "a process of another user"
            if name in fixed:
                raise PortTakenError(
                    f"port {part.port} for {name} is in use by {owner}: stop that process or fix another port"
                )
            port = ports.choose(state.ports.values())
            self._reporter.say(f"Port {part.port} of {name} is in use by {owner}; {name} moves to {port}.")
            state = state.with_part(name, replace(part, port=port))
        return state

    def _gets_free(self, port: int) -> bool:
        # The kernel may take a moment to clear away a process that was killed just now.
        end = self._clock() + _FREEING_SECONDS
        while not (free := ports.is_free(port)) and self._clock() < end:
            self._sleep(_POLL_SECONDS)
        return free

    def _stop_misfits(self, state: State, site: Site) -> dict[str, ProcessId]:
        found = find_processes(self._layout.root)
        wanted = {name: self._launch(part, site).fingerprint(state.id) for name, part in self._parts.items()}
        kept: dict[str, FoundProcess] = {}
        for process in sorted(found, key=lambda one: one.id.started):
            if process.leads and wanted.get(process.part) == process.fingerprint:
                kept.setdefault(process.part, process)
        # Descendants of a kept process share its session.
        sessions = {process.id.pid for process in kept.values()}
        misfits = [process for process in found if _session(process.id.pid) not in sessions]
        if misfits:
            names = ", ".join(sorted({process.part for process in misfits}))
            self._reporter.busy(f"Stopping {names}: started with other settings, or left behind ...")
            stop([process.id for process in misfits], self._longest_stop())
        return {name: process.id for name, process in kept.items()}

    def _launch(self, part: Part, site: Site) -> Launch:
        return part.plan(site)

    def _longest_stop(self) -> float:
        return max((part.stop_timeout for part in self._parts.values()), default=_REMNANT_SECONDS)

    def _write_aws_config(self, site: Site) -> None:
        if set(SERVICE_PARTS.values()) <= self._parts.keys():
            urls = {part: site.url(part) for part in set(SERVICE_PARTS.values())}
            write_if_changed(
                self._layout.aws_config, config_text(self._settings.region, urls, site.access_key)
            )

    def _start_missing(self, state: State, site: Site, kept: Mapping[str, ProcessId]) -> State:
        began = self._clock()
        waiting: dict[str, _Waiting] = {}
        for name, process in kept.items():
            waiting[name] = _Waiting(self._parts[name], process, None, began)
            state = self._record(state, self._parts[name], site, process)
        pending = [part for part in self._parts.values() if part.name not in kept]
        healthy: set[str] = set()
        while pending or waiting:
            for part in [part for part in pending if healthy.issuperset(part.needs)]:
                pending.remove(part)
                state, waiting[part.name] = self._start(state, part, site)
            for name in self._newly_healthy(waiting, site):
                started = waiting.pop(name).child is not None
                healthy.add(name)
                if started:
                    self._reporter.say(
                        f"{name} is up on port {site.ports[name]} ({seconds_since(began, self._clock)})"
                    )
            if waiting:
                self._reporter.busy(f"Waiting for {', '.join(sorted(waiting))} ...")
                self._sleep(_POLL_SECONDS)
        self._reporter.busy("")
        return state

    def _start(self, state: State, part: Part, site: Site) -> tuple[State, _Waiting]:
        launch = self._launch(part, site)
        folder = site.folder(part.name)
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in launch.files.items():
            write_if_changed(path, text)
        part.prepare(site)
        log = self._layout.log(part.name)
        log.parent.mkdir(exist_ok=True)
        logs.rotate(log)
        environ = self._environment(part, launch, launch.fingerprint(state.id))
        try:
            child = spawn(launch.command, environ, log, folder)
        except OSError as error:
            raise SandboxError(
                f"{part.name} cannot be started ({launch.command[0]}: {error.strerror})"
            ) from error
        process = identify(child.pid)
        state = self._record(state, part, site, process)
        return state, _Waiting(part, process, child, self._clock())

    def _record(self, state: State, part: Part, site: Site, process: ProcessId) -> State:
        fingerprint = self._launch(part, site).fingerprint(state.id)
        recorded = PartState(site.ports[part.name], process, fingerprint)
        if state.parts.get(part.name) != recorded:
            state = state.with_part(part.name, recorded)
            write_state(self._layout.state_file, state)
        return state

    def _environment(self, part: Part, launch: Launch, fingerprint: str) -> dict[str, str]:
        environ = {
            name: value for name, value in os.environ.items() if not name.startswith(_DROPPED_PREFIXES)
        }
        for name in ("NO_PROXY", "no_proxy"):
            environ[name] = without_proxy(environ.get(name, ""))
        environ |= {"TZ": "UTC", "PYTHONUNBUFFERED": "1"}
        environ |= launch.environ
        environ[STATE_VARIABLE] = str(self._layout.root)
        environ[PART_VARIABLE] = part.name
        environ[FINGERPRINT_VARIABLE] = fingerprint
        return environ

    def _newly_healthy(self, waiting: Mapping[str, _Waiting], site: Site) -> list[str]:
        healthy = []
        for name, one in waiting.items():
            if one.has_ended():
                raise self._failure(name, "ended while it was starting")
            process = one.process.find()
            if process and is_healthy(
                process, site.ports[name], one.part.health_path, one.part.is_healthy, site.access_key
            ):
                healthy.append(name)
            elif self._clock() - one.since > one.part.start_timeout:
                stop([one.process], one.part.stop_timeout)
                raise self._failure(
                    name, f"was not healthy after {one.part.start_timeout:.0f} s and was stopped"
                )
        return healthy

    def _failure(self, name: str, reason: str) -> PartFailedError:
        self._reporter.busy("")
        log = self._layout.log(name)
        return PartFailedError(name, reason, log, logs.tail(log, _TAIL_LINES))

    def down(self, *, clean: bool = False) -> Ended:
        """Stop every process of the stack, recorded or not; can be repeated, also when nothing runs.

        `clean` removes data, logs and state file too; otherwise they stay, and so do the ports. Raises
        RefusedError if `clean` is for a folder that the sandbox did not make; nothing is removed then.
        """
        if not self._layout.state_file.exists():
            # There is nothing to lock, and no file may be put into a folder that may not be ours.
            stopped = self._stop_all(State())
            return Ended(stopped, remove_stack(self._layout, self._parts) if clean else [])
        with self._locked():
            try:
                state = read_state(self._layout.state_file) or State()
            except SandboxError:
                # A state file that cannot be read must not keep processes alive: they are found without it.
                return Ended(self._stop_all(State()), [])
            stopped = self._stop_all(state)
            for name, part in state.parts.items():
                state = state.with_part(name, replace(part, process=None))
            # A full disk must not prevent cleaning up.
            with suppress(OSError) if clean else nullcontext():
                write_state(self._layout.state_file, state)
            return Ended(stopped, remove_stack(self._layout, self._parts) if clean else [])

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the stack's lock; waits for the command that holds it."""
        self._layout.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(self._layout.lock_file, mode=0o600)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            self._reporter.say(
                f"Another athena-sandbox command is running on {self._layout.root}; waiting for it."
            )
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def _stop_all(self, state: State) -> list[str]:
        stopped: list[str] = []
        for name in self._stop_order(state):
            ids = [one.id for one in find_processes(self._layout.root) if one.part == name and one.leads]
            recorded = state.parts[name].process if name in state.parts else None
            if recorded and recorded.find() and recorded.pid not in {one.pid for one in ids}:
                ids.append(recorded)
            if ids:
                self._reporter.busy(f"Stopping {name} ...")
                part = self._parts.get(name)
                killed = stop(ids, part.stop_timeout if part else self._longest_stop())
                self._reporter.busy("")
                self._reporter.say(f"{name} is stopped" + (" (it had to be killed)" if killed else ""))
                stopped.append(name)
        # Processes that parts have left behind, or that a dying part has just started.
        while remnants := find_processes(self._layout.root):
            stop([one.id for one in remnants], _REMNANT_SECONDS)
            stopped += [one.part for one in remnants if one.part not in stopped]
        return stopped

    def _stop_order(self, state: State) -> list[str]:
        """Parts that need others come first."""
        names = list(dict.fromkeys([*self._parts, *state.parts]))
        return sorted(names, key=lambda name: -self._depth(name))

    def _depth(self, name: str) -> int:
        part = self._parts.get(name)
        return 1 + max((self._depth(need) for need in part.needs), default=0) if part else 0


def _session(pid: int) -> int:
    with suppress(OSError):
        return os.getsid(pid)
    return -1
