"""What the migration gains: old queries on the table of text times against the same on the typed table.

    make up
    python benchmarks/migration.py      # in the environment of athena-sandbox env, in a sandbox of its own

Generates 90 days of bronze data with at least five million events in acme_telemetry.telemetry (it
replaces what is there), migrates that table with `lakehouse migrate` into a target of its own, and runs
thirteen queries: the template of the migration's proposal, its count by day, and eleven more. Old and
new take turns in one run, so that other load falls on both. The proposal's CAST fails on the old text,
and how often is counted; so the old side is timed with the cheapest expression that reads nearly all of
it. Times are those of the engine (EngineExecutionTimeInMillis), as Athena reports them.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import boto3
import yaml

from lakehouse.athena.client import AthenaClient, QueryResult
from lakehouse.errors import QueryError

LAKEHOUSE = Path(sys.executable).parent / "lakehouse"
SOURCE, TARGET = "acme_telemetry.telemetry", "acme_telemetry.telemetry_benchmark"
CONFIG = {
    "name": "benchmark",
    "location": "s3://acme-lakehouse-silver/migrations/benchmark/",
    "data": "s3://acme-lakehouse-silver/migrated/benchmark/",
    "tables": [
        {
            "source": SOURCE,
            "target": TARGET,
            "key": ["event_id"],
            "columns": {"event_timestamp": {"type": "timestamp"}},
            "partition_by": {"column": "event_timestamp"},
        }
    ],
}
FIRST_DAY = date(2025, 8, 11)
AIMS = {"p95": 0.60, "bytes of a day": 0.10}
OLD_TIME, FAILING_TIME, NEW_TIME = (
    "try_cast(replace(replace(t.event_timestamp, 'T', ' '), 'Z', '') as timestamp(6))",
    "cast(t.event_timestamp as timestamp)",
    "t.event_timestamp",
)

# {time} is the time of an event, {table} its table; a window is `within`, before it the days that it spans.
DAY, WEEK, ALL = 1, 7, 0
QUERIES: dict[str, tuple[int, str]] = {
    "viewers in two hours": (
        DAY,
        "select count(distinct t.customer_id) from {table} t "
        "where {time} >= timestamp '{now}' - interval '2' hour and {time} < timestamp '{now}' "
        "and t.event_type = 'start'",
    ),
    "events by day": (
        ALL,
        "select cast(date({time}) as varchar) as event_date, count(*) from {table} t group by 1 order by 1",
    ),
    "viewers by hour": (
        DAY,
        "select date_trunc('hour', {time}), count(distinct t.customer_id) from {table} t "
        "where {within} group by 1",
    ),
    "completion by title": (
        DAY,
        "select t.title_id, avg(t.completion_percentage), count(*) from {table} t "
        "where {within} and t.event_type = 'complete' group by 1 order by 3 desc limit 20",
    ),
    "device mix": (
        WEEK,
        "select t.device_type, t.device_os, count(*) from {table} t where {within} group by 1, 2",
    ),
    "buffering ratio": (
        DAY,
        "select t.isp, sum(t.buffering_duration_seconds) * 1e0 / nullif(sum(t.watch_duration_seconds), 0) "
        "from {table} t where {within} group by 1",
    ),
    "concurrency by five minutes": (
        DAY,
        "select date_trunc('hour', {time}) + (minute({time}) / 5) * interval '5' minute, "
        "count(distinct t.session_id) from {table} t where {within} group by 1 order by 1",
    ),
    "session length": (
        DAY,
        "select approx_percentile(seconds, 0.5) from (select t.session_id, "
        "date_diff('second', min({time}), max({time})) as seconds from {table} t where {within} group by 1)",
    ),
    "viewers by country": (
        DAY,
        "select t.country, count(distinct t.customer_id) from {table} t "
        "where {within} group by 1 order by 2 desc",
    ),
    "titles of the week": (
        WEEK,
        "select t.title_id, sum(t.watch_duration_seconds) from {table} t where {within} "
        "group by 1 order by 2 desc limit 10",
    ),
    "errors by version": (
        WEEK,
        "select t.app_version, sum(t.error_count) from {table} t where {within} group by 1 order by 2 desc",
    ),
    "quality by connection": (
        DAY,
        "select t.connection_type, t.quality, avg(t.bandwidth_mbps) from {table} t "
        "where {within} group by 1, 2",
    ),
    "first event of a customer": (
        WEEK,
        "select date(first_at), count(*) from (select t.customer_id, min({time}) as first_at from {table} t "
        "where {within} group by 1) group by 1 order by 1",
    ),
}


@dataclass
class Side:
    """Milliseconds and bytes of one query on one side."""

    milliseconds: list[float] = field(default_factory=list)
    scanned: int = 0

    def add(self, result: QueryResult) -> None:
        self.milliseconds.append(result.engine_ms)
        self.scanned = result.scanned_bytes


def main() -> None:
    arguments = _arguments()
    client = AthenaClient(boto3.Session(), "primary", arguments.results)
    if not arguments.no_prepare:
        _prepare(arguments)
    rows = client.run(f"select count(*) from {SOURCE}", database="default").rows[0][0]
    print(f"{rows:,} events over {arguments.days} days in {SOURCE}")
    middle = FIRST_DAY + timedelta(days=max(8, arguments.days * 2 // 3))
    fails = sum(_fails(client, _rendered(name, SOURCE, FAILING_TIME, middle)) for name in QUERIES)
    measured = {name: (Side(), Side()) for name in QUERIES}
    for number in range(1, arguments.rounds + 1):
        print(f"round {number} of {arguments.rounds}", file=sys.stderr)
        for name, (old, new) in measured.items():
            old.add(client.run(_rendered(name, SOURCE, OLD_TIME, middle), database="default"))
            new.add(client.run(_rendered(name, TARGET, NEW_TIME, middle), database="default"))
    _report(measured)
    print(
        f"conversion errors: {fails} of {len(QUERIES)} queries with CAST fail on the old table, 0 on the new"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--days", type=int, default=90, help="days of arrival (90)")
    parser.add_argument("--scale", type=float, default=2.02, help="size of the audience (2.02: five million)")
    parser.add_argument("--dirt", type=float, default=0.02, help="part of the rows that is dirty (0.02)")
    parser.add_argument("--rounds", type=int, default=3, help="times that each query runs on each side (3)")
    parser.add_argument("--no-prepare", action="store_true", help="data and target are there already")
    parser.add_argument(
        "--validate", action="store_true", help="also run `lakehouse migrate validate`, timed"
    )
    parser.add_argument(
        "--results", default="s3://acme-lakehouse-results/benchmark/", help="for query results"
    )
    return parser.parse_args()


def _prepare(arguments: argparse.Namespace) -> None:
    size = ["--days", str(arguments.days), "--scale", str(arguments.scale), "--dirt", str(arguments.dirt)]
    _step("generate", "telemetry", "generate", *size, "--seed", "7", "--replace")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "benchmark.yml"
        file.write_text(yaml.safe_dump(CONFIG))
        _step("plan", "migrate", "plan", "-f", str(file), "--apply")
        _step("backfill", "migrate", "backfill", "-f", str(file))
        if arguments.validate:
            _step("validate", "migrate", "validate", "-f", str(file))


def _step(name: str, *command: str) -> None:
    began = time.perf_counter()
    done = subprocess.run([LAKEHOUSE, *command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{name}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    print(f"{name:10} {time.perf_counter() - began:7.1f} s")


def _rendered(name: str, table: str, at: str, middle: date) -> str:
    days, template = QUERIES[name]
    first, last = middle - timedelta(days=days), middle
    within = f"{at} >= timestamp '{first} 00:00:00' and {at} < timestamp '{last} 00:00:00'"
    return template.format(table=table, time=at, within=within, now=f"{middle} 20:00:00")


def _fails(client: AthenaClient, statement: str) -> bool:
    try:
        client.run(statement, database="default", limit=1)
    except QueryError:
        return True
    return False


def _report(measured: dict[str, tuple[Side, Side]]) -> None:
    print(f"{'query':28} {'old p50':>9} {'new p50':>9} {'ratio':>6} {'old MB':>9} {'new MB':>9} {'ratio':>6}")
    for name, (old, new) in measured.items():
        before, after = statistics.median(old.milliseconds), statistics.median(new.milliseconds)
        print(
            f"{name:28} {before:6.0f} ms {after:6.0f} ms {after / before:6.2f} "
            f"{old.scanned / 1e6:9.2f} {new.scanned / 1e6:9.2f} {new.scanned / old.scanned:6.3f}"
        )
    all_old = _all(old.milliseconds for old, _ in measured.values())
    all_new = _all(new.milliseconds for _, new in measured.values())
    for label, at in (("p50", 50), ("p95", 95)):
        before, after = _quantile(all_old, at), _quantile(all_new, at)
        _verdict(f"{label} of all runs", f"{before:.0f} ms, {after:.0f} ms", after / before, AIMS.get(label))
    day = [sides for name, sides in measured.items() if QUERIES[name][0] == DAY]
    before, after = sum(old.scanned for old, _ in day), sum(new.scanned for _, new in day)
    text = f"{before / 1e6:.1f} MB, {after / 1e6:.1f} MB"
    _verdict("bytes of a day's window", text, after / before, AIMS["bytes of a day"])


def _verdict(what: str, values: str, ratio: float, aim: float | None) -> None:
    judged = "" if aim is None else f"  aim {aim:.2f}: {'met' if ratio <= aim else 'missed'}"
    print(f"{what:28} {values}: new is {ratio:.3f} of old{judged}")


def _all(of_queries: Iterable[list[float]]) -> list[float]:
    return [each for milliseconds in of_queries for each in milliseconds]


def _quantile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


if __name__ == "__main__":
    main()
