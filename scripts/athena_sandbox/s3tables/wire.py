"""A request and an answer of either wire, free of ASGI."""

import json
from dataclasses import dataclass, field
from typing import Any

from athena_sandbox.s3tables.errors import InvalidError

Json = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        segments: of the path, each decoded by itself: an ARN in it is one segment.
        region: of its signature.
        base_url: address that the client has reached, without a slash at the end.
    """

    method: str
    segments: tuple[str, ...]
    query: dict[str, str]
    body: bytes
    region: str
    base_url: str

    @property
    def json(self) -> Json:
        """The body without nulls: a null member says the same as none, and Trino sends them.

        Raises:
            InvalidError: it is no JSON object.
        """
        try:
            parsed = json.loads(self.body or b"{}")
        except ValueError as error:
            raise InvalidError("The request body is not JSON.") from error
        if not isinstance(parsed, dict):
            raise InvalidError("The request body is not a JSON object.")
        return {key: value for key, value in parsed.items() if value is not None}


@dataclass(frozen=True)
class Answer:
    """Status and JSON body; None is an empty body. `changed` says that state must be saved first."""

    status: int = 200
    body: Json | None = None
    headers: dict[str, str] = field(default_factory=dict)
    changed: bool = False


def member(request: Json, name: str, kind: type) -> Any:
    """A required member of a body. Raises InvalidError when it is missing or of another JSON type."""
    value = request.get(name)
    if not isinstance(value, kind):
        raise InvalidError(f"{name} is required")
    return value
