"""Pages of a sorted listing, by opaque tokens that hold the last key shown.

A listing that changes between two pages neither repeats nor skips an entity that is there all the time.

Source: chosen here; AWS documents tokens as opaque.
"""

import base64
import bisect
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from athena_sandbox.glue.errors import InvalidInputError

T = TypeVar("T")


def page(
    items: Sequence[T], key: Callable[[T], Any], request: Mapping[str, Any], default: int
) -> tuple[Sequence[T], dict[str, str]]:
    """The page that `NextToken` and `MaxResults` of the request ask for, and the next `NextToken`, if any.

    `items` must be sorted by `key`, whose values must be JSON (lists rather than tuples) and comparable.
    `default` is the page size when the request names none.
    """
    start = 0
    if token := request.get("NextToken"):
        start = _position_after(items, key, _decode(token))
    end = start + (request.get("MaxResults") or default)
    if end >= len(items):
        return items[start:], {}
    return items[start:end], {"NextToken": _encode(key(items[end - 1]))}


def _position_after(items: Sequence[T], key: Callable[[T], Any], last: Any) -> int:
    try:
        return bisect.bisect_right(items, last, key=key)
    except TypeError:
        raise InvalidInputError("Invalid NextToken.") from None


def _encode(last: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(last).encode()).decode()


def _decode(token: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(token.encode()))
    except ValueError:
        raise InvalidInputError("Invalid NextToken.") from None
