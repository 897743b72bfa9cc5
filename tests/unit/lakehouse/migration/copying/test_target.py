"""What a plan makes: the statements as they are sent, and what is refused."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from tests.support.sandbox import ROOT

from lakehouse.catalog.files import SourceFile
from lakehouse.catalog.tables import Column, Table, TableKind
from lakehouse.dbt.macros import load_macros
from lakehouse.errors import UsageError
from lakehouse.migration.config import MigrationConfig
from lakehouse.migration.copying.batches import MAX_PARTITIONS, MAX_PATH_BYTES, Batch
from lakehouse.migration.copying.compat import compat_view
from lakehouse.migration.copying.merge import merge_rejects, merge_rows
from lakehouse.migration.copying.rows import Rows
from lakehouse.migration.copying.target import rejects_ddl, target_ddl

COLUMNS = (
    Column("id", "varchar(20)"),
    Column("at", "string"),
    Column("price", "string"),
    Column("size", "smallint"),
    Column("tags", "array<string>"),
    Column("seen", "timestamp"),
)


def config(**table: Any) -> MigrationConfig:
    return MigrationConfig.model_validate(
        {
            "name": "shop",
            "location": "s3://silver/migrations/shop/",
            "data": "s3://silver/migrated/",
            "tables": [
                {
                    "source": "shop.events",
                    "columns": {"at": {"type": "timestamp"}, "price": {"type": "decimal(5,2)"}},
                    "partition_by": {"column": "at"},
                    "key": ["id"],
                    **table,
                }
            ],
        }
    )


def rows(given: MigrationConfig, columns: tuple[Column, ...] = COLUMNS) -> Rows:
    source = Table(
        "shop", "events", TableKind.HIVE, columns, (Column("year", "int"),), "s3://bronze/events/", {}
    )
    return Rows(given.tables[0], source, load_macros(ROOT))


def test_the_target_is_typed_partitioned_and_keeps_its_snapshots_as_long_as_the_old_table_stays() -> None:
    given = config()
    assert (
        target_ddl(given, rows(given))
        == """\
create table `shop`.`events_v2` (
    `id` string,
    `at` timestamp,
    `price` decimal(5,2),
    `size` int,
    `tags` array<string>,
    `seen` timestamp,
    `year` int,
    `_source_path` string
)
partitioned by (day(`at`))
location 's3://silver/migrated/shop/events_v2/'
tblproperties (
    'table_type'='iceberg',
    'format'='parquet',
    'write_compression'='zstd',
    'vacuum_max_snapshot_age_seconds'='2592000'
)"""
    )


def test_a_target_without_a_key_gets_one() -> None:
    given = config(key=[], partition_by={"column": "at", "transform": "year"})
    ddl = target_ddl(given, rows(given))
    assert "    `_source_path` string,\n    `_row_key` string\n)\npartitioned by (year(`at`))\n" in ddl


def test_the_rejects_have_a_place_of_their_own() -> None:
    given = config()
    assert (
        rejects_ddl(given, rows(given))
        == """\
create table `shop`.`events_v2_rejects` (
    `reject_id` string,
    `source_table` string,
    `column_name` string,
    `raw_value` string,
    `reject_reason` string,
    `raw_row` string,
    `occurrences` bigint,
    `_source_path` string
)
location 's3://silver/migrated/shop/events_v2_rejects/'
tblproperties (
    'table_type'='iceberg',
    'format'='parquet',
    'write_compression'='zstd',
    'vacuum_max_snapshot_age_seconds'='2592000'
)"""
    )


def test_the_view_casts_back_what_the_target_has_otherwise() -> None:
    given = config()
    view = compat_view(given.tables[0], rows(given).source)
    assert (
        view.sql
        == """\
select
    cast("id" as varchar(20)) as "id",
    cast("at" as varchar) as "at",
    cast("price" as varchar) as "price",
    cast("size" as smallint) as "size",
    "tags",
    cast("seen" as timestamp(3)) as "seen",
    "year"
from "shop"."events_v2\""""
    )
    assert [(column.name, column.type, column.glue_type) for column in view.columns] == [
        ("id", "varchar(20)", "varchar(20)"),
        ("at", "varchar", "string"),
        ("price", "varchar", "string"),
        ("size", "smallint", "smallint"),
        ("tags", "array(varchar)", "array<string>"),
        ("seen", "timestamp(3)", "timestamp"),
        ("year", "integer", "int"),
    ]


@pytest.mark.parametrize(
    ("given", "columns", "message"),
    [
        (config(key=["no"]), COLUMNS, "shop.events has no column no: its columns are id, at"),
        (
            config(),
            (Column("id", "string"), Column("at", "bigint"), Column("price", "string")),
            "shop.events.at is bigint: only columns of text are parsed",
        ),
        (config(), (*COLUMNS, Column("_source_path", "string")), "has a column _source_path"),
        (config(keep="latest", latest_by="no"), COLUMNS, "has no column no"),
    ],
)
def test_a_configuration_that_does_not_fit_its_source_is_refused(
    given: MigrationConfig, columns: tuple[Column, ...], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        rows(given, columns)


def test_a_name_that_no_quotes_can_hold_is_refused() -> None:
    given = config()
    with pytest.raises(UsageError, match="can't be the name"):
        target_ddl(given, rows(given, (*COLUMNS, Column('a"b', "string"))))


@pytest.mark.parametrize("long_path", [1000, 60])
def test_the_longest_statement_of_a_batch_is_one_that_athena_takes(long_path: int) -> None:
    given = config()
    count = MAX_PATH_BYTES // long_path
    files = [
        SourceFile(f"s3://bronze/events/{number:0{long_path - 23}}", 1, (("year", str(number)),))
        for number in range(count)
    ]
    # A day between each two: every one of the partitions is a range of its own.
    days = tuple(date(2024, 1, 1) + timedelta(days=2 * number) for number in range(MAX_PARTITIONS))
    batch = Batch(0, tuple(files), days, 0, part=(days[0], days[-1]))
    merges = (merge_rows(rows(given), batch, within_partitions=True), merge_rejects(rows(given), batch))
    assert max(len(statement.encode()) for statement in merges) < 262_144
