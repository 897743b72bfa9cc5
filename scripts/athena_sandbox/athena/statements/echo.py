"""The statement as GetQueryExecution shows it.

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: api).
"""

from __future__ import annotations

from athena_sandbox.athena.statements import ast
from athena_sandbox.athena.statements.lexer import TokenKind, iter_significant, unquote_name

# Measured on Athena: of these forms the default catalog's name disappears.
_FORMS = (
    ast.Describe,
    ast.ShowColumns,
    ast.ShowCreateTable,
    ast.ShowTables,
    ast.ShowProperties,
    ast.AlterTable,
    ast.DropTable,
    ast.RepairTable,
)
_DEFAULT = "awsdatacatalog"


def echoed(sql: str, statement: ast.Statement) -> str:
    """`sql` without `awsdatacatalog.` where Athena leaves it out."""
    if not isinstance(statement, _FORMS) or _DEFAULT not in sql.lower():
        return sql
    tokens = list(iter_significant(sql, hive="`" in sql))
    for token, dot, name in zip(tokens, tokens[1:], tokens[2:], strict=False):
        is_name = token.kind in (TokenKind.WORD, TokenKind.QUOTED, TokenKind.BACKTICK)
        if is_name and unquote_name(token) == _DEFAULT and dot.is_symbol("."):
            return sql[: token.start] + sql[name.start :]
    return sql
