"""Operations on query executions.

Source: botocore 1.43's model of the API, November 2026; measured on Athena in September 2026
(aoyagikouhei/athena-local, docs: api, errors).
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from athena_sandbox.athena.errors import InvalidRequestError
from athena_sandbox.athena.executions.model import Execution, Request, State, Statistics
from athena_sandbox.athena.executions.service import ExecutionService
from athena_sandbox.athena.handlers.prepared import resolve
from athena_sandbox.athena.resources.prepared import PreparedStatements
from athena_sandbox.athena.resources.workgroups import ENGINE_VERSION, PRIMARY, WorkGroups
from athena_sandbox.athena.results.layout import Body
from athena_sandbox.athena.results.reader import decode_token, encode_token, read_page
from athena_sandbox.athena.results.storage import ObjectStore, StorageError, parse_location
from athena_sandbox.athena.statements import ast
from athena_sandbox.athena.statements.classify import Classification, classify
from athena_sandbox.athena.statements.echo import echoed
from athena_sandbox.athena.statements.parser import parse
from athena_sandbox.athena.statements.rewrites import strip_statement

Members = dict[str, Any]

_MAX_TOKEN_LENGTH = 128
_MAX_ROWS = 1000
# Athena's own default for MaxAgeInMinutes.
_REUSE_MINUTES = 60
_STATE_ERROR = "INVALID_QUERY_EXECUTION_STATE"


class ExecutionOperations:
    def __init__(
        self,
        executions: ExecutionService,
        workgroups: WorkGroups,
        prepared: PreparedStatements,
        objects: ObjectStore,
    ) -> None:
        self._executions = executions
        self._workgroups = workgroups
        self._prepared = prepared
        self._objects = objects

    async def start(self, members: Members) -> Members:
        """StartQueryExecution. The order of checks is Athena's: token, location, statement count, syntax."""
        _check_token(members.get("ClientRequestToken"))
        request = await self._request(members)
        statement = parse(request.query)
        request = replace(request, query=echoed(request.query, statement))
        kind = self._classify(statement, request)
        return {"QueryExecutionId": await self._executions.start(request, statement, kind)}

    async def _request(self, members: Members) -> Request:
        asked = members.get("ResultConfiguration", {})
        requested = asked.get("OutputLocation")
        if requested is not None and parse_location(requested) is None:
            raise InvalidRequestError("outputLocation is not a valid S3 path.")
        workgroup = members.get("WorkGroup", PRIMARY)
        rules = self._workgroups.rules(workgroup, asked)
        await self._check_bucket(rules.output_prefix, create=rules.managed)
        context = members.get("QueryExecutionContext", {})
        return Request(
            query=strip_statement(members["QueryString"]),
            workgroup=workgroup,
            output_prefix=rules.output_prefix,
            raw_query=members["QueryString"],
            token=members["ClientRequestToken"],
            catalog=context.get("Catalog"),
            database=context.get("Database"),
            requested_output=requested,
            parameters=tuple(members.get("ExecutionParameters", ())),
            output_enforced=rules.enforced,
            scan_cutoff=rules.scan_cutoff,
            reuse_minutes=_reuse_minutes(members),
            managed_results=rules.managed,
            result_settings=rules.result_settings,
        )

    async def _check_bucket(self, output_prefix: str, *, create: bool) -> None:
        location = parse_location(output_prefix)
        if create and location is not None:
            await asyncio.to_thread(self._objects.make_bucket, location.bucket)
        if location is None or not await asyncio.to_thread(self._objects.bucket_exists, location.bucket):
            bucket = location.bucket if location else output_prefix
            raise InvalidRequestError(f"Unable to verify/create output bucket {bucket}")

    def _classify(self, statement: ast.Statement, request: Request) -> Classification:
        """Classify EXECUTE as the statement it executes, so that its result has that statement's form."""
        if isinstance(statement, ast.Execute) and self._prepared.find(request.workgroup, statement.name):
            return classify(resolve(self._prepared, request.workgroup, statement)[0])
        return classify(statement)

    async def get(self, members: Members) -> Members:
        return {"QueryExecution": execution_members(self._executions.get(members["QueryExecutionId"]))}

    async def batch_get(self, members: Members) -> Members:
        found: list[Members] = []
        missing: list[Members] = []
        for execution_id in members["QueryExecutionIds"]:
            try:
                found.append(execution_members(self._executions.get(execution_id)))
            except InvalidRequestError as error:
                missing.append(
                    {
                        "QueryExecutionId": execution_id,
                        "ErrorCode": error.code,
                        "ErrorMessage": error.message,
                    }
                )
        return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing}

    async def list(self, members: Members) -> Members:
        workgroup = members.get("WorkGroup", PRIMARY)
        self._workgroups.get(workgroup)
        ids, token = self._executions.page(
            workgroup, members.get("MaxResults") or 50, members.get("NextToken")
        )
        return {"QueryExecutionIds": ids, **({"NextToken": token} if token else {})}

    async def stop(self, members: Members) -> Members:
        await self._executions.stop(members["QueryExecutionId"])
        return {}

    async def runtime_statistics(self, members: Members) -> Members:
        """GetQueryRuntimeStatistics: times and volumes of an ended query. There is no OutputStage."""
        execution = self._executions.get(members["QueryExecutionId"])
        if not execution.state.ended:
            raise InvalidRequestError(
                f"Query has not yet finished. Current state: {execution.state}", code=_STATE_ERROR
            )
        statistics = execution.statistics
        timeline: Members = {
            "QueryQueueTimeInMillis": statistics.queue_ms,
            "ServicePreProcessingTimeInMillis": statistics.preprocessing_ms,
            "QueryPlanningTimeInMillis": statistics.planning_ms or 0,
            "EngineExecutionTimeInMillis": statistics.engine_ms,
            "ServiceProcessingTimeInMillis": statistics.processing_ms,
            "TotalExecutionTimeInMillis": statistics.total_ms,
        }
        rows: Members = {
            "InputRows": statistics.input_rows,
            "InputBytes": statistics.scanned_bytes,
            "OutputBytes": execution.result.size if execution.result else 0,
            "OutputRows": statistics.output_rows,
        }
        return {"QueryRuntimeStatistics": {"Timeline": timeline, "Rows": rows}}

    async def results(self, members: Members) -> Members:
        """GetQueryResults: a page of the result file, whose first row is the header where there is one."""
        execution = self._executions.get(members["QueryExecutionId"])
        limit = members.get("MaxResults", _MAX_ROWS)
        if limit > _MAX_ROWS:
            raise InvalidRequestError(f"MaxResults is more than maximum allowed length {_MAX_ROWS}")
        if limit < 1:
            raise InvalidRequestError("MaxResults is less than minimum allowed length 1")
        _check_readable(execution)
        token = members.get("NextToken")
        offset = 0 if token is None else decode_token(token)
        if offset is None:
            raise InvalidRequestError(f"Malformed nextPageToken {token}")
        return await self._page(execution, offset, limit)

    async def _page(self, execution: Execution, offset: int, limit: int) -> Members:
        result = execution.result
        location = parse_location(execution.output_location)
        if result is None or location is None:
            raise InvalidRequestError("Could not find results", code="RESULT_NOT_FOUND")
        rows: list[list[str | None]] = []
        next_offset = offset
        if result.body is not Body.NONE:
            try:
                page = await asyncio.to_thread(
                    read_page,
                    self._objects,
                    location,
                    result.body,
                    size=result.size,
                    offset=offset,
                    limit=limit,
                )
            except StorageError as error:
                raise InvalidRequestError("Could not find results", code="RESULT_NOT_FOUND") from error
            rows, next_offset = page.rows, page.next_offset
        members: Members = {
            "ResultSet": {
                "Rows": [{"Data": [_datum(value) for value in row]} for row in rows],
                "ResultSetMetadata": {"ColumnInfo": [c.as_member() for c in result.columns]},
            }
        }
        if result.update_count is not None:
            members["UpdateCount"] = result.update_count
        # A full page has a token even when nothing follows it.
        if len(rows) == limit:
            members["NextToken"] = encode_token(next_offset)
        return members


def _reuse_minutes(members: Members) -> int | None:
    """How old a reused result may be, None when reuse isn't asked for."""
    asked = members.get("ResultReuseConfiguration", {}).get("ResultReuseByAgeConfiguration", {})
    return int(asked.get("MaxAgeInMinutes", _REUSE_MINUTES)) if asked.get("Enabled") else None


def _reuse_members(minutes: int | None) -> Members:
    return {"Enabled": False} if minutes is None else {"Enabled": True, "MaxAgeInMinutes": minutes}


def _datum(value: str | None) -> Members:
    return {} if value is None else {"VarCharValue": value}


def _check_token(token: str | None) -> None:
    if not token:
        raise InvalidRequestError("clientRequestToken is null or empty")
    if len(token) > _MAX_TOKEN_LENGTH:
        raise InvalidRequestError(f"clientRequestToken exceeds maximum allowed length {_MAX_TOKEN_LENGTH}")


def _check_readable(execution: Execution) -> None:
    state = execution.state
    if not state.ended:
        raise InvalidRequestError(f"Query has not yet finished. Current state: {state}", code=_STATE_ERROR)
    if state is State.CANCELLED:
        raise InvalidRequestError("Could not find results", code="RESULT_NOT_FOUND")
    if state is State.FAILED and execution.result is None:
        raise InvalidRequestError(
            f"Query did not finish successfully. Final query state: {state}", code=_STATE_ERROR
        )


def execution_members(execution: Execution) -> Members:
    """The QueryExecution structure."""
    request = execution.request
    context: Members = {}
    if request.database is not None:
        context["Database"] = request.database
    if request.catalog is not None:
        context["Catalog"] = request.catalog.lower()
    settings = request.result_settings
    results: Members = {"ResultConfiguration": {"OutputLocation": execution.output_location, **settings}}
    if request.managed_results:
        managed = {"Enabled": True, **settings}
        results = {"ManagedQueryResultsConfiguration": managed, "ResultConfiguration": {}}
    return {
        "QueryExecutionId": execution.id,
        "Query": request.query,
        "StatementType": execution.kind.type,
        "SubstatementType": execution.kind.subtype,
        **results,
        "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": _reuse_members(request.reuse_minutes)},
        "QueryExecutionContext": context,
        "Status": _status_members(execution),
        "Statistics": _statistics_members(execution.statistics, managed=request.managed_results),
        "WorkGroup": request.workgroup,
        "EngineVersion": ENGINE_VERSION,
    }


def _status_members(execution: Execution) -> Members:
    status: Members = {"State": execution.state, "SubmissionDateTime": execution.submitted}
    if execution.completed is not None:
        status["CompletionDateTime"] = execution.completed
    if execution.reason is not None:
        status["StateChangeReason"] = execution.reason
    if failure := execution.failure:
        status["AthenaError"] = {
            "ErrorCategory": failure.category,
            "ErrorType": failure.error_type,
            "Retryable": failure.retryable,
            "ErrorMessage": failure.error_message,
        }
    return status


def _statistics_members(statistics: Statistics, *, managed: bool) -> Members:
    members: Members = {
        "EngineExecutionTimeInMillis": statistics.engine_ms,
        "DataScannedInBytes": statistics.scanned_bytes,
        "TotalExecutionTimeInMillis": statistics.total_ms,
        "QueryQueueTimeInMillis": statistics.queue_ms,
        "ServicePreProcessingTimeInMillis": statistics.preprocessing_ms,
        "ServiceProcessingTimeInMillis": statistics.processing_ms,
        "ResultReuseInformation": {"ReusedPreviousResult": statistics.reused},
    }
    if statistics.planning_ms is not None:
        members["QueryPlanningTimeInMillis"] = statistics.planning_ms
    if statistics.manifest_location is not None and not managed:
        members["DataManifestLocation"] = statistics.manifest_location
    return members
