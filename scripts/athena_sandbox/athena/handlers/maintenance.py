"""OPTIMIZE and VACUUM of Iceberg tables.

Source: Athena User Guide, page vacuum-statement, read by November 2026; Trino's documentation,
connector/iceberg.
"""

from __future__ import annotations

import asyncio

from athena_sandbox.athena.catalog import sql
from athena_sandbox.athena.catalog.iceberg import load_iceberg
from athena_sandbox.athena.engine.client import EngineStatement
from athena_sandbox.athena.executions.failures import not_supported
from athena_sandbox.athena.executions.outcome import Outcome, Run, nothing
from athena_sandbox.athena.handlers.base import Services, on_iceberg, require
from athena_sandbox.athena.statements import ast
from athena_sandbox.athena.statements.rewrites import type_decimal_literals

_DEFAULT_SNAPSHOT_AGE_SECONDS = 432_000
# Files younger than this may belong to a commit that is under way.
_ORPHAN_AGE_SECONDS = 259_200


async def optimize(services: Services, statement: ast.Optimize, run: Run) -> Outcome:
    target = await require(services, run, statement.table)
    if not target.iceberg:
        raise not_supported("OPTIMIZE is only supported for Iceberg tables")
    where = ""
    if statement.where is not None:
        where = f" WHERE {type_decimal_literals(statement.where).rewritten}"
    await run.engine.run(on_iceberg(f"ALTER TABLE {target.qualified} EXECUTE optimize{where}"))
    return nothing()


async def vacuum(services: Services, statement: ast.Vacuum, run: Run) -> Outcome:
    """Expire snapshots older than vacuum_max_snapshot_age_seconds, then remove files no snapshot names."""
    target = await require(services, run, statement.table)
    if not target.iceberg:
        raise not_supported("VACUUM is only supported for Iceberg tables")
    table = await asyncio.to_thread(load_iceberg, services.objects, target.table)
    age = table.properties.get("vacuum_max_snapshot_age_seconds", "")
    seconds = int(age) if age.isdigit() else _DEFAULT_SNAPSHOT_AGE_SECONDS
    for step in plan_vacuum(target.qualified, seconds):
        await run.engine.run(step)
    return nothing()


def plan_vacuum(table: str, max_age_seconds: int) -> list[EngineStatement]:
    """Both steps, with Trino's floor on retention (seven days) lowered for the session."""
    snapshots, orphans = f"{max_age_seconds}s", f"{_ORPHAN_AGE_SECONDS}s"
    return [
        on_iceberg(
            f"ALTER TABLE {table} EXECUTE expire_snapshots(retention_threshold => '{snapshots}')",
            **{f"{sql.ICEBERG}.expire_snapshots_min_retention": snapshots},
        ),
        on_iceberg(
            f"ALTER TABLE {table} EXECUTE remove_orphan_files(retention_threshold => '{orphans}')",
            **{f"{sql.ICEBERG}.remove_orphan_files_min_retention": orphans},
        ),
    ]
