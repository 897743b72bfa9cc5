"""Execution parameters: values for the `?` of a statement, given beside it.

A value counts as SQL when it is an expression without column references, and as text otherwise.
"""

from __future__ import annotations

from athena_sandbox.athena.catalog.sql import quote_text
from athena_sandbox.athena.statements.lexer import Kind, Token, iter_significant
from athena_sandbox.athena.statements.rewrites import has_parameters, type_decimal_literals

# Words that stand in an expression without naming a column.
_EXPRESSION_WORDS = frozenset(
    [
        "TRUE",
        "FALSE",
        "NULL",
        "DATE",
        "TIME",
        "TIMESTAMP",
        "INTERVAL",
        "DECIMAL",
        "DOUBLE",
        "PRECISION",
        "ARRAY",
        "MAP",
        "ROW",
        "CAST",
        "TRY_CAST",
        "AS",
        "AND",
        "OR",
        "NOT",
        "IN",
        "IS",
        "BETWEEN",
        "LIKE",
        "CASE",
        "WHEN",
        "THEN",
        "ELSE",
        "END",
        "YEAR",
        "MONTH",
        "DAY",
        "HOUR",
        "MINUTE",
        "SECOND",
        "TO",
        "AT",
        "ZONE",
        "CURRENT_DATE",
        "CURRENT_TIMESTAMP",
        "CURRENT_TIME",
        "LOCALTIME",
        "LOCALTIMESTAMP",
        "VARCHAR",
        "CHAR",
        "VARBINARY",
        "INTEGER",
        "INT",
        "BIGINT",
        "SMALLINT",
        "TINYINT",
        "REAL",
        "BOOLEAN",
        "JSON",
        "UUID",
        "IPADDRESS",
        "WITH",
        "WITHOUT",
        "X",
    ]
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
    for index, token in enumerate(tokens):
        if token.kind in (Kind.QUOTED, Kind.BACKTICK, Kind.UNTERMINATED) or token.text in (";", "?"):
            return False
        if token.kind is Kind.WORD and token.text.upper() not in _EXPRESSION_WORDS:
            called = index + 1 < len(tokens) and tokens[index + 1].is_symbol("(")
            if not called:
                return False
        depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        if depth < 0 or (token.is_symbol(",") and depth == 0):
            return False
    return depth == 0 and _operands_joined(tokens)


def _operands_joined(tokens: list[Token]) -> bool:
    """No two literals side by side: `2 a` and `1 2` are texts, not expressions."""
    values = (Kind.STRING, Kind.INTEGER, Kind.DECIMAL, Kind.DOUBLE)
    pairs = zip(tokens, tokens[1:], strict=False)
    if any(left.kind in values and right.kind in values for left, right in pairs):
        return False
    return tokens[-1].kind is not Kind.SYMBOL or tokens[-1].text in (")", "]")
