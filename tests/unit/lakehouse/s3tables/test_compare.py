"""A table that is there against its definition."""

from typing import Any

import pytest
from pyiceberg.table.metadata import TableMetadata, new_table_metadata

from lakehouse.s3tables.compare import differences
from lakehouse.s3tables.ddl.statement import parse_ddl


def there(ddl: str) -> TableMetadata:
    """Metadata of a table as Iceberg makes it of a definition."""
    found = parse_ddl(ddl)
    return new_table_metadata(
        found.schema, found.partition_spec, found.sort_order, "s3://somewhere", dict(found.all_properties)
    )


def compared(wanted: str, found: str) -> list[tuple[Any, ...]]:
    return [(one.where, one.wanted, one.found) for one in differences(parse_ddl(wanted), there(found))]


BASE = "create table t (a int not null, s struct<x: int, y: string>, at timestamp) partitioned by (day(at))"


@pytest.mark.parametrize(
    "same",
    [
        BASE,
        "create table t (a int not null comment 'c', s struct<x: int, y: string comment 'd'>, at timestamp) "
        "partitioned by (day(at)) tblproperties ('write.format.default'='parquet')",
    ],
)
def test_what_the_definition_does_not_say_is_no_difference(same: str) -> None:
    assert compared(BASE, same) == []


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (
            "create table t (a long, s struct<x: int, y: string>, at timestamp) partitioned by (day(at))",
            [("column a", "int NOT NULL", "long")],
        ),
        (
            "create table t (a int not null, s struct<x: int, z: string>, at timestamp) "
            "partitioned by (day(at))",
            [("column s.y", "string", None), ("column s.z", None, "string")],
        ),
        (
            "create table t (a int not null, s struct<x: long, y: string>, at timestamp) "
            "partitioned by (day(at))",
            [("column s.x", "int", "long")],
        ),
        (
            "create table t (a int not null, s array<int>, at timestamp) partitioned by (day(at))",
            [("column s", "struct<x int, y string>", "array<int>")],
        ),
        (
            "create table t (at timestamp, a int not null, s struct<x: int, y: string>) "
            "partitioned by (day(at))",
            [("order of columns", "a, s, at", "at, a, s")],
        ),
        (
            "create table t (a int not null, s struct<x: int, y: string>, at timestamp) "
            "partitioned by (hour(at), bucket(4, a))",
            [("partitions", "day(at)", "hour(at), bucket(4, a)")],
        ),
        (
            "create table t (a int not null, s struct<x: int, y: string>, at timestamp, primary key (a)) "
            "partitioned by (day(at)) sorted by (a)",
            [("primary key", None, "a"), ("sort order", None, "a ASC NULLS FIRST")],
        ),
    ],
)
def test_each_difference_is_told(other: str, expected: list[tuple[Any, ...]]) -> None:
    assert compared(BASE, other) == expected


def test_declared_properties_and_comments_are_compared() -> None:
    wanted = (
        "create table t (a int comment 'new') comment 'c' "
        "tblproperties ('write.format.default'='parquet', 'format-version'='2')"
    )
    found = "create table t (a int comment 'old') tblproperties ('write.format.default'='orc')"
    assert compared(wanted, found) == [
        ("comment of column a", "new", "old"),
        ("property write.format.default", "parquet", "orc"),
        ("property comment", "c", None),
    ]
