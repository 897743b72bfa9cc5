"""The table of operations: which function serves which operation of the API.

Source: botocore 1.43's model of the API, November 2026.
"""

from __future__ import annotations

from athena_sandbox.athena.operations.executions import ExecutionOperations
from athena_sandbox.athena.operations.metadata import MetadataOperations
from athena_sandbox.athena.operations.resources import (
    DataCatalogOperations,
    NamedQueryOperations,
    PreparedStatementOperations,
    TagOperations,
    WorkGroupOperations,
)
from athena_sandbox.athena.operations.spark import CalculationOperations, SessionOperations
from athena_sandbox.athena.protocol.routes import Operation


def operation_table(
    executions: ExecutionOperations,
    workgroups: WorkGroupOperations,
    prepared: PreparedStatementOperations,
    named: NamedQueryOperations,
    catalogs: DataCatalogOperations,
    metadata: MetadataOperations,
    sessions: SessionOperations,
    calculations: CalculationOperations,
    tags: TagOperations,
) -> dict[str, Operation]:
    return {
        "StartQueryExecution": executions.start,
        "GetQueryExecution": executions.get,
        "BatchGetQueryExecution": executions.batch_get,
        "ListQueryExecutions": executions.list,
        "StopQueryExecution": executions.stop,
        "GetQueryResults": executions.results,
        "GetQueryRuntimeStatistics": executions.runtime_statistics,
        "CreateWorkGroup": workgroups.create,
        "GetWorkGroup": workgroups.get,
        "ListWorkGroups": workgroups.list,
        "UpdateWorkGroup": workgroups.update,
        "DeleteWorkGroup": workgroups.delete,
        "ListEngineVersions": workgroups.list_engine_versions,
        "CreatePreparedStatement": prepared.create,
        "GetPreparedStatement": prepared.get,
        "BatchGetPreparedStatement": prepared.batch_get,
        "ListPreparedStatements": prepared.list,
        "UpdatePreparedStatement": prepared.update,
        "DeletePreparedStatement": prepared.delete,
        "CreateNamedQuery": named.create,
        "GetNamedQuery": named.get,
        "BatchGetNamedQuery": named.batch_get,
        "ListNamedQueries": named.list,
        "UpdateNamedQuery": named.update,
        "DeleteNamedQuery": named.delete,
        "CreateDataCatalog": catalogs.create,
        "GetDataCatalog": catalogs.get,
        "ListDataCatalogs": catalogs.list,
        "UpdateDataCatalog": catalogs.update,
        "DeleteDataCatalog": catalogs.delete,
        "GetDatabase": metadata.get_database,
        "ListDatabases": metadata.list_databases,
        "GetTableMetadata": metadata.get_table,
        "ListTableMetadata": metadata.list_tables,
        "StartSession": sessions.start,
        "GetSession": sessions.get,
        "GetSessionStatus": sessions.get_status,
        "ListSessions": sessions.list,
        "TerminateSession": sessions.terminate,
        "ListExecutors": sessions.list_executors,
        "ListApplicationDPUSizes": sessions.list_sizes,
        "StartCalculationExecution": calculations.start,
        "GetCalculationExecution": calculations.get,
        "GetCalculationExecutionStatus": calculations.get_status,
        "GetCalculationExecutionCode": calculations.get_code,
        "ListCalculationExecutions": calculations.list,
        "StopCalculationExecution": calculations.stop,
        "TagResource": tags.add,
        "UntagResource": tags.remove,
        "ListTagsForResource": tags.list,
    }
