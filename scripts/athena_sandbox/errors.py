"""The exceptions of the sandbox and the exit codes they end in.

    SandboxError             1  a part failed, or something the sandbox cannot repair
    ├── UsageError           2  a flag, a setting or a combination of them is wrong
    ├── NotRunningError      3  the command needs a running sandbox (also: status, not every part is up)
    ├── RefusedError         4  refused for safety: the target was not made by the sandbox
    ├── MachineError         5  the machine does not fit: Python, platform, memory, disk space
    ├── DownloadError        6  a download failed and repeating it at once would not help
    │   ├── OfflineError        the network is needed and not there
    │   └── ChecksumError       the file that arrived is not the pinned one
    ├── PortTakenError       7  a requested port is in use by another program
    └── PartFailedError      1  a part did not start or did not get healthy

0 is success and 130 an interruption by Ctrl-C. Messages are one line: what is wrong, where, what to do.
"""

from collections.abc import Sequence
from pathlib import Path


class SandboxError(Exception):
    """Root of everything the sandbox raises on purpose; str() is the line shown to the user."""

    exit_code = 1


class UsageError(SandboxError):
    """The caller asked for something that can't be."""

    exit_code = 2


class NotRunningError(SandboxError):
    """The command needs parts that are not running."""

    exit_code = 3


class RefusedError(SandboxError):
    """The command could destroy something that the sandbox did not make."""

    exit_code = 4


class MachineError(SandboxError):
    """The machine lacks what the sandbox needs."""

    exit_code = 5


class DownloadError(SandboxError):
    """An artifact could not be downloaded."""

    exit_code = 6


class OfflineError(DownloadError):
    """No repository answered."""


class ChecksumError(DownloadError):
    """A complete file does not have the pinned checksum; it has been removed.

    `expected` is the pinned SHA-256 and `actual` that of the file that arrived, both hexadecimal.
    """

    def __init__(self, file_name: str, expected: str, actual: str) -> None:
        self.file_name = file_name
        self.expected = expected
        self.actual = actual
        super().__init__(
            f"{file_name} has the wrong checksum (expected sha256 {expected}, got {actual}); the file was "
            "removed: run the command again, and if it repeats ask who runs your Maven mirror or proxy"
        )


class PortTakenError(SandboxError):
    """A port fixed by flag or environment is in use."""

    exit_code = 7


class PartFailedError(SandboxError):
    """A part ended or stayed unhealthy.

    `log_path` is its complete log, `log_tail` the last lines of that log, oldest first.
    """

    def __init__(self, part: str, reason: str, log_path: Path, log_tail: Sequence[str]) -> None:
        self.part = part
        self.log_path = log_path
        self.log_tail = tuple(log_tail)
        super().__init__(f"{part} {reason}; its log is {log_path}")
