"""`lakehouse migrate rewrite` and `agent-prompt`: what goes to standard output, what is said, exit codes."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from tests.support.sandbox import ROOT

from lakehouse.cli import main
from lakehouse.errors import ExitCode

Captured = pytest.CaptureFixture[str]
OLD = "select count(*) as n from acme_telemetry.telemetry where event_timestamp >= '2025-08-13'\n"
NEW = """\
select
    count(*) as n
from acme_telemetry.telemetry_v2
where
    event_timestamp >= timestamp '2025-08-13 00:00:00'
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Arguments that name this project's migration, in a folder that dbt has left nothing in; no AWS."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "DBT_TARGET_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("LAKEHOUSE_MIGRATION", str(ROOT / "migrations" / "acme_telemetry.yml"))
    return ["--project-dir", str(tmp_path)]


def test_a_file_is_rewritten_to_standard_output(project: list[str], tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "old.sql").write_text(OLD)
    assert main(["migrate", "rewrite", str(tmp_path / "old.sql"), *project]) == ExitCode.OK
    captured = capsys.readouterr()
    assert captured.out == NEW
    assert "without the Data Catalog" in captured.err


def test_standard_input_is_read_and_what_is_not_concerned_comes_back_as_it_was(
    project: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    text = "SELECT   1 -- as it was\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert main(["migrate", "rewrite", "-", *project]) == ExitCode.OK
    assert capsys.readouterr().out == text


def test_check_writes_nothing_and_says_by_its_exit_code(
    project: list[str], tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "old.sql").write_text(OLD)
    assert main(["migrate", "rewrite", str(tmp_path / "old.sql"), "--check", *project]) == ExitCode.DIFFERENCE
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "acme_telemetry.telemetry" in captured.err
    (tmp_path / "new.sql").write_text(NEW)
    assert main(["migrate", "rewrite", str(tmp_path / "new.sql"), "--check", *project]) == ExitCode.OK


def test_what_is_not_safe_is_named_and_nothing_is_printed(
    project: list[str], tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "old.sql").write_text(OLD.replace(">=", "="))
    assert main(["migrate", "rewrite", str(tmp_path / "old.sql"), *project]) == ExitCode.DIFFERENCE
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "was a range meant?" in captured.err


def test_a_template_of_dbt_keeps_its_refs_and_json_tells_the_uses(
    project: list[str], tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "old.sql").write_text(
        "select max(event_timestamp) as m from {{ source('acme_telemetry', 'telemetry') }} "
        "where customer_id = '{{ var(\"customer\") }}'"
    )
    assert main(["migrate", "rewrite", str(tmp_path / "old.sql"), "--json", *project]) == ExitCode.OK
    result = json.loads(capsys.readouterr().out)
    assert " ".join(result["sql"].split()) == (
        "select max(event_timestamp) as m from {{ ref('telemetry_v2') }} "
        "where customer_id = '{{ var(\"customer\") }}'"
    )
    assert result["tables"] == ["acme_telemetry.telemetry"]


def test_a_missing_file_is_one_line(project: list[str], tmp_path: Path, capsys: Captured) -> None:
    assert main(["migrate", "rewrite", str(tmp_path / "none.sql"), *project]) == ExitCode.USAGE
    assert "none.sql can't be read: No such file or directory" in capsys.readouterr().err


def test_agent_prompt_needs_a_project(project: list[str], capsys: Captured) -> None:
    assert main(["migrate", "agent-prompt", *project]) == ExitCode.USAGE
    assert "there is no dbt_project.yml in" in capsys.readouterr().err
