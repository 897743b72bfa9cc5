"""Grammar of MSCK REPAIR TABLE, OPTIMIZE and VACUUM.

Source: Athena User Guide, page vacuum-statement, read by November 2026; measured on Athena in September 2026
(aoyagikouhei/athena-local, docs: ddl).
"""

from __future__ import annotations

from athena_sandbox.athena.errors import InvalidRequestError
from athena_sandbox.athena.statements import ast
from athena_sandbox.athena.statements.cursor import Cursor


def repair_table(cursor: Cursor) -> ast.Statement:
    cursor.expect("MSCK", "REPAIR", "TABLE")
    table = cursor.expect_name()
    cursor.expect_end()
    return ast.RepairTable(table)


def optimize(cursor: Cursor) -> ast.Statement:
    cursor = _in_either_quotes(cursor)
    cursor.expect("OPTIMIZE")
    table = cursor.expect_name()
    cursor.expect("REWRITE", "DATA", "USING", "BIN_PACK")
    where = cursor.rest() if cursor.take("WHERE") else None
    if where is None:
        cursor.expect_end()
    return ast.Optimize(table, where)


def vacuum(cursor: Cursor) -> ast.Statement:
    cursor = _in_either_quotes(cursor)
    cursor.expect("VACUUM")
    if cursor.sees("FULL"):
        raise InvalidRequestError("Queries of this type are not supported: VACUUM FULL")
    table = cursor.expect_name()
    cursor.expect_end()
    return ast.Vacuum(table)


def _in_either_quotes(cursor: Cursor) -> Cursor:
    """Athena's documentation backticks names with underscores here; double quotes are refused."""
    return Cursor(cursor.sql, hive=True)
