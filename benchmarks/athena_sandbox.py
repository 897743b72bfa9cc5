"""What the local Athena costs: a statement through its API against the same one sent straight to Trino.

    athena-sandbox up --bucket bench
    python benchmarks/athena_sandbox.py --bucket bench      # in the environment of athena-sandbox env

Three measurements, each in one run with both sides taking turns, so that other load falls on both:
one statement at a time (milliseconds at p50 and p95, and what the API adds), fifty at once (statements a
second), and the memory of each part. `--start-up` also stops the stack and times its start. Both sides ask as
fast clients do: Trino's answers are followed without a pause, and Athena is polled every `--poll`
milliseconds, which with the time of the look itself (signing, sending, parsing) is part of what is added. The
service's own clock is shown beside: TotalExecutionTimeInMillis, from the arrival to the written files.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore.config
import httpx
import psutil

ATHENA_SANDBOX = Path(sys.executable).parent / "athena-sandbox"
STATEMENTS = {
    "select 1": "select 1",
    "1000 rows": "select x, 'row ' || cast(x as varchar) as word from unnest(sequence(1, 1000)) as t (x)",
    "aggregate": "select count(*), sum(a.x * b.x) from unnest(sequence(1, 1000)) as a (x) "
    "cross join unnest(sequence(1, 1000)) as b (x)",
}


@dataclass(frozen=True)
class Parts:
    """Seconds of one statement through Athena: StartQueryExecution's answer, and the service's own clock."""

    starting: float
    own: float


@dataclass(frozen=True)
class Sides:
    """Both ways to run a statement; each returns when the result is complete."""

    athena: Any
    trino: httpx.Client
    output: str
    poll_seconds: float

    def through_athena(self, sql: str) -> Parts:
        began = time.perf_counter()
        query = self._start(sql)
        started = time.perf_counter() - began
        while True:
            execution = self.athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
            status = execution["Status"]
            if status["State"] not in ("QUEUED", "RUNNING"):
                break
            time.sleep(self.poll_seconds)
        if status["State"] != "SUCCEEDED":
            raise SystemExit(f"Athena: {status.get('StateChangeReason')}")
        return Parts(started, execution["Statistics"]["TotalExecutionTimeInMillis"] / 1000)

    def many_through_athena(self, pool: ThreadPoolExecutor, statements: list[str]) -> None:
        """Starts all at once; looks at all together every 50 ms, so that looking is not what is measured."""
        ids = list(pool.map(self._start, statements))
        while ids:
            time.sleep(0.05)
            answer = self.athena.batch_get_query_execution(QueryExecutionIds=ids[:50])
            ended = {
                execution["QueryExecutionId"]
                for execution in answer["QueryExecutions"]
                if execution["Status"]["State"] not in ("QUEUED", "RUNNING")
            }
            ids = [query for query in ids if query not in ended]

    def _start(self, sql: str) -> str:
        output = {"OutputLocation": self.output}
        query = self.athena.start_query_execution(QueryString=sql, ResultConfiguration=output)
        return str(query["QueryExecutionId"])

    def straight(self, sql: str) -> None:
        page = self.trino.post("/v1/statement", content=sql).json()
        while "nextUri" in page:
            page = self.trino.get(page["nextUri"].replace("https:", "http:")).json()
        if "error" in page:
            raise SystemExit(f"Trino: {page['error']['message']}")


def main() -> None:
    arguments = _arguments()
    if arguments.start_up:
        print(f"start-up      {_start_up(arguments.bucket):6.1f} s until every part is up")
    state = json.loads(_run("status", "--json"))
    sides = _sides(arguments, state)
    for name, sql in STATEMENTS.items():
        _compare(name, sql, sides, arguments.rounds)
    _throughput(sides, arguments.concurrent)
    for part in state["parts"]:
        # Of a process that serves nothing but this; the JVM gives little back.
        memory = psutil.Process(part["pid"]).memory_info().rss / 1024**2
        print(f"memory        {memory:6.0f} MB  {part['name']}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--bucket", required=True, help="a bucket of the sandbox, for results")
    parser.add_argument("--rounds", type=int, default=200, help="statements a side (200)")
    parser.add_argument("--concurrent", type=int, default=50, help="statements at once (50)")
    parser.add_argument("--poll", type=float, default=5, help="milliseconds between two looks (5)")
    parser.add_argument("--start-up", action="store_true", help="stop the stack first, and time its start")
    return parser.parse_args()


def _run(*command: str) -> str:
    return subprocess.run([ATHENA_SANDBOX, *command], check=True, capture_output=True, text=True).stdout


def _start_up(bucket: str) -> float:
    _run("down")
    began = time.perf_counter()
    _run("up", "--bucket", bucket)
    return time.perf_counter() - began


def _sides(arguments: argparse.Namespace, state: dict[str, Any]) -> Sides:
    port = next(part["port"] for part in state["parts"] if part["name"] == "trino")
    config = botocore.config.Config(max_pool_connections=arguments.concurrent)
    return Sides(
        boto3.client("athena", config=config),
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={
                "X-Trino-User": "athena",
                "X-Trino-Catalog": "awsdatacatalog",
                "Authorization": f"Bearer {state['engine_token']}",
                "X-Forwarded-Proto": "https",
            },
            limits=httpx.Limits(max_connections=None),
            timeout=300,
            trust_env=False,
        ),
        f"s3://{arguments.bucket}/benchmark/",
        arguments.poll / 1000,
    )


def _compare(name: str, sql: str, sides: Sides, rounds: int) -> None:
    for _ in range(max(5, rounds // 10)):
        sides.through_athena(sql)
        sides.straight(sql)
    through, straight = [], []
    parts: list[Parts] = []
    for _ in range(rounds):
        through.append(_timed(lambda: parts.append(sides.through_athena(sql))))
        straight.append(_timed(lambda: sides.straight(sql)))
    for label, quantile in (("p50", 0.5), ("p95", 0.95)):
        ours, trinos = _quantile(through, quantile), _quantile(straight, quantile)
        own = _quantile([part.own for part in parts], quantile)
        starting = _quantile([part.starting for part in parts], quantile)
        print(
            f"{name:10} {label}  {ours:6.1f} ms  Trino {trinos:6.1f} ms  {ours / trinos:5.2f} x  "
            f"added {ours - trinos:5.1f} ms, by the service's clock {own - trinos:5.1f} ms  "
            f"(starting {starting:5.1f} ms)"
        )


def _timed(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _quantile(seconds: list[float], quantile: float) -> float:
    """Milliseconds."""
    return 1000 * statistics.quantiles(seconds, n=100, method="inclusive")[round(quantile * 100) - 1]


def _throughput(sides: Sides, count: int) -> None:
    """All statements at once, three turns a side; the best turn counts."""
    sql = STATEMENTS["select 1"]
    best: dict[str, float] = {}
    with ThreadPoolExecutor(count) as pool:
        for _ in range(3):
            athena = _timed(lambda: sides.many_through_athena(pool, [sql] * count))
            trino = _timed(lambda: list(pool.map(sides.straight, [sql] * count)))
            for name, seconds in (("Athena", athena), ("Trino", trino)):
                best[name] = max(best.get(name, 0.0), count / seconds)
    ratio = best["Athena"] / best["Trino"]
    print(f"{count} at once {best['Athena']:7.1f} /s  Trino {best['Trino']:7.1f} /s  {ratio:5.2f} x")


if __name__ == "__main__":
    main()
