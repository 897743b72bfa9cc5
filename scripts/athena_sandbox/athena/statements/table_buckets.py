"""S3 Tables catalogs: their names in Athena, in Glue and in Trino.

Athena knows a table bucket as the catalog `s3tablescatalog/<bucket>`; Trino's catalog names can't contain a
slash. The alias has the same length as the name, so that positions in Trino's messages are those in the
user's text, and it can be translated back, since bucket names have no underscore.

Source: Athena User Guide, page gdc-register-s3-table-bucket-cat, read by November 2026; naming rules for
table buckets, S3 User Guide; the aliases were chosen here.
"""

from __future__ import annotations

import re

from athena_sandbox.athena.statements.lexer import Token, TokenKind, iter_tokens

_PREFIX = "s3tablescatalog/"
# Naming rules for table buckets, S3 User Guide.
_NAME = re.compile(rf"{_PREFIX}(?P<bucket>[a-z0-9][a-z0-9-]{{1,61}}[a-z0-9])")
_ALIAS = re.compile(r"\bs3tablescatalog_(?P<bucket>[a-z0-9][a-z0-9_]{1,61}[a-z0-9])\b")
_IMMEDIATE = re.compile(r"EXECUTE IMMEDIATE (?P<text>'(?:[^']|'')*+')")


def bucket_of(catalog: str | None) -> str | None:
    """The table bucket behind a catalog name; None for any other catalog."""
    match = _NAME.fullmatch((catalog or "").lower())
    return match["bucket"] if match else None


def catalog_name(bucket: str) -> str:
    """Athena's name for a table bucket."""
    return _PREFIX + bucket


def alias_of(catalog: str) -> str:
    """Trino's name for a catalog: its own, but for S3 Tables."""
    return catalog if bucket_of(catalog) is None else catalog.lower().replace("/", "_").replace("-", "_")


def with_true_names(text: str) -> str:
    """A text of Trino's with the aliases in it as users know them."""
    return _ALIAS.sub(lambda match: catalog_name(match["bucket"].replace("_", "-")), text)


def aliased_buckets(text: str) -> set[str]:
    """The buckets whose aliases a message of Trino's names."""
    return {match["bucket"].replace("_", "-") for match in _ALIAS.finditer(text)}


def with_aliases(sql: str) -> tuple[str, set[str]]:
    """A statement for Trino, and the table buckets that it names.

    A name is `"s3tablescatalog/<bucket>"` followed by a dot and not preceded by one, outside strings and
    comments; in a statement on information_schema a string that is a name counts too. The statement that
    EXECUTE IMMEDIATE carries is looked into as well.
    """
    if _PREFIX not in sql.lower():
        return sql, set()
    if match := _IMMEDIATE.match(sql):
        inner, buckets = with_aliases(match["text"][1:-1].replace("''", "'"))
        quoted = inner.replace("'", "''")
        return f"{sql[: match.start('text')]}'{quoted}'{sql[match.end('text') :]}", buckets
    return _replaced(sql)


def asks_for_names(sql: str) -> bool:
    """Whether a statement reads catalog names as values: information_schema gives Trino's own."""
    return "information_schema" in sql.lower()


def _replaced(sql: str) -> tuple[str, set[str]]:
    names_are_values = asks_for_names(sql)
    pieces: list[str] = []
    buckets: set[str] = set()
    copied, before = 0, ""
    tokens = [token for token in iter_tokens(sql) if token.kind not in (TokenKind.SPACE, TokenKind.COMMENT)]
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        bucket = bucket_of(token.text[1:-1])
        is_name = _is_catalog(token, before, following)
        if bucket is not None and (is_name or (names_are_values and token.kind is TokenKind.STRING)):
            quote = token.text[0]
            pieces += (sql[copied : token.start], quote, alias_of(catalog_name(bucket)), quote)
            copied = token.end
            buckets.add(bucket)
        before = token.text
    pieces.append(sql[copied:])
    return "".join(pieces), buckets


def _is_catalog(token: Token, before: str, following: Token | None) -> bool:
    in_front = before != "." and following is not None and following.is_symbol(".")
    return token.kind is TokenKind.QUOTED and in_front
