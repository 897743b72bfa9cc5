"""Old queries are found, refused where they are none, and their results compared as a person would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlglot

from lakehouse.athena.client import QueryResult
from lakehouse.errors import UsageError
from lakehouse.migration.validation.queries import find_folder, load_queries, same_results

SOURCES = ["acme_telemetry.telemetry"]


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


def test_only_queries_that_read_a_source_are_loaded(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("select * from acme_telemetry.telemetry;\n")
    (tmp_path / "b.sql").write_text("with t as (select 1) select * from t")
    (tmp_path / "c.sql").write_text('select * from "awsdatacatalog"."ACME_TELEMETRY"."telemetry" x, other.y')
    loaded = load_queries(tmp_path, SOURCES)
    assert [(query.name, sorted(query.sources)) for query in loaded] == [("a", SOURCES), ("c", SOURCES)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("select * from {{ source('a', 'b') }}", "is a template: run `dbt compile`"),
        ("select from where", "is no SQL that Athena reads"),
        ("drop table acme_telemetry.telemetry", "must hold one SELECT"),
        ("select 1; select 2", "must hold one SELECT"),
    ],
)
def test_a_file_that_is_no_query_is_named(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "q.sql").write_text(content)
    with pytest.raises(UsageError, match=r"q\.sql") as raised:
        load_queries(tmp_path, SOURCES)
    assert message in str(raised.value)


def test_folder_without_queries_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no \*\.sql"):
        load_queries(tmp_path, SOURCES)


def test_compiled_queries_are_preferred_to_templates(tmp_path: Path) -> None:
    plain = tmp_path / "analyses" / "migration"
    compiled = tmp_path / "target" / "compiled" / "lakehouse" / "analyses" / "migration"
    assert find_folder(tmp_path) is None
    for folder in (plain, compiled):
        folder.mkdir(parents=True)
        (folder / "viewers__before.sql").write_text("select 1")
    assert find_folder(tmp_path) == compiled
    (compiled / "viewers__before.sql").unlink()
    assert find_folder(tmp_path) == plain
