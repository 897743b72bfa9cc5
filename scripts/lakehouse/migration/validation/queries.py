"""The old queries, on the old table and on the view that takes its place, with their results compared.

The old table and the view differ where they should: the view has one row of each key and none that can't be
read, and its times are text that CAST takes. So a query that answers differently runs a third time, on the
old rows as they were derived: an equal result says that nothing else is the reason.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlglot import exp

from lakehouse.athena.client import QueryResult
from lakehouse.athena.column_types import engine_type
from lakehouse.athena.sql import lines, listed, quoted, relations_list, with_relations
from lakehouse.athena.statements import Statements
from lakehouse.errors import QueryError, ServiceError
from lakehouse.migration.validation.differences import Difference, DifferenceKind
from lakehouse.migration.validation.old_queries import DIALECT, OldQuery, table_name
from lakehouse.migration.validation.relations import Scope, last

# Rows of a result that are compared.
_MOST_ROWS = 100_000
# Sums of doubles depend on the order of their rows.
_TOLERANCE = 1e-9


class Verdict(StrEnum):
    """What came of a query on both sides."""

    SAME = "same"
    NO_ROWS = "no rows on both sides"
    EXPLAINED = "same but for copies, unreadable rows and the form of times"
    OLD_FAILS = "old fails, new answers"
    BOTH_FAIL = "fails on both"
    NEW_FAILS = "new fails"
    DIFFERENT = "different"

    @property
    def is_green(self) -> bool:
        return self not in (Verdict.NEW_FAILS, Verdict.DIFFERENT)


@dataclass(frozen=True)
class QueryOutcome:
    """One query: the verdict, why a side failed, milliseconds and bytes of old and new, and what differs."""

    name: str
    sources: frozenset[str]
    verdict: Verdict
    reason: str = ""
    old_ms: int | None = None
    new_ms: int | None = None
    old_bytes: int | None = None
    new_bytes: int | None = None
    differences: tuple[Difference, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "query": self.name,
            "tables": sorted(self.sources),
            "verdict": self.verdict.value,
            "reason": self.reason,
            "old_ms": self.old_ms,
            "new_ms": self.new_ms,
            "old_bytes": self.old_bytes,
            "new_bytes": self.new_bytes,
        }


def run_query(
    query: OldQuery,
    scopes: dict[str, Scope],
    views: dict[str, str],
    statements: Statements,
    as_of: datetime,
    limit: int,
) -> QueryOutcome:
    """Run a query on the old tables and on their views (SELECTs by source) as of one moment, and compare."""
    pinned = _pinned(query.tree, as_of)
    new, new_error = _try(statements, _on(pinned, {source: views[source] for source in query.sources}))
    old, old_error = _try(
        statements, _sql(pinned, {name: scopes[name].source.qualified_name for name in scopes})
    )
    if new is None:
        verdict = Verdict.NEW_FAILS if old is not None else Verdict.BOTH_FAIL
        return QueryOutcome(query.name, query.sources, verdict, new_error)
    if old is not None and same_results(query.tree, old, new):
        return _outcome(query, Verdict.SAME if new.rows else Verdict.NO_ROWS, "", old, new)
    derived = {source: old_as_view(scopes[source]) for source in query.sources}
    expected, error = _try(statements, _on(pinned, derived))
    if expected is None:
        return _outcome(query, Verdict.DIFFERENT, error, old, new)
    if same_results(query.tree, expected, new):
        verdict = Verdict.EXPLAINED if old is not None else Verdict.OLD_FAILS
        return _outcome(query, verdict, old_error, old, new)
    differences = _result_differences(query.name, expected, new, limit)
    return _outcome(query, Verdict.DIFFERENT, old_error, old, new, differences)


def same_results(tree: exp.Expr, old: QueryResult, new: QueryResult) -> bool:
    """Whether two results hold the same rows; in the same order by the columns that the query orders by."""
    if len(old.rows) != len(new.rows) or len(old.columns) != len(new.columns):
        return False
    pairs = zip(sorted(old.rows, key=_sort_key), sorted(new.rows, key=_sort_key), strict=True)
    if not all(_same_row(first, second) for first, second in pairs):
        return False
    ordered = _order_columns(tree, old.columns)
    return all(
        _same_row(tuple(first[at] for at in ordered), tuple(second[at] for at in ordered))
        for first, second in zip(old.rows, new.rows, strict=True)
    )


def _sql(tree: exp.Expr, names: dict[str, str]) -> str:
    """The query with other tables in the place of the sources, by their names."""

    def replaced(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Table) or table_name(node) not in names:
            return node
        database, _, table = names[table_name(node)].rpartition(".")
        other = node.copy()
        other.set("this", exp.to_identifier(table, quoted=True))
        other.set("db", exp.to_identifier(database, quoted=True) if database else None)
        other.set("catalog", None)
        if not other.alias:
            # Columns may be qualified by the table's name.
            other.set("alias", exp.TableAlias(this=exp.to_identifier(node.name)))
        return other

    # Without comments: one before the first word would stand before a WITH.
    return tree.transform(replaced).sql(dialect=DIALECT, comments=False, pretty=True)


def _on(tree: exp.Expr, selects: dict[str, str]) -> str:
    """The query with a SELECT in the place of each source."""
    names = {source: f"__source_{at}" for at, source in enumerate(sorted(selects))}
    sql = _sql(tree, names)
    tables = {quoted(name): selects[source] for source, name in names.items()}
    for opening in ("WITH RECURSIVE ", "WITH "):
        if sql.startswith(opening):
            return f"{opening.lower()}{relations_list(tables)},\n{sql.removeprefix(opening)}"
    return with_relations(tables, sql)


def old_as_view(scope: Scope) -> str:
    """The derived old rows, one copy of a key each, with the old types, times as text: what the view holds.

    No statement can hold all derived rows of a table that is compared in parts. There it is the target's,
    which the comparison of rows holds against the derived ones, part by part.
    """
    types = ("varchar" if each.is_derived else _old_type(scope, each.name) for each in scope.columns)
    names = (
        f"cast({name} as {kind}) as {name}"
        for name, kind in zip((quoted(each.name) for each in scope.columns), types, strict=True)
    )
    # A query asks for the whole table at once, however the rows were compared.
    at_once = replace(scope.whole, parts=1, part=0)
    rows = at_once.old_single() if scope.parts == 1 else at_once.new_rows()
    return with_relations(rows, lines(listed("select ", names), f"from {last(rows)}"))


def _old_type(scope: Scope, name: str) -> str:
    return engine_type(scope.source.column(name).type)


def _pinned(tree: exp.Expr, as_of: datetime) -> exp.Expr:
    """The query as of a moment: every run of it sees the same clock."""

    def replaced(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.CurrentTimestamp) or (
            isinstance(node, exp.Anonymous) and node.name.lower() == "now"
        ):
            return exp.func("from_iso8601_timestamp", exp.Literal.string(f"{as_of:%Y-%m-%dT%H:%M:%SZ}"))
        if isinstance(node, exp.CurrentDate):
            return exp.cast(exp.Literal.string(f"{as_of:%Y-%m-%d}"), "date")
        return node

    return tree.transform(replaced)


def _try(statements: Statements, sql: str) -> tuple[QueryResult | None, str]:
    try:
        return statements.query(sql, limit=_MOST_ROWS), ""
    except QueryError as error:
        return None, str(error)
    except ServiceError as error:
        # What Athena can't read it refuses before there is a query.
        if "InvalidRequestException" not in str(error):
            raise
        return None, str(error)


def _outcome(
    query: OldQuery,
    verdict: Verdict,
    reason: str,
    old: QueryResult | None,
    new: QueryResult,
    differences: tuple[Difference, ...] = (),
) -> QueryOutcome:
    return QueryOutcome(
        query.name,
        query.sources,
        verdict,
        reason,
        old.engine_ms if old else None,
        new.engine_ms,
        old.scanned_bytes if old else None,
        new.scanned_bytes,
        differences,
    )


def _result_differences(
    name: str, expected: QueryResult, new: QueryResult, limit: int
) -> tuple[Difference, ...]:
    old_rows, new_rows = (Counter(map(_as_text, result.rows)) for result in (expected, new))
    only_old, only_new = list((old_rows - new_rows).elements()), list((new_rows - old_rows).elements())
    key = {"query": name}
    if not only_old and not only_new:
        return (Difference(DifferenceKind.QUERY, key, "order", "the old order", "another order"),)
    return tuple(
        Difference(
            DifferenceKind.QUERY,
            key,
            "row",
            only_old[at] if at < len(only_old) else None,
            only_new[at] if at < len(only_new) else None,
        )
        for at in range(min(limit, max(len(only_old), len(only_new))))
    )


def _as_text(row: tuple[Any, ...]) -> str:
    cells = [f"{cell:.9g}" if isinstance(cell, float) else cell for cell in row]
    return json.dumps(cells, default=str, ensure_ascii=False)


def _sort_key(row: tuple[Any, ...]) -> tuple[str, ...]:
    # Numbers last: two that differ in the last digit must not part rows that agree otherwise.
    return (*(str(cell) for cell in row if not isinstance(cell, float)), _as_text(row))


def _same_row(first: tuple[Any, ...], second: tuple[Any, ...]) -> bool:
    return all(map(_same_cell, first, second))


def _same_cell(first: Any, second: Any) -> bool:
    if isinstance(first, float) and isinstance(second, float):
        return math.isclose(first, second, rel_tol=_TOLERANCE) or (math.isnan(first) and math.isnan(second))
    return bool(first == second)


def _order_columns(tree: exp.Expr, columns: list[str]) -> list[int]:
    """Which columns of the result the query orders by; those it doesn't return can't be seen."""
    order = tree.args.get("order")
    if order is None:
        return []
    found = []
    for term in order.expressions:
        by = term.this
        if isinstance(by, exp.Literal) and by.is_int:
            found.append(int(by.this) - 1)
        elif isinstance(by, exp.Column) and by.name in columns:
            found.append(columns.index(by.name))
        else:
            break
    return found
