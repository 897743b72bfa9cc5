"""Batches in threads: never two on one partition, errors after what runs, Ctrl-C in two steps."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date

import pytest

from lakehouse.errors import Interrupted
from lakehouse.migration.copying.batches import Batch
from lakehouse.migration.copying.schedule import Schedule

DAYS = [date(2024, 1, number) for number in range(1, 9)]


def batch(number: int, *days: int) -> Batch:
    return Batch(number, (), tuple(DAYS[day] for day in days), 0)


class Work:
    """Work that goes on until it is let go, and knows what ran beside what."""

    def __init__(self, fails: int | None = None) -> None:
        self.fails = fails
        self.go = threading.Event()
        self.lock = threading.Lock()
        self.running: set[int] = set()
        self.together: set[frozenset[int]] = set()
        self.ran: list[int] = []

    def __call__(self, one: Batch) -> int:
        with self.lock:
            self.running.add(one.number)
            self.together.add(frozenset(self.running))
        # Long enough that another one that may start does.
        self.go.wait(0.05)
        with self.lock:
            self.running.remove(one.number)
            self.ran.append(one.number)
        if one.number == self.fails:
            raise ValueError(f"batch {one.number}")
        return one.number


def run(
    work: Work, batches: list[Batch], concurrency: int = 8, on_done: Callable[[int], None] = print
) -> list[int]:
    done: list[int] = []

    def take(one: Batch, result: int) -> None:
        done.append(result)
        on_done(result)

    Schedule(concurrency, lambda _: None).run(batches, work, take)
    return done


def test_each_batch_is_written_once() -> None:
    batches = [batch(number, number % 3) for number in range(9)]
    assert sorted(run(Work(), batches)) == list(range(9))


def test_batches_that_share_a_partition_wait_for_one_another_and_others_go_on() -> None:
    work = Work()
    run(work, [batch(0, 0, 1), batch(1, 1, 2), batch(2, 3)])
    assert frozenset({0, 2}) in work.together
    assert not any({0, 1} <= running for running in work.together)


def test_no_more_run_at_a_time_than_may() -> None:
    work = Work()
    run(work, [batch(number, number) for number in range(6)], concurrency=2)
    assert max(map(len, work.together)) == 2


def test_an_error_is_raised_after_what_was_running_is_recorded() -> None:
    work = Work(fails=0)
    done: list[int] = []
    with pytest.raises(ValueError, match="batch 0"):
        run(work, [batch(0, 0), batch(1, 1), batch(2, 0)], on_done=done.append)
    assert done == [1]
    assert 2 not in work.ran


def test_ctrl_c_starts_no_other_batch_and_records_those_that_were_running() -> None:
    work = Work()
    done: list[int] = []

    def interrupt(number: int) -> None:
        done.append(number)
        if number == 0:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="paused with 1 batch to go"):
        run(work, [batch(0, 0), batch(1, 1), batch(2, 0, 1)], on_done=interrupt)
    assert sorted(done) == [0, 1]
    assert 2 not in work.ran
