"""An Athena service of a test's own, in a process of its own, on the parts of the running sandbox."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from tests.support.sandbox import Sandbox

from athena_sandbox.stack.ports import choose
from athena_sandbox.wire.keys import KEY_VARIABLE

RESULTS = "s3://acme-lakehouse-results/tests/"
# Runs for minutes unless it is cancelled.
SLOW = (
    "select count(*) from unnest(sequence(1, 10000)) as a (x) cross join unnest(sequence(1, 10000)) as b (x) "
    "cross join unnest(sequence(1, 10000)) as c (x) where a.x + b.x + c.x = {}"
)


class Service:
    """`python -m athena_sandbox.athena` on a free port and a directory of its own."""

    def __init__(self, sandbox: Sandbox, directory: Path) -> None:
        ports = {name: part["port"] for name, part in sandbox.state["parts"].items()}
        self._directory = directory
        self._behind = [
            *("--trino-url", f"http://127.0.0.1:{ports['trino']}"),
            *("--glue-url", f"http://127.0.0.1:{ports['glue']}"),
            *("--s3-url", f"http://127.0.0.1:{ports['storage']}"),
        ]
        self._sandbox = sandbox
        self.access_key = sandbox.access_key
        self.start()

    def start(self) -> None:
        port = choose()
        command = [sys.executable, "-m", "athena_sandbox.athena", "--port", str(port)]
        command += ["--data-dir", str(self._directory), *self._behind]
        self._process = subprocess.Popen(command, env=os.environ | {KEY_VARIABLE: self.access_key})
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "the service did not start"
                time.sleep(0.05)
        self.athena: Any = boto3.client(
            "athena",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="eu-central-1",
            aws_access_key_id=self.access_key,
            aws_secret_access_key="any",
            # A refusal is the answer, also one that botocore would ask again for.
            config=Config(retries={"total_max_attempts": 1}, max_pool_connections=64),
        )

    @property
    def url(self) -> str:
        return str(self.athena.meta.endpoint_url)

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def begin(self, sql: str, **more: Any) -> str:
        answer = self.athena.start_query_execution(
            QueryString=sql, ResultConfiguration={"OutputLocation": RESULTS}, **more
        )
        return str(answer["QueryExecutionId"])

    def status(self, execution_id: str) -> dict[str, Any]:
        return dict(
            self.athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]["Status"]
        )

    def wait(self, execution_id: str, *states: str, seconds: float = 60) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while (status := self.status(execution_id))["State"] not in states:
            assert time.monotonic() < deadline, status
            time.sleep(0.02)
        return status

    def running_at_the_engine(self, marker: str) -> int:
        """How many unfinished queries at Trino contain the marker."""
        states = self.seen_by_the_engine(marker)
        return sum(not state.startswith(("FINISHED", "FAILED")) for state in states)

    def seen_by_the_engine(self, marker: str) -> list[str]:
        """State and error of each query that Trino remembers and that contains the marker."""
        rows = self.engine_rows(
            "select state || coalesce(' ' || error_code, '') from system.runtime.queries "
            f"where query like '%{marker}%' and query not like '%runtime.queries%'"
        )
        return [str(row[0]) for row in rows]

    def engine_rows(self, sql: str) -> list[list[Any]]:
        """Rows of a statement straight from Trino."""
        return self._sandbox.engine_rows(sql)


def marker() -> str:
    """A number that no other query contains."""
    return str(uuid.uuid4().int % 10**12)
