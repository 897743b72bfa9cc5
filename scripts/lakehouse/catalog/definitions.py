"""Glue definitions in the form in which they can be restored.

Decides which parts of Glue's answers belong to the caller and which are Glue's own: the caller's are the
members of the API's input shapes, read from the SDK's model of the service. Of an Iceberg table only the
newest version is used: Glue has a version for every commit, and the history is in the metadata files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from lakehouse.catalog.planned_calls import Call, glue_call
from lakehouse.catalog.tables import Table, TableKind
from lakehouse.output import counted

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

Json = dict[str, Any]

# Limits of BatchCreatePartition, of columns per GetColumnStatistics and per UpdateColumnStatistics.
PARTITIONS_PER_CALL = 100
_COLUMNS_PER_READ = 100
_COLUMNS_PER_WRITE = 25
# Statistics of partitions are asked for one by one.
_READERS = 8


def table_input(glue: GlueClient, definition: Json) -> Json:
    """The input of CreateTable and UpdateTable, from the answer of GetTable."""
    return _input(glue, "TableInput", definition)


def database_input(glue: GlueClient, definition: Json) -> Json:
    """The input of CreateDatabase, from the answer of GetDatabase."""
    return _input(glue, "DatabaseInput", definition)


def list_versions(glue: GlueClient, table: Table) -> list[Json]:
    """The table inputs of all versions, oldest first."""
    if table.kind is TableKind.ICEBERG:
        return [table_input(glue, table.definition)]
    pages = glue.get_paginator("get_table_versions").paginate(
        DatabaseName=table.database, TableName=table.name
    )
    versions: list[Json] = [dict(version["Table"]) for page in pages for version in page["TableVersions"]]
    # Some writers don't archive versions, so the current one is added if it is missing.
    archived = {version.get("VersionId"): version for version in versions}
    archived[table.version] = table.definition
    return [table_input(glue, archived[number]) for number in sorted(archived, key=lambda key: int(key or 0))]


def list_partitions(glue: GlueClient, table: Table) -> list[Json]:
    """The partition inputs, in the order of their values."""
    pages = glue.get_paginator("get_partitions").paginate(DatabaseName=table.database, TableName=table.name)
    found = [
        _input(glue, "PartitionInput", dict(partition)) for page in pages for partition in page["Partitions"]
    ]
    return sorted(found, key=lambda partition: list(partition["Values"]))


def table_statistics(glue: GlueClient, table: Table) -> list[Json]:
    """The column statistics of the table."""
    return [
        dict(statistics)
        for names in _chunks([column.name for column in table.columns], _COLUMNS_PER_READ)
        for statistics in glue.get_column_statistics_for_table(
            DatabaseName=table.database, TableName=table.name, ColumnNames=names
        )["ColumnStatisticsList"]
    ]


def partition_statistics(glue: GlueClient, table: Table, partitions: Sequence[Json]) -> list[Json]:
    """The column statistics of the partitions that have any: {Values, Statistics}."""
    names = [column.name for column in table.columns]

    def read(values: list[str]) -> list[Json]:
        return [
            dict(statistics)
            for chunk in _chunks(names, _COLUMNS_PER_READ)
            for statistics in glue.get_column_statistics_for_partition(
                DatabaseName=table.database, TableName=table.name, PartitionValues=values, ColumnNames=chunk
            )["ColumnStatisticsList"]
        ]

    every = [list(partition["Values"]) for partition in partitions]
    with ThreadPoolExecutor(_READERS) as readers:
        found = zip(every, readers.map(read, every), strict=True)
        return [{"Values": values, "Statistics": statistics} for values, statistics in found if statistics]


def create_partition_calls(database: str, name: str, partitions: Sequence[Json]) -> list[Call]:
    """Calls that register partitions of a table."""
    return [
        glue_call(
            "batch_create_partition",
            f"register {counted(len(chunk), 'partition')} of {database}.{name}",
            DatabaseName=database,
            TableName=name,
            PartitionInputList=chunk,
        )
        for chunk in _chunks(partitions, PARTITIONS_PER_CALL)
    ]


def statistics_calls(
    database: str, name: str, statistics: Sequence[Json], values: list[str] | None = None
) -> list[Call]:
    """Calls that set the column statistics of the table, or of the partition with these values."""
    operation = "update_column_statistics_for_" + ("table" if values is None else "partition")
    partition = {} if values is None else {"PartitionValues": values}
    return [
        glue_call(
            operation,
            f"set statistics of {counted(len(chunk), 'column')} of {database}.{name}{_of(values)}",
            DatabaseName=database,
            TableName=name,
            ColumnStatisticsList=chunk,
            **partition,
        )
        for chunk in _chunks(statistics, _COLUMNS_PER_WRITE)
    ]


def missing_partitions(wanted: Sequence[Json], present: Sequence[Json]) -> list[Json]:
    """The partitions of `wanted` whose values are not in `present`."""
    there = {tuple(partition["Values"]) for partition in present}
    return [partition for partition in wanted if tuple(partition["Values"]) not in there]


def _input(glue: GlueClient, shape: str, definition: Json) -> Json:
    members = glue.meta.service_model.shape_for(shape).members  # type: ignore[attr-defined]
    return {name: value for name, value in definition.items() if name in members}


def _chunks(items: Sequence[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])


def _of(values: list[str] | None) -> str:
    return "" if values is None else f" partition {'/'.join(values)}"
