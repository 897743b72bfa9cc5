"""Fixtures of all tests: one sandbox for a whole run, bronze data in it, and the project built on it.

Unit tests ask for none of them. Everything reaches the sandbox as a user does: by the commands, in an
environment that has AWS_CONFIG_FILE and AWS_PROFILE and nothing else of ours.
"""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.support import service_models
from tests.support.sandbox import ROOT, Sandbox, sandbox_environment
from xdist.scheduler import LoadFileScheduling

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


@cache
def is_on_the_built_project(path: Path) -> bool:
    """Whether a file's tests or fixtures ask for one of them: by an argument, or by `usefixtures`.

    Read from the text: the process that hands out the tests knows their names only.
    """
    return not ON_THE_BUILT_PROJECT.isdisjoint(_names_asked_for(ast.parse(path.read_text())))


def _names_asked_for(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from (argument.arg for argument in node.args.args)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("usefixtures"):
            yield from (str(name.value) for name in node.args if isinstance(name, ast.Constant))


class SchedulingByStack(LoadFileScheduling):
    """Hands tests out file by file, but the files on the built project as one.

    A worker starts a sandbox of its own when the first of its tests asks for one.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::")[0]
        return "built project" if is_on_the_built_project(ROOT / path) else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SchedulingByStack:
    config.option.loadscopereorder = False
    return SchedulingByStack(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long goes first; the many small files of the unit tests fill up the end of both workers."""

    def rank(item: pytest.Item) -> int:
        if is_on_the_built_project(item.path):
            return 0
        if item.get_closest_marker("takes_minutes"):
            return 1
        return 3 if item.path.is_relative_to(ROOT / "tests" / "unit") else 2

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
