"""The patterns by which GetTables and GetUserDefinedFunctions select names.

Glue calls them regular expressions, and clients send both those (`orders_.*|events`) and the wildcards of
Hive (`*orders*`, `orders_*`, as awswrangler does). A star that quantifies nothing is therefore a wildcard.
The whole name must match, in any case.

Source: Glue API reference, GetTables; the wildcards are those that awswrangler 3.17 sends, November 2026.
"""

import re
from collections.abc import Callable

from athena_sandbox.glue.errors import InvalidInputError

_WILDCARD_STAR = re.compile(r"(?<![.\])\\])\*")


def compile_pattern(pattern: str | None) -> Callable[[str], bool]:
    """A test of names; without a pattern every name passes. Raises InvalidInputError if it is not valid."""
    if not pattern:
        return lambda _name: True
    try:
        compiled = re.compile(_WILDCARD_STAR.sub(".*", pattern), re.IGNORECASE)
    except re.error as error:
        raise InvalidInputError(f"Invalid pattern '{pattern}': {error}") from None
    return lambda name: compiled.fullmatch(name) is not None
