"""Execution parameters: which values are SQL and which are text."""

from __future__ import annotations

import pytest

from athena_sandbox.athena.handlers.parameters import as_expression, with_parameters


@pytest.mark.parametrize(
    ("value", "expression"),
    [
        ("1", "1"),
        ("-1.5", "-1.5E0"),
        ("'abc'", "'abc'"),
        ("abc", "'abc'"),
        ("it's", "'it''s'"),
        ("two words", "'two words'"),
        ("DATE '2020-01-01'", "DATE '2020-01-01'"),
        ("timestamp '2020-01-01 00:00:00'", "timestamp '2020-01-01 00:00:00'"),
        ("NULL", "NULL"),
        ("true", "true"),
        ("upper('x')", "upper('x')"),
        ("1 + 2", "1 + 2"),
        ("1, 2", "'1, 2'"),
        ("1)", "'1)'"),
        ("1 or x", "'1 or x'"),
        ('"column"', "'\"column\"'"),
        ("", "''"),
        ("1 2", "'1 2'"),
        ("'a'; drop table t", "'''a''; drop table t'"),
        ("12:34", "'12:34'"),
    ],
)
def test_a_value_as_an_expression(value: str, expression: str) -> None:
    assert as_expression(value) == expression


def test_parameters_are_bound_only_where_there_is_a_place_for_them() -> None:
    assert with_parameters("select 1", ("5",)) == "select 1"
    assert with_parameters("select '?'", ("5",)) == "select '?'"
    assert with_parameters("select 'a', ?", ("x",)) == ("EXECUTE IMMEDIATE 'select ''a'', ?' USING 'x'")
