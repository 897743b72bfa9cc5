"""How Athena prints values, in GetQueryResults and in CSV files alike.

Input is Trino's JSON, output is text or None for NULL. `formatter` compiles a type once, so that a row costs
one call per column.

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: types); dbt-athena's functional
suite and PyAthena 3.34's tests, run in November 2026.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from athena_sandbox.athena.engine.trino_types import TrinoType

Format = Callable[[Any], str]

_PLAIN_LIMIT = 1e7
_PLAIN_FLOOR = 1e-3
# Athena's Hive timestamps have three digits, and PyAthena reads no timestamp without a fraction.
_MIN_FRACTION = 3


def formatter(kind: TrinoType) -> Callable[[Any], str | None]:
    """The function that prints a top-level value of this type."""
    format_value = _format(kind, nested=False)
    return lambda value: None if value is None else format_value(value)


def row_formatter(kinds: list[TrinoType]) -> Callable[[list[Any]], list[str | None]]:
    """The function that prints a row of these types."""
    functions = [formatter(kind) for kind in kinds]
    return lambda row: [function(value) for function, value in zip(functions, row, strict=True)]


def _format(kind: TrinoType, *, nested: bool) -> Format:
    if kind.base in _SIMPLE:
        return _SIMPLE[kind.base]
    if kind.base == "varbinary":
        return _nested_binary if nested else _binary
    if kind.base == "array":
        return _array(kind)
    if kind.base == "map":
        return _map(kind)
    if kind.base == "row":
        return _row(kind)
    return _client_text


def java_double(value: Any) -> str:
    """A double or real as Java's toString: 1.5, 1.0E10, 1.0E-7, NaN, Infinity.

    Trino's JSON has numbers, and texts for what JSON has no number for.
    """
    if isinstance(value, str):
        return value
    if value == 0:
        return "-0.0" if str(value).startswith("-") else "0.0"
    number = float(value)
    if number in (float("inf"), float("-inf")):
        return "Infinity" if number > 0 else "-Infinity"
    digits, exponent = _shortest(number)
    sign = "-" if number < 0 else ""
    if _PLAIN_FLOOR <= abs(number) < _PLAIN_LIMIT:
        if exponent < 0:
            return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
        whole = digits[: exponent + 1].ljust(exponent + 1, "0")
        return f"{sign}{whole}.{digits[exponent + 1 :] or '0'}"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{exponent}"


def _shortest(number: float) -> tuple[str, int]:
    """The shortest digits that read back as this number, and the exponent of the first of them."""
    mantissa, _, exponent = f"{abs(number)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    shift = int(exponent or 0) + len(whole) - 1
    digits = whole + fraction
    leading = len(digits) - len(digits.lstrip("0"))
    return digits.strip("0") or "0", shift - leading


def _boolean(value: Any) -> str:
    return "true" if value else "false"


def _binary(value: Any) -> str:
    return base64.b64decode(value).hex(" ")


def _nested_binary(value: Any) -> str:
    """Java's array identity, as Athena prints it; the hash is made from the bytes so that it is stable."""
    return f"[B@{hash(value) & 0xFFFFFFFF:x}"


def _padded_timestamp(value: Any) -> str:
    """A timestamp with at least three digits of a second; a zone behind it stays."""
    text = str(value)
    colon = text.find(":")
    end = colon + 6
    if text[end : end + 1] != ".":
        return f"{text[:end]}.000{text[end:]}"
    last = end + 1
    while last < len(text) and text[last].isdigit():
        last += 1
    missing = _MIN_FRACTION - (last - end - 1)
    return text if missing <= 0 else f"{text[:last]}{'0' * missing}{text[last:]}"


def _client_text(value: Any) -> str:
    """A value as Trino's Java clients print it.

    Of most types that is a text. A BingTile is an object: `{x=10, y=20, zoom=12}`.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return _boolean(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return java_double(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_client_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_client_text, value)) + "]"
    return "null"


def _array(kind: TrinoType) -> Format:
    item = _or_null(kind.members[0])
    return lambda value: "[" + ", ".join(map(item, value)) + "]"


def _map(kind: TrinoType) -> Format:
    key, item = _map_key(kind.members[0]), _or_null(kind.members[1])
    rank = _key_rank(kind.members[0])

    def format_map(value: Any) -> str:
        entries = sorted(value.items(), key=lambda entry: rank(entry[0]))
        return "{" + ", ".join(f"{key(k)}={item(v)}" for k, v in entries) + "}"

    return format_map


def _row(kind: TrinoType) -> Format:
    items = [_or_null(member) for member in kind.members]
    prefixes = [f"{name}=" if name else "" for name in kind.names]

    def format_row(value: Any) -> str:
        parts = (prefix + item(v) for prefix, item, v in zip(prefixes, items, value, strict=True))
        return "{" + ", ".join(parts) + "}"

    return format_row


def _or_null(kind: TrinoType) -> Format:
    format_value = _format(kind, nested=True)
    return lambda value: "null" if value is None else format_value(value)


def _map_key(kind: TrinoType) -> Format:
    """Map keys are JSON texts in any type; for these types the text is shown."""
    return str if kind.base in ("boolean", "array", "map", "row") else _or_null(kind)


def _key_rank(kind: TrinoType) -> Callable[[Any], Any]:
    """Numbers among the texts must still sort as numbers."""
    if kind.base in ("tinyint", "smallint", "integer", "bigint"):
        return int
    if kind.base in ("double", "real", "decimal"):
        return float
    return str


_SIMPLE: dict[str, Format] = {
    "boolean": _boolean,
    "double": java_double,
    "real": java_double,
    "timestamp": _padded_timestamp,
    "timestamp with time zone": _padded_timestamp,
}
