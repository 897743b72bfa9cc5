"""Requests that a full disk still allows."""

import asyncio
from pathlib import Path

import httpx
import pytest

from athena_sandbox.gateway.disk import RESERVE_BYTES, DiskGuard, Receive, Scope, Send


async def accepts(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def answer(method: str, size: int, free: int) -> httpx.Response:
    async def inside() -> httpx.Response:
        transport = httpx.ASGITransport(DiskGuard(accepts, Path("/objects"), lambda path: free))
        async with httpx.AsyncClient(transport=transport, base_url="http://storage") as client:
            return await client.request(method, "/bucket/key", content=b"x" * size)

    return asyncio.run(inside())


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_body_that_does_not_fit_is_refused_with_the_reason(method: str) -> None:
    refused = answer(method, 1000, RESERVE_BYTES + 999)
    assert refused.status_code == 507
    assert "No space is left on the disk of /objects" in refused.text


def test_a_body_that_fits_is_taken() -> None:
    assert answer("PUT", 1000, RESERVE_BYTES + 1000).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_reading_and_deleting_go_on_with_a_full_disk(method: str) -> None:
    assert answer(method, 0, 0).status_code == 200


def test_a_missing_directory_refuses_no_request(tmp_path: Path) -> None:
    async def inside() -> int:
        transport = httpx.ASGITransport(DiskGuard(accepts, tmp_path / "absent"))
        async with httpx.AsyncClient(transport=transport, base_url="http://storage") as client:
            return (await client.put("/bucket", content=b"x")).status_code

    assert asyncio.run(inside()) == 200
