"""SET and UNSET TBLPROPERTIES: Glue parameters of Hive tables, Iceberg's own properties through Trino.

Source: Athena User Guide, pages querying-iceberg-creating-tables, vacuum-statement, read by November 2026;
measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: ddl).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from athena_sandbox.athena.catalog import sql
from athena_sandbox.athena.catalog.iceberg import WRITE_PROPERTIES, remove_properties
from athena_sandbox.athena.errors import Failure, StatementFailedError
from athena_sandbox.athena.executions.failures import USER, hive_failure, not_supported
from athena_sandbox.athena.executions.outcome import Outcome, Run, nothing
from athena_sandbox.athena.handlers.base import Services, Target, on_iceberg, require
from athena_sandbox.athena.statements import ast
from athena_sandbox.table_properties import unserved_property, wrong_template


def check_iceberg_properties(keys: Iterable[str]) -> None:
    """Refuse properties that Athena doesn't know for Iceberg tables."""
    for key in keys:
        if key not in WRITE_PROPERTIES:
            raise StatementFailedError(Failure(f"Unsupported table property key: {key}", USER, 1200))


def refuse_unserved(definition: Mapping[str, Any]) -> None:
    """Refuse a Hive table (TableInput) whose properties the engine would ignore, and read other rows; and one
    whose projected partitions would lie where nothing can be read."""
    if (template := wrong_template(definition)) is not None:
        raise hive_failure(
            "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
            f"MetaException(message:storage.location.template {template} is not a valid S3 location: "
            "it must begin with s3://)"
        )
    if (problem := unserved_property(definition)) is not None:
        raise not_supported(problem)


def plan_iceberg_properties(table: str, properties: Mapping[str, str]) -> str:
    """One ALTER TABLE: `format` is Trino's own property, the others are kept as they are given."""
    check_iceberg_properties(properties)
    assignments: list[str] = []
    extra = {key: value for key, value in properties.items() if key != "format"}
    if "format" in properties:
        assignments.append(f"format = {sql.quote_text(properties['format'].upper())}")
    if extra:
        assignments.append(f"extra_properties = {sql.text_map(extra)}")
    return f"ALTER TABLE {table} SET PROPERTIES {', '.join(assignments)}"


async def set_properties(services: Services, statement: ast.SetProperties, run: Run) -> Outcome:
    target = await require(services, run, statement.table)
    values = dict(statement.properties)
    if target.iceberg:
        await run.engine.run(on_iceberg(plan_iceberg_properties(target.qualified, values)))
        return nothing()

    def merge(definition: dict[str, Any]) -> None:
        definition["Parameters"] = {**definition.get("Parameters", {}), **values}
        refuse_unserved(definition)

    await asyncio.to_thread(services.glue.change_table, target.database, target.name, merge)
    return nothing()


def _unset_iceberg(services: Services, target: Target, keys: tuple[str, ...]) -> None:
    """Trino can set properties of its `extra_properties` and not remove any, so this is a commit of our own.

    It is Iceberg's: a new metadata file, and Glue's pointer changed only if it still names the old one.
    """

    def commit(definition: dict[str, Any]) -> None:
        parameters = definition["Parameters"]
        before = str(parameters["metadata_location"])
        after = remove_properties(services.objects, before, keys, now=services.clock())
        definition["Parameters"] = {
            **parameters,
            "metadata_location": after,
            "previous_metadata_location": before,
        }

    services.glue.change_table(target.database, target.name, commit)


async def unset_properties(services: Services, statement: ast.UnsetProperties, run: Run) -> Outcome:
    target = await require(services, run, statement.table)
    if target.iceberg:
        check_iceberg_properties(statement.keys)
        await asyncio.to_thread(_unset_iceberg, services, target, statement.keys)
        return nothing()

    def remove(definition: dict[str, Any]) -> None:
        parameters = definition.get("Parameters", {})
        definition["Parameters"] = {k: v for k, v in parameters.items() if k not in statement.keys}

    await asyncio.to_thread(services.glue.change_table, target.database, target.name, remove)
    return nothing()
