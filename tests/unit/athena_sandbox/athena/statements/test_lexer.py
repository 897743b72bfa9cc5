"""Tokens of the two dialects."""

from __future__ import annotations

import pytest

from athena_sandbox.athena.statements.lexer import (
    TokenKind,
    iter_significant,
    iter_tokens,
    line_and_column,
    unquote_name,
    unquote_string,
)


def kinds(sql: str, *, hive: bool = False) -> list[tuple[str, str]]:
    return [(token.kind.value, token.text) for token in iter_significant(sql, hive=hive)]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("1.5", [("decimal", "1.5")]),
        (".5", [("decimal", ".5")]),
        ("1.", [("decimal", "1.")]),
        ("15", [("integer", "15")]),
        ("1e5", [("double", "1e5")]),
        ("1.5E-3", [("double", "1.5E-3")]),
        ("a1.b2", [("word", "a1"), ("symbol", "."), ("word", "b2")]),
        ("'it''s'", [("string", "'it''s'")]),
        ('"a""b"', [("quoted", '"a""b"')]),
        ("a<>b", [("word", "a"), ("symbol", "<>"), ("word", "b")]),
        ("a -- b\n c", [("word", "a"), ("word", "c")]),
        ("a /* ; ' */ c", [("word", "a"), ("word", "c")]),
        ("'open", [("unterminated", "'"), ("word", "open")]),
        ("größe", [("word", "größe")]),
    ],
)
def test_tokens_of_the_trino_dialect(sql: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(sql) == expected


def test_backslash_escapes_a_quote_only_in_hive() -> None:
    assert kinds(r"'\'' x", hive=True) == [("string", r"'\''"), ("word", "x")]
    assert kinds(r"'\' x") == [("string", r"'\'"), ("word", "x")]


def test_tokens_cover_the_whole_text() -> None:
    sql = "select 'a' -- c\n, `b`, \"d\", 1.5e3 from x;  "
    assert "".join(token.text for token in iter_tokens(sql)) == sql


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        (r"'\001'", "\x01"),
        (r"'\t'", "\t"),
        (r"'\\'", "\\"),
        (r"'\''", "'"),
        (r"'é'", "é"),
        ("'it''s'", "it's"),
        ('"a"', "a"),
    ],
)
def test_hive_string_values(literal: str, value: str) -> None:
    (token,) = iter_significant(literal, hive=True)
    assert unquote_string(token, hive=True) == value


def test_names_fold_to_lower_case_without_their_quotes() -> None:
    tokens = list(iter_significant('Foo "Bar""x" `B``z`'))
    assert [unquote_name(token) for token in tokens] == ["foo", 'bar"x', "b`z"]


def test_positions_count_from_one() -> None:
    assert line_and_column("ab\ncd", 0) == (1, 1)
    assert line_and_column("ab\ncd", 4) == (2, 2)


def test_a_quoted_word_is_never_a_keyword() -> None:
    quoted, text, bare = iter_significant("\"x\" 'SELECT' Select")
    assert not quoted.is_word('"X"')
    assert not text.is_word("'SELECT'")
    assert bare.kind is TokenKind.WORD
    assert bare.is_word("SELECT")
