"""Execution parameters: values for the `?` of a statement, sent beside it.

A value counts as SQL when it is an expression without column references, and as text otherwise.

Source: Athena User Guide, page querying-with-prepared-statements, read by November 2026; measured on Athena
in September 2026 (aoyagikouhei/athena-local, docs: parameters).
"""

from __future__ import annotations

import itertools

from athena_sandbox.athena.catalog.sql import quote_text
from athena_sandbox.athena.statements.lexer import Token, TokenKind, iter_significant
from athena_sandbox.athena.statements.rewrites import has_parameters, type_decimal_literals

# Words of an expression that don't name a column.
_EXPRESSION_WORDS = frozenset(
    word
    for line in (
        "TRUE FALSE NULL DATE TIME TIMESTAMP INTERVAL DECIMAL DOUBLE PRECISION ARRAY MAP ROW CAST TRY_CAST",
        "AND OR NOT IN IS BETWEEN LIKE CASE WHEN THEN ELSE END YEAR MONTH DAY HOUR MINUTE SECOND TO AT ZONE",
        "CURRENT_DATE CURRENT_TIMESTAMP CURRENT_TIME LOCALTIME LOCALTIMESTAMP VARCHAR CHAR VARBINARY INTEGER",
        "AS INT BIGINT SMALLINT TINYINT REAL BOOLEAN JSON UUID IPADDRESS WITH WITHOUT",
    )
    for word in line.split()
)
_LITERALS = (TokenKind.STRING, TokenKind.INTEGER, TokenKind.DECIMAL, TokenKind.DOUBLE)
_EXPRESSION_KINDS = (TokenKind.WORD, TokenKind.SYMBOL, *_LITERALS)
_OPERATORS = frozenset(
    ["+", "-", "*", "/", "%", "||", "=", "<>", "!=", "<", "<=", ">", ">=", "(", ")", "[", "]", ","]
)


def with_parameters(sql: str, values: tuple[str, ...]) -> str:
    """The statement to execute: `sql` itself when it has no `?` or there are no values."""
    if not values or not has_parameters(sql):
        return sql
    return bind(sql, tuple(as_expression(value) for value in values))


def bind(sql: str, expressions: tuple[str, ...]) -> str:
    """EXECUTE IMMEDIATE: no session state is needed at the engine, and any length goes."""
    return f"EXECUTE IMMEDIATE {quote_text(sql)} USING {', '.join(expressions)}"


def as_expression(value: str) -> str:
    tokens = list(iter_significant(value))
    if tokens and _is_expression(tokens):
        return type_decimal_literals(value).rewritten
    return quote_text(value)


def _is_expression(tokens: list[Token]) -> bool:
    depth = 0
    following = [*tokens[1:], Token(TokenKind.END, "", 0)]
    for token, after in zip(tokens, following, strict=True):
        if token.kind not in _EXPRESSION_KINDS:
            return False
        if token.kind is TokenKind.SYMBOL and token.text not in _OPERATORS:
            return False
        if token.kind is TokenKind.WORD and not _names_no_column(token, after):
            return False
        depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        if depth < 0 or (token.is_symbol(",") and depth == 0):
            return False
    return depth == 0 and _operands_joined(tokens)


def _names_no_column(token: Token, after: Token) -> bool:
    binary_literal = token.is_word("X") and after.kind is TokenKind.STRING
    return token.is_word(*_EXPRESSION_WORDS) or after.is_symbol("(") or binary_literal


def _operands_joined(tokens: list[Token]) -> bool:
    """No two literals side by side: `1 2` is a text, not an expression."""
    if any(left.kind in _LITERALS and right.kind in _LITERALS for left, right in itertools.pairwise(tokens)):
        return False
    return tokens[-1].kind is not TokenKind.SYMBOL or tokens[-1].text in (")", "]")
