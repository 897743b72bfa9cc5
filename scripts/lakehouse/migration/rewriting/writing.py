"""A statement as text again, laid out, with the case of keywords that the original has."""

from __future__ import annotations

import re

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.generators.athena import AthenaTrinoGenerator
from sqlglot.tokenizer_core import Token, TokenType

_NOT_KEYWORDS = (TokenType.STRING, TokenType.IDENTIFIER, TokenType.VAR, TokenType.NUMBER)
# Characters of an expression in a message.
_MOST_SHOWN = 160


class _Generator(AthenaTrinoGenerator):
    """Writes date '2025-08-13' where sqlglot would write CAST('2025-08-13' AS DATE)."""

    def cast_sql(self, expression: exp.Cast, safe_prefix: str | None = None) -> str:
        literal, to = expression.this, expression.to
        if isinstance(literal, exp.Literal) and literal.is_string and not safe_prefix:
            if to.this is exp.DType.DATE:
                return f"DATE {self.sql(literal)}"
            # Without a precision it was a CAST, which gives three digits.
            if to.this is exp.DType.TIMESTAMP and to.expressions:
                return f"TIMESTAMP {self.sql(literal)}"
        return str(super().cast_sql(expression, safe_prefix))

    def not_sql(self, expression: exp.Not) -> str:
        inner = expression.this
        if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
            return f"{self.sql(inner.this)} IS NOT NULL"
        if isinstance(inner, exp.In):
            return self.sql(inner).replace(" IN (", " NOT IN (", 1)
        return str(super().not_sql(expression))


def one_line(node: exp.Expr) -> str:
    """An expression in one line, for messages; a long one is cut."""
    text = _Generator(dialect=Trino(), comments=False, normalize_functions="lower").generate(node)
    line = _with_small_keywords(str(text))
    return line if len(line) <= _MOST_SHOWN else f"{line[: _MOST_SHOWN - 4]} ..."


def write(statement: exp.Expr, original: str) -> str:
    """The statement in Athena's SQL. Layout is sqlglot's; keywords are small where the original's are."""
    is_small = _has_small_keywords(original)
    generator = _Generator(
        dialect=Trino(), pretty=True, indent=4, pad=4, normalize_functions="lower" if is_small else "upper"
    )
    for node in statement.find_all(exp.TimestampTrunc, exp.DateDiff, exp.DateAdd):
        if is_small and isinstance(unit := node.args.get("unit"), exp.Var):
            unit.set("this", unit.name.lower())
    text = str(generator.generate(statement))
    # A comment on a line of its own stays one.
    text = re.sub(r"(?m)^(\s*)/\* ([^*\n]*) \*/$", r"\1-- \2", text)
    return _with_small_keywords(text) if is_small else text


def tokens_of(text: str) -> list[Token]:
    """The tokens of a statement; none if it can't be cut into tokens."""
    try:
        return list(Trino().tokenize(text))
    except Exception:  # sqlglot raises errors of several kinds; what it can't cut has no keywords for us.
        return []


def _is_keyword(token: Token) -> bool:
    return token.token_type not in _NOT_KEYWORDS and re.fullmatch("[A-Za-z_ ]+", token.text) is not None


def _has_small_keywords(text: str) -> bool:
    keywords = [token.text for token in tokens_of(text) if _is_keyword(token)]
    return sum(word.islower() for word in keywords) > len(keywords) / 2


def _with_small_keywords(text: str) -> str:
    for token in reversed(tokens_of(text)):
        if _is_keyword(token) or (token.token_type is TokenType.VAR and token.text.isupper()):
            text = text[: token.start] + token.text.lower() + text[token.end + 1 :]
    return text
