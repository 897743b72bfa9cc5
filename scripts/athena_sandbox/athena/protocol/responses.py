"""Answers on the wire: JSON bodies with their headers, and errors as Athena shapes them."""

from __future__ import annotations

import json
import uuid
from typing import Any

from starlette.responses import Response

from athena_sandbox.athena.errors import ApiError

_CONTENT_TYPE = "application/x-amz-json-1.1"


def answer(body: dict[str, Any], status: int = 200) -> Response:
    return Response(
        json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"),
        status_code=status,
        media_type=_CONTENT_TYPE,
        headers={"x-amzn-RequestId": str(uuid.uuid4())},
    )


def error_answer(error: ApiError) -> Response:
    """The error body: type, both spellings of the code if there is one, message, the shape's own members."""
    body: dict[str, Any] = {"__type": error.exception}
    if error.code is not None:
        body |= {"AthenaErrorCode": error.code, "ErrorCode": error.code}
    if error.message is not None:
        body["Message"] = error.message
    return answer(body | error.members, error.status)
