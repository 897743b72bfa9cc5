"""Kills parts of a sandbox while clients write, and reads back everything that was acknowledged.

By hand, in a checkout with a running sandbox's environment:

    ATHENA_SANDBOX_STATE=/tmp/killed .venv/bin/athena-sandbox up
    ATHENA_SANDBOX_STATE=/tmp/killed python -m tests.support.killed_parts 14

Each round kills one part with SIGKILL at a random moment and starts it again with `athena-sandbox up`. Prints
`N of N` for each kind of write; exits 1 when something acknowledged is missing or a row is there twice.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from tests.support.sandbox import BIN, ROOT, sandbox_environment

PARTS = ("storage", "glue", "athena", "trino")
BUCKET = f"killed-{uuid.uuid4().hex[:12]}"
RESULTS = {"OutputLocation": f"s3://{BUCKET}/results/"}
_PART_BYTES = 5 * 1024 * 1024


class Writers:
    """Clients that write until they are stopped; `acknowledged` is what to read back, by kind."""

    def __init__(self) -> None:
        config = Config(retries={"total_max_attempts": 1, "mode": "standard"}, read_timeout=60)
        self.s3 = boto3.client("s3", config=config)
        self.athena = boto3.client("athena", config=config)
        self.glue = boto3.client("glue", config=config)
        self.tables = boto3.client("s3tables", config=config)
        self.acknowledged: dict[str, dict[str, str]] = {}
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def prepare(self) -> None:
        self.s3.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": self.s3.meta.region_name}
        )
        self.database = BUCKET.replace("-", "_")
        self.glue.create_database(DatabaseInput={"Name": self.database})
        properties = f"location 's3://{BUCKET}/rows/' tblproperties ('table_type' = 'ICEBERG')"
        self.run(f"create table {self.database}.rows (id string) {properties}")
        self.arn = self.tables.create_table_bucket(name=BUCKET)["arn"]
        self.tables.create_namespace(tableBucketARN=self.arn, namespace=["ns"])

    def start(self) -> None:
        for kind in (self.put, self.multipart, self.insert, self.glue_table, self.s3_table):
            thread = threading.Thread(target=self._write, args=(kind,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _write(self, kind: Callable[[str], str | None]) -> None:
        while not self._stop.is_set():
            name = f"w_{uuid.uuid4().hex}"
            try:
                expected = kind(name)
            except (ClientError, BotoCoreError):
                time.sleep(0.2)
                continue
            if expected is not None:
                self.acknowledged.setdefault(kind.__name__, {})[name] = expected

    def put(self, name: str) -> str:
        body = os.urandom(100_000)
        self.s3.put_object(Bucket=BUCKET, Key=f"put/{name}", Body=body)
        return hashlib.sha256(body).hexdigest()

    def multipart(self, name: str) -> str:
        place = {"Bucket": BUCKET, "Key": f"multipart/{name}"}
        upload = self.s3.create_multipart_upload(**place)["UploadId"]
        bodies = [os.urandom(_PART_BYTES), os.urandom(1000)]
        parts = []
        for number, body in enumerate(bodies, 1):
            part = self.s3.upload_part(**place, UploadId=upload, PartNumber=number, Body=body)
            parts.append({"ETag": part["ETag"], "PartNumber": number})
        self.s3.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": parts})
        return hashlib.sha256(b"".join(bodies)).hexdigest()

    def insert(self, name: str) -> str | None:
        """As a client that obeys: one that fails retryably is sent again, with the same row."""
        for _ in range(5):
            status = self.run(f"insert into {self.database}.rows values ('{name}')")["Status"]
            if status["State"] == "SUCCEEDED":
                return name
            if not status.get("AthenaError", {}).get("Retryable"):
                return None
        return None

    def glue_table(self, name: str) -> str:
        self.glue.create_table(DatabaseName=self.database, TableInput={"Name": name})
        return name

    def s3_table(self, name: str) -> str:
        self.tables.create_table(tableBucketARN=self.arn, namespace="ns", name=name, format="ICEBERG")
        return name

    def run(self, statement: str) -> dict[str, Any]:
        token = uuid.uuid4().hex
        while True:
            try:
                query = self.athena.start_query_execution(
                    QueryString=statement, ResultConfiguration=RESULTS, ClientRequestToken=token
                )["QueryExecutionId"]
                while True:
                    found = self.athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
                    if found["Status"]["State"] not in ("QUEUED", "RUNNING"):
                        return dict(found)
                    time.sleep(0.1)
            except (ClientError, BotoCoreError):
                # The token finds the same execution.
                time.sleep(0.5)

    def missing(self) -> dict[str, set[str]]:
        """What was acknowledged and isn't there, or is there twice, by kind."""
        wrong: dict[str, set[str]] = {kind: set() for kind in self.acknowledged}
        for kind in ("put", "multipart"):
            for name, expected in self.acknowledged.get(kind, {}).items():
                try:
                    body = self.s3.get_object(Bucket=BUCKET, Key=f"{kind}/{name}")["Body"].read()
                except ClientError:
                    body = b""
                if hashlib.sha256(body).hexdigest() != expected:
                    wrong[kind].add(name)
        rows = Counter(self.rows())
        wrong["insert"] = {name for name in self.acknowledged.get("insert", {}) if not rows[name]}
        wrong["insert"] |= {name for name, count in rows.items() if count > 1}
        pages = self.glue.get_paginator("get_tables").paginate(DatabaseName=self.database)
        there = {table["Name"] for page in pages for table in page["TableList"]}
        wrong["glue_table"] = self.acknowledged.get("glue_table", {}).keys() - there
        listed = self.tables.get_paginator("list_tables").paginate(tableBucketARN=self.arn)
        there = {table["name"] for page in listed for table in page["tables"]}
        wrong["s3_table"] = self.acknowledged.get("s3_table", {}).keys() - there
        return wrong

    def rows(self) -> list[str]:
        query = self.run(f"select id from {self.database}.rows")["QueryExecutionId"]
        pages = self.athena.get_paginator("get_query_results").paginate(QueryExecutionId=query)
        return [row["Data"][0]["VarCharValue"] for page in pages for row in page["ResultSet"]["Rows"]][1:]


def main(rounds: int) -> int:
    state = Path(os.environ["ATHENA_SANDBOX_STATE"]).resolve()
    environ = sandbox_environment(state)
    os.environ.update(environ)
    up = [str(BIN / "athena-sandbox"), "up"]
    subprocess.run(up, env=environ, cwd=ROOT, check=True, capture_output=True)
    writers = Writers()
    writers.prepare()
    writers.start()
    for number in range(1, rounds + 1):
        time.sleep(random.uniform(1, 6))  # noqa: S311  no secret
        part = PARTS[number % len(PARTS)]
        parts = json.loads((state / "state.json").read_text())["parts"]
        os.kill(parts[part]["process"]["pid"], signal.SIGKILL)
        subprocess.run(up, env=environ, cwd=ROOT, check=False, capture_output=True)
        count = sum(map(len, writers.acknowledged.values()))
        print(f"round {number}: killed {part}, {count} writes acknowledged so far", flush=True)
    time.sleep(3)
    writers.stop()
    wrong = writers.missing()
    for kind, written in sorted(writers.acknowledged.items()):
        print(f"{kind}: {len(written) - len(wrong[kind])} of {len(written)}")
    total, lost = sum(map(len, writers.acknowledged.values())), sum(map(len, wrong.values()))
    print(f"{total - lost} of {total}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 14))
