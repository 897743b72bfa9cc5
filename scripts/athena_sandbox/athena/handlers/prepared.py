"""PREPARE, EXECUTE and DEALLOCATE PREPARE: names live in the work group, as those of the API do.

Source: Athena User Guide, page querying-with-prepared-statements, read by November 2026.
"""

from __future__ import annotations

from dataclasses import replace

from athena_sandbox.athena.errors import Failure, ResourceNotFoundError, StatementFailedError
from athena_sandbox.athena.executions.failures import USER
from athena_sandbox.athena.executions.outcome import Outcome, Run, nothing
from athena_sandbox.athena.handlers.base import Services
from athena_sandbox.athena.resources.prepared import PreparedStatements
from athena_sandbox.athena.statements import ast
from athena_sandbox.athena.statements.parser import parse
from athena_sandbox.athena.statements.rewrites import strip_statement


async def prepare(services: Services, statement: ast.Prepare, run: Run) -> Outcome:
    parse(strip_statement(statement.query))
    services.prepared.put(run.request.workgroup, statement.name, statement.query)
    return nothing()


async def deallocate(services: Services, statement: ast.Deallocate, run: Run) -> Outcome:
    try:
        services.prepared.delete(run.request.workgroup, statement.name)
    except ResourceNotFoundError as error:
        raise _missing(statement.name) from error
    return nothing()


def resolve(
    prepared: PreparedStatements, workgroup: str, statement: ast.Execute
) -> tuple[ast.Statement, tuple[str, ...]]:
    """The statement behind a prepared name and the expressions for its `?`."""
    text = prepared.find(workgroup, statement.name)
    if text is None:
        raise _missing(statement.name)
    return parse(strip_statement(text)), statement.arguments


def bound(run: Run, arguments: tuple[str, ...]) -> Run:
    """The run with the arguments of USING in place of the request's parameters, if there are any."""
    if not arguments:
        return run
    return replace(run, request=replace(run.request, parameters=arguments))


def _missing(name: str) -> StatementFailedError:
    return StatementFailedError(Failure(f"NOT_FOUND: Prepared statement not found: {name}", USER, 1300))
