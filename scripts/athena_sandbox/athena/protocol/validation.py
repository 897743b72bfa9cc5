"""Checks a request against its shape in botocore's service model, as the service's own front end does.

Wrong JSON types are SerializationException; missing and out-of-range members are InvalidRequestException with
the list of violated constraints. Unknown keys are ignored, null is absent, decimals lose their fraction where
an integer is wanted.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from athena_sandbox.athena.errors import InvalidRequestError, SerializationError

# Members whose limits the service checks itself, later and in its own words.
_CHECKED_LATER = frozenset(
    ("clientRequestToken", "resultConfiguration.outputLocation", "maxResults@GetQueryResults")
)


@lru_cache(maxsize=1)
def service_model() -> ServiceModel:
    return ServiceModel(Loader().load_service_model("athena", "service-2"), service_name="athena")


def validated(operation: OperationModel, body: Any) -> dict[str, Any]:
    """The request as members of the operation's input shape.

    Raises SerializationError and InvalidRequestError.
    """
    checker = _Checker(operation.name)
    shape = operation.input_shape
    if shape is None:
        return {}
    value = checker.convert(shape, body, "")
    if checker.violations:
        count = len(checker.violations)
        raise InvalidRequestError(
            f"{count} validation error{'s' if count > 1 else ''} detected: " + "; ".join(checker.violations)
        )
    result: dict[str, Any] = value
    return result


class _Checker:
    def __init__(self, operation: str) -> None:
        self._operation = operation
        self.violations: list[str] = []

    def convert(self, shape: Shape, value: Any, path: str) -> Any:
        if isinstance(shape, StructureShape):
            return self._structure(shape, value, path)
        if isinstance(shape, ListShape):
            return self._list(shape, value, path)
        if isinstance(shape, MapShape):
            return self._map(shape, value, path)
        return self._scalar(shape, value, path)

    def _structure(self, shape: StructureShape, value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise SerializationError(_unexpected(value))
        out: dict[str, Any] = {}
        for name, member in shape.members.items():
            here = _lower_first(name) if not path else f"{path}.{_lower_first(name)}"
            if value.get(name) is None:
                if name in shape.required_members:
                    self._violated("null", here, "Member must not be null")
                continue
            out[name] = self.convert(member, value[name], here)
        return out

    def _list(self, shape: ListShape, value: Any, path: str) -> list[Any]:
        if not isinstance(value, list):
            raise SerializationError("Expected list or null")
        self._check_length(shape, value, path)
        return [
            self.convert(shape.member, item, f"{path}.{position}.member")
            for position, item in enumerate(value, 1)
            if item is not None
        ]

    def _map(self, shape: MapShape, value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise SerializationError(_unexpected(value))
        return {
            self.convert(shape.key, key, f"{path}.key"): self.convert(
                shape.value, item, f"{path}.{key}.member"
            )
            for key, item in value.items()
            if item is not None
        }

    def _scalar(self, shape: Shape, value: Any, path: str) -> Any:
        converted = _SCALARS[shape.type_name](value)
        if isinstance(converted, str):
            self._check_text(shape, converted, path)
        elif isinstance(converted, int) and not isinstance(converted, bool):
            self._check_range(shape, converted, path)
        return converted

    def _check_length(self, shape: Shape, value: list[Any], path: str) -> None:
        limits = shape.metadata
        shown = "[" + ", ".join(map(str, value)) + "]"
        if len(value) > limits.get("max", len(value)):
            self._violated(
                f"'{shown}'", path, f"Member must have length less than or equal to {limits['max']}"
            )
        if len(value) < limits.get("min", 0):
            self._violated(
                f"'{shown}'", path, f"Member must have length greater than or equal to {limits['min']}"
            )

    def _check_text(self, shape: Shape, value: str, path: str) -> None:
        limits = shape.metadata
        if self._is_checked_later(path):
            return
        # The one limit that AWS counts in bytes: the length of a statement.
        length = len(value.encode()) if shape.name == "QueryString" else len(value)
        shown = f"'{value}'"
        if length > limits.get("max", length):
            self._violated(shown, path, f"Member must have length less than or equal to {limits['max']}")
        if length < limits.get("min", 0):
            self._violated(shown, path, f"Member must have length greater than or equal to {limits['min']}")
        if "enum" in limits and value not in limits["enum"]:
            self._violated(shown, path, f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]")
        pattern = limits.get("pattern")
        if pattern and not _compiled(pattern).fullmatch(value):
            self._violated(shown, path, f"Member must satisfy regular expression pattern: {pattern}")

    def _check_range(self, shape: Shape, value: int, path: str) -> None:
        limits = shape.metadata
        if self._is_checked_later(path):
            return
        if value > limits.get("max", value):
            self._violated(
                f"'{value}'", path, f"Member must have value less than or equal to {limits['max']}"
            )
        if value < limits.get("min", value):
            self._violated(
                f"'{value}'", path, f"Member must have value greater than or equal to {limits['min']}"
            )

    def _is_checked_later(self, path: str) -> bool:
        return path in _CHECKED_LATER or f"{path}@{self._operation}" in _CHECKED_LATER

    def _violated(self, value: str, path: str, constraint: str) -> None:
        self.violations.append(f"Value {value} at '{path}' failed to satisfy constraint: {constraint}")


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    # Java writes supplementary characters as surrogate pairs; Python has them as one character.
    return re.compile(pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", "\U00010000-\U0010ffff"))


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]


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
        # JSON's escapes can spell half a surrogate pair: no text, and nothing behind us can carry it.
        raise SerializationError("Invalid UTF-16 surrogate") from None
    return value


def _to_integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise _mismatch(value, "an Integer")
    if abs(value) == float("inf"):
        raise _mismatch(value, "an Integer")
    return int(value)


def _to_long(value: Any) -> int:
    try:
        return _to_integer(value)
    except SerializationError:
        raise _mismatch(value, "a Long") from None


def _to_boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _mismatch(value, "a Boolean")
    return value


def _to_number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _mismatch(value, "a Double")
    return float(value)


_SCALARS = {
    "string": _to_text,
    "integer": _to_integer,
    "long": _to_long,
    "boolean": _to_boolean,
    "double": _to_number,
    "timestamp": _to_number,
}
