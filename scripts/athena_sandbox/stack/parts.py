"""What the supervisor runs: the parts of a stack, as data. How each is configured is in its own module."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from athena_sandbox.settings import LOOPBACK, Settings
from athena_sandbox.wire.keys import KEY_VARIABLE, OPEN_VARIABLE

_SANDBOX = Path(__file__).parents[1]


@dataclass(frozen=True)
class Site:
    """What a part may know about its stack when its launch is planned.

    `ports` has the port of every part, by name; they are chosen before any part starts. `access_key` is the
    stack's (`athena_sandbox.wire.keys`).
    """

    settings: Settings
    ports: Mapping[str, int]
    access_key: str

    def url(self, part: str) -> str:
        """Base address of a part, without a slash at the end."""
        return f"http://{LOOPBACK}:{self.ports[part]}"

    def folder(self, part: str) -> Path:
        """The part's own folder in the state directory."""
        return self.settings.state.part(part)

    @property
    def key_environ(self) -> dict[str, str]:
        """How a part gets the access key: not by its arguments, which every user of the machine can read."""
        opened = {OPEN_VARIABLE: "1"} if self.settings.open else {}
        return {KEY_VARIABLE: self.access_key, **opened}


@dataclass(frozen=True)
class Launch:
    """How a part's process is started. Two equal launches need no restart in between.

    `command` is the program and its arguments, `environ` the variables on top of those that every part gets,
    `files` the configuration files, written before the start. `versions` are those of anything that decides
    the behaviour and is not in the command, such as packages.
    """

    command: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[Path, str] = field(default_factory=dict)
    versions: tuple[str, ...] = ()

    def fingerprint(self, stack_id: str) -> str:
        """Identifies the launch within a stack."""
        described = json.dumps(
            [
                stack_id,
                self.command,
                sorted(self.environ.items()),
                sorted((str(path), text) for path, text in self.files.items()),
                self.versions,
            ]
        )
        return hashlib.sha256(described.encode()).hexdigest()[:16]


def _answers(body: bytes) -> bool:
    return True


def _nothing_to_prepare(site: Site) -> None:
    return None


@dataclass(frozen=True)
class Part:
    """One process of the stack.

    `plan` returns the launch for a site and has no effects; `needs` names the parts that must be healthy
    before this one is started. The part works when `health_path` answers HTTP 200 and `is_healthy` accepts
    the body. `prepare` runs before each start, when the folder and the configuration files are there.
    `start_timeout` is the seconds until it must be healthy, `stop_timeout` the seconds between SIGTERM and
    SIGKILL.
    """

    name: str
    plan: Callable[[Site], Launch]
    needs: tuple[str, ...] = ()
    health_path: str = "/health"
    is_healthy: Callable[[bytes], bool] = _answers
    prepare: Callable[[Site], None] = _nothing_to_prepare
    start_timeout: float = 60.0
    stop_timeout: float = 15.0


def source_digests(*packages: str) -> tuple[str, ...]:
    """The digests of packages of the sandbox."""
    return tuple(source_digest(_SANDBOX / package) for package in packages)


def source_digest(package: Path) -> str:
    """Changes with any Python source below a package, so that a part runs the code that is checked out."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(f"{path.relative_to(package)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
