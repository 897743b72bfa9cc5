"""Trino's types as the wire carries them (`typeSignature`), read into one tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TrinoType:
    """`base` is the raw type (`timestamp with time zone`, `row`); `names` belong to a row's members."""

    base: str
    numbers: tuple[int, ...] = ()
    members: tuple[TrinoType, ...] = ()
    names: tuple[str | None, ...] = ()


@dataclass(frozen=True)
class EngineColumn:
    name: str
    type: TrinoType


def parse_signature(signature: dict[str, Any]) -> TrinoType:
    """The tree of a `typeSignature` object."""
    numbers: list[int] = []
    members: list[TrinoType] = []
    names: list[str | None] = []
    for argument in signature.get("arguments", ()):
        kind, value = argument["kind"], argument["value"]
        if kind == "LONG":
            numbers.append(int(value))
        elif kind == "TYPE":
            members.append(parse_signature(value))
        elif kind == "NAMED_TYPE":
            field = value.get("fieldName")
            names.append(field["name"] if field else None)
            members.append(parse_signature(value["typeSignature"]))
    return TrinoType(signature["rawType"], tuple(numbers), tuple(members), tuple(names))


def parse_columns(columns: list[dict[str, Any]]) -> tuple[EngineColumn, ...]:
    return tuple(EngineColumn(c["name"], parse_signature(c["typeSignature"])) for c in columns)
