"""Which columns may hold times, what is said about them, and that a report carries no foreign markup."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from lakehouse.athena.costs import cost_text, scan_cost
from lakehouse.catalog.files import SourceFile
from lakehouse.catalog.tables import Column, Table, TableKind
from lakehouse.migration.analysis.candidates import Candidate, find_candidates, is_time_name
from lakehouse.migration.analysis.discover_report import html_report
from lakehouse.migration.analysis.profile_scan import directory_depth
from lakehouse.migration.analysis.profiles import TableProfile, column_profiles, findings, suggested_columns
from lakehouse.migration.config import ColumnConfig, TableConfig


def table(*columns: Column) -> Table:
    return Table("db", "t", TableKind.HIVE, columns, (), "s3://bucket/t", {})


def row(status: str, label: str, rows: int, **more: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(("min_length", "max_length", "first_at", "last_at", "zones", "examples"))
    zero = dict.fromkeys(("midnights", "day_first", "month_first"), 0)
    return {
        "column_number": 0,
        "directory": "d",
        "status": status,
        "label": label,
        "row_count": rows,
        **nothing,
        **zero,
        **more,
    }


def profile(
    name: str, *rows: dict[str, Any], by_name: bool = True, config: ColumnConfig | None = None
) -> TableProfile:
    reading = config or ColumnConfig(type="timestamp")
    candidate = Candidate(Column(name, "string"), by_name, reading, config is not None)
    return TableProfile("db.t", 1, 100, 100, 5, "query", column_profiles((candidate,), rows))


@pytest.mark.parametrize(
    "name", ["event_timestamp", "created_at", "release_date", "dt", "updated", "start_time", "valid_until"]
)
def test_names_of_times(name: str) -> None:
    assert is_time_name(name)


@pytest.mark.parametrize(
    "name",
    ["event_id", "status", "state", "time_zone", "watch_time_seconds", "update_count", "rating", "plan"],
)
def test_names_of_other_things(name: str) -> None:
    assert not is_time_name(name)


def test_text_is_looked_into_and_numbers_only_by_their_name() -> None:
    found = find_candidates(
        table(
            Column("city", "varchar(20)"),
            Column("created_at", "bigint"),
            Column("score", "bigint"),
            Column("sent_on", "timestamp"),
            Column("tags", "array<string>"),
        ),
        {},
    )
    assert [(each.name, each.by_name) for each in found] == [
        ("city", False),
        ("created_at", True),
        ("sent_on", True),
    ]


def test_a_single_dirty_row_makes_no_column_lie() -> None:
    [column] = profile(
        "release_date",
        row("parsed", "date_only", 1000, midnights=1000),
        row("parsed", "epoch_seconds", 1),
    ).columns
    assert findings(column) == []


def test_the_order_of_day_and_month_is_asked_and_never_decided() -> None:
    rejected = row("rejected", "ambiguous_date", 5, day_first=2)
    assert (
        "is formats: [dmy] right?"
        in findings(profile("made_at", row("parsed", "iso_utc", 9), rejected).columns[0])[-1]
    )
    both = row("rejected", "ambiguous_date", 5, day_first=2, month_first=1)
    [column] = profile("made_at", row("parsed", "iso_utc", 9), both).columns
    assert findings(column)[-1].endswith("2 have the day first and 1 the month: no order fits all")


def test_a_zone_that_no_text_names_is_said_with_the_one_in_use() -> None:
    rows = (row("parsed", "sql_local", 1), row("parsed", "iso_utc", 1))
    [guessed] = profile("made_at", *rows).columns
    assert "they are read as UTC, unless zone: is set" in findings(guessed)[0]
    [declared] = profile("made_at", *rows, config=ColumnConfig(type="timestamp", zone="Asia/Tokyo")).columns
    assert findings(declared)[0] == "has no zone in 50.0 % of its times: read as Asia/Tokyo, as configured"


@pytest.mark.parametrize(("parsed", "is_time"), [(49, False), (50, True)])
def test_a_column_of_another_name_is_a_time_when_half_of_it_reads_as_one(parsed: int, is_time: bool) -> None:
    [column] = profile(
        "note", row("parsed", "iso_utc", parsed), row("text", "text", 100 - parsed), by_name=False
    ).columns
    assert column.is_time is is_time


def test_digits_alone_make_no_time() -> None:
    [column] = profile("phone", row("parsed", "epoch_seconds", 100), by_name=False).columns
    assert not column.is_time
    assert column.is_digits


def test_the_suggestion_keeps_what_the_migration_declares() -> None:
    made = profile(
        "made_at",
        row("parsed", "sql_local", 3, midnights=3),
        row("empty", "missing", 1),
        config=ColumnConfig(type="timestamp", zone="Europe/Berlin", formats=("dmy",)),
    )
    assert yaml.safe_load(suggested_columns(made)) == {
        "columns": {"made_at": {"type": "timestamp", "zone": "Europe/Berlin", "formats": ["dmy"]}}
    }
    assert "75.0 % parsed, 25.0 % empty, 0.0 % rejected" in suggested_columns(made)


@pytest.mark.parametrize("name", ["on", "order date", "2024", "größe", "a-b", "null", "date", "made_at"])
def test_a_suggested_name_is_one_that_yaml_and_the_configuration_read(name: str) -> None:
    suggested = yaml.safe_load(suggested_columns(profile(name, row("parsed", "iso_utc", 3))))
    assert suggested == {"columns": {name: {"type": "date" if "date" in name else "timestamp"}}}
    table = {"source": "a.b", "partition_by": {"column": name}, **suggested}
    assert list(TableConfig.model_validate(table).columns) == [name]


@pytest.mark.parametrize(
    "declared", ["createdAt", "OrderDate", "Release Date", "Start-Time", "EventTimestamp"]
)
def test_a_name_in_capitals_says_that_it_is_a_time_too(declared: str) -> None:
    [found] = find_candidates(table(Column(declared.lower(), "bigint", declared)), {})
    assert found.by_name


def test_directories_are_told_apart_as_deep_as_their_number_allows() -> None:
    hours = [
        SourceFile(f"s3://bucket/t/{day:03}/{hour:02}/a.json", 1) for day in range(30) for hour in range(24)
    ]
    assert directory_depth(table(), hours[:24]) == 2
    assert directory_depth(table(), hours) == 1
    assert directory_depth(table(), [SourceFile("s3://bucket/t/a.json", 1)]) == 0


def test_a_report_escapes_the_data_and_needs_no_other_file() -> None:
    bad = '"><script>alert(1)</script>'
    made = profile(
        "made_at",
        row("parsed", "iso_utc", 2, directory="a&b"),
        row("rejected", "unknown_format", 2, directory="<i>", examples='["<script>alert(1)</script>"]'),
    )
    page = html_report([made], bad, datetime(2025, 8, 13, tzinfo=UTC))
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "http" not in page
    # Every chart is well-formed by itself.
    charts = page.split("<svg")[1:]
    for chart in charts:
        ElementTree.fromstring("<svg" + chart.split("</svg>")[0] + "</svg>")  # noqa: S314  our own text
    assert any("a&amp;b: 2 parsed" in chart for chart in charts)


def test_a_scan_costs_by_the_byte_and_ten_megabytes_at_least() -> None:
    # 5 USD a TB: https://aws.amazon.com/athena/pricing/
    assert scan_cost(2**40) == 5.0
    assert scan_cost(1) == scan_cost(10 * 2**20) == 5.0 * 10 / 2**20
    assert scan_cost(0, queries=0) == 0.0
    assert cost_text(12.345) == "$12.35"
    assert cost_text(0.0001) == "less than $0.01"


def test_a_partition_key_of_text_is_looked_into_and_suggested() -> None:
    keys = (Column("dt", "string"), Column("region", "string"), Column("hour", "int"))
    there = Table("db", "t", TableKind.HIVE, (Column("at", "string"),), keys, "s3://bucket/t", {})
    candidates = find_candidates(there, {})
    assert [(each.name, each.by_name) for each in candidates] == [
        ("at", False),
        ("dt", True),
        ("region", False),
    ]
    rows = [row("parsed", "iso_date", 5, column_number=1, midnights=5)]
    found = TableProfile("db.t", 1, 1, 1, 1, "query", column_profiles(candidates, rows))
    assert "dt: {type: date}" in suggested_columns(found)


def test_files_outside_the_tables_location_have_directories_of_their_own() -> None:
    files = [SourceFile("s3://bucket/t/dt=1/a", 1), SourceFile("s3://archive/t/dt=2/b", 1)]
    assert directory_depth(table(), files) == 5
