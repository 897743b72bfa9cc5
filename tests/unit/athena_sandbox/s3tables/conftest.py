"""The storage application with the real ministack in it, called in process: no port, nothing on disk."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from ministack.app import app as ministack

from athena_sandbox.s3tables.app import StorageApp

REGION = "eu-central-1"
SCHEMA = {
    "type": "struct",
    "schema-id": 0,
    "fields": [
        {"id": 1, "name": "id", "type": "long", "required": True},
        {"id": 2, "name": "at", "type": "timestamp", "required": False},
    ],
}


async def yielding(scope: Any, receive: Any, send: Any) -> None:
    """ministack, giving way to other requests first, as anything behind a socket does."""
    await asyncio.sleep(0)
    await ministack(scope, receive, send)


@dataclass
class Storage:
    """One table bucket with the namespace `ns`; `saved` counts how often state was saved."""

    bucket: str
    loop: asyncio.AbstractEventLoop
    saved: int = 0
    http: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        transport = httpx.ASGITransport(app=StorageApp(yielding, self._save))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:4566")

    def _save(self) -> None:
        self.saved += 1

    @property
    def arn(self) -> str:
        return f"arn:aws:s3tables:{REGION}:000000000000:bucket/{self.bucket}"

    def together(self, *calls: Any) -> list[httpx.Response]:
        """Several calls at once."""

        async def gather() -> list[httpx.Response]:
            return list(await asyncio.gather(*calls))

        return self.loop.run_until_complete(gather())

    async def send(self, service: str, method: str, path: str, body: Any = None) -> httpx.Response:
        scope = f"test/20250101/{REGION}/{service}/aws4_request"
        signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        content = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        return await self.http.request(method, path, content=content, headers={"authorization": signed})

    def call(self, service: str, method: str, path: str, body: Any = None) -> httpx.Response:
        return self.together(self.send(service, method, path, body))[0]

    def rest(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """A call of the Iceberg REST catalog below the bucket's prefix."""
        return self.call("s3tables", method, f"/iceberg/v1/{quote(self.arn, safe='')}{path}", body)

    def api(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """A call of the S3 Tables API; `{arn}` in the path is the bucket's."""
        return self.call("s3tables", method, path.format(arn=quote(self.arn, safe="")), body)

    def create(self, name: str = "t", **more: Any) -> dict[str, Any]:
        answer = self.rest("POST", "/namespaces/ns/tables", {"name": name, "schema": SCHEMA, **more})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def load(self, name: str = "t") -> dict[str, Any]:
        answer = self.rest("GET", f"/namespaces/ns/tables/{name}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def get_table(self, name: str = "t") -> dict[str, Any]:
        answer = self.api("GET", f"/get-table?tableBucketARN={{arn}}&namespace=ns&name={name}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def keys(self, address: str) -> list[str]:
        """Objects below the address of a table."""
        answer = self.call("s3", "GET", f"/{address.removeprefix('s3://')}?list-type=2")
        return [part.partition("</Key>")[0] for part in answer.text.split("<Key>")[1:]]


@pytest.fixture
def storage() -> Iterator[Storage]:
    loop = asyncio.new_event_loop()
    made = Storage(f"unit-{uuid.uuid4().hex[:12]}", loop)
    assert made.api("PUT", "/buckets", {"name": made.bucket}).status_code == 200
    assert made.api("PUT", "/namespaces/{arn}", {"namespace": ["ns"]}).status_code == 200
    made.saved = 0
    yield made
    loop.run_until_complete(made.http.aclose())
    loop.close()
