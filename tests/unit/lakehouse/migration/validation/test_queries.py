"""Results of old queries are compared as a person would compare them."""

from __future__ import annotations

from typing import Any

import pytest
import sqlglot

from lakehouse.athena.client import QueryResult
from lakehouse.catalog.tables import Table, TableKind
from lakehouse.migration.config import TableConfig
from lakehouse.migration.validation.differences import Check
from lakehouse.migration.validation.queries import QueryOutcome, Verdict, same_results
from lakehouse.migration.validation.relations import Scope
from lakehouse.migration.validation.report import TableReport, with_queries

TABLE = TableConfig.model_validate(
    {"source": "db.t", "columns": {"at": {"type": "timestamp"}}, "partition_by": {"column": "at"}}
)
SCOPE = Scope(
    TABLE,
    Table("db", "t", TableKind.HIVE, (), (), "s3://b/t/", {}),
    Table("db", "t_v2", TableKind.ICEBERG, (), (), "s3://b/t_v2/", {}),
    None,
)


def result(rows: list[tuple[Any, ...]], columns: tuple[str, ...] = ("a", "b")) -> QueryResult:
    return QueryResult(list(columns), ["varchar"] * len(columns), rows, False, "id", 0, 0, 0)


@pytest.mark.parametrize(
    ("sql", "old", "new", "same"),
    [
        ("select a, b from t", [(1, "x"), (2, "y")], [(2, "y"), (1, "x")], True),
        ("select a, b from t", [(1, "x"), (1, "x")], [(1, "x")], False),
        ("select a, b from t", [(1, None)], [(1, "")], False),
        ("select a, b from t order by a", [(1, "x"), (2, "y")], [(2, "y"), (1, "x")], False),
        ("select a, b from t order by 1", [(1, "x"), (1, "y")], [(1, "y"), (1, "x")], True),
        ("select a, b from t order by b, a", [(1, "x"), (2, "x")], [(2, "x"), (1, "x")], False),
        ("select a, b from t", [(0.1 + 0.2, "x")], [(0.3, "x")], True),
        ("select a, b from t", [(0.3001, "x")], [(0.3, "x")], False),
        ("select a, b from t", [(float("nan"), "x")], [(float("nan"), "x")], True),
    ],
)
def test_results_agree_by_rows_and_by_the_order_asked_for(
    sql: str, old: list[tuple[Any, ...]], new: list[tuple[Any, ...]], same: bool
) -> None:
    tree = sqlglot.parse_one(sql, dialect="athena")
    assert same_results(tree, result(old), result(new)) is same


@pytest.mark.parametrize(
    ("check", "green"),
    [
        (Check("rows", "every row agrees", compared=3), True),
        (Check("rows", "every row agrees", compared=0), False),
        # What reads no rows by its nature.
        (Check("columns", "2 of 2 columns"), True),
        (Check("rows", "1 differs", found=1, compared=3), False),
    ],
)
def test_a_check_that_compared_nothing_is_not_green(check: Check, green: bool) -> None:
    assert check.is_green is green
    assert TableReport(TABLE, SCOPE, 1, (check,), ()).is_green is green


def test_old_queries_without_rows_are_no_obstacle_and_not_green() -> None:
    outcome = QueryOutcome("q", frozenset({"db.t"}), Verdict.NO_ROWS)
    report = with_queries(TableReport(TABLE, SCOPE, 1, (Check("rows", "", compared=1),), ()), [outcome])
    assert (report.is_green, report.checks[-1].is_green) == (True, False)
    assert report.checks[-1].facts.endswith("1 no rows on both sides")
