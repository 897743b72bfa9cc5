"""kill -9 of a build, or of the parts it runs on, amid a merge; then the same command gives the same rows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from typing import Any

import pytest
from tests.support.marts import INCREMENTAL, SELECT, TelemetryFiles, fingerprint, load_day
from tests.support.sandbox import BIN, ROOT, Sandbox

COMMAND = ("build", "--", "--resource-type", "model", *SELECT)
STATUS = ("athena-sandbox", "status", "--json")
Fingerprint = dict[str, list[list[str | None]]]


@pytest.fixture
def a_day_to_load(built: Sandbox) -> Fingerprint:
    """Marts that lack what arrived on the newest day; gives what they come to with it."""
    whole = fingerprint(built)
    newest = max(load_day(key) for key in TelemetryFiles(built).listing())
    day = f"date '{newest[:4]}-{newest[4:6]}-{newest[6:]}'"
    for table in INCREMENTAL:
        built.sql(f"delete from {table} where _load_date = {day}")
    assert fingerprint(built) != whole
    return whole


def start(sandbox: Sandbox) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(BIN / "lakehouse"), *COMMAND],
        cwd=ROOT,
        env=sandbox.env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def wait_for_running_query(sandbox: Sandbox, text: str, seconds: float = 240) -> None:
    """Wait until a query that holds the text runs."""
    athena = sandbox.client("athena")
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ids = athena.list_query_executions(MaxResults=10)["QueryExecutionIds"]
        executions: list[Any] = athena.batch_get_query_execution(QueryExecutionIds=ids)["QueryExecutions"]
        if any(text in e["Query"] and e["Status"]["State"] in ("QUEUED", "RUNNING") for e in executions):
            return
        time.sleep(0.05)
    raise AssertionError(f"no query with {text!r} ran in {seconds:.0f} s")


def test_a_killed_build_is_made_good_by_the_next(built: Sandbox, a_day_to_load: Fingerprint) -> None:
    build = start(built)
    wait_for_running_query(built, "merge into")
    os.killpg(build.pid, signal.SIGKILL)
    build.wait()
    built.run("lakehouse", *COMMAND)
    assert fingerprint(built) == a_day_to_load


@pytest.mark.parametrize("parts", [("trino",), ("storage", "glue", "athena")], ids="+".join)
def test_a_build_whose_sandbox_was_killed_is_made_good_by_the_next(
    built: Sandbox, a_day_to_load: Fingerprint, parts: tuple[str, ...]
) -> None:
    pids = {part["name"]: part["pid"] for part in json.loads(built.run(*STATUS).stdout)["parts"]}
    build = start(built)
    wait_for_running_query(built, "merge into")
    for part in parts:
        os.kill(pids[part], signal.SIGKILL)
    assert build.wait() != 0
    built.run("athena-sandbox", "up")
    built.run("lakehouse", *COMMAND)
    assert fingerprint(built) == a_day_to_load
