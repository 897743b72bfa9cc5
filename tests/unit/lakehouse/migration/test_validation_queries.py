"""Results of old queries are compared as a person would compare them."""

from __future__ import annotations

from typing import Any

import pytest
import sqlglot

from lakehouse.athena.client import QueryResult
from lakehouse.migration.validation.queries import same_results


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
