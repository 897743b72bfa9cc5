"""Athena's query history: a workgroup's executions with their statements and what they took.

Athena keeps 45 days. The history is read in pages, newest first, back to a given time, so the cost depends
on how far back it is read and not on its length.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_athena.type_defs import QueryExecutionTypeDef

BATCH_SIZE = 50
"""Executions per BatchGetQueryExecution, the service's limit."""

UNFINISHED = ("QUEUED", "RUNNING")


def iter_executions(
    athena: AthenaClient, work_group: str, since: datetime
) -> Iterator[QueryExecutionTypeDef]:
    """Yield a workgroup's executions, newest first, until one was submitted before `since`.

    The last page may contain executions that are older than `since`.
    """
    pages = athena.get_paginator("list_query_executions").paginate(
        WorkGroup=work_group, PaginationConfig={"PageSize": BATCH_SIZE}
    )
    for page in pages:
        ids: Sequence[str] = page.get("QueryExecutionIds", [])
        if not ids:
            return
        executions = athena.batch_get_query_execution(QueryExecutionIds=list(ids))["QueryExecutions"]
        yield from executions
        if all(e["Status"]["SubmissionDateTime"] < since for e in executions):
            return
