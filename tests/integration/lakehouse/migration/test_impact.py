"""`impact` finds what was planted in Athena, the Data Catalog, dbt's manifest and code, and judges it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.sandbox import ROOT, Sandbox

from lakehouse.cli import main
from lakehouse.errors import ExitCode

BUCKET = "acme-lakehouse-silver"
# A table of this test's own: the history of the others is that of all tests.
TABLE = "impact_tests.plays"
# Named anew in each run: on a sandbox that stays, the history holds those before.
NAME = f"plays_{uuid.uuid4().hex[:8]}"
CASTS = (
    f"select count(*) as {NAME} from impact_tests.plays "
    "where cast(played_at as timestamp) > timestamp '2025-08-1{} 00:00:00'"
)
READS_ISO = "select max(from_iso8601_timestamp(played_at)) from plays"


@pytest.fixture(scope="module")
def planted(sandbox: Sandbox) -> Iterator[Sandbox]:
    athena = sandbox.client("athena")
    sandbox.client("s3").put_object(
        Bucket=BUCKET,
        Key="impact/plays/a.json",
        Body=b'{"play_id": "1", "played_at": "2025-08-13T06:08:46Z", "title": "x"}\n'
        b'{"play_id": "2", "played_at": "2025-08-14 06:08:46", "title": "y"}\n',
    )
    sandbox.sql("create database if not exists impact_tests")
    sandbox.sql("drop table if exists impact_tests.plays")
    sandbox.sql(
        "create external table impact_tests.plays (play_id string, played_at string, title string) "
        "row format serde 'org.openx.data.jsonserde.JsonSerDe' "
        f"location 's3://{BUCKET}/impact/plays/'"
    )
    sandbox.sql(
        "create or replace view impact_tests.titles_played as "
        "select title, count(*) as plays from impact_tests.plays group by title"
    )
    sandbox.sql(
        "create or replace view impact_tests.top_titles as "
        "select title from impact_tests.titles_played where plays > 1"
    )
    # The same but for its literal: one use, run twice, failed both times on the text with T and Z.
    for day in (1, 2):
        with pytest.raises(AssertionError, match="INVALID_CAST_ARGUMENT"):
            sandbox.sql(CASTS.format(day))
    group = f"impact-{uuid.uuid4().hex[:8]}"
    athena.create_work_group(Name=group)
    named = athena.create_named_query(
        Name="newest play", Database="impact_tests", QueryString=READS_ISO, WorkGroup=group
    )["NamedQueryId"]
    athena.create_prepared_statement(
        StatementName="plays_since",
        WorkGroup=group,
        QueryStatement="select count(*) from impact_tests.plays where played_at > ?",
    )
    yield sandbox
    athena.delete_named_query(NamedQueryId=named)
    athena.delete_work_group(WorkGroup=group, RecursiveDeleteOption=True)


def project(folder: Path) -> Path:
    """A project of one table, with the macros of this one."""
    (folder / "migrations").mkdir()
    (folder / "macros").symlink_to(ROOT / "macros")
    config = {
        "name": "impact_tests",
        "location": f"s3://{BUCKET}/impact/{uuid.uuid4().hex}/",
        "data": f"s3://{BUCKET}/impact/data/",
        "tables": [
            {
                "source": TABLE,
                "columns": {"played_at": {"type": "timestamp"}},
                "partition_by": {"column": "played_at"},
            }
        ],
    }
    (folder / "migrations" / "impact.yml").write_text(yaml.safe_dump(config))
    (folder / "app.py").write_text(
        f"SQL = \"select title from {TABLE} where played_at like '2025-08-13T%'\"\n"
    )
    return folder


def test_every_planted_use_is_found_and_judged(
    planted: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_PROFILE"):
        monkeypatch.setenv(name, planted.env[name])
    monkeypatch.delenv("DBT_TARGET_PATH", raising=False)
    folder = project(tmp_path)
    arguments = ["migrate", "impact", "--project-dir", str(folder), "--code", str(folder / "app.py")]
    html = tmp_path / "impact.html"
    assert main([*arguments, "--json", "--html", str(html)]) == ExitCode.OK
    found = json.loads(capsys.readouterr().out)
    uses = {(use["place"], use["name"].split("/")[-1]): use for use in found["uses"]}
    [ran] = [use for use in found["uses"] if use["place"] == "query" and NAME in use["sql"]]
    assert ran["verdict"] == "works through the view"
    assert (ran["runs"]["count"], ran["runs"]["failed"], ran["runs"]["conversion_errors"]) == (2, 2, 2)
    assert "played_at > timestamp '2025-08-12 00:00:00'" in ran["rewritten"]
    verdicts = {place: use["verdict"] for place, use in uses.items() if place[0] != "query"}
    assert verdicts == {
        ("named query", "newest play"): "needs a rewrite",
        ("prepared statement", "plays_since"): "needs a rewrite",
        ("view", "impact_tests.titles_played"): "works unchanged",
        ("view", "impact_tests.top_titles"): "works unchanged",
        ("code", "app.py:1"): "needs a rewrite",
    }
    newest = uses["named query", "newest play"]["rewritten"]
    assert " ".join(newest.split()) == (
        "select max(with_timezone(played_at, 'UTC')) from impact_tests.plays_v2"
    )
    assert uses["prepared statement", "plays_since"]["rewritten"] is None
    assert uses["view", "impact_tests.top_titles"]["reasons"] == ["reads through impact_tests.titles_played"]
    assert "played_at >= timestamp '2025-08-13 00:00:00'" in uses["code", "app.py:1"]["rewritten"]
    assert "plays_v2" in html.read_text()
    [estimate] = found["backfill"]
    assert (estimate["files"], estimate["table"]) == (1, TABLE)
    # Read once to plan, twice to backfill; three queries, each charged for ten megabytes at least.
    assert estimate["scan_bytes"] == 3 * estimate["bytes"]
    assert estimate["cost"] == pytest.approx(3 * 10 / 2**20 * 5)
    assert_recorded(planted, folder)


def assert_recorded(sandbox: Sandbox, folder: Path) -> None:
    location = yaml.safe_load((folder / "migrations" / "impact.yml").read_text())["location"]
    prefix = location.removeprefix(f"s3://{BUCKET}/")
    s3: Any = sandbox.client("s3")
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]]
    [entry] = [key for key in keys if "/ledger/" in key]
    noted = json.loads(s3.get_object(Bucket=BUCKET, Key=entry)["Body"].read())
    assert (noted["step"], noted["event"], noted["table_name"]) == ("impact", "done", TABLE)
    assert json.loads(noted["detail"])["uses"]["needs a rewrite"] >= 3
    assert sum("/reports/impact-" in key for key in keys) == 2
