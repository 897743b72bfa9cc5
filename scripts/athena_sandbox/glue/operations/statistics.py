"""{Get,Update,Delete}ColumnStatisticsFor{Table,Partition}.

Statistics belong to a table or to one partition and go with it. Every Hive CREATE TABLE AS of Trino writes
them. A column that has none, or that the table no longer has, appears in `Errors`.

Source: botocore 1.43's model of Glue, November 2026; what Trino 476 asks for, November 2026.
"""

from athena_sandbox.glue.catalog import Json, Table
from athena_sandbox.glue.effects import DropStatistics, PutStatistics
from athena_sandbox.glue.errors import EntityNotFoundError, GlueError, InvalidInputError
from athena_sandbox.glue.operations.call import Call, Operation, Outcome


def get_column_statistics(call: Call) -> Outcome:
    table = call.table()
    known, kept = _columns(table), _kept(call, table)
    found, errors = [], []
    for column in call.request["ColumnNames"]:
        if column in known and column in kept:
            found.append(kept[column])
        else:
            error = EntityNotFoundError(f"Column statistics for {column} not found.")
            errors.append({"ColumnName": column, "Error": error.detail()})
    return Outcome({"ColumnStatisticsList": found, "Errors": errors})


def update_column_statistics(call: Call) -> Outcome:
    table = call.table()
    _kept(call, table)
    known = _columns(table)
    accepted: dict[str, Json] = {}
    errors = []
    for statistics in call.request["ColumnStatisticsList"]:
        try:
            _check(statistics, known)
        except GlueError as error:
            errors.append({"ColumnStatistics": statistics, "Error": error.detail()})
        else:
            accepted[statistics["ColumnName"]] = statistics
    effects = []
    if accepted:
        values = call.request.get("PartitionValues")
        effects = [PutStatistics(call.name("DatabaseName"), table.name, accepted, values)]
    return Outcome({"Errors": errors}, effects)


def delete_column_statistics(call: Call) -> Outcome:
    table = call.table()
    column = call.request["ColumnName"]
    if column not in _kept(call, table):
        # Trino deletes what it never wrote for every table it creates, and takes a refusal for a lost table.
        return Outcome()
    values = call.request.get("PartitionValues")
    return Outcome(effects=[DropStatistics(call.name("DatabaseName"), table.name, column, values)])


def _kept(call: Call, table: Table) -> dict[str, Json]:
    values = call.request.get("PartitionValues")
    if values is None:
        return table.statistics
    return {} if call.projection(table) is not None else table.partition(tuple(values)).statistics


def _columns(table: Table) -> set[str]:
    descriptor = table.latest.input.get("StorageDescriptor") or {}
    return {column["Name"] for column in [*(descriptor.get("Columns") or []), *table.partition_keys]}


def _check(statistics: Json, known: set[str]) -> None:
    column = statistics["ColumnName"]
    if column not in known:
        raise EntityNotFoundError(f"Column {column} not found.")
    kind = statistics["StatisticsData"]["Type"]
    if f"{kind.capitalize()}ColumnStatisticsData" not in statistics["StatisticsData"]:
        raise InvalidInputError(f"StatisticsData of column {column} has no data for its type {kind}.")


OPERATIONS: dict[str, Operation] = {
    f"{verb}ColumnStatisticsFor{entity}": operation
    for entity in ("Table", "Partition")
    for verb, operation in (
        ("Get", get_column_statistics),
        ("Update", update_column_statistics),
        ("Delete", delete_column_statistics),
    )
}
