"""Types in the three spellings."""

from __future__ import annotations

import pytest

from athena_sandbox.athena.statements.hive_types import parse_glue_type, primitive


@pytest.mark.parametrize(
    ("glue", "trino", "iceberg"),
    [
        ("string", "varchar", "string"),
        ("int", "integer", "int"),
        ("float", "real", "float"),
        ("binary", "varbinary", "binary"),
        ("timestamp", "timestamp(6)", "timestamp"),
        ("decimal(10,2)", "decimal(10,2)", "decimal(10, 2)"),
        ("varchar(5)", "varchar(5)", "varchar(5)"),
        ("array<int>", "array(integer)", "array<int>"),
        ("map<string,int>", "map(varchar, integer)", "map<string, int>"),
        (
            "struct<a:int,b:array<struct<c:decimal(3,1)>>>",
            'row("a" integer, "b" array(row("c" decimal(3,1))))',
            "struct<a: int, b: array<struct<c: decimal(3, 1)>>>",
        ),
    ],
)
def test_a_glue_type_in_each_spelling(glue: str, trino: str, iceberg: str) -> None:
    kind = parse_glue_type(glue)
    assert (kind.hive(), kind.trino(), kind.iceberg()) == (glue, trino, iceberg)


@pytest.mark.parametrize("broken", ["array<", "struct<a", "map<string", "<", "array<int>>", ""])
def test_a_broken_glue_type_is_kept_as_it_is(broken: str) -> None:
    assert parse_glue_type(broken).name == broken


@pytest.mark.parametrize(
    ("name", "hive"),
    [("INTEGER", "int"), ("varchar", "string"), ("decimal", "decimal(10,0)"), ("REAL", "float")],
)
def test_aliases_of_ddl(name: str, hive: str) -> None:
    kind = primitive(name)
    assert kind is not None
    assert kind.hive() == hive


@pytest.mark.parametrize("name", ["uuid", "json", "time", "interval", "row"])
def test_types_that_ddl_does_not_know(name: str) -> None:
    assert primitive(name) is None
