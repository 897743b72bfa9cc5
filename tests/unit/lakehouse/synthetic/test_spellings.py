"""Every spelling is what it says it is, by the rules of docs/timestamps.md."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from lakehouse.synthetic import spellings
from lakehouse.synthetic.spellings import PARSED, REJECTED, SPELLINGS, SpellingKind, code_of, in_own_class
from lakehouse.times.reference import read

INSTANTS = [
    datetime(2025, 8, 3, 6, 8, 46, 600_648, UTC),
    datetime(2025, 12, 31, 23, 59, 59, 999_999, UTC),
    datetime(2024, 2, 29, 0, 0, 0, 0, UTC),
    datetime(2004, 1, 10, 12, 30, 0, 1, UTC),
    datetime(2089, 12, 13, 14, 15, 16, 700_000, UTC),
]


def as_micros(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def test_the_closed_sets_are_those_of_the_macros() -> None:
    assert set(PARSED) == {
        "iso_utc", "iso_offset", "iso_local", "sql_utc", "sql_offset", "sql_local", "date_only", "unpadded",
        "slashed_ymd", "compact_date", "compact_utc", "compact_local", "epoch_seconds", "epoch_millis",
        "epoch_micros", "epoch_nanos",
    }  # fmt: skip
    assert set(REJECTED) == {"ambiguous_date", "out_of_range", "unknown_format", "zone_name"}


@pytest.mark.parametrize("moment", INSTANTS, ids=str)
@pytest.mark.parametrize("code", range(len(SPELLINGS)), ids=lambda code: f"{SPELLINGS[code].label}-{code}")
def test_a_text_is_what_its_spelling_says(code: int, moment: datetime) -> None:
    instants = np.array([as_micros(moment)] * 12)
    salts = np.arange(12, dtype=np.uint64) << np.uint64(32)
    codes = in_own_class(np.full(12, code, dtype=np.int16), instants)
    meant = spellings.denoted(codes, instants)
    for text, actual, micros in zip(
        spellings.write(codes, instants, salts).to_pylist(), codes, meant, strict=True
    ):
        spelling, reading = SPELLINGS[actual], read(text)
        assert reading.status == spelling.kind, text
        if spelling.kind is SpellingKind.PARSED:
            assert reading.format_class == spelling.label, text
            expected = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(micros))
            assert reading.timestamp == expected.strftime("%Y-%m-%d %H:%M:%S.%f"), text
        elif spelling.kind is SpellingKind.REJECTED:
            assert reading.reason == spelling.label, text


def test_an_unpadded_date_without_a_short_part_is_counted_as_the_plain_text_it_is() -> None:
    day, minute = (code_of("unpadded", each) for each in ("{Y}-{um}-{ud}", "{Y}-{um}-{ud} {uH}:{uM}"))
    long_day, short_day = as_micros(datetime(2025, 12, 13, 6, 18, tzinfo=UTC)), as_micros(INSTANTS[0])
    codes = np.array([day, minute, day, minute], dtype=np.int16)
    actual = in_own_class(codes, np.array([long_day, long_day, short_day, short_day]))
    # 2025-12-13 is padded, 2025-12-13 6:18 is not.
    assert [SPELLINGS[each].label for each in actual] == ["sql_local", "unpadded", "unpadded", "unpadded"]


def test_null_is_no_text() -> None:
    codes = np.array([spellings.MISSING, spellings.EMPTY_STRING, code_of("NULL", "NULL")], dtype=np.int16)
    texts = spellings.write(codes, np.zeros(3, dtype=np.int64), np.zeros(3, dtype=np.uint64))
    assert texts.to_pylist() == [None, "", "NULL"]


def test_an_unknown_spelling_is_an_error() -> None:
    with pytest.raises(KeyError):
        code_of("iso_utc", "{Y}")
