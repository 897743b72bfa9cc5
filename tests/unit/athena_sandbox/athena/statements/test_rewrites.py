"""What is changed in statements that otherwise pass through."""

from __future__ import annotations

import time

import pytest

from athena_sandbox.athena.errors import MalformedQueryError
from athena_sandbox.athena.statements.rewrites import has_parameters, strip_statement, type_decimal_literals


@pytest.mark.parametrize(
    ("sql", "rewritten"),
    [
        ("select 1.5", "select 1.5E0"),
        ("select .5, 1.", "select .5E0, 1.E0"),
        ("select 1 / 0.0", "select 1 / 0.0E0"),
        ("select 1e5, 1.5e3, 15", "select 1e5, 1.5e3, 15"),
        ("select decimal '1.5', '0.5'", "select decimal '1.5', '0.5'"),
        ('select "1.5", t1.c2 from t1 -- 1.5\n', 'select "1.5", t1.c2 from t1 -- 1.5\n'),
        ("select /* 1.5 */ 2.5", "select /* 1.5 */ 2.5E0"),
        ("select 1_000.5", "select 1000.5E0"),
        ("select cast(1 as decimal(10, 2))", "select cast(1 as decimal(10, 2))"),
    ],
)
def test_unmarked_decimals_become_doubles(sql: str, rewritten: str) -> None:
    assert type_decimal_literals(sql).rewritten == rewritten


def test_positions_in_messages_are_those_of_the_original() -> None:
    source = type_decimal_literals("select 1.5, 2.5, x\nfrom t where 0.5 > y")
    assert source.rewritten == "select 1.5E0, 2.5E0, x\nfrom t where 0.5E0 > y"
    assert source.restore_positions("line 1:22: Column 'x'") == "line 1:18: Column 'x'"
    assert source.restore_positions("line 2:22: Column 'y'") == "line 2:20: Column 'y'"
    assert source.restore_positions("line 1:8: first") == "line 1:8: first"


@pytest.mark.parametrize(
    ("sql", "stripped"),
    [
        ("select 1;", "select 1"),
        ("  select 1 ;\n ", "select 1"),
        ('-- /* {"app": "dbt"} */\nselect 1;', '-- /* {"app": "dbt"} */\nselect 1'),
        ("select ';' ; -- done", "select ';'"),
        ("select 1", "select 1"),
    ],
)
def test_one_trailing_semicolon_is_removed(sql: str, stripped: str) -> None:
    assert strip_statement(sql) == stripped


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select 1; select 2", "Only one sql statement is allowed. Got: select 1; select 2"),
        (";", "Empty sql statement: ;"),
        ("  ", "Query cannot be empty"),
    ],
)
def test_other_than_one_statement_is_refused(sql: str, message: str) -> None:
    with pytest.raises(MalformedQueryError, match="^" + message.replace(".", r"\.").replace("*", r"\*")):
        strip_statement(sql)


def test_parameters_are_seen_only_outside_strings_and_comments() -> None:
    assert has_parameters("select ? from t")
    assert not has_parameters("select '?', \"?\" -- ?\n from t")


def test_a_statement_of_the_maximum_size_is_scanned_quickly() -> None:
    sql = "select " + ", ".join(f't.column_{i} + 1.{i} as "c{i}"' for i in range(8000))
    started = time.perf_counter()
    rewritten = type_decimal_literals(strip_statement(sql + ";")).rewritten
    # Far more time than needed, far less than a quadratic scan would need.
    assert time.perf_counter() - started < 5
    assert rewritten.count("E0") == 8000


@pytest.mark.parametrize("sql", ["'" * 50_001, '"' * 50_001, "/*" * 30_000, "-" * 60_000, "(" * 60_000])
def test_hostile_text_is_scanned_in_linear_time(sql: str) -> None:
    started = time.perf_counter()
    type_decimal_literals(sql)
    assert time.perf_counter() - started < 5
