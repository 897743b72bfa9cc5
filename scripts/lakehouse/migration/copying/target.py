"""What a migration makes in the Data Catalog before a row is copied: planned as steps, then applied.

The target and its rejects (Iceberg), the compatibility view over the target, and a second entry for the old
files, so that they stay readable when the old name becomes a view. What is there already is left alone if it
is the same, and refused if it isn't: it is somebody's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lakehouse.athena.sql import backquoted, ddl_relation, lines, listed, relation, text
from lakehouse.aws import explained
from lakehouse.catalog.tables import Table, TableKind, find_table
from lakehouse.errors import LakehouseError, QueryError, RefusedError, ServiceError
from lakehouse.migration.config import MigrationConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.copying.compat import compat_view
from lakehouse.migration.copying.rows import REJECT_COLUMNS, Rows

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

# Glue's limit for BatchCreatePartition.
_PARTITIONS_PER_CALL = 100
# What GetTable answers and CreateTable takes.
_TABLE_INPUT = (
    "Description",
    "Owner",
    "Retention",
    "StorageDescriptor",
    "PartitionKeys",
    "TableType",
    "Parameters",
)


@dataclass(frozen=True)
class Step:
    """One thing to make: its qualified name, what it is, the statement or request that a person can read, and
    the call. `check` says of an entry of that name why it isn't the one to make, None if it is."""

    makes: str
    what: str
    text: str
    run: Callable[[], object]
    check: Callable[[Table], str | None]


def plan_target(migration: Migration, rows: Rows) -> list[Step]:
    """The steps for one table, in order. Asks nothing and changes nothing."""
    config = rows.config
    steps = [legacy_step(migration.glue, config.legacy, rows.source)]
    if config.dbt_model is not None:
        # dbt makes target, rejects and view itself.
        return steps
    target, rejects = target_ddl(migration.config, rows), rejects_ddl(migration.config, rows)
    return [
        _table_step(migration, config.target, "target table", target, _types(rows)),
        _table_step(migration, config.rejects, "rejects table", rejects, REJECT_COLUMNS),
        _view_step(migration, rows),
        *steps,
    ]


def check_steps(migration: Migration, steps: list[Step]) -> None:
    """Raise RefusedError for what is there and differs."""
    for step in steps:
        _require_same(migration.glue, step)


def apply_steps(migration: Migration, steps: list[Step]) -> list[str]:
    """Make what isn't there and return the names of it.

    Raises RefusedError for what is there and differs, before anything is made. An error after that says what
    was made until then.
    """
    check_steps(migration, steps)
    made: list[str] = []
    for step in steps:
        if find_table(migration.glue, step.makes) is not None:
            continue
        try:
            step.run()
        except (LakehouseError, BotoCoreError, ClientError) as error:
            raise _unfinished(step, error, made) from error
        made.append(step.makes)
    return made


def _unfinished(
    step: Step, error: LakehouseError | BotoCoreError | ClientError, made: list[str]
) -> LakehouseError:
    """The error of a step, with what is left of the steps before it."""
    reason = error if isinstance(error, LakehouseError) else explained(error)
    kept = f"made before it, and kept: {', '.join(made)}" if made else "nothing was made before it"
    message = f"the {step.what} {step.makes} could not be made: {reason} ({kept}; the same command goes on)"
    kind = ServiceError if isinstance(reason, QueryError) else type(reason)
    return kind(message)


def target_ddl(config: MigrationConfig, rows: Rows) -> str:
    """CREATE TABLE of the target, partitioned as configured."""
    partition = rows.config.partition_by
    return _iceberg_ddl(
        config, rows.config.target, _types(rows), f"{partition.transform}({backquoted(partition.column)})"
    )


def rejects_ddl(config: MigrationConfig, rows: Rows) -> str:
    """CREATE TABLE of the rejects."""
    return _iceberg_ddl(config, rows.config.rejects, REJECT_COLUMNS)


def target_location(config: MigrationConfig, table: str) -> str:
    """Where the files of a new table (`database.table`) go."""
    return f"{config.data}{table.replace('.', '/')}/"


def legacy_step(glue: GlueClient, name: str, source: Table) -> Step:
    """A second entry for a source's files, with its partitions."""

    def run() -> None:
        database, table = name.split(".")
        given: Any = {key: source.definition[key] for key in _TABLE_INPUT if key in source.definition}
        given["Name"] = table
        glue.create_table(DatabaseName=database, TableInput=given)
        copy_partitions(glue, source.qualified_name, name)

    def check(found: Table) -> str | None:
        same = found.kind is TableKind.HIVE and found.location == source.location
        return None if same else f"it doesn't read {source.location}"

    shown = f"a copy of the entry {source.qualified_name}, over {source.location}"
    return Step(name, "second entry for the old files", shown, run, check)


def copy_partitions(glue: GlueClient, source: str, target: str) -> int:
    """Register the partitions of one entry that another lacks; return how many those were."""
    known = {tuple(partition["Values"]) for partition in _partitions(glue, target)}
    missing = [each for each in _partitions(glue, source) if tuple(each["Values"]) not in known]
    database, table = target.split(".")
    inputs: list[Any] = [
        {key: each[key] for key in ("Values", "StorageDescriptor", "Parameters") if key in each}
        for each in missing
    ]
    for start in range(0, len(inputs), _PARTITIONS_PER_CALL):
        glue.batch_create_partition(
            DatabaseName=database,
            TableName=table,
            PartitionInputList=inputs[start : start + _PARTITIONS_PER_CALL],
        )
    return len(missing)


def _partitions(glue: GlueClient, name: str) -> list[Any]:
    database, table = name.split(".")
    pages = glue.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=table)
    return [partition for page in pages for partition in page["Partitions"]]


def _types(rows: Rows) -> tuple[tuple[str, str], ...]:
    return tuple((column.name, column.type) for column in rows.target_columns)


def _iceberg_ddl(
    config: MigrationConfig, name: str, columns: tuple[tuple[str, str], ...], partition: str = ""
) -> str:
    # VACUUM keeps five days by default; a rollback needs as many as the old tables stay.
    age = config.retention_days * 86_400
    properties = {
        "table_type": "iceberg",
        "format": "parquet",
        "write_compression": "zstd",
        "vacuum_max_snapshot_age_seconds": str(age),
    }
    return lines(
        listed(
            f"create table {ddl_relation(name)} (",
            (f"{backquoted(column)} {kind}" for column, kind in columns),
            ")",
        ),
        f"partitioned by ({partition})" if partition else "",
        f"location {text(target_location(config, name))}",
        listed("tblproperties (", (f"{text(key)}={text(value)}" for key, value in properties.items()), ")"),
    )


def _table_step(
    migration: Migration, name: str, what: str, ddl: str, columns: tuple[tuple[str, str], ...]
) -> Step:
    location = target_location(migration.config, name)

    def check(found: Table) -> str | None:
        if found.kind is not TableKind.ICEBERG:
            return f"it is a {found.kind}"
        if found.location.rstrip("/") != location.rstrip("/"):
            return f"its files are in {found.location} and not in {location}"
        if (has := tuple((column.name, column.type) for column in found.columns)) != columns:
            differing = sorted(f"{column} {kind}" for column, kind in set(has) ^ set(columns))
            return f"its columns differ: {', '.join(differing) or 'their order'}"
        return None

    # Not through `write`: its token would find the statement that made a table which was dropped since.
    return Step(name, what, ddl, lambda: migration.statements.query(ddl), check)


def _view_step(migration: Migration, rows: Rows) -> Step:
    name = rows.config.compat
    statement = f"create view {relation(name)} as\n{compat_view(rows.config, rows.source).sql}"

    def check(found: Table) -> str | None:
        # A view of that name answers old queries already: dbt's, say, until the cutover.
        return None if found.kind is TableKind.VIEW else "it is a table"

    return Step(name, "compatibility view", statement, lambda: migration.statements.query(statement), check)


def _require_same(glue: GlueClient, step: Step) -> None:
    found = find_table(glue, step.makes)
    if found is not None and (difference := step.check(found)):
        raise RefusedError(
            f"{step.makes} is there already and is not the {step.what} of this migration: {difference}. "
            "Drop it, or name another target"
        )
