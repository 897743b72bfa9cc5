"""Which catalogs a statement may name, in its text and by its context, before the engine sees it.

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: errors).
"""

from __future__ import annotations

from athena_sandbox.athena.errors import Failure, StatementFailedError
from athena_sandbox.athena.executions.failures import USER
from athena_sandbox.athena.executions.model import DEFAULT_CATALOG
from athena_sandbox.athena.executions.outcome import Run
from athena_sandbox.athena.statements import ast
from athena_sandbox.athena.statements.catalogs import INTERNAL, find_internal_catalog

# Table buckets are catalogs of their own; `table_buckets` checks their statements.
_TABLE_BUCKETS = "s3tablescatalog/"


def check_catalogs(statement: ast.Statement, run: Run) -> None:
    """Refuse the engine's internal catalogs, and writing with an unknown one in the context.

    Statements of the Hive path fall back to the default catalog, as Athena's do.
    """
    text = _engine_text(statement, run)
    if text is None:
        return
    if run.catalog in INTERNAL:
        raise _unknown(run.catalog, 1, 1)
    found = find_internal_catalog(text)
    if found is not None:
        raise _unknown(*found)
    known = run.catalog == DEFAULT_CATALOG or run.catalog.startswith(_TABLE_BUCKETS)
    if not known and _writes(statement):
        name = run.request.catalog
        raise StatementFailedError(
            Failure(f"NOT_FOUND: Session property catalog does not exist: {name}", USER, 1300)
        )


def _engine_text(statement: ast.Statement, run: Run) -> str | None:
    """The part of the statement that goes to the engine as the user wrote it."""
    if isinstance(statement, ast.Passthrough):
        return statement.sql
    if isinstance(statement, ast.Explain):
        # Its positions count from the beginning of the whole statement, and it can't be prepared.
        return run.request.query
    if isinstance(statement, ast.CreateTableAs | ast.Unload):
        return statement.query
    return None


def _writes(statement: ast.Statement) -> bool:
    inserts = isinstance(statement, ast.Passthrough) and statement.verb == "INSERT"
    return inserts or isinstance(statement, ast.CreateTableAs)


def _unknown(name: str, line: int, column: int) -> StatementFailedError:
    reason = f"CATALOG_NOT_FOUND: line {line}:{column}: Catalog '{name}' does not exist"
    return StatementFailedError(Failure(reason, USER, 1006))
