"""Statements that Athena knows: those that ran, and those that are kept by a name, in each workgroup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lakehouse.athena.history import BATCH_SIZE, iter_executions
from lakehouse.athena.statements import MARK
from lakehouse.migration.analysis.usages.finds import Find, Place, Runs, mentions
from lakehouse.migration.rewriting.model import MigratedTable
from lakehouse.migration.rewriting.templates import without_fields
from lakehouse.migration.rewriting.writing import tokens_of

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient

_CONVERSION_ERRORS = ("INVALID_CAST_ARGUMENT", "INVALID_FUNCTION_ARGUMENT")
_HEADLINE = 70
# dbt writes a comment ahead of its statements; they are found by their models, each once.
_DBT_MARK = '"app": "dbt"'


def list_work_groups(athena: AthenaClient) -> list[str]:
    """The names of all enabled workgroups that run SQL."""
    groups: list[str] = []
    # No paginator: botocore has none for this operation.
    token: dict[str, Any] = {}
    while True:
        page = athena.list_work_groups(**token)
        for group in page.get("WorkGroups", []):
            engine = group.get("EngineVersion", {}).get("EffectiveEngineVersion", "")
            if group.get("State", "ENABLED") == "ENABLED" and "PySpark" not in engine:
                groups.append(group["Name"])
        if "NextToken" not in page:
            return groups
        token = {"NextToken": page["NextToken"]}


def find_queries(
    athena: AthenaClient, work_group: str, tables: Sequence[MigratedTable], since: datetime
) -> Iterator[Find]:
    """Queries that ran since then; queries that differ only in their literals count as one.

    The migration's own queries and those of dbt are left out.
    """
    groups: dict[tuple[str, str], list[Any]] = {}
    for execution in iter_executions(athena, work_group, since):
        sql = execution.get("Query", "")
        if sql.startswith(MARK) or _DBT_MARK in sql[:2000] or not mentions(sql, tables):
            continue
        if execution["Status"]["SubmissionDateTime"] < since:
            continue
        database = execution.get("QueryExecutionContext", {}).get("Database", "default")
        groups.setdefault((database, fingerprint(sql)), []).append(execution)
    for (database, _), executions in groups.items():
        # The newest stands for all: the history comes newest first.
        newest = executions[0]
        name = f"{work_group}/{_headline(newest['Query'])}"
        yield Find(Place.QUERY, name, newest["Query"], database, _runs(executions))


def find_named_queries(
    athena: AthenaClient, work_group: str, tables: Sequence[MigratedTable]
) -> Iterator[Find]:
    """Queries that are kept by a name."""
    for page in athena.get_paginator("list_named_queries").paginate(WorkGroup=work_group):
        ids = page.get("NamedQueryIds", [])
        for start in range(0, len(ids), BATCH_SIZE):
            kept = athena.batch_get_named_query(NamedQueryIds=ids[start : start + BATCH_SIZE])
            for query in kept.get("NamedQueries", []):
                if mentions(query["QueryString"], tables):
                    name = f"{work_group}/{query['Name']}"
                    yield Find(Place.NAMED_QUERY, name, query["QueryString"], query["Database"])


def find_prepared_statements(
    athena: AthenaClient, work_group: str, tables: Sequence[MigratedTable]
) -> Iterator[Find]:
    """Prepared statements; their database is known only to those who execute them."""
    token: dict[str, Any] = {}
    while True:
        page = athena.list_prepared_statements(WorkGroup=work_group, **token)
        for each in page.get("PreparedStatements", []):
            answer = athena.get_prepared_statement(StatementName=each["StatementName"], WorkGroup=work_group)
            sql = answer["PreparedStatement"].get("QueryStatement", "")
            if mentions(sql, tables):
                yield Find(Place.PREPARED_STATEMENT, f"{work_group}/{each['StatementName']}", sql)
        if "NextToken" not in page:
            return
        token = {"NextToken": page["NextToken"]}


def fingerprint(sql: str) -> str:
    """What queries have in common that differ in their literals, comments and layout only."""
    tokens = tokens_of(without_fields(sql).sql)
    if not tokens:
        return sql
    literals = ("STRING", "NUMBER")
    return " ".join("?" if token.token_type.name in literals else token.text.lower() for token in tokens)


def _headline(sql: str) -> str:
    """The beginning of a statement on one line, from its first word on: what its people know it by."""
    tokens = tokens_of(sql)
    text = " ".join(sql[tokens[0].start if tokens else 0 :].split())
    return text if len(text) <= _HEADLINE else f"{text[:_HEADLINE]}..."


def _runs(executions: list[Any]) -> Runs:
    failed = [each for each in executions if each["Status"]["State"] == "FAILED"]
    reasons = [each["Status"].get("StateChangeReason", "") for each in failed]
    return Runs(
        len(executions),
        len(failed),
        sum(any(error in reason for error in _CONVERSION_ERRORS) for reason in reasons),
        sum(each.get("Statistics", {}).get("DataScannedInBytes", 0) for each in executions),
        max(each["Status"]["SubmissionDateTime"] for each in executions),
        executions[0]["QueryExecutionId"],
    )
