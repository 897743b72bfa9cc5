"""The expressions that clients really send, and what Glue refuses."""

import pytest

from athena_sandbox.glue.errors import InvalidInputError, InvalidStateError
from athena_sandbox.glue.partition_filter import compile_filter

KEYS = [
    {"Name": "year", "Type": "int"},
    {"Name": "day", "Type": "date"},
    {"Name": "city", "Type": "string"},
    {"Name": "share", "Type": "decimal(10,2)"},
    {"Name": "at", "Type": "timestamp"},
    {"Name": "code", "Type": "varchar(10)"},
]
PARTITION = ("2025", "2025-01-09", "it's", "10.50", "2025-01-09 10:00:00", "de")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # nothing to filter by, as Trino sends it
        ("", True),
        (None, True),
        ("  ", True),
        # Trino: buildGlueExpression
        ("((year = 2025))", True),
        ("((year in (2023, 2024)))", False),
        ("((code > 'a' AND code < 'dd') OR (code = 'zz'))", False),
        ("((code >= 'de') OR (code = '__HIVE_DEFAULT_PARTITION__'))", True),
        ("((city = 'it's'))", True),
        ("((city in ('a', 'it's')))", True),
        ("((city = 'it's') OR (city = 'that's'))", True),
        # dbt-athena: batches and insert_overwrite
        ("day='2025-01-09' and city='it''s'", True),
        ("year=2025 and day=DATE'2025-01-09'", True),
        ("(year=2024 and city='x') or (year=2025 and day=DATE '2025-01-09')", True),
        # awswrangler and people
        ("year > 2024 AND day < '2025-01-10'", True),
        ("year >= 9", True),
        ("year <> 2025", False),
        ("year != 2025", False),
        ("share = 10.5", True),
        ("share < -1", False),
        ("at = '2025-01-09 10:00:00.000'", True),
        ("YEAR = 2025", True),
        ("`year` = 2025", True),
        ('"year" = 2025', True),
        ("year BETWEEN 2024 AND 2026", True),
        ("year not between 2024 and 2026", False),
        ("city like 'it%'", True),
        ("city LIKE '_t_s'", True),
        ("city like 'it.s'", False),
        ("city not like 'x%'", True),
        ("not (year = 2025)", False),
        ("NOT year = 2024 AND city IS NOT NULL", True),
        ("year = 2024 or year = 2025 and city = 'x'", False),
        ("year = '2025'", True),
        ("code = 'de'", True),
    ],
)
def test_expression(expression, expected):
    assert compile_filter(expression, KEYS)(PARTITION) is expected


def test_integers_are_compared_as_numbers_and_strings_as_text():
    keys = [{"Name": "number", "Type": "int"}, {"Name": "text", "Type": "string"}]
    assert compile_filter("number > 9", keys)(("10", "10"))
    assert not compile_filter("text > '9'", keys)(("10", "10"))


def test_the_null_of_hive_matches_nothing_in_a_typed_key():
    keys = [{"Name": "year", "Type": "int"}]
    null = ("__HIVE_DEFAULT_PARTITION__",)
    for expression in ("year = 2025", "year <> 2025", "year < 3000", "year in (1, 2)"):
        assert not compile_filter(expression, keys)(null)
    assert not compile_filter("year between 1 and 3000", keys)(null)
    assert compile_filter("year is null", keys)(null)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("month = 1", "No partition key is called 'month'"),
        ("year = 'x'", "does not fit the type"),
        ("day = '2025-02-30'", "does not fit the type"),
        ("year like '20%'", "LIKE"),
        ("year", "Unsupported expression"),
        ("year =", "Unsupported expression"),
        ("year = 2025 and", "Unsupported expression"),
        ("(year = 2025", "Unsupported expression"),
        ("year = 2025) or (year = 1", "Unsupported expression"),
        ("year = 2025; drop table x", "Unsupported expression"),
        ("year in ()", "does not fit the type"),
        ("year not 2025", "Unsupported expression"),
        ("year is 2025", "Unsupported expression"),
    ],
)
def test_an_expression_that_glue_cannot_use_is_invalid_input(expression, message):
    with pytest.raises(InvalidInputError, match=message):
        compile_filter(expression, KEYS)


def test_a_key_type_that_cannot_be_compared_is_refused():
    with pytest.raises(InvalidInputError, match="Unknown type : 'boolean'"):
        compile_filter("flag = 'true'", [{"Name": "flag", "Type": "boolean"}])


def test_a_stored_value_that_is_not_of_its_type_is_an_invalid_state():
    with pytest.raises(InvalidStateError, match="'x' is not a int"):
        compile_filter("year = 1", [{"Name": "year", "Type": "int"}])(("x",))
