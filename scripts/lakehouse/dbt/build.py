"""Running `dbt build`: one at a time in a target directory, and the next one tidies up after a killed one."""

from __future__ import annotations

import fcntl
import json
import os
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lakehouse.dbt.build_queries import end_sessions, stop_unfinished
from lakehouse.dbt.project import run_dbt, target_directory
from lakehouse.errors import RefusedError

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient

MARKER = "build.json"
"""Name of the marker in dbt's target directory."""
_LOCK = "build.lock"


@dataclass(frozen=True)
class Build:
    """One `dbt build`: its id, which every statement of it carries, and when it started (UTC)."""

    id: str
    started_at: datetime
    finished: bool = False

    @classmethod
    def begin(cls) -> Build:
        return cls(id=uuid.uuid4().hex, started_at=datetime.now(UTC))


def load_build(target: Path) -> Build | None:
    """The build that ran last, or None where there is none or its marker can't be read."""
    try:
        marker = json.loads((target / MARKER).read_text())
        return Build(marker["id"], datetime.fromisoformat(marker["started_at"]), marker["finished"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def save_build(target: Path, build: Build) -> None:
    """Write the marker; whole or not at all, so that a kill leaves the old one."""
    target.mkdir(parents=True, exist_ok=True)
    scratch = target / f"{MARKER}.{os.getpid()}"
    scratch.write_text(json.dumps(asdict(build) | {"started_at": build.started_at.isoformat()}))
    scratch.replace(target / MARKER)


def run_marked_build(
    athena: AthenaClient,
    work_group: str,
    project_directory: Path,
    arguments: Sequence[str],
    say: Callable[[str], None],
    stdout: IO[str] | None = None,
) -> int:
    """Stop what a killed build left running, run `dbt build`, mark it as finished; return dbt's exit code.

    dbt writes to `stdout`, this process' own with None. Raises RefusedError while another build runs there.
    """
    target = target_directory(project_directory)
    with _only_build(target) as lock:
        last = load_build(target)
        if last is not None and not last.finished:
            stopped = stop_unfinished(athena, work_group, last.id, last.started_at)
            if stopped:
                say(f"the last build was killed: {stopped} of its queries still ran and were stopped")
        begun = Build.begin()
        save_build(target, begun)
        code = run_dbt(
            project_directory,
            [*_colours(stdout), "build", *arguments],
            stdout,
            keep_open=(lock,),
            LAKEHOUSE_BUILD_ID=begun.id,
        )
        _end_sessions(athena, target, say)
        save_build(target, replace(begun, finished=True))
    return code


def _colours(stdout: IO[str] | None) -> list[str]:
    """dbt colours its lines wherever they go; in a file the colours would be signs between the words."""
    return [] if (stdout or sys.stdout).isatty() else ["--no-use-colors"]


@contextmanager
def _only_build(target: Path) -> Iterator[int]:
    """Hold the target directory's lock and give its file descriptor, for dbt to hold it too.

    The system releases the lock when the last process that holds it is gone: a killed build whose dbt goes on
    still holds it, one that left nothing behind does not.
    """
    target.mkdir(parents=True, exist_ok=True)
    with (target / _LOCK).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise RefusedError(
                f"another build is running in {target} ({file.read() or 'just started'}): wait for it to "
                "end; for a build beside it, name another directory in DBT_TARGET_PATH"
            ) from None
        file.truncate(0)
        file.write(f"started by process {os.getpid()} at {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")
        file.flush()
        yield file.fileno()


def _end_sessions(athena: AthenaClient, target: Path, say: Callable[[str], None]) -> None:
    """End the Spark sessions of the dbt run whose results lie in `target`, as far as we may.

    Athena is asked only if the run had a Python model: an account can have many work groups to look through.
    """
    try:
        results = json.loads((target / "run_results.json").read_text())
        nodes = json.loads((target / "manifest.json").read_text())["nodes"]
        models = (nodes.get(result["unique_id"], {}) for result in results["results"])
        if any(model.get("language") == "python" for model in models):
            end_sessions(athena, results["metadata"]["invocation_id"])
    except (OSError, ValueError, KeyError):
        # dbt ended before it ran a model.
        return
    except (BotoCoreError, ClientError) as error:
        say(f"the Spark sessions of this build stay open until their idle timeout: {error}")
