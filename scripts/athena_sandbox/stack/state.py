"""The stack's state file: ports, processes and settings that outlive a command.

It is rewritten in one step, only by the holder of the stack's lock, and before any waiting; so whatever is
killed, the next command knows what was started.
"""

import json
import uuid
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from athena_sandbox.errors import RefusedError, SandboxError
from athena_sandbox.files import write_atomic
from athena_sandbox.stack.processes import ProcessId
from athena_sandbox.wire.keys import new_access_key

_FORMAT = 1


@dataclass(frozen=True)
class PartState:
    """The recorded state of one part.

    `port` is kept while the part is down. `process` is None when it was stopped on purpose or never started;
    `fingerprint` is that of the launch it was started with.
    """

    port: int
    process: ProcessId | None = None
    fingerprint: str = ""


@dataclass(frozen=True)
class State:
    """A stack.

    `id` tells the stack apart from a later one in the same folder. `region` is the AWS region that it answers
    for, `heap_mb` the heap of the SQL engine at its last start, `access_key` the key that its ports require
    (`athena_sandbox.wire.keys`); `parts` are by name.
    """

    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    region: str = ""
    heap_mb: int = 0
    access_key: str = field(default_factory=new_access_key)
    parts: dict[str, PartState] = field(default_factory=dict)

    def with_part(self, name: str, part: PartState) -> "State":
        """The same stack with this part."""
        return replace(self, parts=self.parts | {name: part})

    @property
    def ports(self) -> dict[str, int]:
        """Ports by part."""
        return {name: part.port for name, part in self.parts.items()}


def read_state(path: Path) -> State | None:
    """The stack, or None when there is no state file.

    Raises SandboxError if the file was not written by the sandbox, or by a newer version of it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        return _decode(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SandboxError(
            f"{path} cannot be read ({error!r}): stop its parts with `athena-sandbox down`, then move it away"
        ) from error


def write_state(path: Path, state: State) -> None:
    """Replace the state file in one step."""
    write_atomic(path, json.dumps({"format": _FORMAT} | asdict(state), indent=1) + "\n")


def check_ours(root: Path, state_file: Path, lock_file: Path) -> None:
    """Refuse a folder that is not a stack. Raises RefusedError if it holds files and no state file."""
    if not root.exists() or state_file.exists():
        return
    # A start that was killed at once leaves the lock, and at worst the state file's unfinished successor.
    ours = (lock_file.name, f".{state_file.name}.")
    strangers = sorted(path.name for path in root.iterdir() if not path.name.startswith(ours))
    if strangers:
        raise RefusedError(
            f"{root} was not made by the sandbox (it holds {strangers[0]} and no {state_file.name}): name "
            "another folder in ATHENA_SANDBOX_STATE"
        )


def _decode(document: dict[str, object]) -> State:
    if document["format"] != _FORMAT:
        raise ValueError("written by another version of the sandbox")
    parts = document["parts"]
    if not isinstance(parts, dict):
        raise TypeError("parts is not an object")
    return State(
        id=str(document["id"]),
        region=str(document["region"]),
        heap_mb=int(str(document["heap_mb"])),
        # A stack of a version without one is given one now.
        access_key=str(document.get("access_key") or new_access_key()),
        parts={name: _decode_part(part) for name, part in parts.items()},
    )


def _decode_part(part: dict[str, object]) -> PartState:
    process = part["process"]
    return PartState(
        port=int(str(part["port"])),
        process=ProcessId(int(process["pid"]), float(process["started"]))
        if isinstance(process, dict)
        else None,
        fingerprint=str(part["fingerprint"]),
    )
