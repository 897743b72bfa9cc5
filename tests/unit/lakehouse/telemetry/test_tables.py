"""Where files lie, and what Glue is told."""

from datetime import date

import pytest

from lakehouse.telemetry.tables import (
    BRONZE_TABLES,
    HISTORY,
    JSON_EVENTS,
    REALTIME,
    BronzeTable,
    projection_ranges,
    table_input,
)

DAY = date(2025, 8, 3)


@pytest.mark.parametrize(
    ("table", "directory"),
    [
        (REALTIME, "acme_telemetry/telemetry/2025/08/03/"),
        (JSON_EVENTS, "acme_telemetry/video_telemetry_json/year=2025/month=08/day=03/hour=07/"),
        (HISTORY, "acme_streaming_data/telemetry/year=2025/month=08/day=03/"),
    ],
)
def test_directories(table: BronzeTable, directory: str) -> None:
    assert table.directory(DAY, 7) == directory
    assert directory.startswith(table.day_directory(DAY))


def test_no_location_is_inside_another() -> None:
    prefixes = [table.prefix for table in BRONZE_TABLES]
    assert not any(one != other and one.startswith(other) for one in prefixes for other in prefixes)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2025, 8, 11), date(2025, 8, 17), ((2025, 2025), (8, 8), (11, 17))),
        (date(2025, 8, 28), date(2025, 9, 2), ((2025, 2025), (8, 9), (1, 31))),
        (date(2025, 12, 31), date(2026, 1, 1), ((2025, 2026), (1, 12), (1, 31))),
    ],
)
def test_projected_partitions_cover_the_days_narrowly(
    first: date, last: date, expected: tuple[tuple[int, int], ...]
) -> None:
    ranges = projection_ranges(first, last)
    assert (ranges["year"], ranges["month"], ranges["day"]) == expected
    assert ranges["hour"] == (0, 23)


def test_the_telemetry_tables_have_the_documented_columns_in_order() -> None:
    documented = [
        "event_id",
        "customer_id",
        "title_id",
        "session_id",
        "event_type",
        "event_timestamp",
        "watch_duration_seconds",
        "position_seconds",
        "completion_percentage",
        "device_type",
        "device_id",
        "device_os",
        "app_version",
        "quality",
        "bandwidth_mbps",
        "buffering_events",
        "buffering_duration_seconds",
        "error_count",
        "ip_address",
        "country",
        "state",
        "city",
        "isp",
        "connection_type",
    ]
    for table in (REALTIME, JSON_EVENTS, HISTORY):
        assert [column.name for column in table.columns] == documented


@pytest.mark.parametrize("table", BRONZE_TABLES, ids=lambda table: table.full_name)
def test_every_time_column_is_text_and_everything_is_described(table: BronzeTable) -> None:
    definition = table_input(table, "bucket", DAY, DAY)
    assert definition["Description"]
    columns = [*definition["StorageDescriptor"]["Columns"], *definition["PartitionKeys"]]
    assert all(column.get("Comment") for column in columns)
    types = {column["Name"]: column.get("Type") for column in columns}
    assert {types[name] for name in table.time_columns} == {"string"}
    endings = ("_at", "_date", "_timestamp")
    assert {column.name for column in table.columns if column.name.endswith(endings)} == set(
        table.time_columns
    )
