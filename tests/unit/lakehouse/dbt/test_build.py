"""One build at a time in a target directory: who holds its lock, and until when."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from lakehouse.dbt.build import run_marked_build
from lakehouse.errors import RefusedError

# What stands in for dbt says that it has begun, and goes on until its input ends.
DBT = """#!{python}
import sys
print("begun", flush=True)
sys.stdin.read()
"""
BUILD = """
import sys
from pathlib import Path
from lakehouse.dbt import build, project

project.dbt_command = lambda *arguments: [sys.executable, sys.argv[1]]
build.run_marked_build(None, "primary", Path.cwd(), [], print)
"""


class NoQueries:
    """An Athena whose history is empty; `asked` tells whether somebody looked for queries to stop."""

    asked = False

    def get_paginator(self, _name: str) -> Any:
        self.asked = True
        return self

    def paginate(self, **_arguments: Any) -> list[dict[str, Any]]:
        return [{"QueryExecutionIds": []}]


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> subprocess.Popen[str]:
    """A build of another process, whose dbt is at work."""
    (tmp_path / "dbt").write_text(DBT.format(python=sys.executable))
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "target"))
    started = subprocess.Popen(
        [sys.executable, "-c", BUILD, str(tmp_path / "dbt")],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "begun\n"
    return started


@pytest.mark.parametrize(("ran", "is_asked"), [("model.p.a", False), ("model.p.spark", True)])
def test_sessions_are_looked_for_only_after_a_python_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ran: str, *, is_asked: bool
) -> None:
    monkeypatch.delenv("DBT_TARGET_PATH", raising=False)
    monkeypatch.setattr("lakehouse.dbt.project.dbt_command", lambda *arguments: [sys.executable, "-c", ""])
    nodes = {"model.p.a": {"language": "sql"}, "model.p.spark": {"language": "python"}}
    results = {"metadata": {"invocation_id": "i"}, "results": [{"unique_id": ran}]}
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "manifest.json").write_text(json.dumps({"nodes": nodes}))
    (tmp_path / "target" / "run_results.json").write_text(json.dumps(results))
    athena = boto3.client(
        "athena", region_name="eu-central-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    with Stubber(athena) as stub:
        if is_asked:
            stub.add_response("list_work_groups", {"WorkGroups": []})
        said: list[str] = []
        assert run_marked_build(athena, "primary", tmp_path, [], said.append) == 0
        # A call that is not expected fails, which would be said.
        assert said == []
        stub.assert_no_pending_responses()


def test_dbt_writes_no_colours_into_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    monkeypatch.setattr(
        "lakehouse.dbt.build.run_dbt", lambda _project, arguments, *_, **__: given.extend(arguments)
    )
    with (tmp_path / "log").open("w") as log:
        run_marked_build(NoQueries(), "primary", tmp_path, ["--select", "a"], print, log)
    assert given == ["--no-use-colors", "build", "--select", "a"]


def refused(athena: Any, project: Path) -> str:
    with pytest.raises(RefusedError) as caught:
        run_marked_build(athena, "primary", project, [], print)
    return str(caught.value)


def test_a_second_build_is_refused_and_stops_nothing_of_the_first(
    build: subprocess.Popen[str], tmp_path: Path
) -> None:
    athena = NoQueries()
    told = refused(athena, tmp_path)
    assert f"started by process {build.pid} at " in told
    assert not athena.asked
    build.communicate(timeout=30)
    assert build.returncode == 0
    assert json.loads((tmp_path / "target" / "build.json").read_text())["finished"] is True


def test_a_killed_build_holds_the_lock_until_its_dbt_has_ended(
    build: subprocess.Popen[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.kill()
    build.wait()
    athena: Any = NoQueries()
    assert "another build is running" in refused(athena, tmp_path)
    build.communicate(timeout=30)
    monkeypatch.setattr("lakehouse.dbt.project.dbt_command", lambda *arguments: [sys.executable, "-c", ""])
    deadline = time.monotonic() + 30
    while True:
        try:
            # It ends a moment after its input.
            assert run_marked_build(athena, "primary", tmp_path, [], print) == 0
            break
        except RefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert athena.asked
