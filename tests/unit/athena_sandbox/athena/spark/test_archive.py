"""The class archive: made once, and a failure to make it is remembered and harmless."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from athena_sandbox.athena.spark.archive import failure_log, make_archive, needs_archive
from athena_sandbox.athena.spark.runtime import SparkInstallation


@pytest.fixture
def installation(tmp_path: Path) -> SparkInstallation:
    """An installation whose `java` is a script that fails."""
    java = tmp_path / "java" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text("#!/bin/sh\necho run >> " + str(tmp_path / "runs") + "\nexit 1\n")
    java.chmod(0o755)
    return SparkInstallation(tmp_path)


def test_a_failure_is_reported_and_not_tried_again_that_day(installation: SparkInstallation) -> None:
    assert needs_archive(installation)
    assert make_archive(installation) is False
    assert installation.existing_archive() is None
    assert not needs_archive(installation)
    assert make_archive(installation) is False
    assert (installation.root / "runs").read_text() == "run\n"
    assert "returned non-zero exit status 1" in failure_log(installation).read_text()


def test_a_failure_is_tried_again_after_a_day(installation: SparkInstallation) -> None:
    make_archive(installation)
    for age, is_tried in ((23 * 3600, False), (25 * 3600, True)):
        then = time.time() - age
        os.utime(failure_log(installation), (then, then))
        assert needs_archive(installation) is is_tried
    make_archive(installation)
    assert (installation.root / "runs").read_text() == "run\nrun\n"


def test_an_archive_that_is_there_is_used(installation: SparkInstallation) -> None:
    installation.archive.touch()
    assert not needs_archive(installation)
    assert make_archive(installation) is True
    assert installation.existing_archive() == installation.root / "sessions.jsa"
