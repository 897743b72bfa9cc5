"""Fixtures of all tests: one sandbox for a whole run, bronze data in it, and the project built on it.

Unit tests ask for none of them. Everything reaches the sandbox as a user does: by the commands, in an
environment that has AWS_CONFIG_FILE and AWS_PROFILE and nothing else of ours.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support import service_models
from tests.support.sandbox import Sandbox, sandbox_environment
from xdist.scheduler import LoadGroupScheduling

service_models.share()


def _forget_the_shell() -> None:
    """Whatever account, sandbox or target the shell is set up for, no test reaches it: each names its own."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "LAKEHOUSE_", "ATHENA_SANDBOX_")) and name != "LAKEHOUSE_HOME":
            del os.environ[name]
    os.environ.pop("DBT_TARGET", None)
    # No file of the user's either, and no credentials of the machine's.
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"


_forget_the_shell()

BUCKETS = ("acme-lakehouse-bronze", "acme-lakehouse-silver", "acme-lakehouse-results")
SPARK_WORKGROUP = "spark=s3://acme-lakehouse-results/spark/"
BRONZE_ARGUMENTS = ("--days", "3", "--scale", "0.02", "--dirt", "0.05", "--seed", "7")


# Fixtures that take minutes to make: whoever asks for one shares a worker, and so one sandbox.
ON_THE_BUILT_PROJECT = frozenset(("bronze", "built"))
_SHARED = "built project"


class SchedulingByStack(LoadGroupScheduling):
    """Hands tests out file by file, but the files on the built project as one.

    A worker starts a sandbox of its own when the first of its tests asks for one.
    """

    def _split_scope(self, nodeid: str) -> str:
        # xdist's workers put the name of an item's group behind its id.
        return _SHARED if nodeid.endswith(f"@{_SHARED}") else nodeid.split("::")[0]


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        # Whatever --dist says: the scheduler below reads the names of groups.
        config.option.loadgroup = True


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SchedulingByStack:
    config.option.loadscopereorder = False
    return SchedulingByStack(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long goes first; the many small files of the unit tests fill up the end of both workers."""
    shared = {
        item.path for item in items if ON_THE_BUILT_PROJECT.intersection(getattr(item, "fixturenames", ()))
    }

    def rank(item: pytest.Item) -> int:
        if item.path in shared:
            return 0
        if item.get_closest_marker("takes_minutes"):
            return 1
        return 3 if "/tests/unit/" in item.path.as_posix() else 2

    for item in items:
        if item.path in shared:
            item.add_marker(pytest.mark.xdist_group(_SHARED))
    items.sort(key=rank)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox of this run's own, started by the command and removed at the end.

    TEST_SANDBOX_STATE names the state directory of one to use instead, which then stays: for work on the
    tests themselves. It must hold no other bronze data than these tests make.
    """
    kept = os.environ.get("TEST_SANDBOX_STATE")
    directory = Path(kept).resolve() if kept else tmp_path_factory.mktemp("sandbox")
    running = Sandbox(directory, sandbox_environment(directory))
    try:
        buckets = (f"--bucket={bucket}" for bucket in BUCKETS)
        running.run("athena-sandbox", "up", *buckets, "--spark-workgroup", SPARK_WORKGROUP)
        yield running
    finally:
        if not kept:
            running.run("athena-sandbox", "down", "--clean")


@pytest.fixture(scope="session")
def bronze(sandbox: Sandbox) -> dict[str, Any]:
    """Bronze data with planted dirt; returns the manifest that holds the true counts."""
    sandbox.run("lakehouse", "telemetry", "generate", *BRONZE_ARGUMENTS)
    manifest = sandbox.client("s3").get_object(
        Bucket="acme-lakehouse-bronze", Key="_manifests/telemetry.json"
    )
    return json.loads(manifest["Body"].read())


@pytest.fixture(scope="session")
def built(sandbox: Sandbox, bronze: dict[str, Any]) -> Sandbox:
    """The sandbox with the whole project built and tested on it: a green `dbt build`."""
    sandbox.run("dbt", "build")
    return sandbox
