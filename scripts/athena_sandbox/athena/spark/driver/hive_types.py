"""Hive's type texts, such as `array<struct<a:int,b:decimal(10,2)>>`, as trees."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(r"\s*([<>(),:]|[^<>(),:]+)")


@dataclass(frozen=True)
class HiveType:
    """A type: `name` in lower case; `arguments` of decimal, char and varchar; `parts` of array (its element),
    map (key, value) and struct (a part for each of `fields`)."""

    name: str
    arguments: tuple[int, ...] = ()
    parts: tuple[HiveType, ...] = ()
    fields: tuple[str, ...] = ()

    def in_spark(self) -> str:
        """The type's text for a function of Spark's, which gives char and varchar as string."""
        if self.name == "struct":
            inside = (
                f"`{name}`:{part.in_spark()}" for name, part in zip(self.fields, self.parts, strict=True)
            )
            return f"struct<{','.join(inside)}>"
        if self.parts:
            return f"{self.name}<{','.join(part.in_spark() for part in self.parts)}>"
        if self.name in ("char", "varchar"):
            return "string"
        return f"{self.name}({','.join(map(str, self.arguments))})" if self.arguments else self.name


def parse_type(text: str) -> HiveType:
    """The tree of a type's text. Raises ValueError when it is not one."""
    tokens = _TOKEN.findall(text)
    found, rest = _parse(tokens)
    if rest:
        raise ValueError(f"{text} is not a type")
    return found


def _parse(tokens: list[str]) -> tuple[HiveType, list[str]]:
    if not tokens or tokens[0] in "<>(),:":
        raise ValueError("a type is missing")
    name, rest = tokens[0].strip().lower(), tokens[1:]
    if rest[:1] == ["("]:
        end = rest.index(")")
        return HiveType(name, tuple(int(part) for part in rest[1:end] if part != ",")), rest[end + 1 :]
    if rest[:1] != ["<"]:
        return HiveType(name), rest
    parts: list[HiveType] = []
    fields: list[str] = []
    while rest[:1] != [">"]:
        rest = rest[1:]
        if name == "struct":
            fields.append(rest[0].strip().lower())
            rest = rest[2:]
        part, rest = _parse(rest)
        parts.append(part)
        if rest[:1] not in ([","], [">"]):
            raise ValueError(f"{name} does not end")
    return HiveType(name, (), tuple(parts), tuple(fields)), rest[1:]
