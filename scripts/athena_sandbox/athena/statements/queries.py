"""Grammar around queries, in Trino's dialect: statements that are examined before their text is passed on.

Source: Athena User Guide, pages querying-with-prepared-statements, athena-explain-statement, unload, read by
November 2026; measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: ddl).
"""

from __future__ import annotations

from typing import NoReturn

from athena_sandbox.athena.errors import InvalidRequestError
from athena_sandbox.athena.statements import ast, clauses
from athena_sandbox.athena.statements.cursor import Cursor

_FORM_GOES_ON = frozenset(
    [
        "CREATE", "DROP", "ALTER", "SHOW", "INSERT", "SET", "USING", "OR", "REPLACE",
        "MATERIALIZED", "PROTECTED", "MULTI", "DIALECT", "EXTERNAL",
    ]
)  # fmt: skip


def refuse(cursor: Cursor) -> NoReturn:
    """Athena's answer to kinds of statement it doesn't take, with the form's name behind it."""
    words = [cursor.next().text.upper()]
    # Further words that are part of the form's name: CREATE OR REPLACE PROTECTED MULTI DIALECT VIEW.
    while cursor.peek().kind.value == "word" and words[-1] in _FORM_GOES_ON:
        words.append(cursor.next().text.upper())
    raise InvalidRequestError(f"Queries of this type are not supported: {' '.join(words)}")


def passthrough(cursor: Cursor) -> ast.Statement:
    first = cursor.peek().text.upper()
    verb = "SHOW FUNCTIONS" if first == "SHOW" else first if first in ("VALUES", "TABLE") else "SELECT"
    return ast.Passthrough(verb, cursor.sql)


def data_change(cursor: Cursor) -> ast.Statement:
    """INSERT INTO, UPDATE, DELETE FROM, MERGE INTO; the target's name when it can be read."""
    verb = cursor.next().text.upper()
    cursor.take_any("INTO", "FROM")
    target: ast.Name | None = None
    if cursor.peek().kind.value in ("word", "quoted"):
        target = cursor.expect_name()
    return ast.Passthrough(verb, cursor.sql, target)


def create_view(cursor: Cursor) -> ast.Statement:
    """CREATE [OR REPLACE] VIEW; the view's name when it can be read."""
    cursor.expect("CREATE")
    cursor.take("OR", "REPLACE")
    cursor.expect("VIEW")
    target = cursor.expect_name() if cursor.peek().kind.value in ("word", "quoted") else None
    return ast.Passthrough("CREATE VIEW", cursor.sql, target)


def drop_view(cursor: Cursor) -> ast.Statement:
    cursor = Cursor(cursor.sql, hive="`" in cursor.sql)
    cursor.expect("DROP", "VIEW")
    if_exists = cursor.take("IF", "EXISTS")
    view = cursor.expect_name()
    cursor.expect_end()
    return ast.DropView(view, if_exists)


def create_table_as(cursor: Cursor) -> ast.Statement:
    cursor.expect("CREATE", "TABLE")
    if_not_exists = cursor.take("IF", "NOT", "EXISTS")
    table = cursor.expect_name()
    has_column_list = cursor.sees_symbol("(")
    if has_column_list:
        _parenthesised_text(cursor)
    properties = clauses.with_properties(cursor) if cursor.take("WITH") else ()
    cursor.expect("AS")
    return ast.CreateTableAs(table, properties, cursor.rest(), if_not_exists, has_column_list)


def unload(cursor: Cursor) -> ast.Statement:
    cursor.expect("UNLOAD")
    query = _parenthesised_text(cursor)
    cursor.expect("TO")
    location = cursor.expect_string()
    properties = clauses.with_properties(cursor) if cursor.take("WITH") else ()
    cursor.expect_end()
    return ast.Unload(query, location, properties)


def _parenthesised_text(cursor: Cursor) -> str:
    """The text between this parenthesis and the one that closes it."""
    start = cursor.peek().end
    cursor.expect_symbol("(")
    depth = 1
    while True:
        if cursor.at_end:
            cursor.fail("')'")
        token = cursor.next()
        depth += token.is_symbol("(") - token.is_symbol(")")
        if depth == 0:
            return cursor.sql[start : token.start]


def prepare(cursor: Cursor) -> ast.Statement:
    cursor.expect("PREPARE")
    name = cursor.expect_name_part()
    cursor.expect("FROM")
    return ast.Prepare(name, cursor.rest())


def execute(cursor: Cursor) -> ast.Statement:
    cursor.expect("EXECUTE")
    if cursor.sees("IMMEDIATE"):
        raise InvalidRequestError("Queries of this type are not supported: EXECUTE IMMEDIATE")
    name = cursor.expect_name_part()
    arguments: tuple[str, ...] = ()
    if cursor.take("USING"):
        arguments = _expression_texts(cursor)
    cursor.expect_end()
    return ast.Execute(name, arguments)


def _expression_texts(cursor: Cursor) -> tuple[str, ...]:
    """The texts of a list of expressions, split at the commas outside brackets."""
    texts: list[str] = []
    start, depth = cursor.peek().start, 0
    while not cursor.at_end:
        token = cursor.next()
        if token.text in ("(", "["):
            depth += 1
        elif token.text in (")", "]"):
            depth -= 1
        elif token.is_symbol(",") and depth == 0:
            texts.append(cursor.sql[start : token.start].strip())
            start = token.end
    texts.append(cursor.sql[start:].strip())
    return tuple(texts)


def deallocate(cursor: Cursor) -> ast.Statement:
    cursor.expect("DEALLOCATE", "PREPARE")
    name = cursor.expect_name_part()
    cursor.expect_end()
    return ast.Deallocate(name)


def explain(cursor: Cursor) -> ast.Statement:
    """EXPLAIN [ANALYZE] [(options)] statement; the statement's text is kept for the planner to translate."""
    cursor.expect("EXPLAIN")
    analyze = cursor.take("ANALYZE")
    options = ""
    if cursor.sees_symbol("(") and cursor.peek(1).is_word("FORMAT", "TYPE"):
        options = f"({_parenthesised_text(cursor)})"
    return ast.Explain(cursor.rest(), options, analyze)
