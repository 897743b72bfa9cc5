"""Hive's name patterns in SHOW: `*` is anything, `|` separates alternatives, the rest matches whole names.

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: ddl).
"""

from __future__ import annotations

import re
from collections.abc import Callable


def hive_pattern(pattern: str | None) -> Callable[[str], bool]:
    """A predicate for names; None matches all. A text that is not a valid pattern matches nothing."""
    if pattern is None:
        return lambda name: True
    expression = re.sub(r"(?<![.\])])\*", ".*", pattern.lower())
    try:
        compiled = re.compile(expression)
    except re.error:
        return lambda name: False
    return lambda name: compiled.fullmatch(name) is not None
