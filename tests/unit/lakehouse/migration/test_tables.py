"""Tables from Glue, files from S3: which partition a file is of, and the condition that reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lakehouse.errors import UsageError
from lakehouse.migration.tables import (
    Column,
    Kind,
    SourceFile,
    Table,
    files_filter,
    find_table,
    get_source,
    get_table,
    list_files,
)

BUCKET = "bronze"


class Catalog:
    """Glue and S3 with a database `raw` and a bucket."""

    def __init__(self) -> None:
        self.glue = boto3.client("glue", region_name="us-east-1")
        self.s3 = boto3.client("s3", region_name="us-east-1")
        self.s3.create_bucket(Bucket=BUCKET)
        self.glue.create_database(DatabaseInput={"Name": "raw"})

    def table(self, name: str = "events", keys: tuple[str, ...] = (), **parts: Any) -> None:
        self.glue.create_table(
            DatabaseName="raw",
            TableInput={
                "Name": name,
                "TableType": "EXTERNAL_TABLE",
                "PartitionKeys": [{"Name": key, "Type": "int"} for key in keys],
                "StorageDescriptor": {
                    "Columns": [{"Name": "at", "Type": "string"}],
                    "Location": f"s3://{BUCKET}/{name}/",
                },
                **parts,
            },
        )

    def put(self, *keys: str, body: bytes = b"x") -> None:
        for key in keys:
            self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)

    def files(self, name: str = "raw.events") -> list[SourceFile]:
        return list_files(self.s3, self.glue, get_table(self.glue, name))


@pytest.fixture
def catalog(monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalog]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield Catalog()


def test_a_table_has_its_columns_then_its_partition_keys(catalog: Catalog) -> None:
    catalog.table(keys=("year",))
    table = get_table(catalog.glue, "raw.events")
    assert [column.name for column in table.all_columns] == ["at", "year"]
    assert [column.is_text for column in table.all_columns] == [True, False]
    with pytest.raises(UsageError, match=r"raw\.events has no column day: it has at, year"):
        table.column("day")


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ({"TableType": "VIRTUAL_VIEW"}, Kind.VIEW),
        ({"Parameters": {"table_type": "ICEBERG"}}, Kind.ICEBERG),
        ({"Parameters": {"classification": "parquet"}}, Kind.HIVE),
    ],
)
def test_what_an_entry_is(catalog: Catalog, parts: dict[str, Any], kind: Kind) -> None:
    catalog.table(**parts)
    assert get_table(catalog.glue, "raw.events").kind is kind


def test_a_table_that_is_not_there_is_named(catalog: Catalog) -> None:
    assert find_table(catalog.glue, "raw.nothing") is None
    with pytest.raises(UsageError, match=r"there is no table raw\.nothing"):
        get_table(catalog.glue, "raw.nothing")


def test_after_the_cutover_the_rows_are_under_the_legacy_name(catalog: Catalog) -> None:
    catalog.table(TableType="VIRTUAL_VIEW")
    with pytest.raises(UsageError, match=r"raw\.events is a view: a migration reads a table of files"):
        get_source(catalog.glue, "raw.events", "raw.events_legacy")
    catalog.table("events_legacy")
    assert get_source(catalog.glue, "raw.events", "raw.events_legacy").name == "events_legacy"


def test_files_are_data_files_in_the_order_of_their_paths(catalog: Catalog) -> None:
    catalog.table()
    catalog.put("events/b.parquet", "events/a/2.parquet", "events/_SUCCESS", "events/.hid", "eventsandmore/c")
    catalog.put("events/empty.parquet", body=b"")
    assert catalog.files() == [
        SourceFile("s3://bronze/events/a/2.parquet", 1),
        SourceFile("s3://bronze/events/b.parquet", 1),
    ]


def test_a_projected_partition_is_read_from_the_path(catalog: Catalog) -> None:
    template = "s3://bronze/events/${year}/m=${month}/"
    catalog.table(keys=("year", "month"), Parameters={"storage.location.template": template})
    catalog.put("events/2025/m=08/a.json")
    assert catalog.files()[0].partition == (("year", "2025"), ("month", "08"))
    catalog.put("events/stray.json")
    with pytest.raises(UsageError, match=r"stray\.json is not where s3://bronze/events/\$\{year\}"):
        catalog.files()


def test_a_registered_partition_is_where_glue_says(catalog: Catalog) -> None:
    catalog.table(keys=("year",))
    for year, folder in (("2024", "events/year=2024"), ("2025", "events/elsewhere")):
        catalog.glue.create_partition(
            DatabaseName="raw",
            TableName="events",
            PartitionInput={"Values": [year], "StorageDescriptor": {"Location": f"s3://bronze/{folder}/"}},
        )
    catalog.put("events/year=2024/a", "events/elsewhere/deep/b")
    assert [file.partition for file in catalog.files()] == [(("year", "2025"),), (("year", "2024"),)]
    catalog.put("events/year=2026/c")
    with pytest.raises(UsageError, match=r"lies in no partition of raw\.events: run MSCK REPAIR TABLE"):
        catalog.files()


def test_a_condition_names_partitions_once_and_the_range_of_paths(catalog: Catalog) -> None:
    catalog.table(keys=("year", "month"))
    catalog.put(*(f"events/year=2025/month={month}/{name}" for month in ("07", "08") for name in "ab"))
    catalog.put("events/year=2026/month=01/it's")
    table = get_table(catalog.glue, "raw.events")
    assert files_filter(table, catalog.files()) == (
        '(("year" = 2025 and "month" in (7, 8)) or ("year" = 2026 and "month" in (1)))'
        " and \"$path\" between 's3://bronze/events/year=2025/month=07/a'"
        " and 's3://bronze/events/year=2026/month=01/it''s'"
    )


def test_files_without_a_partition_value_are_found_by_null() -> None:
    keys = (Column("year", "int"), Column("month", "int"))
    table = Table("raw", "events", Kind.HIVE, (), keys, "s3://bronze/events/", {})
    files = [
        SourceFile("s3://bronze/events/a", 1, (("year", "2025"), ("month", "__HIVE_DEFAULT_PARTITION__"))),
        SourceFile("s3://bronze/events/b", 1, (("year", "2025"), ("month", "7"))),
        SourceFile("s3://bronze/events/c", 1, (("year", "__HIVE_DEFAULT_PARTITION__"), ("month", "7"))),
    ]
    assert files_filter(table, files).startswith(
        '(("year" = 2025 and ("month" in (7) or "month" is null)) or ("year" is null and "month" in (7))) and'
    )


def test_a_condition_of_a_table_without_partitions_is_the_range_of_paths(catalog: Catalog) -> None:
    catalog.table()
    catalog.put("events/a")
    table = get_table(catalog.glue, "raw.events")
    assert files_filter(table, catalog.files()) == (
        "\"$path\" between 's3://bronze/events/a' and 's3://bronze/events/a'"
    )
