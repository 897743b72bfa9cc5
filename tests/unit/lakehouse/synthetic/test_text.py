"""Templates write instants as texts, a column at a time."""

from datetime import UTC, datetime

import numpy as np
import pytest

from lakehouse.synthetic.text import Template, digits, dotted_quads, hexadecimal, prefixed_hex, strings


def micros(*parts: int) -> int:
    moment = datetime(*parts[:6], tzinfo=UTC)  # type: ignore[arg-type]
    return int(moment.timestamp()) * 1_000_000 + (parts[6] if len(parts) > 6 else 0)


def written(template: str, *instants: int, salts: list[int] | None = None) -> list[str]:
    salt = np.array(salts or [0] * len(instants), dtype=np.uint64)
    return Template(template).write(np.array(instants, dtype=np.int64), salt).to_pylist()


AT = micros(2025, 8, 3, 6, 8, 46, 600_648)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{Y}-{m}-{d}T{H}:{M}:{S}.{f6}Z", "2025-08-03T06:08:46.600648Z"),
        ("{Y}-{m}-{d}T{H}:{M}:{S},{f3}Z", "2025-08-03T06:08:46,600Z"),
        ("{Y}-{m}-{d} {H}:{M}:{S}.{f1}", "2025-08-03 06:08:46.6"),
        ("{Y}-{um}-{ud} {uH}:{uM}", "2025-8-3 6:8"),
        ("{Y}/{m}/{d}", "2025/08/03"),
        ("{s}", "1754201326"),
        ("{s}.{f6}", "1754201326.600648"),
        ("{ms}", "1754201326600"),
        ("{us}", "1754201326600648"),
        ("{Y}-{doy}", "2025-215"),
        ("{d} {mon} {Y}", "03 Aug 2025"),
        ("\u00a0{Y}\ufeff", "\u00a02025\ufeff"),
        ("", ""),
        ("N/A", "N/A"),
    ],
)
def test_a_template_writes_the_parts_of_the_instant(template: str, expected: str) -> None:
    assert written(template, AT) == [expected]


def test_nanoseconds_begin_with_the_microseconds() -> None:
    assert written("{ns}", AT, salts=[1789]) == ["1754201326600648789"]
    assert written("{f9}", AT, salts=[1789]) == ["600648789"]


def test_texts_of_different_length_keep_their_rows() -> None:
    later = micros(2025, 11, 13, 16, 18)
    assert written("{Y}-{um}-{ud} {uH}:{uM}", AT, later, AT) == [
        "2025-8-3 6:8",
        "2025-11-13 16:18",
        "2025-8-3 6:8",
    ]


@pytest.mark.parametrize(
    ("template", "pattern"),
    [("{z}", "%H:%M"), ("{zz}", "%H%M"), ("{zh}", "%H")],
)
def test_a_text_with_an_offset_denotes_the_instant(template: str, pattern: str) -> None:
    salts = [number << 32 for number in range(40)]
    texts = written("{Y}-{m}-{d}T{H}:{M}:{S}" + template, *[AT] * 40, salts=salts)
    assert len(set(texts)) > 4
    for text in texts:
        padded = text if template != "{zh}" else text + "00"
        assert datetime.fromisoformat(padded).timestamp() == AT // 1_000_000


@pytest.mark.parametrize(
    ("template", "unit"),
    [
        ("{Y}-{m}-{d}", 86_400_000_000),
        ("{Y}-{m}-{d} {H}:{M}", 60_000_000),
        ("{Y}-{um}-{ud} {uH}:{uM}", 60_000_000),
        ("{s}", 1_000_000),
        ("{Y}-{m}-{d} {H}:{M}:{S}.{f1}", 100_000),
        ("{ms}", 1_000),
        ("{Y}-{m}-{d} {H}:{M}:{S}.{f9}", 1),
    ],
)
def test_a_template_knows_its_precision(template: str, unit: int) -> None:
    assert Template(template).unit == unit


def test_an_unknown_field_is_an_error() -> None:
    with pytest.raises(KeyError, match="minute"):
        written("{minute}", AT)


def test_digits_keep_the_last_ones() -> None:
    assert strings(digits(np.array([7, 12_345]), 3)).to_pylist() == ["007", "345"]


def test_identifiers_are_a_prefix_and_hexadecimal_digits() -> None:
    numbers = np.array([0x5E6F7A8B, 0x1_0000_000F], dtype=np.uint64)
    assert prefixed_hex("CUST_", numbers, 8).to_pylist() == ["CUST_5e6f7a8b", "CUST_0000000f"]
    assert strings(hexadecimal(numbers, 16)).to_pylist() == ["000000005e6f7a8b", "000000010000000f"]


def test_addresses_have_no_leading_zeros() -> None:
    addresses = np.array([10 << 24, (10 << 24) | (5 << 16) | (100 << 8) | 255, 0x0A0A0A0A], dtype=np.uint32)
    assert dotted_quads(addresses).to_pylist() == ["10.0.0.0", "10.5.100.255", "10.10.10.10"]
