"""Token-level rewrites of statements that otherwise go to Trino as they are.

Only these differences between Athena and Trino 476 are bridged here:
- an unmarked decimal literal (`1.5`) is DOUBLE in Athena and DECIMAL in Trino, which has no switch for it;
- one trailing semicolon is Athena's to remove.
Positions in engine messages are mapped back with the `SourceMap` that comes with the text.

Source: dbt-athena's functional suite, run in November 2026 (`1 / 0.0` is Infinity); measured on Athena in
September 2026 (aoyagikouhei/athena-local, docs: types, errors).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from athena_sandbox.athena.errors import MalformedQueryError
from athena_sandbox.athena.statements.lexer import TokenKind, iter_tokens, line_and_column

# Strings, names, comments and words are skipped whole, so that only free-standing numbers are seen.
_SCAN = re.compile(
    r"""
      [^'"`\-/0-9.;?\w@$]+
    | '(?:[^']|'')*+' | "(?:[^"]|"")*+" | `(?:[^`]|``)*+`
    | --[^\r\n]* | /\*(?s:.*?)\*/
    | (?P<double>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][+-]?[0-9]+(?!\w))
    | (?P<decimal>[0-9][0-9_]*\.(?:[0-9][0-9_]*)?|\.[0-9][0-9_]*)
    | [\w@$]+
    | (?P<parameter>\?)
    | (?s:.)
    """,
    re.VERBOSE,
)
_POSITION = re.compile(r"\bline ([0-9]+):([0-9]+)")


@dataclass(frozen=True)
class SourceMap:
    """Where characters were inserted: (offset in the rewritten text after the insertion, its length)."""

    rewritten: str
    original: str
    insertions: tuple[tuple[int, int], ...] = field(default=())

    def restore_positions(self, message: str) -> str:
        """The message with each `line l:c` turned into the position in the user's own text."""
        if not self.insertions:
            return message
        return _POSITION.sub(self._restore_one, message)

    def _restore_one(self, match: re.Match[str]) -> str:
        line, column = int(match.group(1)), int(match.group(2))
        lines = self.rewritten.split("\n")
        if line > len(lines):
            return match.group()
        offset = sum(len(text) + 1 for text in lines[: line - 1]) + column - 1
        shift = sum(length for after, length in self.insertions if after <= offset)
        return "line {}:{}".format(*line_and_column(self.original, max(0, offset - shift)))


def type_decimal_literals(sql: str) -> SourceMap:
    """`sql` with every unmarked decimal literal marked as DOUBLE: `0.0` becomes `0.0E0`."""
    pieces: list[str] = []
    insertions: list[tuple[int, int]] = []
    copied, grown = 0, 0
    for match in _SCAN.finditer(sql):
        if match.lastgroup != "decimal":
            continue
        literal = match.group().replace("_", "") + "E0"
        pieces += (sql[copied : match.start()], literal)
        copied = match.end()
        added = len(literal) - len(match.group())
        grown += added
        insertions.append((copied + grown, added))
    if not insertions:
        return SourceMap(sql, sql)
    pieces.append(sql[copied:])
    return SourceMap("".join(pieces), sql, tuple(insertions))


def has_parameters(sql: str) -> bool:
    """Whether `sql` has a `?` outside strings, names and comments."""
    return "?" in sql and any(match.lastgroup == "parameter" for match in _SCAN.finditer(sql))


def strip_statement(sql: str) -> str:
    """The statement without surrounding blanks and its one trailing semicolon; leading comments stay.

    Raises MalformedQueryError when there is nothing, or more than one statement.
    """
    text = sql.strip()
    if ";" not in text:
        if not text:
            raise MalformedQueryError("Query cannot be empty")
        return text
    end, seen_statement = len(text), False
    for token in iter_tokens(text):
        if token.is_symbol(";"):
            if not seen_statement:
                raise MalformedQueryError(f"Empty sql statement: {text}")
            end = min(end, token.start)
        elif token.kind not in (TokenKind.SPACE, TokenKind.COMMENT):
            if end < len(text):
                raise MalformedQueryError(f"Only one sql statement is allowed. Got: {text}")
            seen_statement = True
    return text[:end].rstrip()
