"""A position in a list of tokens: looking at them, taking them, and errors that point at one."""

from collections.abc import Callable
from typing import TypeVar

from lakehouse.s3tables.ddl.lexer import DdlError, Token, TokenKind, tokenize

Item = TypeVar("Item")


class Cursor:
    """Goes through the tokens of one text. `source` is its name in errors, such as a file's name or --sql."""

    def __init__(self, text: str, source: str) -> None:
        self.source = source
        self._tokens = tokenize(text, source)
        self._position = 0

    @property
    def here(self) -> Token:
        return self._tokens[self._position]

    @property
    def following(self) -> Token:
        return self._tokens[min(self._position + 1, len(self._tokens) - 1)]

    def next(self) -> Token:
        token = self.here
        if token.kind is not TokenKind.END:
            self._position += 1
        return token

    def take_word(self, *words: str) -> Token | None:
        """Take the token if it is one of the words."""
        return self.next() if self.here.is_word(*words) else None

    def take_words(self, *words: str) -> bool:
        """Take a sequence of words, all of them or none."""
        end = self._position + len(words)
        tokens = self._tokens[self._position : end]
        if len(tokens) < len(words) or not all(map(Token.is_word, tokens, words)):
            return False
        self._position = end
        return True

    def take_symbol(self, *symbols: str) -> Token | None:
        return self.next() if self.here.is_symbol(*symbols) else None

    def expect_symbol(self, symbol: str, after: str) -> Token:
        if self.here.is_symbol(symbol):
            return self.next()
        raise self.expected(f"{symbol} {after}")

    def expect_word(self, word: str, after: str) -> Token:
        if self.here.is_word(word):
            return self.next()
        raise self.expected(f"{word.upper()} {after}")

    def expect_string(self, what: str) -> Token:
        if self.here.kind is TokenKind.STRING:
            return self.next()
        raise self.expected(f"{what} in single quotes")

    def expect_name(self, what: str) -> Token:
        """A word or a quoted name."""
        if self.here.kind in (TokenKind.WORD, TokenKind.NAME):
            return self.next()
        raise self.expected(what)

    def expect_number(self, what: str) -> Token:
        if self.here.kind is TokenKind.NUMBER:
            return self.next()
        raise self.expected(what)

    def listed(self, read: Callable[[], Item], after: str, item: str) -> list[Item]:
        """Take a parenthesised list of one or more items; `after` and `item` are for error messages."""
        self.expect_symbol("(", f"after {after}")
        items = [read()]
        while self.take_symbol(","):
            items.append(read())
        self.expect_symbol(")", f"or , after {item}")
        return items

    def error(self, problem: str, at: Token | None = None) -> DdlError:
        token = at or self.here
        return DdlError(self.source, token.line, token.column, problem)

    def expected(self, what: str) -> DdlError:
        return self.error(f"expected {what}, found {self.here.shown}")
