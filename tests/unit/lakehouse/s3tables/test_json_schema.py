"""The JSON form of a schema: what it means, and where a wrong one is wrong."""

import json
from typing import Any

import pytest
from tests.support.sandbox import ROOT

from lakehouse.errors import UsageError
from lakehouse.s3tables.json_schema import parse_json_schema

SCHEMAS = ROOT / "examples" / "s3tables" / "schemas"


def parse(*fields: Any, **options: bool) -> list[str]:
    definition = parse_json_schema(json.dumps({"fields": list(fields)}), "t", "s.json", **options)
    return [str(column) for column in definition.schema.fields]


def test_fields_become_columns_with_ids_in_order() -> None:
    assert parse(
        {"name": "id", "type": "long", "required": True},
        {"name": "price", "type": "decimal(10,2)", "doc": "in EUR"},
        {"id": 99, "name": "f", "type": "fixed[16]", "required": False},
    ) == [
        "1: id: required long",
        "2: price: optional decimal(10, 2) (in EUR)",
        "3: f: optional fixed[16]",
    ]


def test_nested_types_are_taken_as_text_and_as_iceberg_writes_them() -> None:
    nested = {"type": "list", "element-id": 7, "element": "string", "element-required": True}
    struct = {"type": "struct", "fields": [{"id": 1, "name": "x", "type": nested, "required": False}]}
    assert parse(
        {"name": "a", "type": "map<string, array<int>>"},
        {"name": "b", "type": nested},
        {"name": "c", "type": struct},
    ) == [
        "1: a: optional map<string, list<int>>",
        "2: b: optional list<string>",
        "3: c: optional struct<8: x: optional list<string>>",
    ]


def test_zones_and_capitals_follow_the_options() -> None:
    field = {"name": "At", "type": "timestamptz"}
    assert parse(field, lower_case=True) == ["1: at: optional timestamptz"]
    assert parse(field, lower_case=True, drop_zone=True) == ["1: at: optional timestamp"]


@pytest.mark.parametrize("name", ["users", "events"])
def test_the_examples_are_taken(name: str) -> None:
    text = (SCHEMAS / f"{name}-schema.json").read_text()
    columns = parse_json_schema(text, name, "x").schema.fields
    assert [column.name for column in columns] == [field["name"] for field in json.loads(text)["fields"]]


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ([], "0 fields"),
        ([3], r"fields\[0\] is not an object"),
        ([{"type": "int"}], r"fields\[0\] has no name"),
        ([{"name": "a"}], r"fields\[0\] \(a\) has no type"),
        ([{"name": "a", "type": 3}], r"fields\[0\] \(a\) has no type"),
        ([{"name": "a", "type": "foo"}], "type:1:1: 'foo' is not an Iceberg type"),
        ([{"name": "a", "type": "int int"}], "type:1:5: expected the end"),
        ([{"name": "a", "type": "timestamp_ns"}], "format version 3"),
        ([{"name": "a", "type": "decimal(10,20)"}], "'20' is out of range"),
        ([{"name": "a", "type": "int", "required": "yes"}], "required must be true or false"),
        ([{"name": "a", "type": "int", "doc": 3}], "doc must be a text"),
        ([{"name": "a", "type": "int", "nullable": True}], "unknown key: nullable"),
        (
            [{"name": "a", "type": "int"}, {"name": "a", "type": "int"}],
            r"fields\[1\]: column 'a' appears twice",
        ),
        ([{"name": "userId", "type": "int"}], "capital letter"),
        ([{"name": "a", "type": {"type": "list"}}], "not a valid Iceberg type"),
        ([{"name": "a", "type": {"type": "set", "element": "int"}}], "not a valid Iceberg type"),
        (
            [{"name": "a", "type": {"type": "struct", "fields": [{"id": 1, "name": "X", "type": "int"}]}}],
            "capital letter",
        ),
    ],
)
def test_what_is_wrong_is_told(fields: list[Any], part: str) -> None:
    with pytest.raises(UsageError, match=part) as caught:
        parse(*fields)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[]", "is not a schema"),
        ('{"fields": {}}', "is not a schema"),
        ('{"fields": [], "partitions": []}', "unknown key: partitions"),
        ("[" * 100_000, "nested too deeply|is not JSON"),
    ],
)
def test_what_is_no_schema_is_told(text: str, part: str) -> None:
    with pytest.raises(UsageError, match=part):
        parse_json_schema(text, "t", "s.json")
