"""The worker of a session, seen from the service: a process, a pipe each way, and its end.

The protocol is described in `driver/main.py`. A worker leads a process group, with its JVM and Spark's Python
processes in it, so that killing it leaves nothing.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from athena_sandbox.athena.errors import AthenaSandboxError
from athena_sandbox.athena.spark.model import Session
from athena_sandbox.athena.spark.properties import Endpoints, session_configuration
from athena_sandbox.athena.spark.runtime import SparkInstallation
from athena_sandbox.wire.keys import SECRET_KEY, own_key

logger = logging.getLogger(__name__)

_DRIVER = Path(__file__).parent / "driver" / "main.py"
# The longest answer: a value's repr or a traceback.
_LONGEST_LINE = 64 << 20
_TAIL_BYTES = 4000


class WorkerDiedError(AthenaSandboxError):
    """The worker's process has ended unasked; the text has the last lines of its log."""


@dataclass(frozen=True)
class Outcome:
    """How a calculation ended: "completed", "failed" or "interrupted".

    `result` is the repr of its last expression, `error` a traceback; both may be None.
    """

    kind: str
    result: str | None = None
    error: str | None = None


class Worker(Protocol):
    """The process of one session."""

    async def ready(self) -> None:
        """Returns when it takes calculations. Raises WorkerDiedError."""

    async def run(self, calculation_id: str, code: str, stdout: Path, stderr: Path) -> Outcome:
        """Run one calculation, its output going to the two files. Raises WorkerDiedError."""

    def interrupt(self, calculation_id: str) -> None:
        """Ask that calculation to stop; `run` then returns, unless the calculation ignores it."""

    async def died(self) -> str:
        """Returns when the process has ended, with what its log ended with."""

    async def kill(self) -> None:
        """End the process and all of its own; returns when they are gone."""


class Launcher(Protocol):
    """Starts workers."""

    async def launch(self, session: Session) -> Worker: ...


class ProcessLauncher:
    """Starts a process per session.

    `folder` holds one folder per session: its configuration, its log, what Spark spills. `athena_url` is this
    service's own address, for calculations that call it.
    """

    def __init__(
        self, installation: SparkInstallation, endpoints: Endpoints, folder: Path, athena_url: str
    ) -> None:
        self._installation = installation
        self._endpoints = endpoints
        self._folder = folder
        self._athena_url = athena_url

    async def launch(self, session: Session) -> Worker:
        folder = self._folder / session.id
        spill = folder / "spill"
        spill.mkdir(parents=True, exist_ok=True)
        configuration = folder / "configuration.json"
        document = session_configuration(
            session.request.spark_properties,
            self._endpoints,
            warehouse=f"{session.working_directory}warehouse",
            local_directory=str(spill),
            archive=self._installation.existing_archive(),
        )
        configuration.write_text(json.dumps(document, indent=1), encoding="utf-8")
        log = folder / "worker.log"
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-u",
                str(_DRIVER),
                str(configuration),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=output,
                env=self._environment(os.environ, spill),
                cwd=folder,
                process_group=0,
                limit=_LONGEST_LINE,
            )
        return _Process(process, log, spill)

    def _environment(self, inherited: Mapping[str, str], spill: Path) -> dict[str, str]:
        return self._installation.environment(inherited, spill) | {
            # As in a session on AWS, clients made by a calculation need no configuration.
            "AWS_ACCESS_KEY_ID": own_key(),
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": self._endpoints.region,
            "AWS_DEFAULT_REGION": self._endpoints.region,
            "AWS_ENDPOINT_URL_ATHENA": self._athena_url,
            "AWS_ENDPOINT_URL_GLUE": self._endpoints.glue,
            "AWS_ENDPOINT_URL_S3": self._endpoints.s3,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


class _Process:
    """A running worker process."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, spill: Path) -> None:
        self._process = process
        self._log = log
        self._spill = spill
        self._death: asyncio.Task[str] = asyncio.create_task(self._wait())

    async def ready(self) -> None:
        await self._receive("ready")

    async def run(self, calculation_id: str, code: str, stdout: Path, stderr: Path) -> Outcome:
        self._send(
            {"order": "run", "id": calculation_id, "code": code, "stdout": str(stdout), "stderr": str(stderr)}
        )
        ended = await self._receive("ended")
        return Outcome(ended["outcome"], ended["result"], ended["error"])

    def interrupt(self, calculation_id: str) -> None:
        self._send({"order": "interrupt", "id": calculation_id})

    async def died(self) -> str:
        return await asyncio.shield(self._death)

    async def kill(self) -> None:
        self._kill_group()
        await asyncio.shield(self._death)

    async def _wait(self) -> str:
        code = await self._process.wait()
        # However the worker ended, its JVM and Spark's Python processes have nothing left to do.
        self._kill_group()
        reason = await asyncio.to_thread(_tail, self._log)
        await asyncio.to_thread(shutil.rmtree, self._spill, ignore_errors=True)
        cause = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"The session's process ended ({cause})." + (f" Its log ends: {reason}" if reason else "")

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _send(self, order: dict[str, Any]) -> None:
        pipe = self._process.stdin
        if pipe is not None and not pipe.is_closing():
            pipe.write(json.dumps(order).encode() + b"\n")

    async def _receive(self, kind: str) -> dict[str, Any]:
        """The next answer of that kind. Raises WorkerDiedError at the end of the pipe."""
        pipe = self._process.stdout
        while pipe is not None and (line := await pipe.readline()):
            answer: dict[str, Any] = json.loads(line)
            if answer["answer"] == kind:
                return answer
            logger.warning("a worker answered %s and not %s", answer["answer"], kind)
        # The pipe may end before the process does; a process without its pipe is useless.
        self._kill_group()
        raise WorkerDiedError(await self.died())


def _tail(log: Path) -> str:
    """The last lines of the log, in one line."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(log.stat().st_size - _TAIL_BYTES, 0))
            text = stream.read().decode(errors="replace")
    except OSError:
        return ""
    return " | ".join(line.strip() for line in text.splitlines()[-5:] if line.strip())
