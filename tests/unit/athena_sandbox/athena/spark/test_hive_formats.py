"""How Glue's tables become Spark's, and Spark's become Glue's; lines of JSON as rows."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import athena_sandbox.athena.spark as spark_package

# As a session's process finds them.
sys.path.insert(0, str(Path(spark_package.__file__).parent / "driver"))

import hive_formats
import hive_types
import json_rows

sys.path.pop(0)

PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
TEXT = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"


def glue_table(library: str, **more: Any) -> dict[str, Any]:
    return {
        "Name": "t",
        "StorageDescriptor": {
            "Columns": [{"Name": "a", "Type": "int", "Comment": "it's"}],
            "Location": "s3://b/t/",
            "SerdeInfo": {"SerializationLibrary": library, **more.pop("serde", {})},
        },
        **more,
    }


def test_a_parquet_table_is_read_by_sparks_own_source() -> None:
    table = glue_table(PARQUET, PartitionKeys=[{"Name": "d", "Type": "date"}])
    source = hive_formats.source_of("db", table)
    assert (source.provider, source.location, source.keys) == ("parquet", "s3://b/t/", ("d",))
    assert source.schema == "`a` int comment 'it\\'s', `d` date"


def test_hives_serdes_get_their_properties() -> None:
    source = hive_formats.source_of(
        "db", glue_table(TEXT, serde={"Parameters": {"field.delim": "|", "collection.delim": ":"}})
    )
    assert (source.provider, source.serde) == ("hive", TEXT)
    assert source.options == {"field.delim": "|", "collection.delim": ":", "colelction.delim": ":"}


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ({"Name": "t", "TableType": "VIRTUAL_VIEW"}, "view of Athena SQL"),
        ({"Name": "t", "Parameters": {"table_type": "ICEBERG"}}, "set Iceberg's SparkProperties"),
        (glue_table("a.GrokSerDe"), "GrokSerDe"),
        (glue_table(TEXT, Parameters={"skip.header.line.count": "1"}), "skip.header.line.count"),
        (glue_table(PARQUET, Parameters={"projection.enabled": "true"}), "projected"),
        (
            glue_table(PARQUET, Parameters={"parquet.column.index.access": "true"}),
            "parquet.column.index.access",
        ),
        ({"Name": "t", "StorageDescriptor": {}}, "no columns or no location"),
    ],
)
def test_a_table_that_spark_would_read_differently_has_a_reason(table: dict[str, Any], reason: str) -> None:
    with pytest.raises(hive_formats.UnsupportedTableError, match=rf"Spark can't read db\.t here: .*{reason}"):
        hive_formats.source_of("db", table)


def test_a_csv_table_of_sparks_gives_sql_its_delimiter() -> None:
    described = {
        "provider": "csv",
        "schema": {
            "type": "struct",
            "fields": [{"name": "Id", "type": "string", "nullable": True, "metadata": {}}],
        },
        "columns": [{"Name": "id", "Type": "string"}],
        "keys": [],
        "options": {"sep": ";", "header": "true", "path": "s3a://b/t"},
        "properties": {},
        "comment": None,
    }
    table = hive_formats.table_input("t", described, "s3://b/t")
    assert table["StorageDescriptor"]["Location"] == "s3://b/t"
    assert table["StorageDescriptor"]["SerdeInfo"]["Parameters"]["separatorChar"] == ";"
    assert table["Parameters"]["skip.header.line.count"] == "1"
    assert table["StorageDescriptor"]["Columns"] == [{"Name": "id", "Type": "string"}]
    # And back: by Spark's own source, the name in its own case.
    source = hive_formats.source_of("db", table)
    assert (source.provider, source.options["sep"]) == ("csv", ";")
    assert json.loads(source.schema)["fields"][0]["name"] == "Id"


def reader(columns: str, **options: Any) -> Callable[[str], Any]:
    row = hive_types.parse_type(f"struct<{columns}>")
    return json_rows.row_reader(
        list(zip(row.fields, row.parts, strict=True)), json_rows.JsonOptions(**options)
    )


def test_the_last_of_equal_names_counts_in_any_case() -> None:
    assert reader("a:int")('{"a": 1, "A": 2}') == (2,)


def test_values_become_their_columns_types() -> None:
    read = reader("i:bigint,d:decimal(38,20),t:timestamp,y:date,c:char(3),v:varchar(2),o:boolean,f:double")
    line = (
        '{"i": 7, "d": 123456789012345678.12345678901234567890, "t": "2025-01-31 12:00:00.5", '
        '"y": "2025-01-31", "c": "x", "v": "xyz", "o": "TRUE", "f": 1.10}'
    )
    assert read(line) == (
        7,
        Decimal("123456789012345678.12345678901234567890"),
        datetime(2025, 1, 31, 12, 0, 0, 500000),
        date(2025, 1, 31),
        "x  ",
        "xy",
        True,
        1.1,
    )


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-01-31T12:00:00Z", datetime(2025, 1, 31, 12)),
        ("2025-01-31T12:00:00+0130", datetime(2025, 1, 31, 10, 30)),
        ("1738324800", datetime(2025, 1, 31, 12)),
        ("1738324800123", datetime(2025, 1, 31, 12, 0, 0, 123000)),
        ("1738324800.5", datetime(2025, 1, 31, 12, 0, 0, 500000)),
    ],
)
def test_openx_reads_timestamps_in_these_forms(text: str, moment: datetime) -> None:
    assert reader("t:timestamp", openx=True)(f'{{"t": "{text}"}}') == (moment,)


def test_openx_makes_arrays_of_values_and_texts_of_objects() -> None:
    read = reader("a:array<int>,s:string", openx=True)
    assert read('{"a": 1, "s": {"x": 1.10, "y": [null, "ü"]}}') == ([1], '{"x":1.10,"y":[null,"ü"]}')
    assert read('{"a": "", "s": 1.10}') == (None, "1.10")


@pytest.mark.parametrize("line", ['{"a": "x"}', '{"a": 300}', "{", "[1]", '{"a": {}}'])
def test_what_is_not_its_columns_type_is_an_error(line: str) -> None:
    with pytest.raises(ValueError, match=r"is not|Not a"):
        reader("a:tinyint")(line)


def test_malformed_lines_are_empty_rows_where_the_table_says_so() -> None:
    assert reader("a:int", openx=True, ignore_malformed=True)("{nope") == (None,)
    assert reader("a:int", openx=True)("nope") == (None,)


@pytest.mark.parametrize("text", ["array<int", "struct<a int>", "", "int>", "map<string>>"])
def test_what_is_not_a_type_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"type|end"):
        hive_types.parse_type(text)


def test_a_type_keeps_its_fields_for_spark() -> None:
    kind = hive_types.parse_type(
        "struct<timestamp: string, l: array<map<string, decimal(10,2)>>, c: varchar(3)>"
    )
    assert kind.in_spark() == "struct<`timestamp`:string,`l`:array<map<string,decimal(10,2)>>,`c`:string>"
