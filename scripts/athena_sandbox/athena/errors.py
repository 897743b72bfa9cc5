"""The error tree of the Athena API: refusals of requests, and failures of executions.

AthenaSandboxError
├── ApiError                     a request is answered with this error body
│   ├── InvalidRequestError      the request is wrong (400)
│   │   └── MalformedQueryError  the statement can't be parsed (code MALFORMED_QUERY)
│   ├── TooManyRequestsError     the queue is full (400)
│   ├── ResourceNotFoundError    a named thing doesn't exist (400)
│   ├── SessionAlreadyExistsError  the token has opened a Spark session (400)
│   ├── MetadataError            a catalog, database or table can't be read (400)
│   ├── SerializationError       the body is not JSON or has wrong types (400)
│   ├── UnknownOperationError    the operation doesn't exist (400)
│   └── InternalError            the service failed (500)
├── StatementFailedError         the execution ends FAILED, with the fields of AthenaError
├── EngineUnavailableError       Trino can't be reached or lost the query; retry
└── StateError                   a step that the state machine doesn't have: a fault of this service
"""

from __future__ import annotations

from dataclasses import dataclass

from athena_sandbox.errors import SandboxError


class AthenaSandboxError(SandboxError):
    """Root of everything that this package raises on purpose."""


class ApiError(AthenaSandboxError):
    """A request's error answer; `code` is AthenaErrorCode, `members` are the shape's own extra members."""

    exception = "InternalServerException"
    status = 500
    default_code: str | None = None

    def __init__(self, message: str | None = None, *, code: str | None = None, **members: str) -> None:
        super().__init__(message or self.exception)
        self.message = message
        self.code = code or self.default_code
        self.members = members


class InvalidRequestError(ApiError):
    exception = "InvalidRequestException"
    status = 400
    default_code = "INVALID_INPUT"


class MalformedQueryError(InvalidRequestError):
    default_code = "MALFORMED_QUERY"


class TooManyRequestsError(ApiError):
    exception = "TooManyRequestsException"
    status = 400
    default_code = "TOO_MANY_REQUESTS"


class ResourceNotFoundError(ApiError):
    exception = "ResourceNotFoundException"
    status = 400


class SessionAlreadyExistsError(ApiError):
    exception = "SessionAlreadyExistsException"
    status = 400


class MetadataError(ApiError):
    exception = "MetadataException"
    status = 400


class SerializationError(ApiError):
    exception = "SerializationException"
    status = 400


class UnknownOperationError(ApiError):
    exception = "UnknownOperationException"
    status = 400


class InternalError(ApiError):
    exception = "InternalServerException"
    status = 500


@dataclass(frozen=True)
class Failure:
    """Why an execution failed: StateChangeReason and the members of AthenaError.

    `category` is 1 (system), 2 (user) or 3 (other); `error_type` is Athena's number for the kind of error.
    """

    reason: str
    category: int
    error_type: int
    retryable: bool = False
    message: str | None = None

    @property
    def error_message(self) -> str:
        return self.message if self.message is not None else self.reason


class StatementFailedError(AthenaSandboxError):
    """The statement can't be executed; the execution ends FAILED with this failure."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


class EngineUnavailableError(AthenaSandboxError):
    """Trino does not answer, or no longer knows the query: start the statement again."""


class StateError(AthenaSandboxError):
    """A transition that a state machine doesn't have; a fault of this service, never of a user."""
