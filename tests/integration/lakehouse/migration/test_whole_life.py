"""The life of a migration by its commands: planned, backfilled, cut over, rolled back; two of them killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import uuid
from typing import Any

import pytest
from tests.support.migration import Ground, prepare
from tests.support.sandbox import BIN, ROOT, Sandbox

from lakehouse.catalog.tables import get_table
from lakehouse.cli import main
from lakehouse.migration.state import standing_cutover
from lakehouse.records.ledger import Ledger

EVENTS = {
    "source": "events",
    "key": ["id"],
    "columns": {"at": {"type": "timestamp", "zone": "Europe/Berlin"}},
    "partition_by": {"column": "at"},
}
FIRST = [{"id": "a", "at": "2024-06-30T10:00:00Z", "n": 1}, {"id": "b", "at": "2024-07-01 08:00:00", "n": 2}]
# 08:00 in Berlin in July is 06:00 UTC.
TYPED = [["a", "2024-06-30 10:00:00.000000", "1"], ["b", "2024-07-01 06:00:00.000000", "2"]]
ARRIVED = {"id": "c", "at": "2025-01-01 00:30:00", "n": 3}


@pytest.fixture(scope="module")
def ground(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    name = f"life_{uuid.uuid4().hex[:8]}"
    place = prepare(sandbox, tmp_path_factory.mktemp("migration"), name, [EVENTS])
    place.put("events", "year=2024/a.json", FIRST)
    place.create("events", "id string, at string, n int", "year int")
    queries = place.config_file.parent / "queries"
    queries.mkdir()
    (queries / "newest.sql").write_text(f"select max(id) as newest from {name}.events where n > 0")
    return place


@pytest.fixture(autouse=True)
def here(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_PROFILE"):
        monkeypatch.setenv(name, sandbox.env[name])
    monkeypatch.chdir(ROOT)


def command(ground: Ground, step: str, *arguments: str) -> int:
    return main(["migrate", step, "--file", str(ground.config_file), *arguments])


def kill_at(ground: Ground, step: str, event: str, *arguments: str) -> None:
    """Start a command as a user does, and kill it when its event is in the ledger."""
    known = len(ground.migration.ledger.entries(step, ground.table.source, event))
    started = subprocess.Popen(
        [str(BIN / "lakehouse"), "migrate", step, "--file", str(ground.config_file), "--apply", *arguments],
        cwd=ROOT,
        env={**ground.sandbox.env, "PYTHONPATH": os.pathsep.join([str(ROOT / "scripts"), str(ROOT)])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 60
    while len(ground.migration.ledger.entries(step, ground.table.source, event)) == known:
        assert started.poll() is None, started.communicate()
        assert time.monotonic() < deadline, "the command did not get that far"
        time.sleep(0.005)
    started.send_signal(signal.SIGKILL)
    assert started.wait() == -signal.SIGKILL


def rows(ground: Ground, name: str) -> list[list[str | None]]:
    return ground.sandbox.sql(f"select id, at, cast(n as varchar) from {name} order by id")


def validate(ground: Ground) -> int:
    return command(ground, "validate", "--queries", str(ground.config_file.parent / "queries"))


def test_a_cutover_waits_for_its_proof_and_its_backup(
    ground: Ground, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(ground, "plan", "--apply") == 0
    assert command(ground, "backfill") == 0
    capsys.readouterr()
    assert command(ground, "cutover", "--apply") == 3
    assert "it was never validated: run `lakehouse migrate validate" in capsys.readouterr().err
    ground.sandbox.sql(f"update {ground.table.target} set n = 7 where id = 'a'")
    assert validate(ground) == 4
    assert command(ground, "cutover", "--apply") == 3
    assert "its newest validation is red" in capsys.readouterr().err
    ground.sandbox.sql(f"update {ground.table.target} set n = 1 where id = 'a'")
    assert validate(ground) == 0
    assert command(ground, "cutover", "--apply") == 3
    assert "there is no backup of" in capsys.readouterr().err
    assert command(ground, "backup") == 0
    ground.sandbox.sql(f"update {ground.table.target} set n = 1 where id = 'a'")
    assert command(ground, "cutover", "--apply") == 3
    assert "somebody wrote to it or compacted it since" in capsys.readouterr().err
    assert rows(ground, ground.table.source) == [[row["id"], row["at"], str(row["n"])] for row in FIRST]


def test_a_plan_shows_and_changes_nothing(ground: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    assert validate(ground) == 0
    before = get_table(ground.migration.glue, ground.table.source).definition
    capsys.readouterr()
    assert command(ground, "cutover", "--json") == 0
    planned: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    assert planned[0]["state"] == "planned"
    assert planned[0]["changes"] == [
        f"replace the definition of {ground.table.source} (version {before['VersionId']}) "
        f"by a view over {ground.table.target}"
    ]
    assert get_table(ground.migration.glue, ground.table.source).definition == before


def test_a_killed_cutover_is_finished_by_the_same_command(
    ground: Ground, capsys: pytest.CaptureFixture[str]
) -> None:
    kill_at(ground, "cutover", "started")
    assert command(ground, "cutover", "--apply") == 0
    assert rows(ground, ground.table.source) == TYPED
    capsys.readouterr()
    assert command(ground, "cutover", "--apply") == 0
    assert "is cut over already" in capsys.readouterr().out
    assert len(reread(ground).entries("cutover", ground.table.source, "done")) == 1


def test_what_arrives_after_the_cutover_is_in_both_tables(ground: Ground) -> None:
    ground.put("events", "year=2025/b.json", [ARRIVED])
    ground.register("events_legacy")
    assert command(ground, "dual-write", "--once") == 0
    assert rows(ground, ground.table.source) == [*TYPED, ["c", "2024-12-31 23:30:00.000000", "3"]]


def test_a_killed_rollback_is_finished_by_the_same_command(
    ground: Ground, capsys: pytest.CaptureFixture[str]
) -> None:
    target = ground.table.target
    ground.sandbox.sql(
        f"insert into {target} values ('w', timestamp '2025-10-26 00:30:00.000000', 4, 2025, null)"
    )
    capsys.readouterr()
    assert command(ground, "rollback", "--apply") == 3
    assert "Move them into the old table with --keep-written" in capsys.readouterr().err
    kill_at(ground, "rollback", "moving", "--keep-written")
    assert command(ground, "rollback", "--apply", "--keep-written") == 0
    assert standing_cutover(reread(ground), ground.table.source) is None
    # The hour that clocks in Berlin have twice: the offset tells which.
    assert rows(ground, ground.table.source) == [
        *([row["id"], row["at"], str(row["n"])] for row in (*FIRST, ARRIVED)),
        ["w", "2025-10-26 02:30:00.000000+02:00", "4"],
    ]
    assert command(ground, "dual-write", "--once") == 0
    assert ["w", "2025-10-26 00:30:00.000000", "4"] in ground.sandbox.sql(
        f"select id, cast(at as varchar), cast(n as varchar) from {target}"
    )


def test_nothing_is_cleaned_up_before_its_time(ground: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert command(ground, "cleanup", "--apply") == 3
    assert "is not cut over: there is nothing to clean up" in capsys.readouterr().err


def reread(ground: Ground) -> Ledger:
    return Ledger(ground.migration.s3, ground.migration.ledger.location)
