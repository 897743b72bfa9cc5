"""Builds and merges over more partitions than one statement may write, killed between two statements.

A project of one model, with this project's macros: one event a day, whose latest days arrived first, so that
the order of the days of arrival is not that of the partitions.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.support.dbt_projects import write_project
from tests.support.sandbox import BIN, ROOT, Sandbox

DAYS = 201
TABLE = "many_days"
DATABASE = "local_many_partitions"

MODEL = """
{{
    config(
        materialized="incremental",
        incremental_strategy="merge",
        unique_key="event_id",
        schema="many_partitions",
        table_type="iceberg",
        partitioned_by=["day(event_timestamp)"],
    )
}}
{%- set watermarks = load_watermarks() %}
select
    cast(number as varchar) as event_id,
    cast(date_add('day', -number, date '2025-12-31') as timestamp(6)) as event_timestamp,
    'one.source' as _source_table,
    date_add('day', number, date '2025-01-01') as _load_date
from unnest(sequence(1, {{ var("arrived") }})) as numbers (number)
where date_add('day', number, date '2025-01-01') >= date '{{ watermarks.get("one.source", "2025-01-01") }}'
"""


class Project:
    """The project in a directory of its own."""

    def __init__(self, sandbox: Sandbox, directory: Path) -> None:
        self.sandbox = sandbox
        self.place = write_project(
            directory,
            {f"models/{TABLE}.sql": MODEL},
            with_macros=True,
            vars={"lookback_days": 1, "arrived": DAYS},
        )

    def arguments(self, arrived: int) -> tuple[str, ...]:
        return ("--no-write-json", "run", *self.place, "--vars", f"{{arrived: {arrived}}}")

    def run(self, arrived: int) -> None:
        self.sandbox.run("dbt", *self.arguments(arrived))

    def run_killed_after(self, statement: str, arrived: int) -> None:
        """Run, and kill -9 as soon as one statement that starts so has succeeded."""
        started = time.time()
        build = subprocess.Popen(
            [str(BIN / "dbt"), *self.arguments(arrived)],
            cwd=ROOT,
            env=self.sandbox.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        athena = self.sandbox.client("athena")
        while build.poll() is None:
            ids = athena.list_query_executions(MaxResults=10)["QueryExecutionIds"]
            for execution in athena.batch_get_query_execution(QueryExecutionIds=ids)["QueryExecutions"]:
                if (
                    statement in execution["Query"]
                    and execution["Status"]["State"] == "SUCCEEDED"
                    and execution["Status"]["SubmissionDateTime"].timestamp() > started
                ):
                    os.killpg(build.pid, signal.SIGKILL)
                    build.wait()
                    return
            time.sleep(0.05)
        raise AssertionError(f"dbt ended with {build.returncode} before {statement!r} had succeeded")

    def exists(self) -> bool:
        tables = self.sandbox.client("glue").get_tables(DatabaseName=DATABASE)["TableList"]
        return TABLE in {table["Name"] for table in tables}

    def rows(self) -> list[str | None]:
        table = f"awsdatacatalog.{DATABASE}.{TABLE}"
        return self.sandbox.sql(f"select count(*), count(distinct event_id) from {table}")[0]


@pytest.fixture
def project(sandbox: Sandbox, tmp_path: Path) -> Project:
    made = Project(sandbox, tmp_path / "project")
    sandbox.sql(f"drop database if exists {DATABASE} cascade")
    return made


def test_a_first_build_that_is_killed_leaves_no_table_that_looks_whole(project: Project) -> None:
    project.run_killed_after("insert into", DAYS)
    assert not project.exists()
    project.run(DAYS)
    assert project.rows() == [str(DAYS), str(DAYS)]


def test_a_merge_that_is_killed_between_two_batches_is_made_good_by_the_next_run(project: Project) -> None:
    project.run(10)
    project.run_killed_after("merge into", DAYS)
    merged = int(project.rows()[0] or 0)
    assert 10 < merged < DAYS
    project.run(DAYS)
    assert project.rows() == [str(DAYS), str(DAYS)]
