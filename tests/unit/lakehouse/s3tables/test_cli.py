"""The commands without any service: usage, dry runs, and what is not loaded."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.sandbox import ROOT

from lakehouse.cli import main
from lakehouse.errors import ExitCode

ARN = "arn:aws:s3tables:eu-central-1:123456789012:bucket/tables"
DDL = "create table t (id long not null)"
Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Credentials and a region, and an endpoint where nobody listens: a call would be seen."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("LAKEHOUSE_TABLE_BUCKET", ARN)


def message(captured: Captured) -> str:
    out, err = captured.readouterr()
    assert out == ""
    assert err.startswith("lakehouse: ")
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["create"], "give one schema"),
        (["create", "--sql", DDL, "-s", "x.sql"], "give one schema"),
        (["create", "-s", "nothing.sql"], "nothing.sql can't be read as a schema"),
        (["create", "--sql", DDL, "-t", "t"], "a statement contains the table"),
        (["create", "--sql", '{"fields": []}'], "give it with --table"),
        (["create", "--sql", '{"fields": []}', "-t", "T"], "'T' is not a valid table name"),
        (["create", "--sql", "select 1"], "--sql:1:1: expected CREATE TABLE"),
        (["create", "-b", "a", "--sql", DDL], "'a' is not a valid table bucket name"),
        (["list", "--buckets", "-n", "x"], "can't be combined with"),
        (["snapshots"], "--table"),
        (["maintenance", "plan"], "--policy FILE, --dbt-manifest FILE"),
        (["maintenance", "plan", "-p", "nothing.yml"], "nothing.yml can't be read as a policy"),
        (["maintenance", "expire-records", "-t", "t"], "either --days N or --off"),
        (["maintenance", "expire-records", "-t", "t", "--days", "0"], "--days"),
        (["grants", "add", "-r", "*", "-a", "read"], "is not a valid role"),
        (["grants", "add", "-r", "r", "-a", "everything"], "everything"),
        (
            ["grants", "add", "-r", "r", "-a", "read", "-n", "n", "-t", "t"],
            "give --namespace or --table, not both",
        ),
        (["create-bucket", "-n", "A"], "'A' is not a valid namespace name"),
        (["nonsense"], "nonsense"),
    ],
)
def test_wrong_usage_is_one_line(arguments: list[str], part: str, capsys: Captured) -> None:
    assert main(["s3tables", *arguments]) == ExitCode.USAGE
    assert part in message(capsys)


def test_a_manifest_without_a_model_of_the_bucket_is_told_apart_from_a_policy(
    tmp_path: Path, capsys: Captured
) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text('{"nodes": {}}')
    assert main(["s3tables", "maintenance", "plan", "--dbt-manifest", str(manifest)]) == ExitCode.USAGE
    assert f"{manifest}: no model lies in bucket tables" in message(capsys)


def test_a_service_that_is_not_there_is_one_line(capsys: Captured) -> None:
    assert main(["s3tables", "list"]) == ExitCode.FAILED
    assert "is the sandbox up" in message(capsys)


def test_a_dry_run_with_an_arn_needs_no_service(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["s3tables", "create", "--sql", DDL, "--dry-run", "-v"]) == ExitCode.OK
    out, err = capsys.readouterr()
    assert json.loads(out) == {
        "tableBucketARN": ARN,
        "namespace": "default",
        "name": "t",
        "format": "ICEBERG",
        "metadata": {
            "iceberg": {"schema": {"fields": [{"id": 1, "name": "id", "type": "long", "required": True}]}}
        },
    }
    assert "column 1: id long NOT NULL" in err
    monkeypatch.setattr("sys.stdin", io.StringIO(DDL))
    assert main(["s3tables", "create", "-s", "-", "--dry-run"]) == ExitCode.OK
    assert json.loads(capsys.readouterr().out)["name"] == "t"


def test_a_json_schema_is_named_by_its_table(capsys: Captured) -> None:
    schema = str(ROOT / "examples" / "s3tables" / "schemas" / "users-schema.json")
    assert main(["s3tables", "create", "-t", "crm.users", "-s", schema, "--dry-run"]) == ExitCode.OK
    request = json.loads(capsys.readouterr().out)
    assert (request["namespace"], request["name"]) == ("crm", "users")


def test_a_setting_that_can_not_be_used_is_named(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKEHOUSE_TABLE_NAMESPACE", "Sales")
    assert main(["s3tables", "list"]) == ExitCode.USAGE
    assert "LAKEHOUSE_TABLE_NAMESPACE='Sales'" in message(capsys)


def test_the_command_line_does_not_load_pyiceberg() -> None:
    code = "import lakehouse.cli, sys; sys.exit(any(name.startswith('pyiceberg') for name in sys.modules))"
    subprocess.run([sys.executable, "-c", code], check=True)
