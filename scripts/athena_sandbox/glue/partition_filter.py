"""The Expression of GetPartitions: a condition on the partition keys, compiled to a test of partition values.

Glue parses it with JSqlParser: comparisons, AND, OR, NOT, IN, BETWEEN, LIKE, IS [NOT] NULL, parentheses.
Literals and stored values are compared in the type of the key. An empty expression keeps everything (Trino
sends one). `__HIVE_DEFAULT_PARTITION__`, the null of Hive, is text in a string key and matches nothing in a
typed one.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
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


def compile_filter(expression: str | None, keys: Sequence[Json]) -> Test:
    """The test for partitions of a table with these keys (columns of Glue: Name and Type).

    Raises InvalidInputError for an expression that cannot be read or does not fit the keys. The test raises
    InvalidStateError when a stored value is not of its key's type.
    """
    if expression is None or not expression.strip():
        return lambda _values: True
    return _compile(expression, tuple((key["Name"].lower(), key.get("Type", "string")) for key in keys))


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
            tests.append(self._negation())
        return tests[0] if len(tests) == 1 else lambda values: all(test(values) for test in tests)

    def _negation(self) -> Test:
        if self._skip("not"):
            return _not(self._negation())
        if self._skip("("):
            test = self.disjunction()
            self._expect(")")
            return test
        return self._condition()

    def _condition(self) -> Test:
        read, cast = self._key()
        negated = self._skip("not")
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
                cast = _cast_of(kind)
                return _reader(position, kind, cast), cast
        raise InvalidInputError(f"Invalid partition expression! No partition key is called '{name}'.")

    def _literal(self, cast: Cast) -> Any:
        token = self._take()
        if token.lower() in ("date", "timestamp"):
            token = self._take()
        text = token[1:-1].replace("''", "'") if token.startswith("'") else token
        try:
            return cast(text)
        except (ValueError, InvalidOperation):
            raise InvalidInputError(f"'{text}' does not fit the type of its partition key.") from None

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

    def _skip(self, word: str) -> bool:
        found = self._next < len(self._tokens) and self._tokens[self._next].lower() == word
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


def _cast_of(kind: str) -> Cast:
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
