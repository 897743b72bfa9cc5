"""A dbt project's folder: its settings and its target directory, and running dbt in it."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any

from lakehouse.errors import UsageError
from lakehouse.files import load_yaml


def target_directory(project_directory: Path) -> Path:
    """dbt's target directory: DBT_TARGET_PATH, else `target` in the project."""
    return project_directory / os.environ.get("DBT_TARGET_PATH", "target")


def run_dbt(
    project_directory: Path,
    arguments: Sequence[str],
    stdout: IO[str] | None = None,
    *,
    keep_open: Sequence[int] = (),
    **variables: str,
) -> int:
    """Run dbt in a project with more environment variables; return its exit code (0, 1 or 2).

    dbt writes to `stdout` (this process' own with None) and to stderr, and inherits the file descriptors
    `keep_open`. It reads the project's profiles/ unless DBT_PROFILES_DIR names another place. Ctrl-C reaches
    it as it reaches us: it cancels its queries, and we wait for it to do so.
    """
    environment = dbt_environment(project_directory) | variables
    with subprocess.Popen(
        dbt_command(*arguments),
        cwd=project_directory,
        env=environment,
        stdout=stdout or subprocess.PIPE,
        text=True,
        pass_fds=keep_open,
    ) as process:
        said = process.stdout or iter(())
        try:
            _pass_on(said)
            return process.wait()
        except KeyboardInterrupt:
            # dbt ends with the traceback of the interrupt: of that, only what it did is passed on.
            _pass_on(itertools.takewhile(lambda line: "Encountered an error" not in line, said))
            for _ in said:
                pass
            process.wait()
            raise


def _pass_on(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(line)
        sys.stdout.flush()


def dbt_command(*arguments: str) -> list[str]:
    """The command line of the dbt that is installed beside us."""
    return [str(Path(sys.executable).with_name("dbt")), *arguments]


def dbt_environment(project_directory: Path) -> dict[str, str]:
    """Our environment, with the project's profiles/ unless DBT_PROFILES_DIR names another place: dbt itself
    looks in the project's folder and in ~/.dbt only."""
    folder = project_directory / "profiles"
    found = {"DBT_PROFILES_DIR": str(folder.resolve())} if (folder / "profiles.yml").exists() else {}
    return found | os.environ


def require_project(project: Path) -> None:
    """Raise UsageError for a folder that isn't a dbt project's."""
    if not (project / "dbt_project.yml").exists():
        raise UsageError(
            f"there is no dbt_project.yml in {project.resolve()}: run the command in the project's folder, "
            "or give --project-dir"
        )


def project_value(project: Path, *path: str) -> Any:
    """A value of dbt_project.yml, None where there is none."""
    try:
        value = load_yaml(project / "dbt_project.yml", "dbt's project file").value
        for name in path:
            value = value[name]
    except (UsageError, KeyError, TypeError):
        return None
    return value
