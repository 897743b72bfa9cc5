import pytest

from athena_sandbox.glue.hive_types import hive_type, is_hive_type


@pytest.mark.parametrize(
    ("trino", "hive"),
    [
        ("boolean", "boolean"),
        ("tinyint", "tinyint"),
        ("smallint", "smallint"),
        ("integer", "int"),
        ("bigint", "bigint"),
        ("real", "float"),
        ("double", "double"),
        ("decimal(38,18)", "decimal(38,18)"),
        ("varchar", "string"),
        ("varchar(10)", "varchar(10)"),
        ("char(3)", "char(3)"),
        ("varbinary", "binary"),
        ("date", "date"),
        ("timestamp", "timestamp"),
        ("timestamp(6)", "timestamp"),
        ("timestamp(3) with time zone", "timestamp with time zone"),
        ("timestamp with time zone", "timestamp with time zone"),
        ("time(3)", "time"),
        ("time(6) with time zone", "time with time zone"),
        ("interval day to second", "interval day to second"),
        ("uuid", "uuid"),
        ("json", "json"),
        ("array(varchar)", "array<string>"),
        ("map(varchar, array(integer))", "map<string,array<int>>"),
        ('row("a" integer, "B c" varchar)', "struct<a:int,B c:string>"),
        ("row(a integer, b row(c timestamp(3)))", "struct<a:int,b:struct<c:timestamp>>"),
        ("row(integer, timestamp with time zone)", "struct<field0:int,field1:timestamp with time zone>"),
        ('row("with" interval year to month)', "struct<with:interval year to month>"),
        ('row("say ""x""" real)', 'struct<say "x":float>'),
        ("array(row(x map(bigint,decimal(5,2))))", "array<struct<x:map<bigint,decimal(5,2)>>>"),
    ],
)
def test_spelling(trino, hive):
    assert hive_type(trino) == hive


@pytest.mark.parametrize(
    "text", ["", "array(", "array()", "row(a)(", "decimal(1,2", "a,b", "map(varchar;int)"]
)
def test_a_text_that_is_not_a_type_is_an_error(text):
    with pytest.raises(ValueError, match="not a Trino type"):
        hive_type(text)


@pytest.mark.parametrize(
    ("spelled", "known"),
    [
        ("int", True),
        ("decimal(10,2)", True),
        ("varchar(10)", True),
        ("struct<uuid:int,json:string>", True),
        ("map<string,array<struct<a:timestamp>>>", True),
        ("uuid", False),
        ("timestamp with time zone", False),
        ("array<uuid>", False),
        ("struct<a:int,b:time>", False),
        ("map<string,json>", False),
    ],
)
def test_what_hive_can_parse(spelled, known):
    assert is_hive_type(spelled) is known
