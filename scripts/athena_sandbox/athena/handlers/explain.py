"""EXPLAIN: the inner statement is translated first when Trino spells it differently.

Source: Athena User Guide, page athena-explain-statement, read by November 2026; dbt-athena's functional
suite, run in November 2026.
"""

from __future__ import annotations

from athena_sandbox.athena.errors import InvalidRequestError
from athena_sandbox.athena.executions.outcome import Outcome, Run
from athena_sandbox.athena.handlers.base import Services
from athena_sandbox.athena.handlers.ctas import create_text, plan_table
from athena_sandbox.athena.handlers.parameters import with_parameters
from athena_sandbox.athena.handlers.queries import explain_text
from athena_sandbox.athena.statements import ast
from athena_sandbox.athena.statements.lexer import iter_significant
from athena_sandbox.athena.statements.parser import parse
from athena_sandbox.athena.statements.rewrites import SourceMap, type_decimal_literals


async def explain(services: Services, statement: ast.Explain, run: Run) -> Outcome:
    inner = parse(statement.query)
    options = _analyze_options(statement.options) if statement.analyze else statement.options
    head = f"EXPLAIN {'ANALYZE ' if statement.analyze else ''}{options} ".replace("  ", " ")
    text = with_parameters(_inner_text(inner, run), run.request.parameters)
    if isinstance(inner, ast.Passthrough) and not run.request.parameters and options == statement.options:
        # Positions in messages count from the beginning of what the user wrote.
        source = type_decimal_literals(run.request.query)
        return await explain_text(run, source.rewritten, source)
    return await explain_text(run, head + text, SourceMap(text, text))


def _analyze_options(options: str) -> str:
    """The options left for Trino: its EXPLAIN ANALYZE has none, and its plan is in text form."""
    words = [token.text.upper() for token in iter_significant(options)]
    if words not in ([], ["(", "FORMAT", "TEXT", ")"]):
        raise InvalidRequestError(f"EXPLAIN ANALYZE {options} is not supported by this server")
    return ""


def _inner_text(inner: ast.Statement, run: Run) -> str:
    if isinstance(inner, ast.Passthrough):
        return type_decimal_literals(inner.sql).rewritten
    if isinstance(inner, ast.CreateTableAs):
        results = f"{run.request.output_prefix}tables/{run.id}/"
        plan = plan_table(dict(inner.properties), results, run.catalog_of(inner.table))
        return create_text(plan, run.database_of(inner.table), inner)
    if isinstance(inner, ast.Unload):
        return type_decimal_literals(inner.query).rewritten
    raise InvalidRequestError("Queries of this type are not supported: EXPLAIN of this statement")
