"""Text to tokens. Quotes, comments and brackets are handled here; other modules never look at characters."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from lakehouse.errors import UsageError

# Athena's limit on the text of a statement; longer texts are refused before they are parsed.
MAX_TEXT_BYTES = 262_144


class TokenKind(StrEnum):
    """What a token is."""

    WORD = "word"
    NAME = "quoted name"
    STRING = "text"
    NUMBER = "number"
    SYMBOL = "symbol"
    END = "end"


@dataclass(frozen=True)
class Token:
    """One token. `value` is without quotes; `line` and `column` count from 1, columns in characters."""

    kind: TokenKind
    value: str
    line: int
    column: int

    @property
    def shown(self) -> str:
        """The token as messages show it, shortened if it is long."""
        if self.kind is TokenKind.END:
            return "the end"
        text = self.value if len(self.value) <= 40 else f"{self.value[:40]}..."
        return repr(text)

    def is_word(self, *words: str) -> bool:
        return self.kind is TokenKind.WORD and self.value.lower() in words

    def is_symbol(self, *symbols: str) -> bool:
        return self.kind is TokenKind.SYMBOL and self.value in symbols


class DdlError(UsageError):
    """A statement that can't be used; the message has the line and column."""

    def __init__(self, source: str, line: int, column: int, problem: str) -> None:
        super().__init__(f"{source}:{line}:{column}: {problem}")
        self.line = line
        self.column = column
        self.problem = problem


_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<line_comment>--[^\n]*)
    | (?P<block_comment>/\*.*?\*/)
    | (?P<string>'(?:[^']|'')*')
    | (?P<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`)
    | (?P<number>\d+(?![\w]))
    | (?P<word>[^\W\d]\w*)
    | (?P<symbol>[()<>,.;:=\[\]+*-])
    """,
    re.VERBOSE | re.DOTALL,
)
_UNCLOSED = {"'": "a text", '"': "a quoted name", "`": "a quoted name", "/*": "a comment"}
_CLOSING = {")": "(", "]": "["}


def tokenize(text: str, source: str) -> list[Token]:
    """Return the tokens of a text without comments, followed by an END token.

    Raises DdlError for invalid characters, a quote or comment that is never closed, and unbalanced brackets.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES:
        raise DdlError(source, 1, 1, f"the text is longer than {MAX_TEXT_BYTES:,} bytes, Athena's limit")
    tokens = list(_iter_tokens(text, source))
    _check_brackets(tokens, source)
    return tokens


def _iter_tokens(text: str, source: str) -> Iterator[Token]:
    position, line, line_start = 0, 1, 0
    # Some editors put a byte order mark at the beginning of a file.
    if text.startswith("\ufeff"):
        position = line_start = 1
    while position < len(text):
        match = _TOKEN.match(text, position)
        column = position - line_start + 1
        if match is None:
            raise DdlError(source, line, column, _no_token(text, position))
        kind, found = match.lastgroup or "", match.group()
        if token := _token(kind, found, line, column):
            yield token
        newlines = found.count("\n")
        if newlines:
            line += newlines
            line_start = position + found.rindex("\n") + 1
        position = match.end()
    yield Token(TokenKind.END, "", line, position - line_start + 1)


def _token(kind: str, found: str, line: int, column: int) -> Token | None:
    match kind:
        case "string":
            return Token(TokenKind.STRING, found[1:-1].replace("''", "'"), line, column)
        case "name":
            return Token(TokenKind.NAME, found[1:-1].replace(found[0] * 2, found[0]), line, column)
        case "number":
            return Token(TokenKind.NUMBER, found, line, column)
        case "word":
            return Token(TokenKind.WORD, found, line, column)
        case "symbol":
            return Token(TokenKind.SYMBOL, found, line, column)
        case _:
            return None


def _no_token(text: str, position: int) -> str:
    for opening, what in _UNCLOSED.items():
        if text.startswith(opening, position):
            return f"{what} begins here with {opening} and is never closed"
    if text[position].isdigit():
        return "a name that begins with a digit needs quotes"
    return f"{text[position]!r} is not valid here"


def _check_brackets(tokens: list[Token], source: str) -> None:
    """Check round and square brackets; `<` and `>` are checked where types are read."""
    opened: list[Token] = []
    for token in tokens:
        if token.is_symbol("(", "["):
            opened.append(token)
        elif token.is_symbol(")", "]"):
            if not opened or opened[-1].value != _CLOSING[token.value]:
                raise DdlError(source, token.line, token.column, f"{token.value} has no opening bracket")
            opened.pop()
    if opened:
        last = opened[-1]
        raise DdlError(source, last.line, last.column, f"{last.value} is opened here and never closed")
