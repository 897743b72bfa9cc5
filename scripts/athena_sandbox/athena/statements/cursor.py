"""A cursor over significant tokens, with the errors that Athena answers.

Grammar is in the modules beside this one; nothing here knows a statement.

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: errors, ddl), for the texts of
refusals.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NoReturn

from athena_sandbox.athena.errors import MalformedQueryError
from athena_sandbox.athena.statements.ast import Name
from athena_sandbox.athena.statements.lexer import (
    Token,
    TokenKind,
    iter_significant,
    line_and_column,
    unquote_name,
    unquote_string,
)

_NAME_KINDS = {True: (TokenKind.WORD, TokenKind.BACKTICK), False: (TokenKind.WORD, TokenKind.QUOTED)}


class Cursor:
    """A position in a statement of one dialect. Tokens are read ahead only as far as grammar asks.

    Every `expect_` method raises MalformedQueryError with line, column and the offending text.
    """

    def __init__(self, sql: str, *, hive: bool) -> None:
        self.sql = sql
        self.hive = hive
        self._source = iter_significant(sql, hive=hive)
        self._ahead: list[Token] = []
        self._first: Token | None = None

    def peek(self, distance: int = 0) -> Token:
        """The token `distance` positions ahead, without moving; END behind the last one."""
        while len(self._ahead) <= distance:
            token = next(self._source, None) or Token(TokenKind.END, "", len(self.sql))
            self._first = self._first or token
            self._ahead.append(token)
        return self._ahead[distance]

    def next(self) -> Token:
        token = self.peek()
        self._ahead.pop(0)
        return token

    @property
    def at_end(self) -> bool:
        return self.peek().kind is TokenKind.END

    def rest(self) -> str:
        """The text from the current token to the end of the statement; moves there."""
        text = self.sql[self.peek().start :]
        self._source = iter(())
        self._ahead = []
        return text

    def sees(self, *words: str) -> bool:
        """Whether the next tokens are these keywords in this order."""
        return all(self.peek(position).is_word(word) for position, word in enumerate(words))

    def sees_symbol(self, symbol: str) -> bool:
        return self.peek().is_symbol(symbol)

    def take(self, *words: str) -> bool:
        """Move over these keywords if they are next; returns whether they were."""
        if not self.sees(*words):
            return False
        for _ in words:
            self.next()
        return True

    def take_any(self, *words: str) -> str | None:
        """Move over one of these keywords; return which, in upper case."""
        if self.peek().is_word(*words):
            return self.next().text.upper()
        return None

    def take_symbol(self, symbol: str) -> bool:
        if self.sees_symbol(symbol):
            self.next()
            return True
        return False

    def expect(self, *words: str) -> None:
        for word in words:
            if not self.take(word):
                self.fail(f"'{word}'")

    def expect_symbol(self, symbol: str) -> None:
        if not self.take_symbol(symbol):
            self.fail(f"'{symbol}'")

    def expect_end(self) -> None:
        if not self.at_end:
            self.fail("<EOF>")

    def expect_name_part(self) -> str:
        """One identifier in this dialect's quotes, folded to lower case."""
        if self.peek().kind in _NAME_KINDS[self.hive]:
            return unquote_name(self.next())
        return self.fail("<identifier>")

    def expect_name(self) -> Name:
        """A name of one to three parts."""
        parts = [self.expect_name_part()]
        while self.take_symbol("."):
            parts.append(self.expect_name_part())
        if len(parts) > 3:
            raise MalformedQueryError(f"Invalid table name {'.'.join(parts)}")
        name, database, catalog = [*reversed(parts), None, None][:3]
        return Name(name or "", database, catalog)

    def expect_string(self) -> str:
        """A string literal; Hive takes double quotes for one as well."""
        token = self.peek()
        if token.kind is TokenKind.STRING or (self.hive and token.kind is TokenKind.QUOTED):
            return unquote_string(self.next(), hive=self.hive)
        return self.fail("<string>")

    def expect_text(self, blanks: str = r"\s+") -> str:
        """A string literal of the Hive dialect as it comes through Athena: each run of blanks is one blank.

        An escape (`\n`) stays as it is written, and so does a text of blanks only: it is a delimiter.
        """
        token = self.peek()
        value = self.expect_string()
        if not value.strip():
            return value
        return unquote_string(replace(token, text=re.sub(blanks, " ", token.text)), hive=self.hive)

    def expect_integer(self) -> int:
        if self.peek().kind is TokenKind.INTEGER:
            return int(self.next().text)
        return self.fail("<integer>")

    def fail(self, expecting: str) -> NoReturn:
        """Refuse the current token as Athena's parser of this dialect does."""
        token = self.peek()
        line, column = line_and_column(self.sql, token.start)
        if self.hive and token.kind is not TokenKind.END:
            start = self._first.start if self._first else 0
            seen = self.sql[start : token.end]
            raise MalformedQueryError(f"line {line}:{column}: no viable alternative at input '{seen}'")
        found = "<EOF>" if token.kind is TokenKind.END else token.text
        raise MalformedQueryError(f"line {line}:{column}: mismatched input '{found}'. Expecting: {expecting}")
