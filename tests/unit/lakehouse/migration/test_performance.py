"""Figures of queries: percentiles by nearest rank, shares of errors, what a reduction is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lakehouse.athena.statements import MARK
from lakehouse.migration.config import TableConfig
from lakehouse.migration.performance import (
    Performance,
    Through,
    UserQuery,
    change,
    summarised,
    through_of,
)
from lakehouse.migration.watching.final_report import TableReport, reductions, report_html

AT = datetime(2025, 8, 25, tzinfo=UTC)
TABLE = TableConfig.model_validate(
    {
        "source": "raw.events",
        "columns": {"at": {"type": "timestamp"}},
        "partition_by": {"column": "at"},
    }
)


def query(ms: int, *, scanned: int = 10_000_000, failed: bool = False, conversion: bool = False) -> UserQuery:
    return UserQuery(Through.OLD_TABLE, AT, ms, scanned, failed, conversion)


def test_percentiles_are_by_nearest_rank_over_what_succeeded() -> None:
    # Twenty queries of 100 to 2,000 ms: rank 10 and rank 19. A failed one's time says nothing.
    found = summarised([query(100 * number) for number in range(20, 0, -1)] + [query(9_999, failed=True)])
    assert (found.p50_ms, found.p95_ms) == (1_000, 1_900)
    assert (found.queries, found.failed) == (21, 1)
    assert found.error_rate == pytest.approx(1 / 21)


def test_one_query_is_each_of_its_percentiles() -> None:
    found = summarised([query(7)])
    assert (found.p50_ms, found.p95_ms) == (7, 7)


def test_no_queries_have_no_times_and_no_errors() -> None:
    assert summarised([]) == Performance(0, 0, 0, None, None, 0, 0, 0.0)
    assert summarised([]).error_rate == 0.0


def test_bytes_and_cost_count_failed_queries_too() -> None:
    found = summarised([query(1, scanned=2**40), query(1, scanned=2**40, failed=True, conversion=True)])
    assert found.scanned_bytes == 2 * 2**40
    assert found.bytes_per_query == 2**40
    # Five dollars for each of the two terabytes.
    assert found.dollars == pytest.approx(10.0)
    assert found.conversion_errors == 1


@pytest.mark.parametrize(
    ("before", "after", "share"),
    [(100, 40, 0.6), (100, 150, -0.5), (None, 40, None), (0, 40, None), (100, None, None)],
)
def test_a_change_is_the_share_that_went(before: int | None, after: int | None, share: float | None) -> None:
    assert change(before, after) == (None if share is None else pytest.approx(share))


@pytest.mark.parametrize(
    ("sql", "database", "through"),
    [
        ("select 1 from raw.events", "default", Through.OLD_TABLE),
        ("SELECT * FROM Events e join other.x on true", "raw", Through.OLD_TABLE),
        (
            'with e as (select * from "awsdatacatalog"."raw"."events_v2") select * from e',
            "x",
            Through.NEW_TABLE,
        ),
        ("select 1 from events", "elsewhere", None),
        ("with events as (select 1 as a) select * from events", "raw", None),
        ("select 'raw.events'", "raw", None),
        ("insert into other.x select * from raw.events", "raw", None),
        ("create table a.b as select * from raw.events", "raw", None),
        (MARK + "select 1 from raw.events", "raw", None),
        ('-- /* {"app": "dbt", "target": "prod"} */\nselect 1 from raw.events', "raw", None),
        ("select from where raw.events ((", "raw", None),
    ],
)
def test_a_users_query_is_known_by_the_table_it_reads(
    sql: str, database: str, through: Through | None
) -> None:
    execution = {"Query": sql, "QueryExecutionContext": {"Database": database}}
    assert through_of(execution, TABLE, is_view=False) is through  # type: ignore[arg-type]
    if through is Through.OLD_TABLE:
        assert through_of(execution, TABLE, is_view=True) is Through.VIEW  # type: ignore[arg-type]


def test_the_report_names_reductions_and_escapes_what_it_shows() -> None:
    before, after = summarised([query(1000)]), summarised([query(400, scanned=1_000_000)])
    assert reductions(before, after) == {
        "p50_ms": pytest.approx(0.6),
        "p95_ms": pytest.approx(0.6),
        "bytes_per_query": pytest.approx(0.9),
    }
    table = TableReport("raw.events", "raw.events_v2", AT, before, after, summarised([]))
    html = report_html([table], "a <migration>", AT)
    assert "old name, after: p50 60% less, p95 60% less, bytes each 90% less" in html
    assert "a &lt;migration&gt;" in html
    assert "http" not in html.replace("http-equiv", "")
