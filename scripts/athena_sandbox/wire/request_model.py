"""Checks a JSON request against its input shape in botocore's service model, as a service's front end does.

The walk over the shape is here. What one service accepts, and how it words a refusal, is in its subclass of
`RequestCheck`: `athena.protocol.validation` and `glue.requests`. S3 Tables has its own check
(`s3tables.validation`): it stops at the first mistake, writes paths differently and returns nothing.

Source: botocore's service models (members, required, min, max, enum, pattern); violations are listed in the
format of the AWS JSON services: "1 validation error detected: Value ... failed to satisfy constraint: ...".
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from functools import cache, lru_cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape


@cache
def service_model(service: str) -> ServiceModel:
    """The API of a service as botocore knows it."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service_name=service)


class RequestCheck(ABC):
    """One check of one request.

    A wrong JSON type ends it at once; violated constraints are collected and refused together.
    `keeps_null_items` says whether null items of a list are checked or left out, `checks_patterns` whether
    the patterns of strings count; `map_value_suffix` is what follows the path of a map's value.
    """

    keeps_null_items = False
    map_value_suffix = ""
    checks_patterns = False

    def __init__(self) -> None:
        self._violations: list[str] = []

    def members(self, shape: StructureShape | None, request: Any) -> dict[str, Any]:
        """The members of the request that the shape has, converted; nulls and unknown members are left out.

        Raises what `wrong_type` and `invalid` return.
        """
        checked = {} if shape is None else self._structure(shape, request, "")
        if self._violations:
            count = len(self._violations)
            plural = "s" if count > 1 else ""
            raise self.invalid(f"{count} validation error{plural} detected: " + "; ".join(self._violations))
        return checked

    @abstractmethod
    def scalar(self, shape: Shape, value: Any) -> Any:
        """The value as the service stores it; raises the service's own error for a wrong JSON type."""

    @abstractmethod
    def wrong_type(self, shape: Shape, value: Any) -> Exception:
        """The refusal of a value that should have been a structure, a map or a list."""

    @abstractmethod
    def invalid(self, message: str) -> Exception:
        """The refusal that lists the violated constraints."""

    def shown(self, value: Any) -> str:
        """A value in the list of violations."""
        return f"'{value}'"

    def text_length(self, shape: Shape, text: str) -> int:
        """The length that the limits of a string count."""
        return len(text)

    def is_checked_later(self, path: str) -> bool:
        """Whether the service checks the limits of the value at this path elsewhere, in other words."""
        return False

    def _value(self, shape: Shape, value: Any, path: str) -> Any:
        if isinstance(shape, StructureShape):
            return self._structure(shape, value, path)
        if isinstance(shape, ListShape):
            return self._list(shape, value, path)
        if isinstance(shape, MapShape):
            return self._map(shape, value, path)
        converted = self.scalar(shape, value)
        if not self.is_checked_later(path):
            self._check_scalar(shape, converted, path)
        return converted

    def _structure(self, shape: StructureShape, value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.wrong_type(shape, value)
        checked: dict[str, Any] = {}
        for name, member in shape.members.items():
            here = f"{path}.{_lower_first(name)}" if path else _lower_first(name)
            given = value.get(name)
            if given is not None:
                checked[name] = self._value(member, given, here)
            elif name in shape.required_members:
                self._violated("null", here, "Member must not be null")
        return checked

    def _list(self, shape: ListShape, value: Any, path: str) -> list[Any]:
        if not isinstance(value, list):
            raise self.wrong_type(shape, value)
        self._check_bounds(shape, "length", len(value), value, path)
        return [
            self._value(shape.member, item, f"{path}.{position}.member")
            for position, item in enumerate(value, 1)
            if item is not None or self.keeps_null_items
        ]

    def _map(self, shape: MapShape, value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.wrong_type(shape, value)
        return {
            self._value(shape.key, key, f"{path}.key"): self._value(
                shape.value, item, f"{path}.{key}{self.map_value_suffix}"
            )
            for key, item in value.items()
            if item is not None
        }

    def _check_scalar(self, shape: Shape, value: Any, path: str) -> None:
        if isinstance(value, str):
            self._check_text(shape, value, path)
        elif not isinstance(value, bool):
            self._check_bounds(shape, "value", value, value, path)

    def _check_text(self, shape: Shape, value: str, path: str) -> None:
        self._check_bounds(shape, "length", self.text_length(shape, value), value, path)
        allowed = shape.metadata.get("enum")
        if allowed and value not in allowed:
            self._violated(
                self.shown(value), path, f"Member must satisfy enum value set: [{', '.join(allowed)}]"
            )
        pattern = shape.metadata.get("pattern") if self.checks_patterns else None
        if pattern and not _compiled(pattern).fullmatch(value):
            self._violated(
                self.shown(value), path, f"Member must satisfy regular expression pattern: {pattern}"
            )

    def _check_bounds(self, shape: Shape, what: str, size: float, value: Any, path: str) -> None:
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if high is not None and size > high:
            self._violated(self.shown(value), path, f"Member must have {what} less than or equal to {high}")
        if low is not None and size < low:
            self._violated(self.shown(value), path, f"Member must have {what} greater than or equal to {low}")

    def _violated(self, shown: str, path: str, constraint: str) -> None:
        self._violations.append(f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}")


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    # Java writes supplementary characters as surrogate pairs; Python has them as one character.
    return re.compile(pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", "\U00010000-\U0010ffff"))


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]
