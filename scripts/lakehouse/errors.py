"""What can go wrong in `lakehouse`, and the exit code each kind has on the command line.

    LakehouseError
    ├── ServiceError      1  a service failed, refused or could not be reached
    │   └── QueryError    1  Athena ran the statement and it failed
    ├── UsageError        2  the question was wrong: an argument, a setting
    │   ├── ConfigurationError  2  AWS is not configured
    │   └── InvalidFileError    2  a file of the user's has mistakes, one or several
    ├── RefusedError      3  refused, because it could destroy something
    ├── DifferenceError   4  what is there differs from what should be
    └── Interrupted     130  stopped by the user

Every message is one line that says what was wrong, where, and what to do; InvalidFileError has a line for
each mistake.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the `lakehouse` command."""

    OK = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    DIFFERENCE = 4
    INTERRUPTED = 130


class LakehouseError(Exception):
    """Root of all errors of this package."""

    exit_code = ExitCode.FAILED

    @property
    def lines(self) -> tuple[str, ...]:
        """What to tell a person, line by line."""
        return (str(self),)


class ServiceError(LakehouseError):
    """A service failed, refused or could not be reached."""


class QueryError(ServiceError):
    """A statement failed in Athena. `query_id` is its execution's, None if it never got one."""

    def __init__(self, message: str, query_id: str | None = None) -> None:
        super().__init__(message)
        self.query_id = query_id


class UsageError(LakehouseError):
    """An argument or a setting is wrong."""

    exit_code = ExitCode.USAGE


class ConfigurationError(UsageError):
    """AWS is not configured, or the configuration leads nowhere."""


class InvalidFileError(UsageError):
    """A file has mistakes: `lines` holds one for each."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__("; ".join(lines))
        self._lines = lines

    @property
    def lines(self) -> tuple[str, ...]:
        return self._lines


class RefusedError(LakehouseError):
    """Not done, because it could destroy something; the message says what would do it all the same."""

    exit_code = ExitCode.REFUSED


class DifferenceError(LakehouseError):
    """What is there differs from what should be."""

    exit_code = ExitCode.DIFFERENCE


class Interrupted(LakehouseError):  # noqa: N818  it is no error, but ends a command like one
    """Stopped by the user."""

    exit_code = ExitCode.INTERRUPTED
