"""The rules for booleans and numbers in Python: samples of columns that become one are compared with them."""

from __future__ import annotations

import math
import string
import struct
from decimal import ROUND_HALF_UP, Decimal, localcontext

from lakehouse.times.reference import BLANKS

_BOOLEANS = {"true": "true", "t": "true", "1": "true", "false": "false", "f": "false", "0": "false"}
_BITS = {"int": 31, "bigint": 63}


def read_value(text: str | None, kind: str) -> str | None:
    """Read a text as a boolean or number of a type, as the engine prints it; None if it isn't a valid one.

    A float is returned as Python writes it: compare it as a number.
    """
    text = (text or "").strip(BLANKS)
    if kind == "boolean":
        return _BOOLEANS.get(text.lower())
    if kind in _BITS:
        return _read_integer(text, _BITS[kind])
    if kind.startswith("decimal"):
        return _read_decimal(text, kind)
    return _read_float(text, kind)


def as_real(value: float) -> float:
    """The nearest number of the engine's type real, which has 32 bits; infinite if it is out of range."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def _read_integer(text: str, bits: int) -> str | None:
    digits = _unsigned(text)
    # Python refuses to read thousands of digits; a number of 63 bits has at most 19.
    if not _is_digits(digits) or len(digits.lstrip("0")) > 19:
        return None
    number = int(text[: len(text) - len(digits)] + (digits.lstrip("0") or "0"))
    return str(number) if -(2**bits) <= number < 2**bits else None


def _read_decimal(text: str, kind: str) -> str | None:
    if not _is_decimal(_unsigned(text)):
        return None
    precision, scale = (int(part) for part in kind.removeprefix("decimal(").removesuffix(")").split(","))
    with localcontext(prec=len(text) + 2 * precision):
        number = Decimal(text).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    if abs(number) >= Decimal(10) ** (precision - scale):
        return None
    # The engine has no negative zero for decimals.
    return f"{number or number.copy_abs():f}"


def _read_float(text: str, kind: str) -> str | None:
    number, mark, exponent = _unsigned(text).lower().partition("e")
    digits = exponent[1:] if exponent[:1] in ("+", "-") else exponent
    if not _is_decimal(number) or (mark and not (_is_digits(digits) and len(digits) <= 3)):
        return None
    value = float(text) if kind == "double" else as_real(float(text))
    return repr(value) if math.isfinite(value) else None


def _unsigned(text: str) -> str:
    return text[1:] if text[:1] in ("+", "-") else text


def _is_decimal(text: str) -> bool:
    return _is_digits(text.replace(".", "", 1))


def _is_digits(text: str) -> bool:
    return text != "" and all(letter in string.digits for letter in text)
