"""Views as they stand in Glue: written in Athena's form, and read from it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from lakehouse.athena.column_types import engine_type
from lakehouse.catalog.tables import Column, Table, TableKind
from lakehouse.catalog.views import View, ViewColumn, decoded, view_input
from lakehouse.errors import UsageError
from lakehouse.migration.column_values import target_type

DEFINITION = {
    "originalSql": 'select "é", cast(t as varchar) as t from acme.events_v2',
    "catalog": "awsdatacatalog",
    "schema": "default",
    "columns": [{"name": "é", "type": "integer"}, {"name": "t", "type": "varchar"}],
}
VIEW = View(
    'select "é", cast(t as varchar) as t from acme.events_v2',
    (ViewColumn("é", "integer", "int"), ViewColumn("t", "varchar", "string")),
)


def entry(text: str, kind: TableKind = TableKind.VIEW) -> Table:
    columns = (Column("é", "int"), Column("t", "string"))
    return Table("acme", "events", kind, columns, (), "", {"ViewOriginalText": text})


def comment_of(definition: Any) -> str:
    return f"/* Presto View: {base64.b64encode(json.dumps(definition).encode()).decode()} */"


def test_a_view_is_written_as_athena_writes_it() -> None:
    given = view_input("events", VIEW)
    text = given["ViewOriginalText"]
    assert text.startswith("/* Presto View: ")
    assert json.loads(base64.b64decode(text[16:-3])) == DEFINITION
    assert given["TableType"] == "VIRTUAL_VIEW"
    assert given["ViewExpandedText"] == "/* Presto View */"
    assert given["Parameters"]["presto_view"] == "true"
    assert given["StorageDescriptor"]["Columns"] == [
        {"Name": "é", "Type": "int"},
        {"Name": "t", "Type": "string"},
    ]


def test_a_view_that_athena_wrote_is_read() -> None:
    assert decoded(entry(comment_of(DEFINITION))) == VIEW


@pytest.mark.parametrize(
    "table",
    [
        entry("", TableKind.HIVE),
        entry("select 1"),
        entry("/* Presto View: %%% */"),
        entry(comment_of({"columns": []})),
        entry(comment_of([1])),
    ],
    ids=["a table", "another engine's view", "no base64", "no query", "no definition"],
)
def test_what_is_no_view_is_refused_with_its_name(table: Table) -> None:
    with pytest.raises(UsageError, match=r"acme\.events"):
        decoded(table)


@pytest.mark.parametrize(
    ("glue", "iceberg"),
    [
        ("string", "string"),
        ("varchar(10)", "string"),
        ("CHAR(3)", "string"),
        ("tinyint", "int"),
        ("smallint", "int"),
        ("bigint", "bigint"),
        ("decimal(10,2)", "decimal(10,2)"),
        ("array<varchar(3)>", "array<string>"),
        ("struct<a:smallint,b:timestamp>", "struct<a:int,b:timestamp>"),
    ],
)
def test_a_source_type_has_its_iceberg_type(glue: str, iceberg: str) -> None:
    assert target_type(glue) == iceberg


@pytest.mark.parametrize(
    ("glue", "engine"),
    [
        ("string", "varchar"),
        ("int", "integer"),
        ("float", "real"),
        ("binary", "varbinary"),
        ("varchar(10)", "varchar(10)"),
        ("timestamp", "timestamp(3)"),
        ("array<struct<a:int,b:timestamp>>", 'array(row("a" integer, "b" timestamp(3)))'),
        ("struct<timestamp:string,Date:timestamp>", 'row("timestamp" varchar, "date" timestamp(3))'),
    ],
)
def test_a_glue_type_has_its_engine_type(glue: str, engine: str) -> None:
    assert engine_type(glue) == engine


def test_a_timestamp_of_an_iceberg_table_has_six_digits() -> None:
    assert engine_type("map<string,timestamp>", timestamp_digits=6) == "map(varchar, timestamp(6))"


def test_what_is_no_type_is_refused() -> None:
    with pytest.raises(UsageError, match="is not a column type that Athena can read"):
        engine_type("no such (type")
