"""Operations on Spark sessions and calculations.

Source: botocore 1.43's model of the API, November 2026; Athena User Guide, pages
notebooks-spark-release-versions, notebooks-spark-considerations-and-limitations, read by November 2026; other
texts name theirs.
"""

from __future__ import annotations

from typing import Any

from athena_sandbox.athena.errors import InvalidRequestError
from athena_sandbox.athena.resources.paging import page_of
from athena_sandbox.athena.resources.workgroups import SPARK_ENGINE, WorkGroups
from athena_sandbox.athena.spark.model import (
    Calculation,
    CalculationRequest,
    CalculationState,
    Session,
    SessionRequest,
    SessionState,
)
from athena_sandbox.athena.spark.properties import check_properties
from athena_sandbox.athena.spark.service import SparkService

Members = dict[str, Any]

# The default of a session (Athena's default for notebooks).
_DEFAULT_IDLE_MINUTES = 20
_DEFAULT_PAGE = 100
_RESULT_TYPE = "application/vnd.aws.athena.v1+json"
_NOTEBOOK_VERSION = "Athena notebook version 1"


class SessionOperations:
    def __init__(self, spark: SparkService, workgroups: WorkGroups) -> None:
        self._spark = spark
        self._workgroups = workgroups

    async def start(self, members: Members) -> Members:
        """StartSession."""
        rules = self._workgroups.spark_rules(members["WorkGroup"])
        engine = members["EngineConfiguration"]
        _check_engine(engine, members.get("NotebookVersion"))
        _check_unsupported(members)
        session = self._spark.start_session(
            SessionRequest(
                workgroup=members["WorkGroup"],
                output_prefix=rules.output_prefix,
                engine=engine,
                idle_minutes=members.get("SessionIdleTimeoutInMinutes", _DEFAULT_IDLE_MINUTES),
                description=members.get("Description"),
                notebook_version=members.get("NotebookVersion"),
                execution_role=members.get("ExecutionRole", rules.execution_role),
                encryption=rules.encryption,
                token=members.get("ClientRequestToken"),
            )
        )
        return {"SessionId": session.id, "State": session.state}

    async def get(self, members: Members) -> Members:
        """GetSession."""
        session = self._spark.session(members["SessionId"])
        request = session.request
        configuration: Members = {
            "WorkingDirectory": session.working_directory,
            "IdleTimeoutSeconds": request.idle_minutes * 60,
            "SessionIdleTimeoutInMinutes": request.idle_minutes,
        }
        answer: Members = {
            "SessionId": session.id,
            "WorkGroup": request.workgroup,
            "EngineVersion": SPARK_ENGINE,
            "EngineConfiguration": request.engine,
            "SessionConfiguration": _with(
                configuration,
                ExecutionRole=request.execution_role,
                EncryptionConfiguration=request.encryption,
            ),
            "Status": _session_status(session),
            "Statistics": {"DpuExecutionInMillis": session.busy_ms},
        }
        return _with(answer, Description=request.description, NotebookVersion=request.notebook_version)

    async def get_status(self, members: Members) -> Members:
        """GetSessionStatus."""
        session = self._spark.session(members["SessionId"])
        return {"SessionId": session.id, "Status": _session_status(session)}

    async def list(self, members: Members) -> Members:
        """ListSessions."""
        self._workgroups.get(members["WorkGroup"])
        wanted = members.get("StateFilter")
        sessions, token = self._spark.sessions(
            members["WorkGroup"],
            SessionState(wanted) if wanted else None,
            members.get("MaxResults", _DEFAULT_PAGE),
            members.get("NextToken"),
        )
        summaries = [
            _with(
                {
                    "SessionId": session.id,
                    "EngineVersion": {
                        "SelectedEngineVersion": SPARK_ENGINE,
                        "EffectiveEngineVersion": SPARK_ENGINE,
                    },
                    "Status": _session_status(session),
                },
                Description=session.request.description,
                NotebookVersion=session.request.notebook_version,
            )
            for session in sessions
        ]
        return _with({"Sessions": summaries}, NextToken=token)

    async def terminate(self, members: Members) -> Members:
        """TerminateSession."""
        return {"State": self._spark.terminate(members["SessionId"]).state}

    async def list_executors(self, members: Members) -> Members:
        """ListExecutors: coordinator and executors are one process here, shown as the coordinator."""
        session = self._spark.session(members["SessionId"])
        executor: Members = {
            "ExecutorId": "driver",
            "ExecutorType": "COORDINATOR",
            "StartDateTime": int(session.started),
            "ExecutorState": _EXECUTOR_STATES[session.state],
            "ExecutorSize": 1,
        }
        if session.ended is not None:
            executor["TerminationDateTime"] = int(session.ended)
        wanted = members.get("ExecutorStateFilter")
        shown = [executor] if wanted in (None, executor["ExecutorState"]) else []
        return {"SessionId": session.id, "ExecutorsSummary": shown}

    async def list_sizes(self, members: Members) -> Members:
        """ListApplicationDPUSizes."""
        sizes = [{"ApplicationRuntimeId": _NOTEBOOK_VERSION, "SupportedDPUSizes": [1]}]
        page, token = page_of(sizes, members.get("MaxResults", _DEFAULT_PAGE), members.get("NextToken"))
        return _with({"ApplicationDPUSizes": page}, NextToken=token)


class CalculationOperations:
    def __init__(self, spark: SparkService) -> None:
        self._spark = spark

    async def start(self, members: Members) -> Members:
        """StartCalculationExecution."""
        code = members.get("CodeBlock", members.get("CalculationConfiguration", {}).get("CodeBlock"))
        if not code:
            raise InvalidRequestError("codeBlock is null or empty")
        calculation = self._spark.start_calculation(
            CalculationRequest(
                members["SessionId"], code, members.get("Description"), members.get("ClientRequestToken")
            )
        )
        return {"CalculationExecutionId": calculation.id, "State": calculation.state}

    async def get(self, members: Members) -> Members:
        """GetCalculationExecution."""
        calculation = self._spark.calculation(members["CalculationExecutionId"])
        answer: Members = {
            "CalculationExecutionId": calculation.id,
            "SessionId": calculation.request.session_id,
            "WorkingDirectory": calculation.working_directory,
            "Status": _calculation_status(calculation),
            "Statistics": _calculation_statistics(calculation),
        }
        if files := calculation.files:
            answer["Result"] = {
                "StdOutS3Uri": files.stdout,
                "StdErrorS3Uri": files.stderr,
                "ResultS3Uri": files.result,
                "ResultType": _RESULT_TYPE,
            }
        return _with(answer, Description=calculation.request.description)

    async def get_status(self, members: Members) -> Members:
        """GetCalculationExecutionStatus."""
        calculation = self._spark.calculation(members["CalculationExecutionId"])
        return {
            "Status": _calculation_status(calculation),
            "Statistics": _calculation_statistics(calculation),
        }

    async def get_code(self, members: Members) -> Members:
        """GetCalculationExecutionCode."""
        return {"CodeBlock": self._spark.calculation(members["CalculationExecutionId"]).request.code}

    async def list(self, members: Members) -> Members:
        """ListCalculationExecutions."""
        wanted = members.get("StateFilter")
        calculations, token = self._spark.calculations(
            members["SessionId"],
            CalculationState(wanted) if wanted else None,
            members.get("MaxResults", _DEFAULT_PAGE),
            members.get("NextToken"),
        )
        summaries = [
            _with(
                {"CalculationExecutionId": one.id, "Status": _calculation_status(one)},
                Description=one.request.description,
            )
            for one in calculations
        ]
        return _with({"Calculations": summaries}, NextToken=token)

    async def stop(self, members: Members) -> Members:
        """StopCalculationExecution."""
        return {"State": self._spark.stop_calculation(members["CalculationExecutionId"]).state}


_EXECUTOR_STATES = {
    SessionState.CREATING: "CREATING",
    SessionState.CREATED: "CREATED",
    SessionState.IDLE: "REGISTERED",
    SessionState.BUSY: "REGISTERED",
    SessionState.TERMINATING: "TERMINATING",
    SessionState.TERMINATED: "TERMINATED",
    SessionState.DEGRADED: "FAILED",
    SessionState.FAILED: "FAILED",
}


def _check_engine(engine: Members, notebook_version: str | None) -> None:
    """Check what the shapes don't say about an engine configuration. Raises InvalidRequestError."""
    if "NotebookId" in engine.get("AdditionalConfigs", {}):
        if notebook_version is None:
            # The text is the service's (aws/aws-sdk-pandas issue 2866).
            raise InvalidRequestError("NotebookVersion is required when NotebookId is provided.")
        raise InvalidRequestError("A session for a notebook is not supported by this server")
    if engine.get("Classifications"):
        raise InvalidRequestError("EngineConfiguration.Classifications is not supported by this server")
    check_properties(engine.get("SparkProperties", {}))


def _check_unsupported(members: Members) -> None:
    monitoring = members.get("MonitoringConfiguration", {})
    for name, configuration in monitoring.items():
        if configuration.get("Enabled"):
            raise InvalidRequestError(f"MonitoringConfiguration.{name} is not supported by this server")


def _session_status(session: Session) -> Members:
    status: Members = {
        "StartDateTime": session.started,
        "LastModifiedDateTime": session.modified,
        "State": session.state,
    }
    return _with(
        status,
        EndDateTime=session.ended,
        IdleSinceDateTime=session.idle_since,
        StateChangeReason=session.reason,
    )


def _calculation_status(calculation: Calculation) -> Members:
    status: Members = {"SubmissionDateTime": calculation.submitted, "State": calculation.state}
    return _with(status, CompletionDateTime=calculation.completed, StateChangeReason=calculation.reason)


def _calculation_statistics(calculation: Calculation) -> Members:
    # The API documents Progress as a text and no form of it; this is per cent of the calculation.
    progress = "100" if calculation.state is CalculationState.COMPLETED else "0"
    return {"DpuExecutionInMillis": calculation.run_ms, "Progress": progress}


def _with(members: Members, **optional: Any) -> Members:
    """The members, and those of the others that are not None."""
    return members | {name: value for name, value in optional.items() if value is not None}
