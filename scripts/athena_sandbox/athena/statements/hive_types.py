"""Data types in the spelling of Hive (DDL and Glue), Trino (DML) and Iceberg's DESCRIBE.

A type is kept as a tree in Hive's vocabulary; the renderers below are the only place that knows the others.

Source: Athena User Guide, pages data-types, querying-iceberg-supported-data-types, read by November 2026;
measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: types, ddl).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_HIVE_TO_TRINO = {
    "string": "varchar",
    "int": "integer",
    "float": "real",
    "binary": "varbinary",
    "timestamptz": "timestamp(6) with time zone",
}
# Names that Athena's DDL takes besides Hive's own.
_ALIASES = {"integer": "int", "real": "float", "varbinary": "binary", "numeric": "decimal", "dec": "decimal"}
_PRIMITIVES = frozenset(
    [
        "boolean",
        "tinyint",
        "smallint",
        "int",
        "bigint",
        "float",
        "double",
        "decimal",
        "string",
        "varchar",
        "char",
        "binary",
        "date",
        "timestamp",
    ]
)


@dataclass(frozen=True)
class HiveType:
    """One type: `name` in Hive's spelling, `numbers` its length or precision and scale, and its members.

    For a struct, `fields` holds (name, type); for array and map the names are empty.
    """

    name: str
    numbers: tuple[int, ...] = ()
    fields: tuple[tuple[str, HiveType], ...] = ()

    def hive(self) -> str:
        """As Glue stores it: `array<struct<a:int>>`, `decimal(10,2)`."""
        if self.name == "struct":
            return "struct<" + ",".join(f"{name}:{kind.hive()}" for name, kind in self.fields) + ">"
        if self.fields:
            return f"{self.name}<" + ",".join(kind.hive() for _, kind in self.fields) + ">"
        return self.name + (f"({','.join(map(str, self.numbers))})" if self.numbers else "")

    def trino(self) -> str:
        """As Trino's Iceberg connector takes it; timestamps are microseconds there."""
        if self.name == "struct":
            return "row(" + ", ".join(f'"{name}" {kind.trino()}' for name, kind in self.fields) + ")"
        if self.fields:
            return f"{self.name}(" + ", ".join(kind.trino() for _, kind in self.fields) + ")"
        if self.name == "timestamp":
            return "timestamp(6)"
        numbers = f"({','.join(map(str, self.numbers))})" if self.numbers else ""
        return _HIVE_TO_TRINO.get(self.name, self.name) + numbers

    def iceberg(self) -> str:
        """As Athena's DESCRIBE prints the columns of an Iceberg table: `map<string, int>`."""
        if self.name == "struct":
            return "struct<" + ", ".join(f"{name}: {kind.iceberg()}" for name, kind in self.fields) + ">"
        if self.fields:
            return f"{self.name}<" + ", ".join(kind.iceberg() for _, kind in self.fields) + ">"
        return self.name + (f"({', '.join(map(str, self.numbers))})" if self.numbers else "")


def primitive(name: str, numbers: tuple[int, ...] = ()) -> HiveType | None:
    """The primitive type of that name, or None when Hive DDL knows no such type."""
    folded = _ALIASES.get(name.lower(), name.lower())
    if folded not in _PRIMITIVES:
        return None
    if folded == "decimal" and not numbers:
        numbers = (10, 0)
    if folded == "varchar" and not numbers:
        folded = "string"
    if folded == "timestamp":
        numbers = ()
    return HiveType(folded, numbers)


_GLUE_TOKEN = re.compile(r"[<>(),:]|[^<>(),:]+")


def parse_glue_type(text: str) -> HiveType:
    """The tree of a type as Glue holds it; an unknown or broken text becomes a primitive of that name."""
    tokens = [token.strip() for token in _GLUE_TOKEN.findall(text) if token.strip()]
    try:
        kind, rest = _parse_glue(tokens)
    except IndexError:
        return HiveType(text)
    return kind if not rest else HiveType(text)


def _parse_glue(tokens: list[str]) -> tuple[HiveType, list[str]]:
    name, rest = tokens[0], tokens[1:]
    if rest[:1] == ["("]:
        close = rest.index(")") if ")" in rest else len(rest)
        numbers = tuple(int(token) for token in rest[1:close] if token.isdigit())
        return HiveType(name, numbers), rest[close + 1 :]
    if rest[:1] != ["<"]:
        return HiveType(name), rest
    fields: list[tuple[str, HiveType]] = []
    while rest[0] in ("<", ","):
        rest = rest[1:]
        field_name = ""
        if name == "struct":
            field_name, rest = rest[0], rest[2:]
        kind, rest = _parse_glue(rest)
        fields.append((field_name, kind))
    return HiveType(name, (), tuple(fields)), rest[1:]
