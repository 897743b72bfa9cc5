"""Batches run several at a time, never two that touch the same partitions.

Iceberg would refuse one of two such commits, and its write would be done for nothing.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from lakehouse.errors import Interrupted
from lakehouse.migration.batches import Batch
from lakehouse.migration.context import Say

R = TypeVar("R")


class Schedule(Generic[R]):
    """Runs `work` on batches in threads of its own and hands each result to `done` in the calling thread.

    Ctrl-C ends it after the batches that are running; a second one at once, and what runs goes on in Athena,
    where the next command finds it.
    """

    def __init__(
        self, work: Callable[[Batch], R], done: Callable[[Batch, R], None], concurrency: int, say: Say
    ) -> None:
        self._work = work
        self._done = done
        self._concurrency = concurrency
        self._say = say
        self._running: list[Batch] = []
        self._finished: queue.Queue[tuple[Batch, R | Exception]] = queue.Queue()

    def run(self, batches: Sequence[Batch]) -> None:
        """Run all. Raises the first error after the batches that were running are over; Interrupted after
        Ctrl-C."""
        pending = list(batches)
        failed: Exception | None = None
        try:
            while self._running or (pending and failed is None):
                if failed is None:
                    self._start(pending)
                failed = self._take() or failed
        except KeyboardInterrupt as interrupt:
            self._finish_running()
            raise Interrupted(f"paused with {len(pending)} batches to go") from interrupt
        if failed is not None:
            raise failed

    def _start(self, pending: list[Batch]) -> None:
        for batch in list(pending):
            if len(self._running) >= self._concurrency:
                return
            if not any(_touch(batch, other) for other in self._running):
                pending.remove(batch)
                self._running.append(batch)
                # A daemon: the second Ctrl-C must not wait for it.
                threading.Thread(target=self._attempt, args=(batch,), daemon=True).start()

    def _attempt(self, batch: Batch) -> None:
        try:
            self._finished.put((batch, self._work(batch)))
        except Exception as error:
            self._finished.put((batch, error))

    def _take(self) -> Exception | None:
        """Wait for a batch to end; its error, or None."""
        batch, result = self._finished.get()
        self._running.remove(batch)
        if isinstance(result, Exception):
            return result
        self._done(batch, result)
        return None

    def _finish_running(self) -> None:
        self._say(f"finishing {len(self._running)} running batches (Ctrl-C again: leave them to Athena)")
        try:
            while self._running:
                self._take()
        except KeyboardInterrupt:
            self._say("left: the next run finds what is still running")


def _touch(one: Batch, other: Batch) -> bool:
    # One without partitions holds no row that the target takes.
    return not set(one.partitions).isdisjoint(other.partitions)
