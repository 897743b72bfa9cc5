"""Where the sandbox keeps things, and what the machine must be.

Two places: the cache (downloaded programs, shared by every clone of a user) and the state directory (one
stack: its data, logs and AWS configuration). Nothing is written anywhere else on the machine.

Environment:

    LAKEHOUSE_HOME          the cache; otherwise $XDG_CACHE_HOME/lakehouse or ~/.cache/lakehouse
    ATHENA_SANDBOX_STATE    the state directory; otherwise .sandbox in the working directory
    ATHENA_SANDBOX_MEMORY   heap of the SQL engine, such as 2G or 1500M; otherwise chosen by `default_heap_mb`
"""

import os
import platform
import re
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from athena_sandbox.errors import MachineError, UsageError

ACCOUNT_ID = "000000000000"
DEFAULT_REGION = "eu-central-1"
LOOPBACK = "127.0.0.1"
MINIMUM_PYTHON = (3, 11)
SYSTEMS = ("Linux", "Darwin")

# Below 1 GiB Trino 476 refuses a query memory that a dbt build needs; above 4 GiB a stack for one person
# gains nothing.
_MINIMUM_HEAP_MB = 1024
_MAXIMUM_HEAP_MB = 4096
_CGROUP_MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")


@dataclass(frozen=True)
class StateLayout:
    """The files of one stack, all below `root` (absolute)."""

    root: Path

    @property
    def state_file(self) -> Path:
        return self.root / "state.json"

    @property
    def lock_file(self) -> Path:
        return self.root / "lock"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def aws_config(self) -> Path:
        return self.root / "aws" / "config"

    def part(self, name: str) -> Path:
        """The folder that belongs to one part."""
        return self.root / name

    def log(self, name: str) -> Path:
        """The log of one part, written by its process."""
        return self.logs / f"{name}.log"


@dataclass(frozen=True)
class Settings:
    """What a user can decide about a stack, checked.

    `cache_home` is the absolute path of the cache, `state` the stack's files, `heap_mb` the heap of the SQL
    engine in MiB, `region` the AWS region that the stack answers for. `open` allows clients any access key,
    or none.
    """

    cache_home: Path
    state: StateLayout
    heap_mb: int
    region: str = DEFAULT_REGION
    open: bool = False


def load_settings(
    environ: Mapping[str, str] = os.environ,
    *,
    state_dir: Path | None = None,
    memory: str | None = None,
    region: str = DEFAULT_REGION,
    open: bool = False,
) -> Settings:
    """Settings from arguments (they win), environment and defaults. Raises UsageError if the memory is not a
    valid size.
    """
    chosen = state_dir or Path(environ.get("ATHENA_SANDBOX_STATE") or ".sandbox")
    wanted = memory or environ.get("ATHENA_SANDBOX_MEMORY")
    return Settings(
        cache_home=_cache_home(environ),
        state=StateLayout(chosen.expanduser().resolve()),
        heap_mb=parse_heap_mb(wanted) if wanted else default_heap_mb(machine_memory_bytes()),
        region=region,
        open=open,
    )


def _cache_home(environ: Mapping[str, str]) -> Path:
    if own := environ.get("LAKEHOUSE_HOME"):
        return Path(own).expanduser().resolve()
    base = environ.get("XDG_CACHE_HOME") or "~/.cache"
    return (Path(base).expanduser() / "lakehouse").resolve()


def parse_heap_mb(text: str) -> int:
    """MiB of a size such as 3G or 1500M.

    Raises UsageError if it is not a valid size, or less than the SQL engine runs with.
    """
    match = re.fullmatch(r"(\d+)([GM])B?", text.strip().upper())
    if match is None:
        raise UsageError(f"memory {text!r} is not a size: write it like 2G or 1500M")
    megabytes = int(match[1]) * (1024 if match[2] == "G" else 1)
    if megabytes < _MINIMUM_HEAP_MB:
        raise UsageError(f"memory {text!r} is too little for the SQL engine: give it 1G or more")
    return megabytes


def default_heap_mb(memory_bytes: int) -> int:
    """An eighth of the machine (3 GiB of 24), between 1 and 4 GiB, in whole quarters of a GiB."""
    eighth = memory_bytes // 8 // 2**20
    rounded = (eighth + 128) // 256 * 256
    return min(max(rounded, _MINIMUM_HEAP_MB), _MAXIMUM_HEAP_MB)


def machine_memory_bytes() -> int:
    """Physical memory, or the container's limit where that is lower."""
    total = int(psutil.virtual_memory().total)
    try:
        limit = _CGROUP_MEMORY_LIMIT.read_text(encoding="ascii").strip()
    except OSError:
        return total
    return min(total, int(limit)) if limit.isdigit() else total


def check_machine(
    python: tuple[int, int] = (sys.version_info[0], sys.version_info[1]),
    system: str = platform.system(),
    pointer_bytes: int = struct.calcsize("P"),
) -> None:
    """Refuse a machine on which the sandbox cannot work.

    Raises MachineError if Python is too old, or the machine is not a 64-bit Linux or macOS.
    """
    if python < MINIMUM_PYTHON:
        raise MachineError(
            f"Python {python[0]}.{python[1]} is too old: the sandbox needs "
            f"{MINIMUM_PYTHON[0]}.{MINIMUM_PYTHON[1]} or newer; make the virtual environment again with it"
        )
    if system not in SYSTEMS or pointer_bytes != 8:
        raise MachineError(
            f"{system} with {pointer_bytes * 8}-bit Python is not supported: the sandbox runs on 64-bit "
            "Linux and macOS (on Windows use WSL 2)"
        )
