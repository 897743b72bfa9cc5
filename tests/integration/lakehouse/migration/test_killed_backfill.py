"""kill -9 of plan, apply, backfill, dual-write, wherever they are; then the same command: the same end state.

Each command is killed again and again, each time when it has come one step further than any run before it: a
statement that it sent, or an entry of its in the ledger. What it leaves in the end is compared with a twin
that was never disturbed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.support.migration import Ground, prepare
from tests.support.sandbox import ROOT, Sandbox

import lakehouse.cli
from lakehouse.records.lock import hold_lock

NAME, TWIN = "killed_test", "undisturbed_test"
EVENTS = {
    "source": "events",
    "key": ["id"],
    "columns": {"at": {"type": "timestamp"}},
    "partition_by": {"column": "at"},
}
FORKS = multiprocessing.get_context("forkserver")


def lay_out(sandbox: Sandbox, directory: Path, name: str) -> Ground:
    """Two files that are a batch each, since together they touch too many partitions. The second one has
    copies of rows of the first, and both have rows that can't be read."""
    place = prepare(sandbox, directory, name, [EVENTS])
    for number in range(2):
        days = [date(2024, 1, 1) + timedelta(days=60 * number + row) for row in range(60)]
        rows = [{"id": f"{day}", "at": f"{day} 08:00:00"} for day in days]
        rows += [{"id": "2024-01-03", "at": f"{days[7]} 00:00:00"}, {"id": f"bad-{number}", "at": "?"}]
        place.put("events", f"{number}.json", rows)
    place.create("events", "id string, at string")
    return place


def arrive(place: Ground) -> None:
    place.put(
        "events", "3.json", [{"id": "late", "at": "2024-03-01"}, {"id": "2024-01-05", "at": "2024-03-01"}]
    )


def be_lakehouse(arguments: list[str], env: dict[str, str], said: str) -> None:
    """Become the command; runs in a process of its own."""
    os.setsid()
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(env)
    with Path(said).open("w") as stream:
        for number in (1, 2):
            os.dup2(stream.fileno(), number)
    sys.exit(lakehouse.cli.main(arguments))


class Trail:
    """What a migration has left so far: each of its statements, and each entry of its ledger, by a name that
    is the same in every run."""

    def __init__(self, place: Ground) -> None:
        self.athena = place.sandbox.client("athena")
        self.s3 = place.sandbox.client("s3")
        self.name = place.name
        self.place = place.migration.ledger.place
        self.statements: dict[str, str] = {}

    def steps(self) -> set[str]:
        return self._entries() | {text for text in self._texts() if self.name in text}

    def _entries(self) -> set[str]:
        listed = self.s3.list_objects_v2(Bucket=self.place.bucket, Prefix=self.place.key).get("Contents", [])
        kinds = [each["Key"].split("~", 1)[1] for each in listed]
        return {f"{kind} {number}" for kind in set(kinds) for number in range(kinds.count(kind))}

    def _texts(self) -> set[str]:
        ids = self.athena.list_query_executions(MaxResults=20)["QueryExecutionIds"]
        if unknown := [each for each in ids if each not in self.statements]:
            found = self.athena.batch_get_query_execution(QueryExecutionIds=unknown)["QueryExecutions"]
            self.statements |= {each["QueryExecutionId"]: each["Query"] for each in found}
        return set(self.statements.values())


def kill_at_every_step(place: Ground, *arguments: str) -> int:
    """Run a command, killed at each step that no run took before it, until one gets to its end; how many
    were killed."""
    trail, kills = Trail(place), 0
    command = ["migrate", *arguments, "--file", str(place.config_file)]
    said = place.config_file.with_suffix(".said")
    while True:
        known = trail.steps()
        process = FORKS.Process(target=be_lakehouse, args=(command, place.sandbox.env, str(said)))
        process.start()
        while process.is_alive() and trail.steps() <= known:
            time.sleep(0.03)
        if process.is_alive():
            process.kill()
            kills += 1
        process.join()
        if process.exitcode != -signal.SIGKILL:
            assert process.exitcode == 0, said.read_text()
            return kills


def whole(place: Ground, *arguments: str) -> None:
    place.sandbox.run("lakehouse", "migrate", *arguments, "--file", str(place.config_file))


def end_state(place: Ground) -> list[Any]:
    """Rows without the name of the database in them, which differs between the twins."""
    target = place.sandbox.sql(
        f"select id, cast(\"at\" as varchar), regexp_extract(_source_path, '[^/]+$') "
        f"from {place.name}.events_v2 order by 1, 2, 3"
    )
    rejects = place.sandbox.sql(
        "select column_name, raw_value, reject_reason, raw_row, cast(occurrences as varchar) "
        f"from {place.name}.events_v2_rejects order by 4"
    )
    return [target, rejects]


def test_a_migration_killed_at_every_step_ends_as_one_that_was_not(sandbox: Sandbox, tmp_path: Path) -> None:
    twin, place = lay_out(sandbox, tmp_path, TWIN), lay_out(sandbox, tmp_path, NAME)
    kills = []
    for arguments in (("plan", "--apply"), ("backfill",)):
        whole(twin, *arguments)
        kills.append(kill_at_every_step(place, *arguments))
    assert end_state(place) == end_state(twin)
    for each in (twin, place):
        arrive(each)
    whole(twin, "dual-write")
    kills.append(kill_at_every_step(place, "dual-write"))
    assert end_state(place) == end_state(twin)
    assert len(end_state(place)[0]) == 121
    # The statements and entries that a run can't do without: of a plan, of two batches, of an increment.
    assert [count >= least for count, least in zip(kills, (5, 8, 3), strict=True)] == [True] * 3, kills
    done = place.migration.ledger.entries("backfill", event="batch")
    assert len({(entry.detail["plan"], entry.detail["batch"]) for entry in done}) == len(done)


def test_a_second_operator_is_told_who_is_at_it_and_since_when(sandbox: Sandbox, tmp_path: Path) -> None:
    place = lay_out(sandbox, tmp_path, f"{NAME}_lock")
    with hold_lock(place.migration.ledger, "migrate backfill"):
        second = sandbox.run("lakehouse", "migrate", "plan", "--file", str(place.config_file), check=False)
    assert second.returncode == 3
    assert "holds this migration since 20" in second.stderr
    assert f"`migrate backfill` (process {os.getpid()} on" in second.stderr
    assert place.migration.ledger.entries() == []
