"""What the Athena API accepts as a request, and how it refuses one; `wire.request_model` walks the shapes.

Wrong JSON types are SerializationException; missing and out-of-range members are InvalidRequestException with
the list of violated constraints. Unknown keys are ignored, null is absent, decimals lose their fraction where
an integer is wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.model import ListShape, OperationModel, ServiceModel, Shape

from athena_sandbox.athena.errors import InvalidRequestError, SerializationError
from athena_sandbox.wire import request_model

# Members whose limits the service checks itself, later and in its own words.
_CHECKED_LATER = frozenset(
    ("clientRequestToken", "resultConfiguration.outputLocation", "maxResults@GetQueryResults")
)


def service_model() -> ServiceModel:
    """The Athena API as botocore knows it."""
    return request_model.service_model("athena")


def validated(operation: OperationModel, body: Any) -> dict[str, Any]:
    """The request as members of the operation's input shape.

    Raises SerializationError and InvalidRequestError.
    """
    return _Check(operation.name).members(operation.input_shape, body)


class _Check(request_model.RequestCheck):
    map_value_suffix = ".member"
    checks_patterns = True

    def __init__(self, operation: str) -> None:
        super().__init__()
        self._operation = operation

    def scalar(self, shape: Shape, value: Any) -> Any:
        return _SCALARS[shape.type_name](value)

    def wrong_type(self, shape: Shape, value: Any) -> Exception:
        return SerializationError(
            "Expected list or null" if isinstance(shape, ListShape) else _unexpected(value)
        )

    def invalid(self, message: str) -> Exception:
        return InvalidRequestError(message)

    def shown(self, value: Any) -> str:
        return f"'[{', '.join(map(str, value))}]'" if isinstance(value, list) else super().shown(value)

    def text_length(self, shape: Shape, text: str) -> int:
        # The one limit that AWS counts in bytes: the length of a statement.
        return len(text.encode()) if shape.name == "QueryString" else len(text)

    def is_checked_later(self, path: str) -> bool:
        return path in _CHECKED_LATER or f"{path}@{self._operation}" in _CHECKED_LATER


def _unexpected(value: Any) -> str:
    if isinstance(value, list):
        return "Start of list found where not expected"
    if isinstance(value, dict):
        return "Start of structure or map found where not expected."
    return f"Unexpected {_token_name(value)}"


def _token_name(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    return "STRING_VALUE" if isinstance(value, str) else "NUMBER_VALUE"


def _mismatch(value: Any, wanted: str) -> SerializationError:
    if isinstance(value, list | dict):
        return SerializationError(_unexpected(value))
    return SerializationError(f"{_token_name(value)} can not be converted to {wanted}")


def _to_text(value: Any) -> str:
    if not isinstance(value, str):
        raise _mismatch(value, "a String")
    try:
        value.encode()
    except UnicodeEncodeError:
        # JSON's escapes can spell half a surrogate pair: not valid text, and no service behind can carry it.
        raise SerializationError("Invalid UTF-16 surrogate") from None
    return value


def _to_integer(value: Any, wanted: str = "an Integer") -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise _mismatch(value, wanted)
    if abs(value) == float("inf"):
        raise _mismatch(value, wanted)
    return int(value)


def _to_long(value: Any) -> int:
    return _to_integer(value, "a Long")


def _to_boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _mismatch(value, "a Boolean")
    return value


def _to_number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _mismatch(value, "a Double")
    return float(value)


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "string": _to_text,
    "integer": _to_integer,
    "long": _to_long,
    "boolean": _to_boolean,
    "double": _to_number,
    "timestamp": _to_number,
}
