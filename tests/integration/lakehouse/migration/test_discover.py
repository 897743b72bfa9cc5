"""`discover` finds in bronze what the generator planted, and in a table of lies that it lies."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.sandbox import ROOT, Sandbox

from lakehouse.athena.client import AthenaClient
from lakehouse.athena.statements import Statements
from lakehouse.catalog.tables import get_table
from lakehouse.cli import main
from lakehouse.dbt.macros import load_macros
from lakehouse.errors import ExitCode
from lakehouse.migration.analysis.discover import plan_scan, run_scan
from lakehouse.migration.analysis.profiles import Status, TableProfile, findings, suggested_columns
from lakehouse.migration.config import load_config

CONFIG = load_config(ROOT / "migrations" / "acme_telemetry.yml")
BUCKET = "acme-lakehouse-silver"
LIES = [
    # release_date holds epochs, happened_at only days, remark times, phone ten digits that are no epochs.
    ("1755065326", "2025-08-13", "2025-08-13T06:08:46Z", "3015550142", "x", "13/02/2025"),
    ("1755151726", "2025-08-14", "2025-08-14T06:08:46+02:00", "3015550143", "y", "14/02/2025"),
    ("2025-08-15", "2025-08-15", "2025-08-15 06:08:46", "3015550144", None, "03/02/2025"),
    (None, "", "later", "3015550145", "z", "n/a"),
]


def profiled(sandbox: Sandbox, name: str) -> TableProfile:
    s3, glue = sandbox.client("s3"), sandbox.client("glue")
    configured = {table.source: table for table in CONFIG.tables}
    scan = plan_scan(s3, glue, load_macros(ROOT), get_table(glue, name), configured.get(name))
    client = AthenaClient(sandbox.session(), "primary", "s3://acme-lakehouse-results/tests/")
    return run_scan(Statements(client), scan)


@pytest.mark.parametrize("table", [table.source for table in CONFIG.tables])
def test_every_column_holds_what_the_generator_wrote(
    sandbox: Sandbox, bronze: dict[str, Any], table: str
) -> None:
    truth = bronze["tables"][table]["total"]
    profile = profiled(sandbox, table)
    assert (profile.rows, profile.files) == (truth["rows"], truth["files"])
    assert {column.name for column in profile.columns if column.is_time} == set(truth["columns"])
    for column in profile.columns:
        if not column.is_time:
            continue
        expected = truth["columns"][column.name]
        found = {
            status: {each.label: each.rows for each in column.formats if each.status is status}
            for status in Status
        }
        assert found[Status.PARSED] == expected["classes"]
        assert found[Status.REJECTED] == expected["reasons"]
        assert sum(found[Status.EMPTY].values()) == expected["empty"]
        markers = expected["markers"]
        assert column.nulls == markers.get("missing", 0) + markers.get("absent", 0)
        by_directory = [dict(counts) for _, counts in column.directories]
        assert sum(counts.get(Status.REJECTED, 0) for counts in by_directory) == expected["rejected"]


@pytest.fixture(scope="module")
def lies(sandbox: Sandbox) -> str:
    names = ("release_date", "happened_at", "remark", "phone", "label", "shipped_on")
    lines = [json.dumps(dict(zip(names, row, strict=True))) for row in LIES]
    # Two directories, no partitions.
    for directory, part in (("2025/08/13", lines[:2]), ("2025/08/14", lines[2:])):
        sandbox.client("s3").put_object(
            Bucket=BUCKET, Key=f"discover/lies/{directory}/a.json", Body="\n".join(part).encode()
        )
    sandbox.sql("create database if not exists discover_tests")
    sandbox.sql("drop table if exists discover_tests.lies")
    columns = ", ".join(f"{name} string" for name in names)
    sandbox.sql(
        f"create external table discover_tests.lies ({columns}) "
        "row format serde 'org.openx.data.jsonserde.JsonSerDe' "
        f"location 's3://{BUCKET}/discover/lies/'"
    )
    return "discover_tests.lies"


def test_columns_that_lie_are_told(sandbox: Sandbox, lies: str) -> None:
    profile = profiled(sandbox, lies)
    told = {column.name: findings(column) for column in profile.reported}
    assert told["release_date"][0] == "is named like a date, but 66.7 % of its values are epochs"
    assert "is named like a time, but contains only days" in told["happened_at"]
    assert told["remark"][0] == "contains times, but isn't named like one"
    assert "could be epochs" in told["phone"][0]
    assert "label" not in told
    assert told["shipped_on"] == ["is named like a time, but none of its values can be read as one"]
    [remark] = [column for column in profile.columns if column.name == "remark"]
    assert {zone for each in remark.formats for zone, _ in each.zones} == {"Z", "+02:00"}
    [happened] = [column for column in profile.columns if column.name == "happened_at"]
    assert happened.directories == (
        ("2025/08/13", ((Status.PARSED, 2),)),
        ("2025/08/14", ((Status.EMPTY, 1), (Status.PARSED, 1))),
    )
    assert [str(day) for day in happened.days or ()] == ["2025-08-13", "2025-08-15"]
    assert yaml.safe_load(suggested_columns(profile)) == {
        "columns": {
            "release_date": {"type": "date"},
            "happened_at": {"type": "date"},
            "remark": {"type": "timestamp"},
        }
    }


def test_the_command_works_without_a_migration_and_says_the_cost_first(
    sandbox: Sandbox,
    lies: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_PROFILE"):
        monkeypatch.setenv(name, sandbox.env[name])
    project = tmp_path / "project"
    project.mkdir()
    (project / "macros").symlink_to(ROOT / "macros")
    arguments = ["migrate", "discover", lies, "--project-dir", str(project)]
    assert main([*arguments, "--max-bytes", "10"]) == ExitCode.REFUSED
    refusal = capsys.readouterr().err
    assert "more than --max-bytes 10" in refusal
    assert "scanning" not in refusal
    report = tmp_path / "report.html"
    assert main([*arguments, "--json", "--html", str(report)]) == ExitCode.OK
    captured = capsys.readouterr()
    assert captured.err.index("one scan of 2 files, at most") < captured.err.index("scanning")
    [profile] = json.loads(captured.out)
    assert profile["rows"] == len(LIES)
    assert [column["name"] for column in profile["columns"] if column["is_time"]] == [
        "release_date",
        "happened_at",
        "remark",
    ]
    assert "<svg" in report.read_text()


def test_the_ledger_of_a_migration_notes_what_was_found(
    sandbox: Sandbox,
    bronze: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_PROFILE"):
        monkeypatch.setenv(name, sandbox.env[name])
    content = yaml.safe_load((ROOT / "migrations" / "acme_telemetry.yml").read_text())
    prefix = f"discover/{uuid.uuid4().hex}/"
    content["location"] = f"s3://{BUCKET}/{prefix}"
    config = tmp_path / "migration.yml"
    config.write_text(yaml.safe_dump(content))
    table = "acme_streaming_data.titles"
    arguments = ["migrate", "discover", table, "--file", str(config), "--project-dir", str(ROOT)]
    assert main(arguments) == ExitCode.OK
    output = capsys.readouterr()
    assert "release_date: {type: date}" in output.out
    s3 = sandbox.client("s3")
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]]
    [entry] = [key for key in keys if "/ledger/" in key]
    noted = json.loads(s3.get_object(Bucket=BUCKET, Key=entry)["Body"].read())
    detail = json.loads(noted["detail"])
    assert (noted["step"], noted["event"], noted["table_name"]) == ("discover", "done", table)
    assert detail["report"].removeprefix(f"s3://{BUCKET}/") in keys
    truth = bronze["tables"][table]["total"]["columns"]["release_date"]
    assert detail["columns"]["release_date"] == {
        "parsed": truth["parsed"],
        "empty": truth["empty"],
        "rejected": truth["rejected"],
        "text": 0,
    }
