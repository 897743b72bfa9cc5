"""In-memory doubles of Trino and S3 with their real interfaces."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterable, Callable
from typing import IO, Any

import httpcore
import pytest

from athena_sandbox.athena.engine.client import TrinoClient
from athena_sandbox.athena.results.storage import Location, StorageError


class FakeTrino(httpcore.AsyncConnectionPool):
    """A coordinator: `answers` maps a statement to the JSON answers it gives one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, list[dict[str, Any]]] = {}
        self.statements: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.cancelled: list[str] = []
        # Of /v1/query/<id>; a query that isn't here is unknown.
        self.infos: dict[str, dict[str, Any]] = {}
        self.dead = False
        self.gate: asyncio.Event | None = None

    def rows(self, sql: str, columns: list[tuple[str, str]], rows: list[list[Any]], **more: Any) -> None:
        """Answer `sql` with rows; columns are (name, raw type)."""
        described = [
            {"name": name, "type": kind, "typeSignature": {"rawType": kind, "arguments": []}}
            for name, kind in columns
        ]
        self.answers[sql] = [{"stats": {"state": "FINISHED"}, "columns": described, "data": rows, **more}]

    def error(self, sql: str, name: str, message: str, *, parsing: bool = False) -> None:
        failure = {"type": f"io.trino.{'sql.parser.ParsingException' if parsing else 'spi.TrinoException'}"}
        error = {"errorName": name, "message": message, "errorType": "USER_ERROR", "failureInfo": failure}
        self.answers[sql] = [{"stats": {"state": "FAILED"}, "error": error}]

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        if self.dead:
            raise httpcore.ConnectError("refused")
        path = request.url.target.decode()
        if request.method == b"DELETE":
            self.cancelled.append(path.rsplit("/", 1)[1])
            return httpcore.Response(204)
        if request.method == b"POST":
            self.statements.append((await body_of(request)).decode())
            self.headers.append({name.decode().lower(): value.decode() for name, value in request.headers})
            number = len(self.statements) - 1
            return self._answer(number, {"stats": {"state": "QUEUED"}}, 0)
        if path.startswith("/v1/query/"):
            info = self.infos.get(path.rsplit("/", 1)[1])
            return httpcore.Response(410) if info is None else _json(info)
        _, number, step = path.strip("/").split("/")
        if self.gate is not None:
            await self.gate.wait()
        answers = self.answers.get(self.statements[int(number)], [{"stats": {"state": "FINISHED"}}])
        last = int(step) == len(answers) - 1
        return self._answer(int(number), answers[int(step)], None if last else int(step) + 1)

    @staticmethod
    def _answer(number: int, body: dict[str, Any], following: int | None) -> httpcore.Response:
        answer = {"id": f"query_{number}", **body}
        if following is not None:
            answer["nextUri"] = f"http://trino/next/{number}/{following}"
        return _json(answer)

    def client(self, *, patience: float = 0.0) -> TrinoClient:
        return TrinoClient("http://trino", self, patience=patience, sleep=_no_sleep)


def _json(answer: dict[str, Any]) -> httpcore.Response:
    return httpcore.Response(200, content=json.dumps(answer).encode())


async def body_of(request: httpcore.Request) -> bytes:
    stream = request.stream
    assert isinstance(stream, AsyncIterable)
    return b"".join([chunk async for chunk in stream])


async def _no_sleep(seconds: float) -> None:
    await asyncio.sleep(0)


class MemoryObjects:
    """The part of ObjectStore that executions use, over a dictionary of address to bytes."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.reads: list[tuple[int, int]] = []

    def bucket_exists(self, bucket: str) -> bool:
        return bucket != "missing"

    def put(self, location: Location, body: bytes) -> None:
        self.objects[str(location)] = body

    def upload(self, location: Location, body: IO[bytes]) -> None:
        self.objects[str(location)] = body.read()

    def read(self, location: Location, start: int, length: int) -> bytes:
        self.reads.append((start, length))
        if str(location) not in self.objects:
            raise StorageError("gone", missing=True)
        return self.objects[str(location)][start : start + length]

    def is_empty(self, location: Location) -> bool:
        prefix = f"s3://{location.bucket}/{location.prefix}"
        return not any(address.startswith(prefix) for address in self.objects)


@pytest.fixture
def trino() -> FakeTrino:
    return FakeTrino()


@pytest.fixture
def objects() -> Any:
    return MemoryObjects()


@pytest.fixture
def run_async() -> Callable[[Any], Any]:
    return asyncio.run
