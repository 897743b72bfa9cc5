"""Types of columns, parsed: what they are in Glue again, and in the engine."""

from __future__ import annotations

import pytest

from lakehouse.athena.column_types import parse_column_type
from lakehouse.errors import UsageError


@pytest.mark.parametrize(
    ("text", "glue", "engine"),
    [
        ("STRING", "string", "varchar"),
        ("decimal", "decimal(10,0)", "decimal(10, 0)"),
        ("decimal(38)", "decimal(38,0)", "decimal(38, 0)"),
        ("decimal( 10 , 2 )", "decimal(10,2)", "decimal(10, 2)"),
        ("map<string,array<timestamp>>", "map<string,array<timestamp>>", "map(varchar, array(timestamp(3)))"),
        ("struct<timestamp:string>", "struct<timestamp:string>", 'row("timestamp" varchar)'),
        ("struct<Char:varchar(3), int: float >", "struct<char:varchar(3),int:float>", None),
        ("struct<`a b`:int,c-d:date,1:binary>", "struct<a b:int,c-d:date,1:binary>", None),
        (
            "array<struct<smallint:struct<array:tinyint>>>",
            "array<struct<smallint:struct<array:tinyint>>>",
            'array(row("smallint" row("array" tinyint)))',
        ),
    ],
)
def test_a_type_is_what_it_says_whatever_its_fields_are_called(
    text: str, glue: str, engine: str | None
) -> None:
    parsed = parse_column_type(text)
    assert str(parsed) == glue
    assert parse_column_type(glue) == parsed
    if engine is not None:
        assert parsed.in_engine() == engine


WRONG = ("", "text", "array", "array<int", "array<int>>", "map<int>", "struct<>", "struct<int>", "struct<a:>")
STRANGE = ("int)", "uniontype<int,string>", 'struct<"a":int>', "int(", "array<" * 500 + "int" + ">" * 500)


@pytest.mark.parametrize("text", WRONG + STRANGE)
def test_what_is_not_a_type_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not a column type that Athena can read|levels deep"):
        parse_column_type(text)
