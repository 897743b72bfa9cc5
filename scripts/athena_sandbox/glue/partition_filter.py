"""The Expression of GetPartitions: a condition on the partition keys, compiled to a test of partition values.

Glue parses it with JSqlParser: comparisons, AND, OR, NOT, IN, BETWEEN, LIKE, IS [NOT] NULL, parentheses.
Literals and stored values are compared in the type of the key. An empty expression keeps everything (Trino
sends one). `__HIVE_DEFAULT_PARTITION__`, the null of Hive, is text in a string key and matches nothing in a
typed one.

Source: Glue API reference, GetPartitions, read by November 2026; texts of refusals: moto 5.2 where it has
one, otherwise no source is recorded.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from athena_sandbox.glue.catalog import Json, Values
from athena_sandbox.glue.errors import InvalidInputError, InvalidStateError

HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"

Test = Callable[[Values], bool]
Read = Callable[[Values], Any]
Cast = Callable[[str], Any]

_TOKEN = re.compile(
    # Trino does not double the quotes inside a literal, so a quote ends it only before what may follow one.
    r"\s*(?:(?P<string>'.*?'(?=\s*(?:[),]|$|(?:and|or)\b)))"
    r"|(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?![\w])"
    r'|(?P<name>`[^`]+`|"[^"]+"|[\w.]+)'
    r"|(?P<symbol><>|!=|>=|<=|[=<>(),]))",
    re.IGNORECASE | re.DOTALL,
)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CASTS: Mapping[str, Cast] = {
    **dict.fromkeys(("tinyint", "smallint", "int", "integer", "bigint", "long"), int),
    **dict.fromkeys(("string", "varchar", "char"), str),
    "decimal": Decimal,
    "date": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
}


@dataclass(frozen=True)
class Condition:
    """One of the conditions that an expression joins by AND.

    `keys` are the positions of the partition keys that it reads, `literals` the values that it compares them
    with, in their types. `is_equality` says that its one key must be one of these.
    """

    keys: frozenset[int]
    test: Test
    literals: frozenset[Any] = frozenset()
    is_equality: bool = False


def conditions(expression: str | None, keys: Sequence[Json]) -> list[Condition]:
    """The conditions of an expression; raises as `compile_filter` does."""
    if expression is None or not expression.strip():
        return []
    return _Parser(expression, _typed(keys)).conditions()


def compile_filter(expression: str | None, keys: Sequence[Json]) -> Test:
    """The test for partitions of a table with these keys (columns of Glue: Name and Type).

    Raises InvalidInputError for an expression that cannot be read or does not fit the keys. The test raises
    InvalidStateError when a stored value is not of its key's type.
    """
    if expression is None or not expression.strip():
        return lambda _values: True
    return _compile(expression, _typed(keys))


def _typed(keys: Sequence[Json]) -> tuple[tuple[str, str], ...]:
    return tuple((key["Name"].lower(), key.get("Type", "string")) for key in keys)


@lru_cache(maxsize=256)
def _compile(expression: str, keys: tuple[tuple[str, str], ...]) -> Test:
    parser = _Parser(expression, keys)
    test = parser.disjunction()
    parser.end()
    return test


class _Parser:
    """Recursive descent, one method per level of precedence; each returns the test it has read."""

    def __init__(self, expression: str, keys: tuple[tuple[str, str], ...]) -> None:
        self._expression = expression
        self._keys = keys
        self._tokens = self._tokenize()
        self._next = 0
        self._begin_condition()

    def conditions(self) -> list[Condition]:
        """The whole expression, taken apart at the ANDs of its top."""
        found: list[Condition] = []
        while True:
            self._begin_condition()
            found.append(self._ended_condition(self._negation()))
            if not self._skip("and"):
                break
        if self._next == len(self._tokens):
            return found
        self._next = 0
        test = self.disjunction()
        self.end()
        return [Condition(frozenset(range(len(self._keys))), test)]

    def _begin_condition(self) -> None:
        self._read: set[int] = set()
        self._literals: set[Any] = set()
        self._only_equal = True

    def _ended_condition(self, test: Test) -> Condition:
        is_equality = self._only_equal and len(self._read) == 1
        return Condition(frozenset(self._read), test, frozenset(self._literals), is_equality)

    def disjunction(self) -> Test:
        tests = [self._conjunction()]
        while self._skip("or"):
            tests.append(self._conjunction())
        return tests[0] if len(tests) == 1 else lambda values: any(test(values) for test in tests)

    def end(self) -> None:
        if self._next != len(self._tokens):
            raise self._unsupported()

    def _conjunction(self) -> Test:
        tests = [self._negation()]
        while self._skip("and"):
            self._only_equal = False
            tests.append(self._negation())
        return tests[0] if len(tests) == 1 else lambda values: all(test(values) for test in tests)

    def _negation(self) -> Test:
        if self._skip("not"):
            self._only_equal = False
            return _not(self._negation())
        if self._skip("("):
            test = self.disjunction()
            self._expect(")")
            return test
        return self._condition()

    def _condition(self) -> Test:
        read, cast = self._key()
        negated = self._skip("not")
        self._only_equal &= not negated and self._sees("=", "in")
        if not negated and self._skip("is"):
            negated = self._skip("not")
            self._expect("null")
            test: Test = lambda values: read(values) is None  # noqa: E731
        elif self._skip("in"):
            test = self._in(read, cast)
        elif self._skip("between"):
            test = self._between(read, cast)
        elif self._skip("like"):
            test = self._like(read, cast)
        elif not negated:
            return self._comparison(read, cast)
        else:
            raise self._unsupported()
        return _not(test) if negated else test

    def _comparison(self, read: Read, cast: Cast) -> Test:
        compare = _COMPARISONS.get(self._take())
        if compare is None:
            raise self._unsupported()
        literal = self._literal(cast)

        def test(values: Values) -> bool:
            value = read(values)
            return value is not None and compare(value, literal)

        return test

    def _in(self, read: Read, cast: Cast) -> Test:
        self._expect("(")
        literals = [self._literal(cast)]
        while self._skip(","):
            literals.append(self._literal(cast))
        self._expect(")")
        return lambda values: read(values) in literals

    def _between(self, read: Read, cast: Cast) -> Test:
        low = self._literal(cast)
        self._expect("and")
        high = self._literal(cast)

        def test(values: Values) -> bool:
            value = read(values)
            return value is not None and bool(low <= value <= high)

        return test

    def _like(self, read: Read, cast: Cast) -> Test:
        if cast is not str:
            raise InvalidInputError("Only a string key supports the operation 'LIKE'")
        pattern = re.escape(self._literal(str)).replace("%", ".*").replace("_", ".")
        matches = re.compile(pattern, re.DOTALL).fullmatch
        return lambda values: matches(read(values)) is not None

    def _key(self) -> tuple[Read, Cast]:
        name = self._take().strip('`"').lower()
        for position, (key, kind) in enumerate(self._keys):
            if key == name:
                cast = cast_of(kind)
                self._read.add(position)
                return _reader(position, kind, cast), cast
        raise InvalidInputError(f"Invalid partition expression! No partition key is called '{name}'.")

    def _literal(self, cast: Cast) -> Any:
        token = self._take()
        if token.lower() in ("date", "timestamp"):
            token = self._take()
        text = token[1:-1].replace("''", "'") if token.startswith("'") else token
        try:
            literal = cast(text)
        except (ValueError, InvalidOperation):
            raise InvalidInputError(f"'{text}' does not fit the type of its partition key.") from None
        self._literals.add(literal)
        return literal

    def _tokenize(self) -> list[str]:
        text = self._expression.rstrip()
        tokens, position = [], 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise self._unsupported()
            tokens.append(match[match.lastgroup or 0])
            position = match.end()
        return tokens

    def _sees(self, *words: str) -> bool:
        return self._next < len(self._tokens) and self._tokens[self._next].lower() in words

    def _skip(self, word: str) -> bool:
        found = self._sees(word)
        self._next += found
        return found

    def _expect(self, word: str) -> None:
        if not self._skip(word):
            raise self._unsupported()

    def _take(self) -> str:
        if self._next == len(self._tokens):
            raise self._unsupported()
        self._next += 1
        return self._tokens[self._next - 1]

    def _unsupported(self) -> InvalidInputError:
        return InvalidInputError(f"Unsupported expression '{self._expression}'")


def _not(test: Test) -> Test:
    return lambda values: not test(values)


def cast_of(kind: str) -> Cast:
    """What reads a partition value of a Hive type. Raises InvalidInputError for types that no key has."""
    cast = _CASTS.get(kind.partition("(")[0].strip().lower())
    if cast is None:
        raise InvalidInputError(f"Unknown type : '{kind}'")
    return cast


def _reader(position: int, kind: str, cast: Cast) -> Read:
    def read(values: Values) -> Any:
        value = values[position]
        if cast is str:
            return value
        if value == HIVE_NULL:
            return None
        try:
            return cast(value)
        except (ValueError, InvalidOperation):
            raise InvalidStateError(f"The partition value '{value}' is not a {kind}.") from None

    return read
