"""DESCRIBE in Athena's three layouts: Hive tables padded, Iceberg tables with their spec, views plain.

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: ddl).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from athena_sandbox.athena.catalog.glue import is_view
from athena_sandbox.athena.catalog.iceberg import IcebergTable, load_iceberg
from athena_sandbox.athena.errors import Failure, InvalidRequestError, StatementFailedError
from athena_sandbox.athena.executions.failures import USER, hive_failure
from athena_sandbox.athena.executions.outcome import Outcome, Run, text_outcome
from athena_sandbox.athena.handlers.base import Services, Target, require_described
from athena_sandbox.athena.handlers.show import NAME_WIDTH
from athena_sandbox.athena.handlers.views import view_columns
from athena_sandbox.athena.statements import ast

_COLUMNS = ("col_name", "data_type", "comment")
_BLANK = "\t \t "


async def describe(services: Services, statement: ast.Describe, run: Run) -> Outcome:
    target = await require_described(services, run, statement.table)
    if is_view(target.table):
        return replace(view_columns(target), subtype="DESC_VIEW")
    if target.iceberg:
        if statement.mode or statement.partition:
            word = statement.mode or "PARTITION"
            raise InvalidRequestError(f"{word} keyword is not supported for Iceberg tables.")
        table = await asyncio.to_thread(load_iceberg, services.objects, target.table)
        return text_outcome(_COLUMNS, [[line] for line in iceberg_lines(table)])
    if statement.partition:
        await _require_partition(services, target, statement.partition)
    lines = hive_lines(target, statement.column)
    if statement.mode:
        lines += detail_lines(target, statement.mode)
    return text_outcome(_COLUMNS, [[line] for line in lines], counted=False)


async def _require_partition(services: Services, target: Target, partition: ast.PartitionValues) -> None:
    given = dict(partition)
    values = [given.get(key, "") for key in target.partition_keys]
    found = await asyncio.to_thread(services.glue.partition, target.database, target.name, values)
    if found is None or given.keys() != set(target.partition_keys):
        spec = ", ".join(f"{key}={value}" for key, value in partition)
        raise hive_failure(f"SemanticException [Error 10006]: Partition not found {{{spec}}}")


def _padded(parts: Iterable[str]) -> str:
    return "\t".join(part.ljust(NAME_WIDTH) for part in parts)


def hive_lines(target: Target, column: str | None = None) -> list[str]:
    """Columns, partition columns among them, and the partition columns once more under their heading."""
    keys = list(target.table.get("PartitionKeys", ()))
    columns = [*target.table["StorageDescriptor"]["Columns"], *keys]
    if column is not None:
        columns = [c for c in columns if c["Name"] == column]
        if not columns:
            raise StatementFailedError(
                Failure(
                    f"FAILED: SemanticException [Error 10002]: Invalid column reference {column}", USER, 1006
                )
            )
        keys = []
    lines = [_padded((c["Name"], c["Type"], c.get("Comment") or "")) for c in columns]
    if keys:
        lines += [_BLANK, f"# Partition Information{_BLANK}", _heading(), _BLANK]
        lines += [_padded((c["Name"], c["Type"], c.get("Comment") or "")) for c in keys]
    return lines


def _heading() -> str:
    return "# " + "\t".join(
        ("col_name".ljust(NAME_WIDTH), "data_type".ljust(NAME_WIDTH), "comment".ljust(20))
    )


def detail_lines(target: Target, mode: str) -> list[str]:
    """The lines that EXTENDED and FORMATTED append."""
    storage = target.table["StorageDescriptor"]
    if mode == "EXTENDED":
        detail = (
            f"Table(tableName:{target.name}, dbName:{target.database}, "
            f"owner:{target.table.get('Owner', '')}, location:{storage.get('Location', '')}, "
            f"tableType:{target.table.get('TableType', '')})"
        )
        return [_BLANK, f"Detailed Table Information\t{detail}\t "]
    facts = [
        ("Database:", target.database),
        ("Owner:", str(target.table.get("Owner", ""))),
        ("Location:", str(storage.get("Location", ""))),
        ("Table Type:", str(target.table.get("TableType", ""))),
    ]
    parameters = [(f"\t{key}", value) for key, value in sorted(target.table.get("Parameters", {}).items())]
    serde = [
        ("SerDe Library:", storage.get("SerdeInfo", {}).get("SerializationLibrary", "")),
        ("InputFormat:", str(storage.get("InputFormat", ""))),
        ("OutputFormat:", str(storage.get("OutputFormat", ""))),
    ]
    lines = [_BLANK, f"# Detailed Table Information{_BLANK}"]
    lines += [
        f"{key.ljust(NAME_WIDTH)}\t{value}\t "
        for key, value in [*facts, ("Table Parameters:", ""), *parameters]
    ]
    lines += [_BLANK, f"# Storage Information{_BLANK}"]
    return lines + [f"{key.ljust(NAME_WIDTH)}\t{value}\t " for key, value in serde]


def iceberg_lines(table: IcebergTable) -> list[str]:
    """Schema and partition spec, unpadded."""
    lines = ["# Table schema:\t\t", "# col_name\tdata_type\tcomment"]
    for field in table.fields:
        if field.type in ("time", "uuid"):
            raise StatementFailedError(Failure("Table has unsupported column types", USER, 1100))
        lines.append(f"{field.name}\t{field.type}\t{field.comment or ''}")
    lines += ["\t\t", "# Partition spec:\t\t", "# field_name\tfield_transform\tcolumn_name"]
    for name, transform in table.partition_fields:
        argument = "" if transform.argument is None else f"[{transform.argument}]"
        lines.append(f"{name}\t{transform.function}{argument}\t{transform.column}")
    return lines
