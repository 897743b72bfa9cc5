"""The project's commands, each in a process of its own that is forked from one with their modules loaded.

What a user starts is the same: the entry point of the command, its arguments, directory, environment and
streams. Only the start of Python and the loading of modules, three seconds of a core for dbt, aren't
repeated. Tests that kill a command start it as a program.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.support.warm"])


def run(
    command: str, arguments: Sequence[str], cwd: Path, env: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, its input empty; what it printed and its exit code.

    Raises:
        subprocess.TimeoutExpired: it took longer than `timeout` seconds; it was killed.
    """
    whole = [command, *arguments]
    with tempfile.TemporaryDirectory() as place:
        printed = [Path(place, name) for name in ("out", "err")]
        for path in printed:
            path.touch()
        process = _FORKS.Process(target=_be, args=(whole, cwd, dict(env), printed))
        process.start()
        try:
            process.join(timeout)
            if process.exitcode is None:
                raise subprocess.TimeoutExpired(whole, timeout)
        finally:
            process.kill()
            process.join()
        out, err = (path.read_text() for path in printed)
    return subprocess.CompletedProcess(whole, process.exitcode, out, err)


def _be(command: Sequence[str], cwd: Path, env: Mapping[str, str], printed: Sequence[Path]) -> None:
    """Become the command; runs in the forked process."""
    os.setsid()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    for number, path in enumerate((Path(os.devnull), *printed)):
        os.dup2(os.open(path, os.O_RDWR), number)
    sys.stdout, sys.stderr = (open(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))  # noqa: SIM115
    sys.argv = [str(Path(sys.executable).with_name(command[0])), *command[1:]]
    [entry] = entry_points(group="console_scripts", name=command[0])
    sys.exit(entry.load()())
