"""Partitions: create, read, filter, replace and delete them, one at a time or in batches.

Source: botocore 1.43's model of Glue, November 2026; texts of refusals: moto 5.2 where it has one (November
2026), otherwise no source is recorded.
"""

from collections.abc import Callable

from athena_sandbox.glue import ACCOUNT_ID
from athena_sandbox.glue.catalog import Json, Partition, Table, Values
from athena_sandbox.glue.effects import DropPartition, Effect, PutPartition
from athena_sandbox.glue.engine_tables import with_engine_format
from athena_sandbox.glue.errors import (
    AlreadyExistsError,
    EntityNotFoundError,
    InvalidInputError,
    InvalidStateError,
)
from athena_sandbox.glue.operations.call import Call, Operation, Outcome, each
from athena_sandbox.glue.paging import page
from athena_sandbox.glue.partition_filter import compile_filter
from athena_sandbox.glue.projection import Projection


def create_partition(call: Call) -> Outcome:
    return Outcome(effects=[_Planner(call).create(call.request["PartitionInput"])])


def batch_create_partition(call: Call) -> Outcome:
    return each(
        call.request["PartitionInputList"],
        plan=_Planner(call).create,
        blame=lambda given: {"PartitionValues": given.get("Values", [])},
    )


def get_partition(call: Call) -> Outcome:
    table = call.table()
    values = tuple(call.request["PartitionValues"])
    if (projection := call.projection(table)) is not None:
        return Outcome({"Partition": _projected(call, table, projection, values)})
    partition = table.partition(values)
    return Outcome({"Partition": _described(call, table, partition)})


def get_partitions(call: Call) -> Outcome:
    table = call.table()
    if (projection := call.projection(table)) is not None:
        # All of them on one page: each page would compute all of them again.
        found = projection.values(call.request.get("Expression"))
        return Outcome({"Partitions": [_projected(call, table, projection, values) for values in found]})
    keeps = _filter(call, table)
    kept = [table.partitions[values] for values in sorted(table.partitions) if keeps(values)]
    if segment := call.request.get("Segment"):
        kept = kept[segment["SegmentNumber"] :: segment["TotalSegments"]]
    shown, token = page(kept, lambda partition: list(partition.values), call.request, default=1000)
    return Outcome({"Partitions": [_described(call, table, partition) for partition in shown], **token})


def batch_get_partition(call: Call) -> Outcome:
    table = call.table()
    wanted = (tuple(entry["Values"]) for entry in call.request["PartitionsToGet"])
    if (projection := call.projection(table)) is not None:
        projected = [_projected(call, table, projection, values) for values in wanted]
        return Outcome({"Partitions": projected, "UnprocessedKeys": []})
    found = [table.partitions[values] for values in wanted if values in table.partitions]
    return Outcome(
        {"Partitions": [_described(call, table, partition) for partition in found], "UnprocessedKeys": []}
    )


def update_partition(call: Call) -> Outcome:
    if call.projection(call.table()) is not None:
        return Outcome()
    return Outcome(effects=[_Planner(call).replace(call.request)])


def batch_update_partition(call: Call) -> Outcome:
    if call.projection(call.table()) is not None:
        # Statistics of what it has written, for which a projected partition has no place.
        return Outcome()
    return each(
        call.request["Entries"],
        plan=_Planner(call).replace,
        blame=lambda entry: {"PartitionValueList": entry["PartitionValueList"]},
    )


def delete_partition(call: Call) -> Outcome:
    return Outcome(effects=[_Planner(call).delete(call.request["PartitionValues"])])


def batch_delete_partition(call: Call) -> Outcome:
    planner = _Planner(call)
    return each(
        call.request["PartitionsToDelete"],
        plan=lambda entry: planner.delete(entry["Values"]),
        blame=lambda entry: {"PartitionValues": entry["Values"]},
    )


def get_partition_indexes(call: Call) -> Outcome:
    """Always empty: an index only changes how long Glue takes."""
    call.table()
    return Outcome({"PartitionIndexDescriptorList": []})


class _Planner:
    """Plans the items of one call, each in sight of those before it.

    `_planned` holds what those made of a partition: its creation time, or None for a deleted one.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._table: Table = call.table()
        self._database = call.name("DatabaseName")
        self._planned: dict[Values, float | None] = {}

    def create(self, given: Json) -> Effect:
        values = self._values(given)
        if self._created(values) is not None:
            raise AlreadyExistsError("Partition already exists.")
        self._planned[values] = self._call.now
        return PutPartition(self._database, self._table.name, list(values), given, self._call.now)

    def replace(self, entry: Json) -> Effect:
        former, given = tuple(entry["PartitionValueList"]), entry["PartitionInput"]
        values = self._values(given)
        created = self._created(former)
        if created is None:
            raise EntityNotFoundError("Partition not found.")
        if values != former and self._created(values) is not None:
            raise AlreadyExistsError("Partition already exists.")
        self._planned |= {former: None, values: created}
        return PutPartition(self._database, self._table.name, list(values), given, created, list(former))

    def delete(self, wanted: list[str]) -> Effect:
        values = tuple(wanted)
        if self._created(values) is None:
            raise EntityNotFoundError("Cannot find partition.")
        self._planned[values] = None
        return DropPartition(self._database, self._table.name, wanted)

    def _created(self, values: Values) -> float | None:
        if values in self._planned:
            return self._planned[values]
        partition = self._table.partitions.get(values)
        return None if partition is None else partition.created

    def _values(self, given: Json) -> Values:
        values = tuple(given.get("Values") or ())
        if len(values) != len(self._table.partition_keys):
            raise InvalidInputError(
                "The number of partition keys do not match the number of partition values"
            )
        return values


def _filter(call: Call, table: Table) -> Callable[[Values], bool]:
    """The test that the expression is; for the engine, which filters itself, one that may keep too much.

    The engine treats all key types alike, and Glue refuses some types and values that it sends.
    """
    if not call.engine:
        return compile_filter(call.request.get("Expression"), table.partition_keys)
    try:
        keeps = compile_filter(call.request.get("Expression"), table.partition_keys)
    except InvalidInputError:
        return lambda _values: True

    def keeps_or_cannot_say(values: Values) -> bool:
        try:
            return keeps(values)
        except InvalidStateError:
            return True

    return keeps_or_cannot_say


def _projected(call: Call, table: Table, projection: Projection, values: Values) -> Json:
    partition = projection.partition(values)
    if partition is None:
        raise EntityNotFoundError("Cannot find partition.")
    names = {"DatabaseName": call.name("DatabaseName"), "TableName": table.name, "CatalogId": ACCOUNT_ID}
    return _without_columns(call, {**names, **partition})


def _described(call: Call, table: Table, partition: Partition) -> Json:
    described = {
        **partition.input,
        "Values": list(partition.values),
        "DatabaseName": call.name("DatabaseName"),
        "TableName": table.name,
        "CreationTime": partition.created,
        "CatalogId": ACCOUNT_ID,
    }
    return _without_columns(call, described)


def _without_columns(call: Call, partition: Json) -> Json:
    """The partition as the call wants it: Glue leaves out the columns on demand."""
    if call.engine:
        partition = with_engine_format(partition)
    if call.request.get("ExcludeColumnSchema") and "StorageDescriptor" in partition:
        return {**partition, "StorageDescriptor": {**partition["StorageDescriptor"], "Columns": []}}
    return partition


OPERATIONS: dict[str, Operation] = {
    "CreatePartition": create_partition,
    "BatchCreatePartition": batch_create_partition,
    "GetPartition": get_partition,
    "GetPartitions": get_partitions,
    "BatchGetPartition": batch_get_partition,
    "UpdatePartition": update_partition,
    "BatchUpdatePartition": batch_update_partition,
    "DeletePartition": delete_partition,
    "BatchDeletePartition": batch_delete_partition,
    "GetPartitionIndexes": get_partition_indexes,
}
