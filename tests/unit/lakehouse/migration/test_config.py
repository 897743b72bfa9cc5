"""The migration's YAML file: what is read, and the one line that says what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.sandbox import ROOT

from lakehouse.errors import UsageError
from lakehouse.migration.config import Keep, MigrationConfig, load_config

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
        UsageError, match=r"raw\.nothing isn't a table of the migration acme: its tables are raw\.events"
    ):
        load(tmp_path, FILE).table("raw.nothing")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "Acme"}, "name: 'Acme' is not a valid name of a migration: lower case letters"),
        (
            {"location": "s3://lake/no-slash-at-the-end"},
            "location: 's3://lake/no-slash-at-the-end' is not a valid S3 prefix: write s3://bucket/folder/",
        ),
        ({"tables": []}, "tables: must not be empty"),
        ({"tables": "all"}, "tables: must be a list, not 'all'"),
        ({"retention_days": 0}, "retention_days: must be 1 or greater, not 0"),
        ({"retention_days": "a month"}, "retention_days: must be a whole number, not 'a month'"),
        ({"tabels": []}, "tabels: tabels is not a setting: correct its name, or remove it"),
        ({"tables": [TABLE, TABLE]}, "the file: source raw.events appears more than once"),
        ({"tables": [{**TABLE, "source": "events"}]}, "tables.0.source: 'events' is not a valid table name"),
        ({"tables": [{"source": "raw.events"}]}, "tables.0.columns: is missing"),
        ({"tables": [{**TABLE, "keys": ["id"]}]}, "tables.0.keys: keys is not a setting of tables.0"),
        ({"tables": [{**TABLE, "keep": "last"}]}, "tables.0.keep: must be 'first' or 'latest', not 'last'"),
        ({"tables": [{**TABLE, "target": "raw.events"}]}, "tables.0: target must not be the source"),
        (
            {"tables": [{**TABLE, "columns": {"at": {"type": "datetime"}}}]},
            "tables.0.columns.at.type: type must be one of timestamp, date",
        ),
        (
            {"tables": [{**TABLE, "columns": {"at": {"type": "decimal(3,4)"}}}]},
            "tables.0.columns.at.type: type must be one of",
        ),
        ({"tables": [{**TABLE, "columns": {"at": "timestamp"}}]}, "tables.0.columns.at: must be a mapping"),
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
    with pytest.raises(UsageError, match=rf"acme\.yml:[0-9]+: {message}") as raised:
        load(tmp_path, {**FILE, **change})
    assert [line for line in raised.value.lines if "\n" in line] == []


BROKEN = """\
name: acme
location: s3://lake/migrations/acme
data: s3://lake/migrated/
retention: 7
tables:
  - source: raw.events
    columns:
      at: {type: datetime}
    partition_by: {column: at, transform: week}
  - columns: {}
"""


def test_everything_that_is_wrong_is_said_at_once_each_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        load(tmp_path, BROKEN)
    found = [line.removeprefix(f"{tmp_path}/").split(": ")[:2] for line in raised.value.lines]
    assert sorted(found) == [
        ["acme.yml:10", "tables.1.columns"],
        ["acme.yml:10", "tables.1.partition_by"],
        ["acme.yml:10", "tables.1.source"],
        ["acme.yml:10", "tables.1.target"],
        ["acme.yml:2", "location"],
        ["acme.yml:4", "retention"],
        ["acme.yml:8", "tables.0.columns.at.type"],
        ["acme.yml:9", "tables.0.partition_by.transform"],
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: [", "acme.yml is not YAML"),
        ("- a", "must be a mapping with name, location, data and tables"),
        ("", "must be a mapping with name, location, data and tables"),
        ("name: acme\nname: other\n", "acme.yml:2: name appears twice"),
        ("[" * 20_000 + "]" * 20_000, "acme.yml can't be read as a migration: it is nested too deeply"),
        ("name: acme\n" + "# " * 600_000, "can't be read as a migration: it is larger than 1.0 MB"),
        ("name: 2025-02-30", "can't be read as a migration: day is out of range for month"),
    ],
)
def test_a_file_that_is_something_else_is_refused(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        load(tmp_path, content)
    assert "\n" not in str(raised.value)


def test_one_node_that_is_named_very_often_is_looked_at_once(tmp_path: Path) -> None:
    layers = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))]
    with pytest.raises(UsageError, match="a39 is not a setting"):
        load(tmp_path, "\n".join(layers))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gone\.yml can't be read as a migration: No such file"):
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
        ({"at": {"type": "date"}, "At": {"type": "date"}}, "at appears more than once"),
        ({"at": {"type": "date"}, 'a"b': {"type": "date"}}, """'a"b' is not a valid column name"""),
    ],
)
def test_names_that_no_statement_can_tell_are_refused(
    tmp_path: Path, columns: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        load(tmp_path, {**FILE, "tables": [{**TABLE, "columns": columns}]})
