"""Statements that Athena refuses on S3 Tables catalogs, before anything is executed.

Source: CREATE TABLE and names with two catalogs were measured on Athena in September 2026
(aoyagikouhei/athena-local, issues 204 to 270); of the other statements it is only known that Athena refuses
them: their texts were chosen here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from athena_sandbox.athena.errors import Failure, MalformedQueryError, StatementFailedError
from athena_sandbox.athena.executions.failures import USER, not_supported
from athena_sandbox.athena.executions.outcome import Run
from athena_sandbox.athena.statements import ast
from athena_sandbox.athena.statements.table_buckets import bucket_of

# Statements in Trino's own grammar may name several catalogs.
_TRINO_PATH = (ast.CreateTableAs, ast.Passthrough)


def check_statement(statement: ast.Statement, run: Run) -> None:
    """Raise Athena's refusal, if the statement is about an S3 Tables catalog and Athena refuses it there."""
    name: ast.Name | None = (
        getattr(statement, "table", None)
        or getattr(statement, "view", None)
        or getattr(statement, "target", None)
    )
    named = name.catalog if name is not None else None
    if bucket_of(named or run.catalog) is None and bucket_of(run.catalog) is None:
        return
    if isinstance(statement, _TRINO_PATH):
        if bucket_of(named or run.catalog) is not None and getattr(statement, "verb", "") == "CREATE VIEW":
            raise not_supported("Views are not supported in S3 Tables catalogs")
        return
    if isinstance(statement, ast.CreateTable):
        _check_early(statement)
    if named is not None:
        _refuse_two_catalogs(statement, run)
    if check := _CHECKS.get(type(statement)):
        check(statement)


def _check_early(statement: ast.CreateTable) -> None:
    if statement.location is not None:
        raise MalformedQueryError("Table location can not be specified for tables hosted in S3 table buckets")
    if statement.external:
        raise MalformedQueryError("External keyword not supported for table type ICEBERG")


def _refuse_two_catalogs(statement: ast.Statement, run: Run) -> None:
    if isinstance(statement, ast.Describe | ast.ShowColumns):
        raise MalformedQueryError("Unsupported DDL with 2 catalogs")
    if not isinstance(statement, ast.Optimize | ast.Vacuum | ast.DropView | ast.ShowCreateView):
        raise MalformedQueryError(f"Unsupported ddl with 2 catalogs: {run.request.query}")


def _check_create_table(statement: ast.CreateTable) -> None:
    """The failures of a CREATE TABLE without LOCATION and EXTERNAL, in Athena's order."""
    clauses = (
        (statement.clustering, "CLUSTERED BY"),
        (statement.row_format, "ROW FORMAT"),
        (statement.stored_as, "STORED AS/BY"),
    )
    for present, clause in clauses:
        if present:
            raise _failed(f"Iceberg create table statement does not allow {clause}", 1200)
    if statement.partition_columns:
        raise _failed("Invalid PARTITIONED BY clause in Iceberg create table statement", 1006)
    if not statement.columns:
        raise _failed("At least one column is required for Iceberg create table statement", 1006)
    if dict(statement.properties).get("table_type", "ICEBERG").upper() != "ICEBERG":
        raise not_supported("Only tables of type ICEBERG are supported in S3 Tables catalogs")


def _failed(text: str, error_type: int) -> StatementFailedError:
    return StatementFailedError(Failure(text, USER, error_type))


def _refuse(what: str) -> Callable[[Any], None]:
    def check(statement: ast.Statement) -> None:
        raise not_supported(f"{what} is not supported in S3 Tables catalogs")

    return check


def _check_create_database(statement: ast.CreateDatabase) -> None:
    if statement.comment or statement.location or statement.properties:
        raise not_supported("A namespace of an S3 Tables catalog has no comment, location or properties")


_CHECKS: dict[type[ast.Statement], Callable[[Any], None]] = {
    ast.CreateTable: _check_create_table,
    ast.CreateDatabase: _check_create_database,
    ast.AlterDatabase: _refuse("ALTER DATABASE"),
    ast.RenameTable: _refuse("ALTER TABLE RENAME"),
    ast.Optimize: _refuse("OPTIMIZE"),
    ast.Vacuum: _refuse("VACUUM"),
}
