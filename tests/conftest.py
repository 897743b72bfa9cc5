"""Fixtures of all tests: one sandbox for a whole run, bronze data in it, and the project built on it.

Unit tests ask for none of them. Everything reaches the sandbox as a user does: by the commands, in an
environment that has AWS_CONFIG_FILE and AWS_PROFILE and nothing else of ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.sandbox import Sandbox, sandbox_environment

BRONZE_ARGUMENTS = ("--days", "3", "--scale", "0.02", "--dirt", "0.05", "--seed", "7")


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox of this run's own, started by the command and stopped at the end."""
    directory = tmp_path_factory.mktemp("sandbox")
    running = Sandbox(directory, sandbox_environment(directory))
    running.run(
        "athena-sandbox", "up", "--bucket", "acme-lakehouse-results", "--bucket", "acme-lakehouse-silver"
    )
    yield running
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
