"""Starting a dead engine again, by a command that whoever runs this service names."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Sequence

logger = logging.getLogger(__name__)

# A command that failed is not run again for each query that finds the engine dead.
_PAUSE_SECONDS = 10.0
# They identify the process that has them; the command is not a part of the stack.
_DROPPED_PREFIX = "ATHENA_SANDBOX_"


class EngineRecovery:
    """Runs the command that starts the engine again: in the background, and never twice at a time.

    `command` is a program and its arguments; empty when nothing is to be run.
    """

    def __init__(self, command: Sequence[str] = ()) -> None:
        self._command = tuple(command)
        self._task: asyncio.Task[None] | None = None
        self._ended = float("-inf")

    @property
    def possible(self) -> bool:
        """Whether there is a command to run."""
        return bool(self._command)

    def begin(self) -> None:
        """Run the command unless it runs already or has ended a moment ago; doesn't wait."""
        runs = self._task is not None and not self._task.done()
        if self._command and not runs and time.monotonic() - self._ended > _PAUSE_SECONDS:
            self._task = asyncio.create_task(self._run(), name="engine-recovery")

    async def _run(self) -> None:
        logger.warning("the query engine does not answer; running %s", " ".join(self._command))
        environ = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED_PREFIX)}
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                env=environ,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                # It must survive when it restarts this service too.
                start_new_session=True,
            )
            _, talk = await process.communicate()
        except OSError as error:
            logger.error("the query engine can't be started again: %s", error)
        else:
            level = logging.WARNING if process.returncode == 0 else logging.ERROR
            logger.log(level, "exit %s: %s", process.returncode, talk.decode(errors="replace").strip())
        finally:
            self._ended = time.monotonic()
