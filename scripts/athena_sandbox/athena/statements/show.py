"""Grammar of SHOW and DESCRIBE.

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: ddl).
"""

from __future__ import annotations

from athena_sandbox.athena.errors import InvalidRequestError, MalformedQueryError
from athena_sandbox.athena.statements import ast, clauses
from athena_sandbox.athena.statements.cursor import Cursor
from athena_sandbox.athena.statements.lexer import TokenKind
from athena_sandbox.athena.statements.table_buckets import bucket_of


def show_databases(cursor: Cursor) -> ast.Statement:
    cursor.expect("SHOW")
    cursor.next()
    pattern = _pattern(cursor)
    cursor.expect_end()
    return ast.ShowDatabases(pattern)


def show_tables(cursor: Cursor) -> ast.Statement:
    cursor.expect("SHOW", "TABLES")
    database = cursor.expect_name().name if cursor.take_any("IN", "FROM") else None
    pattern = _pattern(cursor)
    cursor.expect_end()
    return ast.ShowTables(database, pattern)


def show_views(cursor: Cursor) -> ast.Statement:
    cursor.expect("SHOW", "VIEWS")
    database = cursor.expect_name().name if cursor.take_any("IN", "FROM") else None
    pattern = _pattern(cursor)
    cursor.expect_end()
    return ast.ShowViews(database, pattern)


def _pattern(cursor: Cursor) -> str | None:
    if cursor.take("LIKE") or cursor.peek().kind is not TokenKind.END:
        return cursor.expect_string()
    return None


def show_partitions(cursor: Cursor) -> ast.Statement:
    cursor.expect("SHOW", "PARTITIONS")
    table = cursor.expect_name()
    partition = clauses.partition(cursor) if cursor.sees("PARTITION") else ()
    cursor.expect_end()
    return ast.ShowPartitions(table, partition)


def show_properties(cursor: Cursor) -> ast.Statement:
    cursor.expect("SHOW", "TBLPROPERTIES")
    table = cursor.expect_name()
    key: str | None = None
    if cursor.take_symbol("("):
        key = cursor.expect_string()
        cursor.expect_symbol(")")
    cursor.expect_end()
    return ast.ShowProperties(table, key)


def show_columns(cursor: Cursor) -> ast.Statement:
    """SHOW COLUMNS {FROM|IN} t [{FROM|IN} d]: clients send it in either dialect's quotes."""
    cursor = Cursor(cursor.sql, hive="`" in cursor.sql)
    cursor.expect("SHOW", "COLUMNS")
    if cursor.take_any("FROM", "IN") is None:
        cursor.fail("'FROM', 'IN'")
    table = cursor.expect_name()
    if cursor.take_any("FROM", "IN") is not None:
        table = ast.Name(table.name, cursor.expect_name_part(), table.catalog)
    cursor.expect_end()
    return ast.ShowColumns(table)


def show_create_table(cursor: Cursor) -> ast.Statement:
    cursor.expect("SHOW", "CREATE", "TABLE")
    table = cursor.expect_name()
    cursor.expect_end()
    return ast.ShowCreateTable(table)


def show_create_view(cursor: Cursor) -> ast.Statement:
    cursor.expect("SHOW", "CREATE", "VIEW")
    view = cursor.expect_name()
    cursor.expect_end()
    return ast.ShowCreateView(view)


def describe(cursor: Cursor) -> ast.Statement:
    cursor.next()
    if cursor.peek().is_word("INPUT", "OUTPUT", "DATABASE", "SCHEMA", "FUNCTION") and (
        cursor.peek(1).kind is not TokenKind.END
    ):
        form = cursor.next().text.upper()
        raise InvalidRequestError(f"Queries of this type are not supported: DESCRIBE {form}")
    mode: str | None = None
    if cursor.peek(1).kind is not TokenKind.END and not cursor.peek(1).is_symbol("."):
        mode = cursor.take_any("EXTENDED", "FORMATTED")
    if bucket_of(cursor.peek().text.strip('"')) is not None:
        # The one quoted name that Athena has a text of its own for.
        raise MalformedQueryError("Unsupported DDL with 2 catalogs")
    table = cursor.expect_name()
    partition = clauses.partition(cursor) if cursor.sees("PARTITION") else ()
    column = None if cursor.at_end else cursor.expect_name_part()
    cursor.expect_end()
    return ast.Describe(table, mode, partition, column)
