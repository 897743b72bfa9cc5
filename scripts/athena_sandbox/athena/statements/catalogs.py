"""Catalogs that exist at the engine but not for a user: naming one must fail as any unknown name does.

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: errors), for a catalog that
doesn't exist; which catalogs are internal was chosen here.
"""

from __future__ import annotations

import re

from athena_sandbox.athena.statements.lexer import (
    Token,
    TokenKind,
    iter_significant,
    line_and_column,
    unquote_name,
)

# Iceberg tables live in a second Trino catalog behind Athena's one; `system` is Trino's own.
INTERNAL = frozenset(("iceberg", "system"))
_MENTIONED = re.compile("|".join(INTERNAL), re.IGNORECASE)
_NAMES = (TokenKind.WORD, TokenKind.QUOTED)


def find_internal_catalog(sql: str) -> tuple[str, int, int] | None:
    """The first internal catalog that a name of three parts begins with, and its line and column.

    A name that is also used alone somewhere is an alias or a table, whose fields look the same
    (`system.info.name`): then the engine decides.
    """
    if not _MENTIONED.search(sql):
        return None
    tokens = list(iter_significant(sql))
    alone = {unquote_name(token) for token in tokens if token.kind in _NAMES} & INTERNAL
    heads: dict[str, Token] = {}
    for position, token in enumerate(tokens):
        if token.kind not in _NAMES or unquote_name(token) not in INTERNAL:
            continue
        if not _begins_a_long_name(tokens, position):
            return None
        heads.setdefault(unquote_name(token), token)
    for name in alone & heads.keys():
        return (name, *line_and_column(sql, heads[name].start))
    return None


def _begins_a_long_name(tokens: list[Token], position: int) -> bool:
    following = tokens[position + 1 : position + 4]
    return (
        len(following) == 3
        and following[0].is_symbol(".")
        and following[1].kind in _NAMES
        and following[2].is_symbol(".")
        and not (position and tokens[position - 1].is_symbol("."))
    )
