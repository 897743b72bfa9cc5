"""How values are printed; the expected texts are Athena's."""

from __future__ import annotations

from typing import Any

import pytest

from athena_sandbox.athena.engine.trino_types import EngineColumn, TrinoType, parse_signature
from athena_sandbox.athena.results.columns import column_info
from athena_sandbox.athena.results.formatting import formatter, java_double, row_formatter


def plain(name: str) -> TrinoType:
    return TrinoType(name)


def array(member: TrinoType) -> TrinoType:
    return TrinoType("array", (), (member,))


def map_of(key: TrinoType, value: TrinoType) -> TrinoType:
    return TrinoType("map", (), (key, value))


def row(*members: tuple[str | None, TrinoType]) -> TrinoType:
    return TrinoType("row", (), tuple(kind for _, kind in members), tuple(name for name, _ in members))


INT, TEXT, DOUBLE, BINARY = plain("integer"), plain("varchar"), plain("double"), plain("varbinary")
STAMP, ZONED = plain("timestamp"), plain("timestamp with time zone")


@pytest.mark.parametrize(
    ("kind", "value", "printed"),
    [
        (plain("boolean"), True, "true"),
        (plain("boolean"), False, "false"),
        (plain("bigint"), -9223372036854775808, "-9223372036854775808"),
        (plain("decimal"), "1.50", "1.50"),
        (TEXT, "", ""),
        (TEXT, None, None),
        (plain("char"), "ab   ", "ab   "),
        (BINARY, "AQI=", "01 02"),
        (BINARY, "", ""),
        (plain("date"), "2020-01-01", "2020-01-01"),
        (STAMP, "2020-01-01 12:34:56", "2020-01-01 12:34:56.000"),
        (STAMP, "2020-01-01 12:34:56.7", "2020-01-01 12:34:56.700"),
        (STAMP, "2020-01-01 12:34:56.789123", "2020-01-01 12:34:56.789123"),
        (ZONED, "2020-01-01 12:34:56 UTC", "2020-01-01 12:34:56.000 UTC"),
        (ZONED, "2020-01-01 12:34:56.789 Europe/Berlin", "2020-01-01 12:34:56.789 Europe/Berlin"),
        (ZONED, "2020-01-01 12:34:56.1 +02:00", "2020-01-01 12:34:56.100 +02:00"),
        (plain("time"), "12:34:56", "12:34:56"),
        (plain("time with time zone"), "12:34:56.78+00:00", "12:34:56.78+00:00"),
        (array(INT), [1, None, 3], "[1, null, 3]"),
        (array(TEXT), ["a", "b c"], "[a, b c]"),
        (array(DOUBLE), [1e10, "NaN"], "[1.0E10, NaN]"),
        (map_of(TEXT, INT), {"l": 2, "k": 1}, "{k=1, l=2}"),
        (map_of(INT, TEXT), {"10": "b", "9": None}, "{9=null, 10=b}"),
        (map_of(plain("boolean"), INT), {"false": 2, "true": 1}, "{false=2, true=1}"),
        (map_of(STAMP, INT), {"2020-01-01 00:00:00": 1}, "{2020-01-01 00:00:00.000=1}"),
        (map_of(array(INT), INT), {"[1, 2]": 1}, "{[1, 2]=1}"),
        (map_of(row(("id", INT)), INT), {"{id=1}": 1}, "{{id=1}=1}"),
        (map_of(DOUBLE, INT), {"2.0E10": 2, "1.5": 1}, "{1.5=1, 2.0E10=2}"),
        (plain("BingTile"), {"x": 10, "y": 20, "zoom": 12}, "{x=10, y=20, zoom=12}"),
        (array(plain("BingTile")), [{"x": 1, "y": 2, "zoom": 3}, None], "[{x=1, y=2, zoom=3}, null]"),
        (plain("KdbTree"), {"root": None, "leaf": True, "at": [1.5]}, "{root=null, leaf=true, at=[1.5]}"),
        (row(("id", INT), ("name", TEXT)), [1, "x"], "{id=1, name=x}"),
        (row((None, INT), (None, TEXT)), [1, "x"], "{1, x}"),
        (row(("a", array(row(("b", INT))))), [[[1], None]], "{a=[{b=1}, null]}"),
        (array(STAMP), ["2020-01-01 00:00:00"], "[2020-01-01 00:00:00.000]"),
        (plain("json"), '{"a":1}', '{"a":1}'),
        (plain("uuid"), "12151fd2-7586-11e9-8f9e-2a86e4085a59", "12151fd2-7586-11e9-8f9e-2a86e4085a59"),
        (plain("interval day to second"), "1 00:00:00.000", "1 00:00:00.000"),
        (plain("unknown"), None, None),
    ],
)  # fmt: skip
def test_values_print_as_athena_prints_them(kind: TrinoType, value: Any, printed: str | None) -> None:
    assert formatter(kind)(value) == printed


@pytest.mark.parametrize(
    ("number", "printed"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1, "1.0"),
        (1.5, "1.5"),
        (-123.456, "-123.456"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (12345678.9, "1.23456789E7"),
        (0.001, "0.001"),
        (0.00123, "0.00123"),
        (0.00099, "9.9E-4"),
        (1e-7, "1.0E-7"),
        (1.7976931348623157e308, "1.7976931348623157E308"),
        (5e-324, "5.0E-324"),
        (100.0, "100.0"),
        (1234567.0, "1234567.0"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("-Infinity", "-Infinity"),
    ],
)
def test_doubles_print_as_java_prints_them(number: Any, printed: str) -> None:
    assert java_double(number) == printed


def test_binary_inside_a_structure_prints_as_an_object() -> None:
    printed = formatter(array(BINARY))(["AQI="])
    assert printed is not None
    assert printed.startswith("[[B@")


def test_a_row_prints_every_column() -> None:
    assert row_formatter([INT, TEXT])([1, None]) == ["1", None]


def test_signatures_nest() -> None:
    signature = {
        "rawType": "row",
        "arguments": [
            {
                "kind": "NAMED_TYPE",
                "value": {
                    "fieldName": {"name": "d"},
                    "typeSignature": {
                        "rawType": "decimal",
                        "arguments": [{"kind": "LONG", "value": 10}, {"kind": "LONG", "value": 2}],
                    },
                },
            },
            {
                "kind": "NAMED_TYPE",
                "value": {"typeSignature": {"rawType": "array", "arguments": [
                    {"kind": "TYPE", "value": {"rawType": "integer", "arguments": []}}
                ]}},
            },
        ],
    }  # fmt: skip
    expected = TrinoType("row", (), (TrinoType("decimal", (10, 2)), array(INT)), ("d", None))
    assert parse_signature(signature) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (plain("integer"), ("integer", 10, 0, False)),
        (plain("real"), ("float", 17, 0, False)),
        (plain("double"), ("double", 17, 0, False)),
        (TrinoType("varchar", (2147483646,)), ("varchar", 2147483646, 0, True)),
        (TrinoType("varchar", (7,)), ("varchar", 7, 0, True)),
        (TEXT, ("varchar", 2147483647, 0, True)),
        (TrinoType("decimal", (10, 2)), ("decimal", 10, 2, False)),
        (TrinoType("timestamp", (6,)), ("timestamp", 3, 0, False)),
        (array(INT), ("array", 0, 0, False)),
        (BINARY, ("varbinary", 1073741824, 0, False)),
    ],
)
def test_column_info(kind: TrinoType, expected: tuple[str, int, int, bool]) -> None:
    info = column_info(EngineColumn("c", kind))
    assert (info.type, info.precision, info.scale, info.case_sensitive) == expected
