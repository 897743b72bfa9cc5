"""The error codes of the Glue API, as exceptions.

SandboxError
├── DataDirectoryError           the service cannot start on this data directory
└── GlueError                    the refusal of one call, with Glue's own error code
    ├── EntityNotFoundError, AlreadyExistsError, ConcurrentModificationError
    ├── InvalidInputError, InvalidStateError
    ├── ValidationError, MalformedRequestError, UnknownOperationError
    ├── NotServedError           a real operation or service that this endpoint does not have
    └── InternalError            ours to repair; the only one with an HTTP status of 500

Source: botocore 1.43's model of Glue, November 2026.
"""

from typing import Any

from athena_sandbox.errors import SandboxError


class DataDirectoryError(SandboxError):
    """The data directory is in use, unreadable or damaged; the message says which and what to do."""


class GlueError(SandboxError):
    """One refused call; `code` is the `__type` on the wire, the text its `Message`."""

    code = "InternalServiceException"
    status = 400

    def detail(self) -> dict[str, str]:
        """The same refusal inside the `Errors` list of a batch operation."""
        return {"ErrorCode": self.code, "ErrorMessage": str(self)}

    def body(self) -> dict[str, Any]:
        """The JSON body; botocore and the Java SDK read `__type` and `Message` of it."""
        return {"__type": self.code, "Message": str(self)}


class EntityNotFoundError(GlueError):
    code = "EntityNotFoundException"


class AlreadyExistsError(GlueError):
    code = "AlreadyExistsException"


class ConcurrentModificationError(GlueError):
    code = "ConcurrentModificationException"


class InvalidInputError(GlueError):
    code = "InvalidInputException"


class InvalidStateError(GlueError):
    code = "InvalidStateException"


class ValidationError(GlueError):
    code = "ValidationException"


class MalformedRequestError(GlueError):
    code = "SerializationException"


class UnknownOperationError(GlueError):
    code = "UnknownOperationException"


class NotServedError(GlueError):
    code = "OperationNotSupportedException"


class InternalError(GlueError):
    code = "InternalServiceException"
    status = 500
