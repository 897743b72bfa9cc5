"""The HTTP routes: `POST /` dispatched by X-Amz-Target, `GET /` for people, and `GET /health`."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from athena_sandbox.athena.errors import (
    ApiError,
    InternalError,
    InvalidRequestError,
    SerializationError,
    StatementFailedError,
    UnknownOperationError,
)
from athena_sandbox.athena.protocol.responses import answer, error_answer
from athena_sandbox.athena.protocol.validation import service_model, validated

logger = logging.getLogger(__name__)

Operation = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
_TARGET_PREFIX = "AmazonAthena."


class Dispatcher:
    """Answers API calls with the operations it is given, keyed by operation name."""

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        self._operations = operations
        self._known = frozenset(service_model().operation_names)

    async def __call__(self, request: Request) -> Response:
        name = request.headers.get("x-amz-target", "").removeprefix(_TARGET_PREFIX)
        try:
            return answer(await self._perform(name, await request.body()))
        except ApiError as error:
            return error_answer(error)
        except StatementFailedError as error:
            return error_answer(InvalidRequestError(error.failure.reason))
        except (ClientError, BotoCoreError) as error:
            logger.warning("%s failed on a service behind: %s", name, error)
            return error_answer(InternalError(f"A service behind the Athena API does not answer: {error}"))
        except Exception as error:
            logger.exception("%s failed", name)
            return error_answer(InternalError(f"{type(error).__name__}: {error}"))

    async def _perform(self, name: str, body: bytes) -> dict[str, Any]:
        if name not in self._known:
            raise UnknownOperationError
        operation = self._operations.get(name)
        if operation is None:
            raise InvalidRequestError(f"Operation {name} is not supported by this server")
        return await operation(validated(service_model().operation_model(name), _parsed(body)))


def _parsed(body: bytes) -> Any:
    if not body.strip():
        return {}
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise SerializationError from None


async def health(request: Request) -> Response:
    return Response("ok\n", media_type="text/plain")


def routes(operations: Mapping[str, Operation], page: Callable[[Request], Response]) -> list[Route]:
    dispatcher = Dispatcher(operations)

    async def call(request: Request) -> Response:
        return await dispatcher(request)

    # On the event loop, where executions live; a plain function would be called in a thread.
    async def show(request: Request) -> Response:
        return page(request)

    return [
        Route("/", call, methods=["POST"]),
        Route("/", show, methods=["GET"]),
        Route("/queries/{id}", show, methods=["GET"]),
        Route("/health", health, methods=["GET"]),
    ]
