"""Partitions of Hive tables: ADD, DROP, RENAME, SHOW and MSCK REPAIR TABLE.

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: ddl); the lines of MSCK REPAIR
TABLE for found partitions are unverified.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

from athena_sandbox.athena.catalog import sql
from athena_sandbox.athena.catalog.definition import partition_input
from athena_sandbox.athena.engine.client import EngineStatement
from athena_sandbox.athena.executions.failures import hive_failure
from athena_sandbox.athena.executions.outcome import Outcome, Run, nothing, text_outcome
from athena_sandbox.athena.handlers.base import Services, Target, check_location, require_hive
from athena_sandbox.athena.statements import ast

# What Hive escapes in a partition directory; blanks stay as they are.
_SAFE_IN_PATH = " !$&()+,-.;<>@_`|~"


def path_of(keys: list[str], values: list[str]) -> str:
    """`year=2025/month=08`, as Hive writes it."""
    return "/".join(
        f"{key}={quote(value, safe=_SAFE_IN_PATH)}" for key, value in zip(keys, values, strict=True)
    )


def _values(target: Target, partition: ast.PartitionValues) -> list[str]:
    """The values in the order of the table's keys; a failure when keys are missing or unknown."""
    given = dict(partition)
    keys = target.partition_keys
    if set(given) != set(keys):
        spec = ", ".join(f"{key}={value}" for key, value in partition)
        raise hive_failure(f"SemanticException [Error 10006]: Partition not found {{{spec}}}")
    return [given[key] for key in keys]


async def add_partitions(services: Services, statement: ast.AddPartitions, run: Run) -> Outcome:
    target = await require_hive(services, run, statement.table)
    base = str(target.table["StorageDescriptor"].get("Location", "")).rstrip("/")
    inputs: list[Any] = []
    for partition, location in statement.partitions:
        if location is not None:
            check_location(location)
        values = _values(target, partition)
        place = location or f"{base}/{path_of(target.partition_keys, values)}"
        inputs.append(partition_input(dict(target.table), values, place))
    existing = await asyncio.to_thread(services.glue.create_partitions, target.database, target.name, inputs)
    if existing and not statement.if_not_exists:
        raise hive_failure(
            "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
            "AlreadyExistsException(message:Partition already exists.)"
        )
    return nothing()


async def drop_partitions(services: Services, statement: ast.DropPartitions, run: Run) -> Outcome:
    target = await require_hive(services, run, statement.table)
    values = [_values(target, partition) for partition in statement.partitions]

    def drop() -> None:
        for item in values:
            known = services.glue.partition(target.database, target.name, item) is not None
            if not known and not statement.if_exists:
                spec = path_of(target.partition_keys, item)
                raise hive_failure(f"SemanticException [Error 10006]: Partition not found ({spec})")
        services.glue.delete_partitions(target.database, target.name, values)

    await asyncio.to_thread(drop)
    return nothing()


async def rename_partition(services: Services, statement: ast.RenamePartition, run: Run) -> Outcome:
    target = await require_hive(services, run, statement.table)
    new_values = _values(target, statement.new)

    def rename(definition: dict[str, Any]) -> None:
        definition["Values"] = new_values

    await asyncio.to_thread(
        services.glue.change_partition, target.database, target.name, _values(target, statement.old), rename
    )
    return nothing()


async def _names(services: Services, target: Target) -> list[str]:
    def collect() -> list[str]:
        return [
            path_of(target.partition_keys, partition["Values"])
            for partition in services.glue.partitions(target.database, target.name)
        ]

    return await asyncio.to_thread(collect)


async def show_partitions(services: Services, statement: ast.ShowPartitions, run: Run) -> Outcome:
    target = await require_hive(services, run, statement.table)
    if not target.partition_keys:
        raise hive_failure(
            "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
            f"Table {target.database}.{target.name} is not a partitioned table"
        )
    wanted = {f"{key}={quote(value, safe=_SAFE_IN_PATH)}" for key, value in statement.partition}
    names = await _names(services, target)
    return text_outcome(["partition"], [[name] for name in names if wanted <= set(name.split("/"))])


async def repair_table(services: Services, statement: ast.RepairTable, run: Run) -> Outcome:
    """Register the partition directories that Glue doesn't know; it never removes any."""
    target = await require_hive(services, run, statement.table)
    before = set(await _names(services, target))
    call = (
        f"CALL {sql.HIVE}.system.sync_partition_metadata("
        f"{sql.quote_text(target.database)}, {sql.quote_text(target.name)}, 'ADD')"
    )
    await run.engine.run(EngineStatement(call, catalog=sql.HIVE, schema=target.database))
    added = [name for name in await _names(services, target) if name not in before]
    return Outcome(pages=text_outcome([], _repair_rows(target.name, added)).pages)


def _repair_rows(table: str, added: list[str]) -> list[list[str]]:
    if not added:
        return []
    missing = "\t".join(f"{table}:{name}" for name in added)
    rows = [[f"Partitions not in metastore:\t{missing}"]]
    rows += [[f"Repair: Added partition to metastore {table}:{name}"] for name in added]
    return rows
