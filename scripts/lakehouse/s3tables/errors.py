"""Errors of this package, in addition to `lakehouse.errors`, and the service's error codes.

DifferenceError
└── ChangedMeanwhileError   4  somebody else has written since it was read; nothing was overwritten
"""

from botocore.exceptions import ClientError

from lakehouse.errors import DifferenceError


class ChangedMeanwhileError(DifferenceError):
    """Somebody else has changed what was to be written since it was read."""


def code_of(error: ClientError) -> str:
    """The service's error code, such as NotFoundException."""
    return str(error.response.get("Error", {}).get("Code", ""))
