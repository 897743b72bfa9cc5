"""Types of columns as Glue writes them, parsed: `map<string,struct<at:timestamp,n:decimal(10,2)>>`.

A struct's field may have any name, even that of a type, so types are parsed and never searched for as text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from lakehouse.errors import UsageError

_WORD = re.compile(r"[a-z_]+")
_PARAMETERS = re.compile(r"\(\s*([0-9]+)\s*(?:,\s*([0-9]+)\s*)?\)")
_BLANKS = re.compile(r"\s*")
# How deep types may be nested: deeper than any real table, and far below Python's recursion limit.
_MOST_LEVELS = 100
# Glue's names of types, and the engine's.
_ENGINE_NAMES = {
    "string": "varchar",
    "int": "integer",
    "float": "real",
    "binary": "varbinary",
    "struct": "row",
}
_NUMBERS = frozenset(
    {"tinyint", "smallint", "int", "integer", "bigint", "float", "real", "double", "decimal"}
)
_KNOWN = _NUMBERS | {"string", "varchar", "char", "boolean", "date", "timestamp", "binary"}


@dataclass(frozen=True)
class ColumnType:
    """A type: its name in lower case, its numeric parameters and the types nested in it.

    `inner` holds an array's element, a map's key and value, or a struct's field types. `fields` are the names
    of a struct's fields, in lower case as the engine has them.
    """

    name: str
    parameters: tuple[int, ...] = ()
    inner: tuple[ColumnType, ...] = ()
    fields: tuple[str, ...] = ()

    @property
    def is_nested(self) -> bool:
        return bool(self.inner)

    @property
    def is_text(self) -> bool:
        return self.name in ("string", "varchar", "char")

    @property
    def is_number(self) -> bool:
        return self.name in _NUMBERS

    def holds(self, *names: str) -> bool:
        """Whether the type, or one nested in it, has one of these names."""
        return self.name in names or any(each.holds(*names) for each in self.inner)

    def mapped(self, change: Callable[[ColumnType], ColumnType]) -> ColumnType:
        """The same type with `change` applied to every primitive type in it."""
        if not self.inner:
            return change(self)
        return replace(self, inner=tuple(each.mapped(change) for each in self.inner))

    def __str__(self) -> str:
        """The type as Glue writes it."""
        if self.fields:
            pairs = zip(self.fields, self.inner, strict=True)
            return f"struct<{','.join(f'{name}:{kind}' for name, kind in pairs)}>"
        if self.inner:
            return f"{self.name}<{','.join(map(str, self.inner))}>"
        return self.name + (f"({','.join(map(str, self.parameters))})" if self.parameters else "")

    def in_engine(self, timestamp_digits: int = 3) -> str:
        """The type as the engine's SQL writes it: array(varchar), row("at" timestamp(3)).

        `timestamp_digits` is 3 for a Hive table and 6 for an Iceberg table.
        """
        name = _ENGINE_NAMES.get(self.name, self.name)
        inner = [each.in_engine(timestamp_digits) for each in self.inner]
        if self.fields:
            # Always quoted: a field's name may be the name of a type or a reserved word.
            quoted = [f'"{each}"' for each in self.fields]
            return f"row({', '.join(f'{field} {kind}' for field, kind in zip(quoted, inner, strict=True))})"
        if inner:
            return f"{name}({', '.join(inner)})"
        parameters = (timestamp_digits,) if name == "timestamp" else self.parameters
        return name + (f"({', '.join(map(str, parameters))})" if parameters else "")


def parse_column_type(text: str) -> ColumnType:
    """Parse a type as Glue writes it. Raises UsageError for a type that Athena can't read from a table."""
    reader = _Reader(text)
    parsed = reader.read(0)
    if reader.at != len(text):
        raise reader.refused()
    return parsed


def engine_type(glue_type: str, *, timestamp_digits: int = 3) -> str:
    """A Glue type in the engine's spelling: array<string> is array(varchar).

    `timestamp_digits` is 3 for a Hive table and 6 for an Iceberg table. Raises UsageError for a type that
    Athena doesn't read.
    """
    return parse_column_type(glue_type).in_engine(timestamp_digits)


class _Reader:
    """Reads types from left to right; `at` is the current position."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def refused(self) -> UsageError:
        return UsageError(f"{self.text!r} is not a column type that Athena can read from a Glue table")

    def read(self, level: int) -> ColumnType:
        self._skip(_BLANKS)
        word = self._skip(_WORD)
        if level > _MOST_LEVELS:
            raise UsageError(f"a type is nested more than {_MOST_LEVELS} levels deep: {self.text[:60]!r} ...")
        match word:
            case "array":
                kind = ColumnType(word, inner=self._several(1, level))
            case "map":
                kind = ColumnType(word, inner=self._several(2, level))
            case "struct":
                kind = self._struct(level)
            case _ if word in _KNOWN:
                kind = ColumnType(word, self._parameters(word))
            case _:
                raise self.refused()
        self._skip(_BLANKS)
        return kind

    def _several(self, count: int, level: int) -> tuple[ColumnType, ...]:
        inner = []
        for number in range(count):
            self._expect("," if number else "<")
            inner.append(self.read(level + 1))
        self._expect(">")
        return tuple(inner)

    def _struct(self, level: int) -> ColumnType:
        self._expect("<")
        names, inner = [], []
        while True:
            # A name ends at the colon, whatever characters it contains.
            end = self.text.find(":", self.at)
            name = self.text[self.at : end].strip().strip("`")
            if end < 0 or not name or '"' in name:
                raise self.refused()
            self.at = end + 1
            names.append(name.lower())
            inner.append(self.read(level + 1))
            if self.text[self.at : self.at + 1] != ",":
                break
            self.at += 1
        self._expect(">")
        return ColumnType("struct", (), tuple(inner), tuple(names))

    def _parameters(self, word: str) -> tuple[int, ...]:
        self._skip(_BLANKS)
        match = _PARAMETERS.match(self.text, self.at)
        if match is None:
            # The default of Hive's decimal without parameters.
            return (10, 0) if word == "decimal" else ()
        self.at = match.end()
        numbers = tuple(int(number) for number in match.groups() if number is not None)
        return (*numbers, 0) if word == "decimal" and len(numbers) == 1 else numbers

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text.lower(), self.at)
        if match is None:
            return ""
        self.at = match.end()
        return match[0]

    def _expect(self, symbol: str) -> None:
        self._skip(_BLANKS)
        if self.text[self.at : self.at + 1] != symbol:
            raise self.refused()
        self.at += 1
