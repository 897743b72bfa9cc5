"""Partition transforms as CTAS spells them, in strings: 'day(ts)', 'bucket(c, 16)', 'bucket(16, c)', 'c'.

Source: Athena User Guide, pages create-table-as, querying-iceberg-creating-tables, read by November 2026.
"""

from __future__ import annotations

from athena_sandbox.athena.errors import Failure, StatementFailedError
from athena_sandbox.athena.statements.ast import Transform
from athena_sandbox.athena.statements.lexer import Token, TokenKind, iter_significant, unquote_name

_FUNCTIONS = frozenset(("year", "month", "day", "hour", "bucket", "truncate"))


def parse_transform(text: str) -> Transform:
    """The partition field that the string stands for. Raises StatementFailedError for any other text."""
    tokens = list(iter_significant(text))
    if len(tokens) == 1 and _is_name(tokens[0]):
        return Transform(unquote_name(tokens[0]))
    words = [t.text for t in tokens]
    if len(tokens) >= 4 and words[1] == "(" and words[-1] == ")" and words[0].lower() in _FUNCTIONS:
        return _call(words[0].lower(), tokens[2:-1], text)
    raise _unable(text)


def _call(function: str, arguments: list[Token], text: str) -> Transform:
    if len(arguments) == 1 and _is_name(arguments[0]):
        return Transform(unquote_name(arguments[0]), function)
    if len(arguments) == 3 and arguments[1].text == ",":
        first, last = arguments[0], arguments[2]
        if first.kind is TokenKind.INTEGER and _is_name(last):
            first, last = last, first
        if _is_name(first) and last.kind is TokenKind.INTEGER:
            return Transform(unquote_name(first), function, int(last.text))
    raise _unable(text)


def _is_name(token: Token) -> bool:
    return token.kind in (TokenKind.WORD, TokenKind.QUOTED)


def _unable(text: str) -> StatementFailedError:
    return StatementFailedError(
        Failure(f"INVALID_TABLE_PROPERTY: Unable to parse partitioning value: {text}", 2, 1100)
    )
