"""Tables from Glue, files from S3: which partition a file is of, and the condition that reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lakehouse.catalog.files import SourceFile, files_filter, list_files, require_readable
from lakehouse.catalog.tables import Column, Table, TableKind, find_table, get_source, get_table
from lakehouse.errors import UsageError

BUCKET = "bronze"


def condition(table: Table, files: list[SourceFile]) -> str:
    """The conditions of files as one, on one line."""
    joined = " ".join(" and ".join(files_filter(table, files)).split())
    return joined.replace("( ", "(").replace(" )", ")")


class Catalog:
    """Glue and S3 with a database `raw` and a bucket."""

    def __init__(self) -> None:
        self.glue = boto3.client("glue", region_name="us-east-1")
        self.s3 = boto3.client("s3", region_name="us-east-1")
        self.s3.create_bucket(Bucket=BUCKET)
        self.glue.create_database(DatabaseInput={"Name": "raw"})

    def table(
        self,
        name: str = "events",
        keys: tuple[str, ...] = (),
        location: str | None = None,
        input_format: str = "",
        **parts: Any,
    ) -> None:
        self.glue.create_table(
            DatabaseName="raw",
            TableInput={
                "Name": name,
                "TableType": "EXTERNAL_TABLE",
                "PartitionKeys": [{"Name": key, "Type": "int"} for key in keys],
                "StorageDescriptor": {
                    "Columns": [{"Name": "at", "Type": "string"}],
                    "Location": f"s3://{BUCKET}/{name}/" if location is None else location,
                    "InputFormat": input_format,
                },
                **parts,
            },
        )

    def partition(self, values: str | list[str], location: str) -> None:
        self.glue.create_partition(
            DatabaseName="raw",
            TableName="events",
            PartitionInput={
                "Values": [values] if isinstance(values, str) else values,
                "StorageDescriptor": {"Location": location},
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
    with pytest.raises(UsageError, match=r"raw\.events has no column day: its columns are at, year"):
        table.column("day")


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ({"TableType": "VIRTUAL_VIEW"}, TableKind.VIEW),
        ({"Parameters": {"table_type": "ICEBERG"}}, TableKind.ICEBERG),
        ({"Parameters": {"classification": "parquet"}}, TableKind.HIVE),
    ],
)
def test_what_an_entry_is(catalog: Catalog, parts: dict[str, Any], kind: TableKind) -> None:
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


def test_files_of_a_projection_are_those_of_its_template_and_their_partitions_are_left_to_the_engine(
    catalog: Catalog,
) -> None:
    template = "s3://bronze/logs/${region}/by-hour/${hour}/"
    projection = {"projection.enabled": "TRUE", "storage.location.template": template}
    catalog.table(keys=("region", "hour"), Parameters=projection)
    catalog.put(
        "logs/eu/by-hour/2025/08/12/07/a", "logs/eu/by-hour/_late/a", "logs/us/other/b", "events/stray"
    )
    catalog.put("logs/eu/by-hour/2025/08/12/07/_SUCCESS")
    assert [(file.path, file.partition) for file in catalog.files()] == [
        ("s3://bronze/logs/eu/by-hour/2025/08/12/07/a", ()),
        ("s3://bronze/logs/eu/by-hour/_late/a", ()),
    ]


def test_a_template_without_a_projection_says_nothing(catalog: Catalog) -> None:
    catalog.table(keys=("year",), Parameters={"storage.location.template": "s3://bronze/other/${year}/"})
    catalog.partition("2025", "s3://bronze/events/2025")
    catalog.put("events/2025/a", "other/2025/b")
    assert [file.path for file in catalog.files()] == ["s3://bronze/events/2025/a"]


def test_a_projection_without_a_template_lies_below_the_table(catalog: Catalog) -> None:
    catalog.table(keys=("year",), Parameters={"projection.enabled": "true"})
    # A file outside of it is listed: that the table gives no rows of it is for the scan to say.
    catalog.put("events/year=2025/a", "events/b")
    assert [file.path for file in catalog.files()] == [
        "s3://bronze/events/b",
        "s3://bronze/events/year=2025/a",
    ]


def test_a_registered_partition_is_where_glue_says(catalog: Catalog) -> None:
    catalog.table(keys=("year",))
    catalog.partition("2024", "s3://bronze/events/year=2024/")
    catalog.partition("2025", "s3://bronze/events/elsewhere/")
    catalog.put("events/year=2024/a", "events/elsewhere/deep/b")
    assert [file.partition for file in catalog.files()] == [(("year", "2025"),), (("year", "2024"),)]
    catalog.put("events/year=2026/c")
    with pytest.raises(UsageError, match=r"is in no partition of raw\.events.*run MSCK REPAIR TABLE"):
        catalog.files()


def test_a_partition_outside_the_tables_location_counts(catalog: Catalog) -> None:
    catalog.s3.create_bucket(Bucket="archive")
    # Without a slash at its end `events` begins like `events_archive`, which holds a table of its own.
    catalog.table(keys=("year",), location="s3://bronze/events")
    catalog.partition("2023", "s3://archive/2023")
    catalog.partition("2024", "s3://bronze/events_archive/2024")
    catalog.partition("2025", "s3://bronze/events/2025")
    catalog.partition("2026", "s3://bronze/nothing/there")
    catalog.put("events_archive/2024/a", "events_archive/2022/b", "events/2025/c")
    catalog.s3.put_object(Bucket="archive", Key="2023/d", Body=b"x")
    catalog.s3.put_object(Bucket="archive", Key="2023_old/e", Body=b"x")
    assert [(file.path, file.partitions) for file in catalog.files()] == [
        ("s3://archive/2023/d", ((("year", "2023"),),)),
        ("s3://bronze/events/2025/c", ((("year", "2025"),),)),
        ("s3://bronze/events_archive/2024/a", ((("year", "2024"),),)),
    ]


def test_a_file_is_of_every_partition_that_lies_around_it(catalog: Catalog) -> None:
    catalog.table(keys=("year",))
    catalog.partition("2024", "s3://bronze/events/both")
    catalog.partition("2023", "s3://bronze/events/both/")
    catalog.partition("2025", "s3://bronze/events/both/_inner")
    catalog.put("events/both//a", "events/both/_inner/b", "events/both/.hidden/c")
    # Below a folder that begins with an underscore a file is hidden from the partitions around it.
    assert [(file.path, [values[0][1] for values in file.partitions]) for file in catalog.files()] == [
        ("s3://bronze/events/both//a", ["2023", "2024"]),
        ("s3://bronze/events/both/_inner/b", ["2025"]),
    ]
    table = get_table(catalog.glue, "raw.events")
    assert condition(table, catalog.files()).startswith('(("year" in (2023, 2024, 2025))) and')


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("boolean", "true", """"k" in (cast('true' as boolean))"""),
        ("date", "2025-01-02", """"k" in (date '2025-01-02')"""),
        ("timestamp", "2025-01-02 03:04:05.0", """"k" in (timestamp '2025-01-02 03:04:05.0')"""),
        ("bigint", "-007", '"k" in (-7)'),
        ("decimal(5,2)", "1.50", """"k" in (cast('1.50' as decimal(5, 2)))"""),
        ("double", "1.5", """"k" in (cast('1.5' as double))"""),
        # As measured on the engine: a char partition is found by its text only.
        ("char(3)", "ab ", """rtrim(cast("k" as varchar)) in ('ab')"""),
        ("varchar(9)", "it's a/b", """"k" in ('it''s a/b')"""),
        ("string", "__HIVE_DEFAULT_PARTITION__", '"k" is null'),
    ],
)
def test_a_partition_is_found_by_a_literal_of_its_keys_type(kind: str, value: str, expected: str) -> None:
    table = Table("raw", "events", TableKind.HIVE, (), (Column("k", kind),), "s3://bronze/events/", {})
    found = condition(table, [SourceFile("s3://bronze/events/a", 1, (("k", value),))])
    assert found.startswith(f"(({expected})) and")


def test_without_a_known_partition_the_paths_are_the_condition() -> None:
    table = Table("raw", "events", TableKind.HIVE, (), (Column("k", "date"),), "s3://bronze/events/", {})
    files = [SourceFile("s3://b/1", 1, (("k", "2025-01-01"),)), SourceFile("s3://b/2", 1)]
    assert condition(table, files) == "\"$path\" between 's3://b/1' and 's3://b/2'"


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (
            {"location": "s3a://bronze/events/"},
            r"raw\.events: its location s3a://bronze/events/ is not an s3://",
        ),
        ({"location": "s3n://bronze/events/"}, "s3n://bronze/events/ is not an s3://"),
        ({"location": ""}, r"its location \(none\) is not an s3://"),
        (
            {"Parameters": {"projection.enabled": "true", "projection.year.type": "injected"}},
            "the projection of year is injected, so no statement can read the whole table",
        ),
        (
            {"Parameters": {"projection.enabled": "true", "storage.location.template": "s3a://b/${year}"}},
            r"s3a://b/\$\{year\} is not an s3://",
        ),
        ({"input_format": "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat"}, "symlink manifests"),
    ],
)
def test_a_table_that_cannot_be_read_as_a_whole_is_told_before_anything_is_listed(
    catalog: Catalog, parts: dict[str, str], message: str
) -> None:
    catalog.table(keys=("year",), **parts)
    with pytest.raises(UsageError, match=message) as raised:
        catalog.files()
    assert "\n" not in str(raised.value)


def test_a_typed_column_of_a_csv_is_named() -> None:
    csv = {"SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde"}}
    columns = (Column("at", "string"), Column("id", "bigint"))
    table = Table(
        "raw",
        "events",
        TableKind.HIVE,
        columns,
        (Column("k", "int"),),
        "s3://b/e/",
        {"StorageDescriptor": csv},
    )
    with pytest.raises(UsageError, match=r"raw\.events declares id bigint, but its OpenCSVSerde reads text"):
        require_readable(table)


def test_a_partition_that_is_not_in_s3_is_named(catalog: Catalog) -> None:
    catalog.table(keys=("year",))
    catalog.partition("2025", "s3a://bronze/events/2025")
    with pytest.raises(UsageError, match=r"raw\.events, partition year=2025: its location s3a://"):
        catalog.files()


def test_a_condition_names_partitions_once_and_the_range_of_paths(catalog: Catalog) -> None:
    catalog.table(keys=("year", "month"))
    for month in ("07", "08"):
        catalog.partition(["2025", month], f"s3://bronze/events/year=2025/month={month}")
    catalog.partition(["2026", "01"], "s3://bronze/events/year=2026/month=01")
    catalog.put(*(f"events/year=2025/month={month}/{name}" for month in ("07", "08") for name in "ab"))
    catalog.put("events/year=2026/month=01/it's")
    table = get_table(catalog.glue, "raw.events")
    assert condition(table, catalog.files()) == (
        '(("year" = 2025 and "month" in (7, 8)) or ("year" = 2026 and "month" in (1)))'
        " and \"$path\" between 's3://bronze/events/year=2025/month=07/a'"
        " and 's3://bronze/events/year=2026/month=01/it''s'"
    )


def test_files_without_a_partition_value_are_found_by_null() -> None:
    keys = (Column("year", "int"), Column("month", "int"))
    table = Table("raw", "events", TableKind.HIVE, (), keys, "s3://bronze/events/", {})
    files = [
        SourceFile("s3://bronze/events/a", 1, (("year", "2025"), ("month", "__HIVE_DEFAULT_PARTITION__"))),
        SourceFile("s3://bronze/events/b", 1, (("year", "2025"), ("month", "7"))),
        SourceFile("s3://bronze/events/c", 1, (("year", "__HIVE_DEFAULT_PARTITION__"), ("month", "7"))),
    ]
    assert condition(table, files).startswith(
        '(("year" = 2025 and ("month" in (7) or "month" is null)) or ("year" is null and "month" in (7))) and'
    )


def test_a_condition_of_a_table_without_partitions_is_the_range_of_paths(catalog: Catalog) -> None:
    catalog.table()
    catalog.put("events/a")
    table = get_table(catalog.glue, "raw.events")
    assert condition(table, catalog.files()) == (
        "\"$path\" between 's3://bronze/events/a' and 's3://bronze/events/a'"
    )
