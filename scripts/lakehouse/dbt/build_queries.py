"""The Athena queries of one build, found by the mark that the build puts into each of its statements, and its
Spark sessions, found by what dbt-athena calls them.

dbt writes a comment ahead of every statement (macros/overrides/build_comment.sql); it holds the build's id.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lakehouse.athena.history import BATCH_SIZE, UNFINISHED, iter_executions

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_athena.type_defs import QueryExecutionTypeDef

_OPEN = frozenset(("CREATING", "CREATED", "IDLE", "BUSY"))


@dataclass(frozen=True)
class QueryTotals:
    """What the queries of a build came to: their number and the bytes they scanned."""

    count: int
    scanned_bytes: int


def iter_build_queries(
    athena: AthenaClient, work_group: str, build_id: str, since: datetime
) -> Iterator[QueryExecutionTypeDef]:
    """Yield the build's executions, newest first, back to the first one submitted before `since`."""
    executions = iter_executions(athena, work_group, since)
    yield from (e for e in executions if build_id in e.get("Query", ""))


def total(executions: Iterator[QueryExecutionTypeDef]) -> QueryTotals:
    """Count executions and the bytes they scanned."""
    count = scanned = 0
    for execution in executions:
        count += 1
        scanned += execution.get("Statistics", {}).get("DataScannedInBytes", 0)
    return QueryTotals(count, scanned)


def stop_unfinished(
    athena: AthenaClient,
    work_group: str,
    build_id: str,
    since: datetime,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Stop what a killed build left running and wait until it has stopped; return how many there were.

    A statement goes on in Athena after its client died. Left alone it would write into tables that the next
    build drops and makes again.
    """
    running = [
        execution["QueryExecutionId"]
        for execution in iter_build_queries(athena, work_group, build_id, since)
        if execution["Status"]["State"] in UNFINISHED
    ]
    for query_id in running:
        athena.stop_query_execution(QueryExecutionId=query_id)
    for start in range(0, len(running), BATCH_SIZE):
        ids = running[start : start + BATCH_SIZE]
        while any(
            execution["Status"]["State"] in UNFINISHED
            for execution in athena.batch_get_query_execution(QueryExecutionIds=ids)["QueryExecutions"]
        ):
            sleep(0.2)
    return len(running)


def end_sessions(athena: AthenaClient, invocation_id: str) -> int:
    """Terminate the Spark sessions that a run of dbt has left open; return how many there were.

    dbt-athena begins one for each thread with a Python model, calls it "dbt: <invocation id> - <hash>", and
    leaves it to its idle timeout of ten minutes, at the cost of its memory or its DPUs.
    """
    ended = 0
    for group in _spark_work_groups(athena):
        # The newest first: those of a run that has just ended are on the first page.
        for session in athena.list_sessions(WorkGroup=group)["Sessions"]:
            ours = session.get("Description", "").startswith(f"dbt: {invocation_id} - ")
            if ours and session["Status"]["State"] in _OPEN:
                athena.terminate_session(SessionId=session["SessionId"])
                ended += 1
    return ended


def _spark_work_groups(athena: AthenaClient) -> Iterator[str]:
    page = athena.list_work_groups()
    while True:
        for group in page["WorkGroups"]:
            if "Spark" in group.get("EngineVersion", {}).get("EffectiveEngineVersion", ""):
                yield group["Name"]
        if "NextToken" not in page:
            return
        page = athena.list_work_groups(NextToken=page["NextToken"])
