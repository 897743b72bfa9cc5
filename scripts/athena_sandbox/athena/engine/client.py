"""Trino's client protocol over raw HTTP: submit, follow nextUri, cancel.

Raw JSON rather than the Python client's objects, because values must be printed as Athena prints them and
not as Python does. Pages are handed on as they come, so memory is bounded by one page (about 1 MB).
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpcore

from athena_sandbox.athena.engine.recovery import EngineRecovery
from athena_sandbox.athena.engine.trino_types import EngineColumn, parse_columns
from athena_sandbox.athena.errors import AthenaSandboxError, EngineUnavailableError
from athena_sandbox.wire.keys import ENGINE_USER

logger = logging.getLogger(__name__)

_BASE_HEADERS = {
    "X-Trino-User": ENGINE_USER,
    "X-Trino-Source": "athena-sandbox",
    # Without it Trino cuts every timestamp to milliseconds.
    "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",
    # Athena's sessions are in UTC, in any zone of the machine.
    "X-Trino-Time-Zone": "UTC",
    "Accept-Encoding": "identity",
}
# A busy or starting coordinator answers with these; Trino's own client retries them too.
_RETRY_STATUS = frozenset((429, 502, 503, 504))
_FIRST_DELAY, _MAX_DELAY = 0.05, 1.0
# Seconds to wait for an engine that is not being started, and for one that is.
_PATIENCE, _RECOVERY_PATIENCE = 20.0, 180.0
# Seconds. A page of Trino's answer may take long to come; a connection must not.
_TIMEOUT = {"connect": 5.0, "read": 120.0, "write": 120.0, "pool": 120.0}
# httpcore's exceptions have no common base class.
_FAILURES = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException)
# How long the start of a query is followed to learn whether Trino can parse it.
_DISPATCH_SECONDS = 1.0


@dataclass(frozen=True)
class EngineStatement:
    """A statement for Trino: text, where unqualified names live, and session properties (`catalog.name`)."""

    sql: str
    catalog: str = "awsdatacatalog"
    schema: str | None = None
    session: Mapping[str, str] = field(default_factory=dict)


class EngineError(AthenaSandboxError):
    """Trino refused or failed the query; `name` is its error name, `parsing` True when its parser refused."""

    def __init__(self, name: str, message: str, *, kind: str = "", parsing: bool = False) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message
        self.kind = kind
        self.parsing = parsing


class ForgottenQueryError(EngineUnavailableError):
    """The engine answers and does not know the query: it was restarted, or the query ended long ago."""


class _NotStartedError(EngineUnavailableError):
    """Nothing of the statement has been executed."""


@dataclass
class EngineStats:
    """Trino's running statistics of a query; bytes are compressed bytes read from storage, times are ms."""

    scanned_bytes: int = 0
    planning_ms: int = 0
    queued_ms: int = 0
    elapsed_ms: int = 0
    input_rows: int = 0

    def update(self, stats: Mapping[str, Any]) -> None:
        self.scanned_bytes = int(stats.get("physicalInputBytes", self.scanned_bytes))
        self.planning_ms = int(stats.get("planningTimeMillis", self.planning_ms))
        self.queued_ms = int(stats.get("queuedTimeMillis", self.queued_ms))
        self.elapsed_ms = int(stats.get("elapsedTimeMillis", self.elapsed_ms))
        self.input_rows = int(stats.get("processedRows", self.input_rows))


class EngineQuery:
    """One submitted query. Iterate `pages()` once, to the end, or `cancel()`.

    `watch` is called after each of Trino's answers, also while there are no rows yet.
    """

    def __init__(self, client: TrinoClient, first: dict[str, Any]) -> None:
        self._client = client
        self._answer = first
        self.id: str = first["id"]
        self.columns: tuple[EngineColumn, ...] | None = None
        self.update_type: str | None = None
        self.update_count: int | None = None
        self.stats = EngineStats()
        self.watch: Callable[[], None] = lambda: None
        self._absorb()

    @property
    def dispatched(self) -> bool:
        """Whether Trino has parsed the statement and begun with it."""
        return bool(self._answer.get("stats", {}).get("state") != "QUEUED")

    async def wait_dispatched(self, seconds: float) -> None:
        """Follow the query until it has left Trino's queue or the time is over.

        Raises EngineError when it has failed by then, which is where syntax errors show.
        """
        deadline = time.monotonic() + seconds
        while not self.dispatched and "nextUri" in self._answer and time.monotonic() < deadline:
            await self._advance()

    async def pages(self) -> AsyncIterator[list[list[Any]]]:
        """The result's rows, page by page; `columns` is set before the first page is given."""
        while True:
            data = self._answer.get("data")
            if data:
                yield data
            if "nextUri" not in self._answer:
                return
            await self._advance()

    async def drain(self) -> list[list[Any]]:
        """Run to the end and return all rows: for statements whose results are known to be small."""
        return [row async for page in self.pages() for row in page]

    async def cancel(self) -> None:
        await self._client.cancel(self.id)

    async def _advance(self) -> None:
        self._answer = await self._client.get(self._answer["nextUri"])
        self._absorb()
        self.watch()

    def _absorb(self) -> None:
        answer = self._answer
        self.stats.update(answer.get("stats", {}))
        if self.columns is None and "columns" in answer:
            self.columns = parse_columns(answer["columns"])
        self.update_type = answer.get("updateType", self.update_type)
        self.update_count = answer.get("updateCount", self.update_count)
        if error := answer.get("error"):
            kind = error.get("failureInfo", {}).get("type", "")
            raise EngineError(
                error.get("errorName", "GENERIC_INTERNAL_ERROR"),
                _message(error),
                kind=error.get("errorType", ""),
                parsing=kind.endswith("ParsingException"),
            )


class TrinoClient:
    """A client of one coordinator at a base address (`http://host:port`).

    `http` is httpcore's pool and not an httpx client around it, which would double the time of each of the
    four or five small requests of a query. `patience` is how many seconds an unreachable or starting Trino is
    waited for before a new query fails with EngineUnavailableError; `recovery` is called for an unreachable
    one. `token` is for a Trino that requires one. A query that was running when Trino died is not started
    again.
    """

    def __init__(
        self,
        url: str,
        http: httpcore.AsyncConnectionPool,
        *,
        patience: float | None = None,
        recovery: EngineRecovery | None = None,
        token: str | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._url = url
        self._http = http
        self._recovery = recovery or EngineRecovery()
        default = _RECOVERY_PATIENCE if self._recovery.possible else _PATIENCE
        self.patience = default if patience is None else patience
        self._sleep = sleep
        self._login = [("Authorization", f"Bearer {token}"), ("X-Forwarded-Proto", "https")] if token else []

    async def submit(
        self, statement: EngineStatement, started: Callable[[EngineQuery], None] = lambda query: None
    ) -> EngineQuery:
        """Hand a statement to Trino; returns when it is parsed, or waits in Trino's own queue.

        `started` is called with the query as soon as Trino has given it an id. Raises EngineError when it
        can't be parsed and EngineUnavailableError when Trino doesn't answer or start up within the patience.
        """
        headers = {**_BASE_HEADERS, "X-Trino-Catalog": statement.catalog}
        if statement.schema:
            headers["X-Trino-Schema"] = _header_text(statement.schema)
        if statement.session:
            headers["X-Trino-Session"] = ",".join(f"{k}={quote(v)}" for k, v in statement.session.items())
        deadline, delay = time.monotonic() + self.patience, _FIRST_DELAY
        while True:
            try:
                return await self._start(statement.sql.encode(), headers, started)
            except _NotStartedError:
                if time.monotonic() + delay > deadline:
                    raise
            await self._sleep(delay)
            delay = min(_MAX_DELAY, delay * 2)

    async def run(self, statement: EngineStatement) -> list[list[Any]]:
        """Execute a statement to its end and return its rows."""
        query = await self.submit(statement)
        return await query.drain()

    async def get(self, uri: str) -> dict[str, Any]:
        """The next answer of a query. Raises EngineUnavailableError when Trino died or forgot the query."""
        return await self._request("GET", uri, retries=3)

    async def cancel(self, query_id: str) -> None:
        """Cancel a query by its id; one that has ended or is unknown is left alone."""
        try:
            await self._send("DELETE", f"{self._url}/v1/query/{quote(query_id)}")
        except _FAILURES as error:
            logger.warning("query %s could not be cancelled: %s", query_id, error)

    async def query_info(self, query_id: str) -> Mapping[str, Any]:
        """Trino's QueryInfo of a query as it is now.

        Raises ForgottenQueryError when it is unknown and EngineUnavailableError when Trino doesn't answer.
        """
        return await self._request("GET", f"{self._url}/v1/query/{quote(query_id)}")

    async def _start(
        self, body: bytes, headers: dict[str, str], started: Callable[[EngineQuery], None]
    ) -> EngineQuery:
        try:
            answer = await self._request("POST", f"{self._url}/v1/statement", body=body, headers=headers)
        except EngineUnavailableError as error:
            # Trino runs nothing before the first look at its answer, so asking again is safe even for INSERT.
            raise _NotStartedError(str(error)) from error
        try:
            query = EngineQuery(self, answer)
            started(query)
            await query.wait_dispatched(_DISPATCH_SECONDS)
        except EngineError as error:
            if error.name == "SERVER_STARTING_UP":
                raise _NotStartedError("The query engine is starting up") from error
            raise
        return query

    async def _send(
        self, method: str, uri: str, *, body: bytes | None = None, headers: dict[str, str] = _BASE_HEADERS
    ) -> httpcore.Response:
        if self._login:
            # Trino accepts a token over HTTPS only; as it believes in a proxy that ended the encryption, its
            # addresses are https://.
            uri = uri.replace("https://", "http://", 1)
        return await self._http.request(
            method,
            uri,
            headers=[*headers.items(), *self._login],
            content=body,
            extensions={"timeout": _TIMEOUT},
        )

    async def _request(
        self,
        method: str,
        uri: str,
        *,
        body: bytes | None = None,
        headers: dict[str, str] = _BASE_HEADERS,
        retries: int = 0,
    ) -> dict[str, Any]:
        delay = _FIRST_DELAY
        while True:
            try:
                response = await self._send(method, uri, body=body, headers=headers)
            except _FAILURES as error:
                problem = f"The query engine does not answer ({type(error).__name__})"
                # When the engine dies, a running query sees a cut connection.
                if isinstance(error, httpcore.NetworkError | httpcore.RemoteProtocolError):
                    self._recovery.begin()
            else:
                if response.status == 200:
                    # Trino hands on the bytes of a text column as they are in the file. What isn't UTF-8
                    # becomes U+FFFD, as where it decodes texts itself (JSON, CSV).
                    answer: dict[str, Any] = json.loads(response.content.decode(errors="replace"))
                    return answer
                if response.status in (404, 410):
                    raise ForgottenQueryError("The query engine no longer knows the query; it was restarted")
                problem = f"The query engine answered HTTP {response.status}"
                if response.status not in _RETRY_STATUS:
                    raise EngineError("GENERIC_INTERNAL_ERROR", f"{problem}: {_excerpt(response)}")
            if retries <= 0:
                raise EngineUnavailableError(problem)
            retries -= 1
            await self._sleep(delay)
            delay = min(_MAX_DELAY, delay * 2)


def _message(error: Mapping[str, Any]) -> str:
    """Trino's message; with the cause if that is a full disk, which a writer's message doesn't name."""
    message = str(error.get("message", "Query failed"))
    cause = error.get("failureInfo") or {}
    while cause:
        text = str(cause.get("message") or "")
        if "no space left" in text.lower():
            return message if text in message else f"{message}: {text}"
        cause = cause.get("cause") or {}
    return message


def _excerpt(response: httpcore.Response) -> str:
    return response.content[:200].decode(errors="replace")


def _header_text(name: str) -> str:
    """A name as a header may carry it; characters that no database's name can have are replaced."""
    return name.encode("ascii", "replace").decode().replace("\n", " ").replace("\r", " ")
