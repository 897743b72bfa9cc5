"""DESCRIBE, SHOW CREATE TABLE and SHOW patterns in Athena's layout."""

from __future__ import annotations

import pytest

from athena_sandbox.athena.catalog.definition import table_input
from athena_sandbox.athena.catalog.iceberg import parse_metadata
from athena_sandbox.athena.handlers.base import Target
from athena_sandbox.athena.handlers.describe import hive_lines, iceberg_lines
from athena_sandbox.athena.handlers.patterns import hive_pattern
from athena_sandbox.athena.handlers.show import hive_ddl, iceberg_ddl
from athena_sandbox.athena.statements import ast
from athena_sandbox.athena.statements.parser import parse

METADATA = {
    "location": "s3://b/t",
    "current-schema-id": 1,
    "schemas": [
        {"schema-id": 0, "fields": []},
        {
            "schema-id": 1,
            "fields": [
                {"id": 1, "name": "n", "type": "long", "doc": "count"},
                {"id": 2, "name": "ts", "type": "timestamp"},
                {
                    "id": 3,
                    "name": "s",
                    "type": {
                        "type": "struct",
                        "fields": [
                            {"name": "a", "type": "int"},
                            {"name": "b", "type": {"type": "list", "element": "string"}},
                        ],
                    },
                },
                {"id": 4, "name": "m", "type": {"type": "map", "key": "string", "value": "decimal(10, 2)"}},
            ],
        },
    ],
    "default-spec-id": 2,
    "partition-specs": [
        {"spec-id": 0, "fields": []},
        {
            "spec-id": 2,
            "fields": [
                {"source-id": 1, "name": "n_bucket", "transform": "bucket[4]"},
                {"source-id": 2, "name": "ts_day", "transform": "day"},
                {"source-id": 1, "name": "gone", "transform": "void"},
            ],
        },
    ],
    "properties": {"write.format.default": "PARQUET", "vacuum_min_snapshots_to_keep": "2", "owner": "x"},
}
HIVE = Target(
    "d",
    "t",
    {
        "Name": "t",
        "Parameters": {"EXTERNAL": "TRUE", "classification": "csv"},
        "PartitionKeys": [{"Name": "year", "Type": "int"}],
        "StorageDescriptor": {
            "Columns": [{"Name": "a", "Type": "string", "Comment": "it's"}, {"Name": "b", "Type": "int"}],
            "Location": "s3://b/t",
            "InputFormat": "in",
            "OutputFormat": "out",
            "SerdeInfo": {"SerializationLibrary": "serde", "Parameters": {"field.delim": ","}},
        },
    },
)


def test_describe_of_a_hive_table_is_padded_and_repeats_partition_columns() -> None:
    assert hive_lines(HIVE) == [
        "a                   \tstring              \tit's                ",
        "b                   \tint                 \t                    ",
        "year                \tint                 \t                    ",
        "\t \t ",
        "# Partition Information\t \t ",
        "# col_name            \tdata_type           \tcomment             ",
        "\t \t ",
        "year                \tint                 \t                    ",
    ]


def test_describe_of_an_iceberg_table_shows_its_spec() -> None:
    assert iceberg_lines(parse_metadata(METADATA)) == [
        "# Table schema:\t\t",
        "# col_name\tdata_type\tcomment",
        "n\tbigint\tcount",
        "ts\ttimestamp\t",
        "s\tstruct<a: int, b: array<string>>\t",
        "m\tmap<string, decimal(10, 2)>\t",
        "\t\t",
        "# Partition spec:\t\t",
        "# field_name\tfield_transform\tcolumn_name",
        "n_bucket\tbucket[4]\tn",
        "ts_day\tday\tts",
    ]


def test_show_create_of_an_iceberg_table() -> None:
    target = Target("d", "t", {"Parameters": {"table_type": "ICEBERG"}})
    assert iceberg_ddl(target, parse_metadata(METADATA)) == [
        "CREATE TABLE d.t (",
        "  n bigint COMMENT 'count',",
        "  ts timestamp,",
        "  s struct<a: int, b: array<string>>,",
        "  m map<string, decimal(10, 2)>)",
        "PARTITIONED BY (bucket(4, `n`), day(`ts`))",
        "LOCATION 's3://b/t'",
        "TBLPROPERTIES (",
        "  'table_type'='iceberg',",
        "  'format'='parquet',",
        "  'vacuum_min_snapshots_to_keep'='2'",
        ");",
    ]


LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"


@pytest.mark.parametrize(
    ("serde", "properties", "lines"),
    [
        (PARQUET, {"serialization.format": "1"}, ["ROW FORMAT SERDE ", f"  '{PARQUET}' "]),
        (LAZY, {"serialization.format": "1"}, ["ROW FORMAT SERDE ", f"  '{LAZY}' "]),
        (
            LAZY,
            {"field.delim": "\t", "serialization.format": "\t", "line.delim": "\n", "escape.delim": "\\"},
            [
                "ROW FORMAT DELIMITED ",
                "  FIELDS TERMINATED BY '\\t' ",
                "  ESCAPED BY '\\\\' ",
                "  LINES TERMINATED BY '\\n' ",
            ],
        ),
        (
            LAZY,
            {"field.delim": "\x01", "collection.delim": "'", "serialization.null.format": "NULL"},
            [
                "ROW FORMAT DELIMITED ",
                "  FIELDS TERMINATED BY '\\u0001' ",
                "  COLLECTION ITEMS TERMINATED BY '\\'' ",
                "  NULL DEFINED AS 'NULL' ",
            ],
        ),
        (
            LAZY,
            {"field.delim": ",", "serialization.encoding": "latin1"},
            [
                "ROW FORMAT SERDE ",
                f"  '{LAZY}' ",
                "WITH SERDEPROPERTIES ( ",
                "  'field.delim'=',', ",
                "  'serialization.encoding'='latin1') ",
            ],
        ),
    ],
)
def test_show_create_of_a_row_format(serde: str, properties: dict[str, str], lines: list[str]) -> None:
    storage = {"Columns": [], "SerdeInfo": {"SerializationLibrary": serde, "Parameters": properties}}
    ddl = hive_ddl(Target("d", "t", {"StorageDescriptor": storage}), ast.Name("t"))
    assert ddl[1 : ddl.index("STORED AS INPUTFORMAT ")] == lines


def test_what_show_create_prints_makes_the_table_again() -> None:
    sql = (
        "create external table t (a int comment 'it\\'s', b string) comment 'c' partitioned by (p string) "
        "clustered by (a, b) sorted by (a asc, b desc) into 5 buckets row format delimited "
        "fields terminated by '\\t' escaped by '\\\\' lines terminated by '\\n' null defined as '\\001' "
        "location 's3://b/t' tblproperties ('k'='v')"
    )
    statement = parse(sql)
    assert isinstance(statement, ast.CreateTable)
    printed = hive_ddl(Target("d", "t", table_input(statement, now=0)), statement.table)
    again = parse("\n".join(printed))
    assert isinstance(again, ast.CreateTable)
    assert table_input(again, now=0) == table_input(statement, now=0)


def test_show_create_names_the_table_as_the_statement_does() -> None:
    assert hive_ddl(HIVE, ast.Name("t"))[0] == "CREATE EXTERNAL TABLE `t`("
    assert hive_ddl(HIVE, ast.Name("t", "d", "awsdatacatalog"))[0] == "CREATE EXTERNAL TABLE `d.t`("


def test_show_create_of_a_commented_and_bucketed_table() -> None:
    storage = {
        "Columns": [{"Name": "a", "Type": "int"}],
        "SerdeInfo": {"SerializationLibrary": PARQUET},
        "NumberOfBuckets": 5,
        "BucketColumns": ["a", "b"],
        "SortColumns": [{"Column": "a", "SortOrder": 1}],
    }
    table = {"StorageDescriptor": storage, "Parameters": {"comment": "it's", "k": "v"}}
    ddl = hive_ddl(Target("d", "t", table), ast.Name("t"))
    assert ddl[2:3] == ["COMMENT 'it\\'s'"]
    assert ddl[3:9] == [
        "CLUSTERED BY ( ",
        "  a, ",
        "  b) ",
        "SORTED BY ( ",
        "  a ASC) ",
        "INTO 5 BUCKETS",
    ]
    assert ddl[-2:] == ["TBLPROPERTIES (", "  'k'='v')"]


def test_show_create_of_a_hive_table() -> None:
    assert hive_ddl(HIVE, ast.Name("t", "d")) == [
        "CREATE EXTERNAL TABLE `d.t`(",
        "  `a` string COMMENT 'it\\'s', ",
        "  `b` int)",
        "PARTITIONED BY ( ",
        "  `year` int)",
        "ROW FORMAT SERDE ",
        "  'serde' ",
        "WITH SERDEPROPERTIES ( ",
        "  'field.delim'=',') ",
        "STORED AS INPUTFORMAT ",
        "  'in' ",
        "OUTPUTFORMAT ",
        "  'out'",
        "LOCATION",
        "  's3://b/t'",
        "TBLPROPERTIES (",
        "  'classification'='csv')",
    ]


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        (None, "any", True),
        ("*", "any", True),
        ("a*", "abc", True),
        ("a*", "bac", False),
        ("a|b", "b", True),
        ("a.*", "abc", True),
        ("ABC", "abc", True),
        ("ab", "abc", False),
        ("(", "(", False),
    ],
)
def test_show_patterns_match_whole_names(pattern: str | None, name: str, matches: bool) -> None:
    assert hive_pattern(pattern)(name) is matches
