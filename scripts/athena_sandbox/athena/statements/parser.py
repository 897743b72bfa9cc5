"""Entry point of the grammar: the dialect of a statement, and its tree.

Statements that have the same grammar in Trino are parsed only as far as needed to classify them
(`Passthrough`): their syntax errors are Trino's to report, and a large SELECT costs one scan.

Source: Athena User Guide, page unsupported-ddl, read by November 2026; measured on Athena in September 2026
(aoyagikouhei/athena-local, docs: ddl, errors).
"""

from __future__ import annotations

from collections.abc import Callable

from athena_sandbox.athena.errors import InvalidRequestError
from athena_sandbox.athena.statements import ddl, maintenance, queries, show
from athena_sandbox.athena.statements.ast import Statement
from athena_sandbox.athena.statements.cursor import Cursor

_Rule = Callable[[Cursor], Statement]

# Leading keywords, longest first within a verb: which rule parses the statement, and in which dialect.
_HIVE_RULES: tuple[tuple[tuple[str, ...], _Rule], ...] = (
    (("CREATE", "DATABASE"), ddl.create_database),
    (("CREATE", "SCHEMA"), ddl.create_database),
    (("CREATE", "EXTERNAL"), ddl.create_table),
    (("CREATE", "TABLE"), ddl.create_table),
    (("DROP", "DATABASE"), ddl.drop_database),
    (("DROP", "SCHEMA"), ddl.drop_database),
    (("DROP", "TABLE"), ddl.drop_table),
    (("ALTER", "DATABASE"), ddl.alter_database),
    (("ALTER", "SCHEMA"), ddl.alter_database),
    (("ALTER", "TABLE"), ddl.alter_table),
    (("MSCK",), maintenance.repair_table),
    (("SHOW", "DATABASES"), show.show_databases),
    (("SHOW", "SCHEMAS"), show.show_databases),
    (("SHOW", "TABLES"), show.show_tables),
    (("SHOW", "PARTITIONS"), show.show_partitions),
    (("SHOW", "TBLPROPERTIES"), show.show_properties),
    (("SHOW", "CREATE", "TABLE"), show.show_create_table),
    (("DESCRIBE",), show.describe),
    (("DESC",), show.describe),
)
_TRINO_RULES: tuple[tuple[tuple[str, ...], _Rule], ...] = (
    (("DROP", "VIEW"), queries.drop_view),
    (("CREATE", "VIEW"), queries.create_view),
    (("CREATE", "OR", "REPLACE", "VIEW"), queries.create_view),
    (("SHOW", "COLUMNS"), show.show_columns),
    (("SHOW", "VIEWS"), show.show_views),
    (("SHOW", "CREATE", "VIEW"), show.show_create_view),
    (("SHOW", "FUNCTIONS"), queries.passthrough),
    (("OPTIMIZE",), maintenance.optimize),
    (("VACUUM",), maintenance.vacuum),
    (("UNLOAD",), queries.unload),
    (("PREPARE",), queries.prepare),
    (("EXECUTE",), queries.execute),
    (("DEALLOCATE",), queries.deallocate),
    (("EXPLAIN",), queries.explain),
    (("INSERT", "OVERWRITE"), queries.refuse),
    (("INSERT",), queries.data_change),
    (("UPDATE",), queries.data_change),
    (("DELETE",), queries.data_change),
    (("MERGE",), queries.data_change),
    (("SELECT",), queries.passthrough),
    (("WITH",), queries.passthrough),
    (("VALUES",), queries.passthrough),
    (("TABLE",), queries.passthrough),
)
# Trino (or Hive) parses these; Athena does not take them. CREATE, DROP, ALTER and SHOW appear for every form
# that no rule above claimed: ROLE, FUNCTION, MATERIALIZED VIEW, CATALOG, GRANTS, STATS, SESSION...
_REFUSED = frozenset(
    [
        "ALTER",
        "ANALYZE",
        "CALL",
        "COMMENT",
        "COMMIT",
        "CREATE",
        "DENY",
        "DROP",
        "EXPORT",
        "GRANT",
        "IMPORT",
        "LOCK",
        "REFRESH",
        "RESET",
        "REVOKE",
        "ROLLBACK",
        "SET",
        "SHOW",
        "START",
        "TRUNCATE",
        "UNLOCK",
        "USE",
        "USING",
    ]
)


def parse(sql: str) -> Statement:
    """The tree of one statement, which must come from `strip_statement`.

    Raises MalformedQueryError where Athena's own parser would, and InvalidRequestError for a kind of
    statement that is not supported. The engine reports syntax errors inside queries.
    """
    if _is_create_table_as(sql):
        return queries.create_table_as(Cursor(sql, hive=False))
    for rules, hive in ((_HIVE_RULES, True), (_TRINO_RULES, False)):
        cursor = Cursor(sql, hive=hive)
        for words, rule in rules:
            if cursor.sees(*words):
                return rule(cursor)
    cursor = Cursor(sql, hive=False)
    if cursor.peek().text.upper() in _REFUSED:
        queries.refuse(cursor)
    return queries.passthrough(cursor)


def _is_create_table_as(sql: str) -> bool:
    """CREATE TABLE name [..] AS: decided before a dialect is chosen, because both begin alike."""
    cursor = Cursor(sql, hive=False)
    if cursor.sees("CREATE", "OR", "REPLACE", "TABLE"):
        raise InvalidRequestError("Queries of this type are not supported: CREATE OR REPLACE TABLE")
    if not cursor.take("CREATE", "TABLE"):
        return False
    cursor.take("IF", "NOT", "EXISTS")
    return _skim_to_as(cursor)


def _skim_to_as(cursor: Cursor) -> bool:
    """Skip the name, a column list and WITH (..); True when AS follows and not a Hive clause."""
    while not (cursor.at_end or cursor.sees_symbol("(") or cursor.sees("WITH") or cursor.sees("AS")):
        if cursor.sees("LOCATION") or cursor.sees("TBLPROPERTIES"):
            return False
        cursor.next()
    for _ in range(2):
        if cursor.sees_symbol("("):
            skip_parentheses(cursor)
        if cursor.sees("COMMENT"):
            cursor.next()
            cursor.next()
        if cursor.take("WITH") and not cursor.sees_symbol("("):
            return False
    return cursor.sees("AS")


def skip_parentheses(cursor: Cursor) -> None:
    """Move behind the parenthesis that closes the one at the cursor, or to the end."""
    depth = 0
    while not cursor.at_end:
        token = cursor.next()
        depth += token.is_symbol("(") - token.is_symbol(")")
        if depth == 0:
            return
