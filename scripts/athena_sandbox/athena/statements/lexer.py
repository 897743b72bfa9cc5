"""The lexer: the authority for what is a token in the two dialects that Athena speaks.

The Trino dialect (SELECT, DML, CREATE TABLE AS, views) quotes names with `"` and doubles `'` in strings. The
Hive dialect (other DDL, SHOW, DESCRIBE) quotes names with backticks, takes both quotes for strings and
escapes with a backslash. Both share everything else, so one pattern per dialect is enough.

Source: Athena User Guide, pages reserved-words, tables-databases-columns-names, read by November 2026;
measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: ddl); numbers and comments are Trino
476's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class TokenKind(StrEnum):
    WORD = "word"
    QUOTED = "quoted"
    BACKTICK = "backtick"
    STRING = "string"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DOUBLE = "double"
    SYMBOL = "symbol"
    SPACE = "space"
    COMMENT = "comment"
    UNTERMINATED = "unterminated"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `text` is exactly what stands at `start` in the statement."""

    kind: TokenKind
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    def is_word(self, *words: str) -> bool:
        """Whether this is one of the given keywords (upper case); a quoted name never is a keyword."""
        return self.kind is TokenKind.WORD and self.text.upper() in words

    def is_symbol(self, text: str) -> bool:
        return self.kind is TokenKind.SYMBOL and self.text == text


_SHARED = r"""
  (?P<space>\s+)
| (?P<comment>--[^\r\n]*|/\*(?s:.*?)\*/)
| (?P<string>{string})
| (?P<quoted>"(?:[^"]|"")*+")
| (?P<backtick>`(?:[^`]|``)*+`)
| (?P<double>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][+-]?[0-9]+(?!\w))
| (?P<decimal>[0-9][0-9_]*\.(?:[0-9][0-9_]*)?|\.[0-9][0-9_]*)
| (?P<integer>[0-9](?:_?[0-9])*(?!\w))
| (?P<word>[\w@$]+)
| (?P<unterminated>['"`]|/\*)
| (?P<symbol><>|!=|<=|>=|\|\||->|=>|.)
"""
_TRINO = re.compile(_SHARED.format(string=r"'(?:[^']|'')*+'"), re.VERBOSE)
_HIVE = re.compile(
    _SHARED.format(string=r"'(?:[^'\\]|\\(?s:.)|'')*+'").replace(
        '''"(?:[^"]|"")*+"''', r'''"(?:[^"\\]|\\(?s:.)|"")*+"'''
    ),
    re.VERBOSE,
)
_KINDS = {kind.value: kind for kind in TokenKind}


def iter_tokens(sql: str, *, hive: bool = False) -> Iterator[Token]:
    """Every token of `sql` in order, blanks and comments included; lazily, so a look at the head is cheap.

    Nothing is raised: what can't be a token (a quote without its end) comes as UNTERMINATED.
    """
    pattern = _HIVE if hive else _TRINO
    for match in pattern.finditer(sql):
        yield Token(_KINDS[str(match.lastgroup)], match.group(), match.start())


def iter_significant(sql: str, *, hive: bool = False) -> Iterator[Token]:
    """The tokens that grammar sees: no blanks, no comments."""
    for token in iter_tokens(sql, hive=hive):
        if token.kind is not TokenKind.SPACE and token.kind is not TokenKind.COMMENT:
            yield token


def line_and_column(sql: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both counted from 1, as the engine's messages give them."""
    line = sql.count("\n", 0, offset) + 1
    return line, offset - (sql.rfind("\n", 0, offset) + 1) + 1


_HIVE_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a"}
_HIVE_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|[0-3][0-7]{2}|(?s:.))")


def unquote_string(token: Token, *, hive: bool = False) -> str:
    """The value of a string literal. Hive also knows backslash escapes: \\n, \\001, \\u0001."""
    quote = token.text[0]
    body = token.text[1:-1].replace(quote * 2, quote)
    if not hive:
        return body

    def replace(match: re.Match[str]) -> str:
        escape = match.group(1)
        if escape[0] == "u" and len(escape) == 5:
            return chr(int(escape[1:], 16))
        if len(escape) == 3:
            return chr(int(escape, 8))
        return _HIVE_ESCAPES.get(escape, escape)

    return _HIVE_ESCAPE.sub(replace, body)


def unquote_name(token: Token) -> str:
    """The name in a WORD, QUOTED or BACKTICK token, folded to lower case as Athena does."""
    if token.kind is TokenKind.WORD:
        return token.text.lower()
    quote = token.text[0]
    return token.text[1:-1].replace(quote * 2, quote).lower()
