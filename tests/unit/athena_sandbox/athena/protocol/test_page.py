"""The page for people: what it shows."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx
import pytest
from starlette.applications import Starlette

from athena_sandbox.athena.errors import Failure, InvalidRequestError
from athena_sandbox.athena.executions.model import Execution, Request, Statistics
from athena_sandbox.athena.protocol.page import queries_page
from athena_sandbox.athena.protocol.routes import routes
from athena_sandbox.athena.statements.classify import Classification, StatementType

QUERY = Execution(
    "11111111-2222-3333-4444-555555555555",
    Request("select '<script>' from t", "primary", "s3://b/out/"),
    Classification(StatementType.DML, "SELECT"),
    "s3://b/out/1.csv",
    submitted=0.0,
)


def get(*executions: Execution, path: str = "/") -> httpx.Response:
    def find(execution_id: str) -> Execution:
        for execution in executions:
            if execution.id == execution_id:
                return execution
        raise InvalidRequestError(execution_id)

    async def inside() -> httpx.Response:
        app = Starlette(routes=routes({}, queries_page(lambda limit: executions[:limit], find)))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            return await client.get(path)

    return asyncio.run(inside())


def test_it_shows_statement_state_time_bytes_and_error() -> None:
    statistics = Statistics(total_ms=1500, scanned_bytes=12_345_678)
    failure = Failure("COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved", 2, 1006)
    page = get(QUERY.run().fail(2.0, failure, statistics), QUERY).text
    for part in ("FAILED", "1970-01-01 00:00:00", "1.50", "12.3 MB", "Column &#x27;x&#x27; cannot", "QUEUED"):
        assert part in page
    assert "1 running or queued" in page


def test_the_text_of_a_query_is_escaped() -> None:
    page = get(QUERY).text
    assert "<script>" not in page
    assert "select &#x27;&lt;script&gt;&#x27; from t" in page


def test_a_long_statement_is_cut() -> None:
    request = replace(QUERY.request, query="select 1 -- " + "x" * 200_000)
    assert len(get(replace(QUERY, request=request)).text) < 10_000


def test_dbts_comment_gives_the_name_and_is_hidden() -> None:
    comment = '/* {"app": "dbt", "dbt_version": "1.12", "node_id": "model.lakehouse.dim_titles"} */'
    request = replace(QUERY.request, query=f"{comment}\nselect count(*) from t")
    page = get(replace(QUERY, request=request)).text
    assert "model.lakehouse.dim_titles" in page
    assert "select count(*) from t" in page
    assert "dbt_version" not in page


@pytest.mark.parametrize(
    "query", ["/* mine */ select 1", "/* {", '/* {"app": "x"} */ select 1', "/* [1] */ select 1"]
)
def test_other_comments_stay(query: str) -> None:
    page = get(replace(QUERY, request=replace(QUERY.request, query=query))).text
    assert query.replace('"', "&quot;") in page


def test_a_query_has_a_page_with_its_whole_statement_error_and_place_of_results() -> None:
    request = replace(QUERY.request, query="select 1 -- " + "x" * 2_000)
    failure = Failure("COLUMN_NOT_FOUND: " + "y" * 2_000, 2, 1006)
    failed = replace(QUERY, request=request).run().fail(2.0, failure, Statistics())
    assert f'href="queries/{QUERY.id}"' in get(failed).text
    page = get(failed, path=f"/queries/{QUERY.id}").text
    for part in ("x" * 2_000, "y" * 2_000, "s3://b/out/1.csv"):
        assert part in page
    assert get(failed, path="/queries/nothing").status_code == 404


def test_a_page_is_loaded_again_only_while_a_query_runs() -> None:
    assert 'http-equiv="refresh"' in get(QUERY).text
    ended = QUERY.run().fail(2.0, Failure("no", 2, 1), Statistics())
    assert 'http-equiv="refresh"' not in get(ended).text
