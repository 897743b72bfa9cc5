"""Trino's type names in the spelling of Hive, which is how Glue and Athena's own tables name types.

Types that Hive does not have keep Trino's name without its precision, as Athena shows them in a view:
`timestamp(3) with time zone` is `timestamp with time zone`.

Source: Trino 476's type names (November 2026) and Hive's; for how Athena shows types that Hive lacks no
source is recorded.
"""

import re
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_TOKEN = re.compile(r'\s*("(?:[^"]|"")*"|[A-Za-z_][\w$]*|\d+|[(),])')

_FIELD_NAME = re.compile(r"(?<=[<,])[^<>,:]+:")
_PUNCTUATION = re.compile(r"[<>,()\d]+")
_HIVE_NAMES = re.compile(
    r"array|binary|bigint|boolean|char|date|decimal|double|float|int|map|smallint|string|struct|timestamp"
    r"|tinyint|varchar"
)
_SPELLED = {"integer": "int", "real": "float", "varbinary": "binary", "varchar": "string"}
_KEEP_PARAMETERS = {"decimal", "char", "varchar"}
# Words that continue the name before them; any other second word in a row makes the first a field's name.
_CONTINUED = {("timestamp", "with"), ("time", "with"), ("interval", "day"), ("interval", "year")}


def hive_type(trino_type: str) -> str:
    """`array(row("a" integer))` is `array<struct<a:int>>`. Raises ValueError for anything else."""
    parser = _Parser(trino_type)
    spelled = parser.type()
    parser.end()
    return spelled


def is_hive_type(spelled: str) -> bool:
    """Whether Hive's own type parser reads this, which refuses `uuid` or `timestamp with time zone`."""
    names = _PUNCTUATION.split(_FIELD_NAME.sub("", spelled))
    return all(_HIVE_NAMES.fullmatch(name) for name in names if name)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[str] = []
        position = 0
        stripped = text.rstrip()
        while position < len(stripped):
            match = _TOKEN.match(stripped, position)
            if match is None:
                raise self._error()
            self._tokens.append(match[1])
            position = match.end()
        self._next = 0

    def type(self) -> str:
        name = self._word().lower()
        if name in ("array", "map"):
            return f"{name}<{','.join(self._arguments(self.type))}>"
        if name == "row":
            fields = enumerate(self._arguments(self._field))
            spelled = [f"{field or f'field{number}'}:{kind}" for number, (field, kind) in fields]
            return f"struct<{','.join(spelled)}>"
        parameters = self._arguments(self._word) if self._peek() == "(" else []
        rest = self._following_words()
        if parameters and name in _KEEP_PARAMETERS:
            return f"{name}({','.join(parameters)})"
        return " ".join([_SPELLED.get(name, name), *rest])

    def end(self) -> None:
        if self._next != len(self._tokens):
            raise self._error()

    def _field(self) -> tuple[str, str]:
        first, second = self._peek(), self._peek(1)
        quoted = first.startswith('"')
        named = quoted or (_is_word(second) and (first.lower(), second.lower()) not in _CONTINUED)
        name = self._take() if named else ""
        return (name[1:-1].replace('""', '"') if quoted else name), self.type()

    def _arguments(self, parse: Callable[[], T]) -> list[T]:
        self._expect("(")
        arguments = [parse()]
        while self._peek() == ",":
            self._take()
            arguments.append(parse())
        self._expect(")")
        return arguments

    def _expect(self, token: str) -> None:
        if self._take() != token:
            raise self._error()

    def _following_words(self) -> list[str]:
        words = []
        while _is_word(self._peek()):
            words.append(self._take().lower())
        return words

    def _word(self) -> str:
        if not self._peek() or self._peek() in "(),":
            raise self._error()
        return self._take()

    def _peek(self, ahead: int = 0) -> str:
        position = self._next + ahead
        return self._tokens[position] if position < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._next += 1
        return token

    def _error(self) -> ValueError:
        return ValueError(f"not a Trino type: {self._text}")


def _is_word(token: str) -> bool:
    return token[:1].isalpha() or token[:1] == "_"
