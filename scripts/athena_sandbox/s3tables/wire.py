"""A request and an answer of either protocol (the S3 Tables API and Iceberg REST), independent of ASGI.

Source: chosen here.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from athena_sandbox.s3tables.errors import InvalidError

Json = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """One request.

    `segments` are those of the path, each decoded separately: an ARN in the path is one segment. `region` is
    that of the signature; `base_url` is the address that the client used, without a slash at the end.
    """

    method: str
    segments: tuple[str, ...]
    query: dict[str, str]
    body: bytes
    region: str
    base_url: str

    @property
    def json(self) -> Json:
        """The body without nulls: a null member means the same as a missing one, and Trino sends them.

        Raises InvalidError if it is not a JSON object.
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
