"""A comment that Athena's Hive path can't read.

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: ddl).
"""

from __future__ import annotations

from athena_sandbox.athena.executions.failures import hive_failure
from athena_sandbox.athena.executions.outcome import Run
from athena_sandbox.athena.handlers.base import Services, look_up
from athena_sandbox.athena.statements import ast


async def check_leading_comment(services: Services, statement: ast.Statement, run: Run) -> None:
    """Refuse `/* */` before statements that Athena gives to Hive's own parser: it knows `--` only.

    Measured on Athena for these forms and Hive tables; on Iceberg tables another parser reads them.
    """
    if not run.request.query.startswith("/*"):
        return
    if isinstance(statement, ast.ShowCreateTable | ast.RepairTable | ast.AlterTable | ast.Describe):
        target = await look_up(services, run, statement.table)
        if target is not None and not target.iceberg:
            raise hive_failure(
                "ParseException line 1:0 cannot recognize input near '/' '*' "
                f"'{run.request.query[2:].split(maxsplit=1)[0]}'",
                error_type=1003,
            )
