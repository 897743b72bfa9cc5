"""What can go wrong in `lakehouse`, and the exit code each kind has on the command line.

    LakehouseError
    ├── ServiceError      1  a service failed, refused or could not be reached
    │   └── QueryError    1  Athena ran the statement and it failed
    ├── UsageError        2  an argument or a setting is wrong
    │   ├── ConfigurationError  2  AWS is not configured
    │   └── InvalidFileError    2  a file of the user has one or more mistakes
    ├── RefusedError      3  refused, because it could destroy something
    ├── DifferenceError   4  the actual state differs from the expected one
    └── Interrupted     130  stopped by the user

Every message is one line that says what was wrong, where, and what to do; InvalidFileError has a line for
each mistake, RefusedError one for each reason.
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
    """Root of all errors of this package. `lines` is the message for the user, line by line."""

    exit_code = ExitCode.FAILED

    def __init__(self, *lines: str) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


class ServiceError(LakehouseError):
    """A service failed, refused or could not be reached."""


class QueryError(ServiceError):
    """A statement failed in Athena. `query_id` is the id of its execution, None if it was never started."""

    def __init__(self, message: str, query_id: str | None = None) -> None:
        super().__init__(message)
        self.query_id = query_id


class UsageError(LakehouseError):
    """An argument or a setting is wrong."""

    exit_code = ExitCode.USAGE


class ConfigurationError(UsageError):
    """AWS is not configured, or what the configuration names can't be reached."""


class InvalidFileError(UsageError):
    """A file has mistakes: `lines` holds one for each."""


class RefusedError(LakehouseError):
    """Refused, because it could destroy something; the message says how to do it anyway.

    `lines` holds one for each reason.
    """

    exit_code = ExitCode.REFUSED


class DifferenceError(LakehouseError):
    """The actual state differs from the expected one."""

    exit_code = ExitCode.DIFFERENCE


class Interrupted(LakehouseError):  # noqa: N818  not an error, but it ends a command like one
    """Stopped by the user."""

    exit_code = ExitCode.INTERRUPTED
