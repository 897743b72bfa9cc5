"""The migration's YAML file: what is read, and the one line that says what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lakehouse.errors import UsageError
from lakehouse.migration.config import Keep, MigrationConfig, load_config

ROOT = Path(__file__).resolve().parents[4]
TABLE: dict[str, Any] = {
    "source": "raw.events",
    "key": ["id"],
    "columns": {"at": {"type": "timestamp"}, "amount": {"type": "decimal(10, 2)"}},
    "partition_by": {"column": "at"},
}
FILE: dict[str, Any] = {
    "name": "acme",
    "location": "s3://lake/migrations/acme/",
    "data": "s3://lake/migrated/",
    "tables": [TABLE],
}


def load(path: Path, content: Any) -> MigrationConfig:
    file = path / "acme.yml"
    file.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return load_config(file)


def test_a_target_is_named_after_its_source_unless_told(tmp_path: Path) -> None:
    table = load(tmp_path, FILE).table("raw.events")
    assert table.target == "raw.events_v2"
    assert (table.legacy, table.compat, table.rejects) == (
        "raw.events_legacy",
        "raw.events_compat",
        "raw.events_v2_rejects",
    )
    assert table.columns["amount"].type == "decimal(10,2)"
    assert table.keep is Keep.FIRST


def test_the_projects_own_file_is_about_the_six_tables() -> None:
    config = load_config(ROOT / "migrations" / "acme_telemetry.yml")
    assert [table.source for table in config.tables] == [
        "acme_telemetry.telemetry",
        "acme_telemetry.video_telemetry_json",
        "acme_streaming_data.telemetry",
        "acme_streaming_data.customers",
        "acme_streaming_data.titles",
        "acme_streaming_data.campaigns",
    ]
    assert config.retention_days == 30


def test_tables_are_chosen_in_the_files_order(tmp_path: Path) -> None:
    config = load(tmp_path, {**FILE, "tables": [{**TABLE, "source": f"raw.t{n}"} for n in range(3)]})
    assert [t.source for t in config.chosen(["raw.t2", "raw.t0"])] == ["raw.t0", "raw.t2"]
    assert len(config.chosen(None)) == 3


def test_a_table_that_is_not_in_the_file_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"raw\.nothing is no table of the migration acme: it has raw\.events"
    ):
        load(tmp_path, FILE).table("raw.nothing")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "Acme"}, "name: String should match"),
        ({"location": "s3://lake/no-slash-at-the-end"}, "location: String should match"),
        ({"tables": []}, "tables: Tuple should have at least 1 item"),
        ({"retention_days": 0}, "retention_days: Input should be greater than or equal to 1"),
        ({"tabels": []}, "tabels: Extra inputs are not permitted"),
        ({"tables": [TABLE, TABLE]}, "the file: source raw.events stands more than once"),
        ({"tables": [{**TABLE, "source": "events"}]}, "tables.0.source: String should match"),
        ({"tables": [{**TABLE, "target": "raw.events"}]}, "tables.0: target must not be the source"),
        (
            {"tables": [{**TABLE, "columns": {"at": {"type": "datetime"}}}]},
            "tables.0.columns.at.type: type must be one of timestamp, date",
        ),
        (
            {"tables": [{**TABLE, "columns": {"at": {"type": "decimal(3,4)"}}}]},
            "tables.0.columns.at.type: type must be one of",
        ),
        (
            {"tables": [{**TABLE, "columns": {"at": {"type": "timestamp", "zone": "Berlin"}}}]},
            "tables.0.columns.at.zone: zone must be an IANA name",
        ),
        (
            {"tables": [{**TABLE, "columns": {"at": {"type": "timestamp", "formats": ["ymd"]}}}]},
            r"tables.0.columns.at.formats: formats must be \[\], \[dmy\] or \[mdy\]",
        ),
        (
            {"tables": [{**TABLE, "partition_by": {"column": "amount"}}]},
            "tables.0: partition_by.column amount must be one of columns, as a timestamp or a date",
        ),
        ({"tables": [{**TABLE, "keep": "latest"}]}, "tables.0: keep: latest and latest_by go together"),
        (
            {"tables": [{**TABLE, "key": [], "keep": "latest", "latest_by": "at"}]},
            "tables.0: keep: latest needs a key",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_its_place(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=rf"acme\.yml: {message}") as raised:
        load(tmp_path, {**FILE, **change})
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [("a: [", "is no YAML"), ("- a", "must be a mapping with name, location, data and tables")],
)
def test_a_file_that_is_something_else_is_refused(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load(tmp_path, content)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gone\.yml can't be read: No such file"):
        load_config(tmp_path / "gone.yml")


def test_names_are_read_as_glue_has_them_and_in_lower_case_as_athena_does(tmp_path: Path) -> None:
    columns = {
        name: {"type": "timestamp"} for name in ("createdAt", "order date", "a-b", "1st", "größe", "order")
    }
    table = {**TABLE, "source": "My-Shop.Orders-1", "key": ["OrderId"], "columns": columns}
    loaded = load(tmp_path, {**FILE, "tables": [table | {"partition_by": {"column": "CreatedAt"}}]}).tables[0]
    assert (loaded.source, loaded.target) == ("my-shop.orders-1", "my-shop.orders-1_v2")
    assert set(loaded.columns) == {"createdat", "order date", "a-b", "1st", "größe", "order"}
    assert (loaded.key, loaded.partition_by.column) == (("orderid",), "createdat")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"at": {"type": "date"}, "At": {"type": "date"}}, "at stands more than once"),
        ({"at": {"type": "date"}, 'a"b': {"type": "date"}}, "String should match"),
    ],
)
def test_names_that_no_statement_can_tell_are_refused(
    tmp_path: Path, columns: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        load(tmp_path, {**FILE, "tables": [{**TABLE, "columns": columns}]})
