"""Lines of JSON as rows, by the rules of Hive's JSON SerDe and of OpenX's.

No registry has OpenX's SerDe, and Spark's own JSON source matches names by their case, so this server reads
both kinds of table by a function of its own. The rules are the SQL engine's, which took them from the two
SerDes: names match in any case (OpenX: as `case.insensitive`, `mapping.` and `dots.in.keys` say), the last of
equal names counts, and what can't be read as its column's type is an error.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from typing import Any

from hive_types import HiveType

# Spark's timestamps come without a zone, in UTC.
_EPOCH = datetime(1970, 1, 1)
# OpenX reads numbers of at least so many digits as milliseconds, others as seconds.
_MILLISECOND_DIGITS = 13
# Python rounds to 28 digits by default; decimals have up to 38.
_WIDE = Context(prec=80)
_INTEGERS = {"tinyint": 8, "smallint": 16, "int": 32, "integer": 32, "bigint": 64}
_TEXTS = ("string", "varchar", "char")
_OFFSET = re.compile(r"([+-]\d\d):?(\d\d)$")


@dataclass(frozen=True)
class JsonOptions:
    """What the SerDe's properties say; the defaults are Hive's SerDe.

    `mapping` goes from columns to names in the file.
    """

    openx: bool = False
    ignore_malformed: bool = False
    case_insensitive: bool = True
    dots_in_keys: bool = False
    mapping: dict[str, str] = field(default_factory=dict)

    def key(self, name: str) -> str:
        """A name in the file, as names are compared."""
        name = name.replace(".", "_") if self.dots_in_keys else name
        return name.lower() if self.case_insensitive else name

    def key_of_field(self, name: str) -> str:
        """What `key` makes of the name that a column or field has in the file."""
        return self.key(self.mapping.get(name, name))


class _Number(str):
    """A number as it is written."""


def row_reader(
    columns: list[tuple[str, HiveType]], options: JsonOptions
) -> Callable[[str | None], tuple[Any, ...] | None]:
    """A function from a line to the values of these columns, in Spark's Python types."""
    row = HiveType("struct", (), tuple(kind for _, kind in columns), tuple(name for name, _ in columns))
    nothing = tuple(None for _ in columns)

    def read(line: str | None) -> tuple[Any, ...]:
        text = (line or "").strip()
        if options.openx and text[:1] not in ("{", "["):
            return nothing
        try:
            found = json.loads(text, parse_int=_Number, parse_float=_Number, parse_constant=_Number)
        except ValueError as error:
            if options.ignore_malformed:
                return nothing
            raise ValueError(f"Not a line of JSON ({error}): {text[:200]}") from None
        if not isinstance(found, dict):
            raise ValueError(f"Not a JSON object: {text[:200]}")
        return tuple(_struct(found, row, options))

    return read


def _value(found: Any, kind: HiveType, options: JsonOptions) -> Any:
    if found is None:
        return None
    if kind.name == "struct":
        return tuple(_struct(found, kind, options))
    if kind.name == "array":
        return _array(found, kind, options)
    if kind.name == "map":
        return _map(found, kind, options)
    if isinstance(found, (dict, list)) and not (options.openx and kind.name in _TEXTS):
        raise ValueError(f"{json.dumps(found)[:200]} is not a {kind.name}")
    try:
        return _scalar(found, kind, options)
    except (ValueError, ArithmeticError):
        raise ValueError(f"{found!r} is not a {kind.name}") from None


def _struct(found: Any, kind: HiveType, options: JsonOptions) -> list[Any]:
    if not isinstance(found, dict):
        raise ValueError(f"{found!r} is not a JSON object")
    by_key = {options.key(name): value for name, value in found.items()}
    return [
        _value(by_key.get(options.key_of_field(name)), part, options)
        for name, part in zip(kind.fields, kind.parts, strict=True)
    ]


def _array(found: Any, kind: HiveType, options: JsonOptions) -> list[Any] | None:
    if not isinstance(found, list):
        if not options.openx:
            raise ValueError(f"{found!r} is not a JSON array")
        # OpenX reads a value as an array of one, and the empty text as no array.
        if found == "":
            return None
        found = [found]
    return [_value(one, kind.parts[0], options) for one in found]


def _map(found: Any, kind: HiveType, options: JsonOptions) -> dict[Any, Any] | None:
    if options.openx and isinstance(found, str) and not found.strip():
        return None
    if not isinstance(found, dict):
        raise ValueError(f"{found!r} is not a JSON object")
    return {_value(k, kind.parts[0], options): _value(v, kind.parts[1], options) for k, v in found.items()}


def _scalar(found: Any, kind: HiveType, options: JsonOptions) -> Any:
    text = _text(found)
    if kind.name in _TEXTS:
        cut = text[: kind.arguments[0]] if kind.arguments else text
        return cut.ljust(kind.arguments[0]) if kind.name == "char" else cut
    if kind.name == "boolean":
        return text.lower() == "true"
    if kind.name in _INTEGERS:
        return _integer(text, _INTEGERS[kind.name])
    if kind.name in ("float", "double"):
        return float(text)
    if kind.name == "decimal":
        precision, scale = (*(kind.arguments or (10,)), 0)[:2]
        rounded = Decimal(text).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, _WIDE)
        if len(rounded.as_tuple().digits) > precision:
            raise ValueError(text)
        return rounded
    if kind.name == "binary":
        return bytearray(base64.b64decode(text, validate=True) if options.openx else text.encode())
    if kind.name == "date":
        return date.fromisoformat(text.split(" ")[0])
    return _timestamp(text, openx=options.openx)


def _text(found: Any) -> str:
    """A value as a text column shows it."""
    if isinstance(found, str):
        return str(found)
    if isinstance(found, bool):
        return "true" if found else "false"
    return _dumped(found)


def _dumped(found: Any) -> str:
    """JSON again, numbers as they were written."""
    if isinstance(found, _Number):
        return str(found)
    if isinstance(found, dict):
        inside = ",".join(f"{json.dumps(name, ensure_ascii=False)}:{_dumped(v)}" for name, v in found.items())
        return f"{{{inside}}}"
    if isinstance(found, list):
        return f"[{','.join(map(_dumped, found))}]"
    return json.dumps(found, ensure_ascii=False)


def _integer(text: str, bits: int) -> int:
    number = int(Decimal(text).to_integral_value(ROUND_DOWN, _WIDE))
    if not -(1 << bits - 1) <= number < 1 << bits - 1:
        raise ValueError(text)
    return number


def _timestamp(text: str, *, openx: bool) -> datetime:
    if openx and ":" not in text:
        number = Decimal(text)
        if "." in text:
            return _EPOCH + timedelta(milliseconds=int(number * 1000))
        whole = int(number)
        return _EPOCH + (
            timedelta(milliseconds=whole) if len(text) >= _MILLISECOND_DIGITS else timedelta(seconds=whole)
        )
    moment = datetime.fromisoformat(_OFFSET.sub(r"\1:\2", text.replace("z", "Z")))
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
