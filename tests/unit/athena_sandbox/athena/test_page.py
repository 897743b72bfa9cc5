"""The page for people: what it shows, and to whom."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx
import pytest
from starlette.applications import Starlette

from athena_sandbox.athena.errors import Failure
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


def get(*executions: Execution, host: str = "127.0.0.1:8000") -> httpx.Response:
    async def inside() -> httpx.Response:
        app = Starlette(routes=routes({}, queries_page(lambda limit: executions[:limit])))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            return await client.get("/")

    return asyncio.run(inside())


def test_it_shows_statement_state_time_bytes_and_error() -> None:
    statistics = Statistics(total_ms=1500, scanned_bytes=12_345_678)
    failure = Failure("COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved", 2, 1006)
    page = get(QUERY.run().fail(2.0, failure, statistics), QUERY).text
    for part in ("FAILED", "1970-01-01 00:00:00", "1.50", "12.3 MB", "Column &#x27;x&#x27; cannot", "QUEUED"):
        assert part in page
    assert "1 running or queued" in page


def test_text_of_a_query_is_no_markup() -> None:
    page = get(QUERY).text
    assert "<script>" not in page
    assert "select &#x27;&lt;script&gt;&#x27; from t" in page


def test_a_long_statement_is_cut() -> None:
    request = replace(QUERY.request, query="select 1 -- " + "x" * 200_000)
    assert len(get(replace(QUERY, request=request)).text) < 10_000


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_it_answers_on_the_machine_itself(host: str) -> None:
    assert get(host=host).status_code == 200


def test_a_foreign_name_for_the_address_is_refused() -> None:
    answer = get(QUERY, host="rebound.example:8000")
    assert answer.status_code == 403
    assert "select" not in answer.text
