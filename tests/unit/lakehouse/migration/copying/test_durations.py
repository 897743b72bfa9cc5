"""Batches' times: two terms, from what was measured."""

from __future__ import annotations

import pytest

from lakehouse.migration.copying.durations import fitted


def test_a_small_batch_says_how_long_small_batches_take_and_nothing_of_a_large_one() -> None:
    small = fitted([(35_000, 4.0)])
    assert small.backfill_seconds(1, 35_000) == pytest.approx(4.0, abs=0.2)
    assert small.backfill_seconds(4, 1_024_000_000) == pytest.approx(
        fitted([]).backfill_seconds(4, 1_024_000_000), rel=0.1
    )


def test_both_terms_follow_from_batches_of_different_sizes() -> None:
    # 2 s and a second for 10 MB.
    time = fitted([(size * 1_000_000, 2 + size / 10) for size in (1, 5, 20, 60, 120, 250)] * 20)
    assert time.fixed == pytest.approx(2, abs=0.2)
    assert time.by_byte == pytest.approx(1e-7, rel=0.05)


def test_batches_that_run_at_a_time_take_the_time_of_one() -> None:
    time = fitted([(1_000, 8.0)] * 50)
    assert time.backfill_seconds(4, 4_000) == pytest.approx(time.backfill_seconds(1, 1_000), rel=0.01)
    assert time.backfill_seconds(40, 40_000) == pytest.approx(80, rel=0.05)


@pytest.mark.parametrize("measured", [[(1, 900.0)], [(256_000_000, 0.1)], [(5_000_000, 0.5)] * 9, [(0, 0.0)]])
def test_no_term_is_below_zero(measured: list[tuple[int, float]]) -> None:
    time = fitted(measured)
    assert time.fixed >= 0
    assert time.by_byte >= 0
