"""Errors of this package beside `lakehouse.errors`, and what the service says.

DifferenceError
└── ChangedMeanwhileError   4  somebody else wrote since it was read: nothing was overwritten
"""

from botocore.exceptions import ClientError

from lakehouse.errors import DifferenceError


class ChangedMeanwhileError(DifferenceError):
    """Somebody else wrote what was to be written, after it was read."""


def code_of(error: ClientError) -> str:
    """The error code of the service: NotFoundException."""
    return str(error.response.get("Error", {}).get("Code", ""))
