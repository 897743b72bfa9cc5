"""A running sandbox as a test sees it: by its commands and its endpoints, as a user does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import httpx
from tests.support import commands

from athena_sandbox.wire.keys import ENGINE_USER, engine_token

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox: its state directory and the environment its clients get."""

    state_directory: Path
    env: dict[str, str] = field(repr=False)

    @property
    def state(self) -> dict[str, Any]:
        return json.loads((self.state_directory / "state.json").read_text())

    @property
    def access_key(self) -> str:
        """What every port of the sandbox requires."""
        return str(self.state["access_key"])

    def engine_rows(self, sql: str) -> list[list[Any]]:
        """Rows of a statement straight from Trino."""
        headers = {
            "X-Trino-User": ENGINE_USER,
            "Authorization": f"Bearer {engine_token(self.access_key)}",
            "X-Forwarded-Proto": "https",
        }
        url = f"http://127.0.0.1:{self.state['parts']['trino']['port']}/v1/statement"
        page = httpx.post(url, content=sql, headers=headers).json()
        rows: list[list[Any]] = []
        while True:
            if "error" in page:
                raise AssertionError(page["error"]["message"])
            rows += page.get("data", [])
            if "nextUri" not in page:
                return rows
            page = httpx.get(page["nextUri"].replace("https:", "http:"), headers=headers).json()

    def session(self) -> boto3.Session:
        """A boto3 session on this sandbox, whatever the test process' own AWS configuration is."""
        return _session(self.env["AWS_CONFIG_FILE"])

    def client(self, service: str) -> Any:
        """A client that all tests share: making one takes a tenth of a second of a core."""
        return _client(self.env["AWS_CONFIG_FILE"], service)

    def run(
        self, command: str, *arguments: str, check: bool = True, timeout: int = 600
    ) -> subprocess.CompletedProcess[str]:
        """Run one of the project's commands in the sandbox's environment."""
        done = commands.run(command, arguments, ROOT, self.env, timeout)
        if check and done.returncode != 0:
            raise AssertionError(
                f"{command} {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
            )
        return done

    def scanned_by(self, text: str) -> int:
        """Bytes that the newest statement which holds a text read from storage."""
        athena = self.client("athena")
        ids = athena.list_query_executions(MaxResults=50)["QueryExecutionIds"]
        executions = athena.batch_get_query_execution(QueryExecutionIds=ids)["QueryExecutions"]
        newest = next(execution for execution in executions if text in execution["Query"])
        return int(newest["Statistics"]["DataScannedInBytes"])

    def sql(self, statement: str) -> list[list[str | None]]:
        """Rows of a statement through the Athena API, as texts."""
        execution = self._execute(statement)
        pages = self.client("athena").get_paginator("get_query_results")
        rows: list[list[str | None]] = []
        for page in pages.paginate(QueryExecutionId=execution["QueryExecutionId"]):
            rows += [[cell.get("VarCharValue") for cell in row["Data"]] for row in page["ResultSet"]["Rows"]]
        return rows[1:] if execution.get("StatementType") == "DML" else rows

    def _execute(self, statement: str) -> dict[str, Any]:
        athena = self.client("athena")
        query = athena.start_query_execution(
            QueryString=statement,
            ResultConfiguration={"OutputLocation": "s3://acme-lakehouse-results/tests/"},
        )["QueryExecutionId"]
        while True:
            execution = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                break
            time.sleep(0.02)
        if execution["Status"]["State"] != "SUCCEEDED":
            raise AssertionError(f"{statement}\n{execution['Status'].get('StateChangeReason')}")
        return dict(execution)


@cache
def _client(config_file: str, service: str) -> Any:
    return _session(config_file).client(service)


def _session(config_file: str) -> boto3.Session:
    core = botocore.session.Session(profile="local")
    core.set_config_variable("config_file", config_file)
    return boto3.Session(botocore_session=core)


def sandbox_environment(state_directory: Path) -> dict[str, str]:
    """This process' environment without any AWS setting, pointed at the sandbox of a state directory."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    env |= {
        "ATHENA_SANDBOX_STATE": str(state_directory),
        "AWS_CONFIG_FILE": str(state_directory / "aws" / "config"),
        "AWS_PROFILE": "local",
        "DBT_PROFILES_DIR": str(ROOT / "profiles"),
        "DBT_TARGET_PATH": str(state_directory / "dbt-target"),
        "DBT_LOG_PATH": str(state_directory / "dbt-logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "0",
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
    }
    return env
