"""Numbers and booleans of a text, as docs/timestamps.md's parse_value has them."""

from __future__ import annotations

import pytest

from lakehouse.times.reference_values import read_value


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        (" +12 ", "int", "12"),
        ("-0", "int", "0"),
        ("0002147483647", "int", "2147483647"),
        ("2147483648", "int", None),
        ("-9223372036854775808", "bigint", "-9223372036854775808"),
        ("9" * 5000, "bigint", None),
        ("1.0", "int", None),
        ("\u0661", "int", None),
        ("12.345", "decimal(5,2)", "12.35"),
        ("-12.345", "decimal(5,2)", "-12.35"),
        ("999.995", "decimal(5,2)", None),
        (".5", "decimal(3,1)", "0.5"),
        ("-0.001", "decimal(3,1)", "0.0"),
        ("1e3", "decimal(5,2)", None),
        ("1e3", "double", "1000.0"),
        ("1e-3", "double", "0.001"),
        ("1e9999", "double", None),
        ("nan", "double", None),
        ("1.", "double", "1.0"),
        # 32 bits: the next number to 0.1 is 13421773 / 2^27, and the greatest is below 3.41e38.
        ("0.1", "float", "0.10000000149011612"),
        ("3.41e38", "float", None),
        ("T", "boolean", "true"),
        (" 0 ", "boolean", "false"),
        ("yes", "boolean", None),
        ("", "int", None),
        (None, "double", None),
    ],
)
def test_text_is_read_as_a_number_or_not_at_all(text: str | None, kind: str, expected: str | None) -> None:
    assert read_value(text, kind) == expected
