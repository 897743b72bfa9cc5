"""Batches run several at a time, never two that touch the same partitions.

Iceberg would refuse one of two such commits, and its write would be done for nothing.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from lakehouse.errors import Interrupted
from lakehouse.migration.context import Say
from lakehouse.migration.copying.batches import Batch
from lakehouse.output import counted

R = TypeVar("R")


@dataclass(frozen=True)
class Schedule:
    """Runs work on batches, `concurrency` of them at a time, each in a thread of its own.

    Ctrl-C ends it after the batches that are running; a second one at once, and what runs goes on in Athena,
    where the next command finds it.
    """

    concurrency: int
    say: Say

    def run(
        self, batches: Sequence[Batch], work: Callable[[Batch], R], done: Callable[[Batch, R], None]
    ) -> None:
        """Run all and hand each result to `done` in the calling thread.

        Raises the first error after the batches that were running are over; Interrupted after Ctrl-C.
        """
        running = _Running(work, done)
        pending = list(batches)
        failed: Exception | None = None
        try:
            while running.batches or (pending and failed is None):
                if failed is None:
                    self._start(running, pending)
                failed = running.take() or failed
        except KeyboardInterrupt as interrupt:
            self._finish(running)
            raise Interrupted(f"paused with {counted(len(pending), 'batch')} to go") from interrupt
        if failed is not None:
            raise failed

    def _start(self, running: _Running[R], pending: list[Batch]) -> None:
        for batch in list(pending):
            if len(running.batches) >= self.concurrency:
                return
            if not any(_touch(batch, other) for other in running.batches):
                pending.remove(batch)
                running.start(batch)

    def _finish(self, running: _Running[R]) -> None:
        self.say(
            f"finishing {counted(len(running.batches), 'running batch')} (Ctrl-C again: leave them to Athena)"
        )
        try:
            while running.batches:
                running.take()
        except KeyboardInterrupt:
            self.say("left: the next run finds what is still running")


@dataclass
class _Running(Generic[R]):
    """The batches that run, and the results of those that have ended."""

    work: Callable[[Batch], R]
    done: Callable[[Batch, R], None]
    batches: list[Batch] = field(default_factory=list)
    ended: queue.Queue[tuple[Batch, R | Exception]] = field(default_factory=queue.Queue)

    def start(self, batch: Batch) -> None:
        self.batches.append(batch)
        # A daemon: the second Ctrl-C must not wait for it.
        threading.Thread(target=self._attempt, args=(batch,), daemon=True).start()

    def take(self) -> Exception | None:
        """Wait for a batch to end; its error, or None."""
        batch, result = self.ended.get()
        self.batches.remove(batch)
        if isinstance(result, Exception):
            return result
        self.done(batch, result)
        return None

    def _attempt(self, batch: Batch) -> None:
        try:
            self.ended.put((batch, self.work(batch)))
        except Exception as error:
            self.ended.put((batch, error))


def _touch(one: Batch, other: Batch) -> bool:
    # One without partitions holds no row that the target takes.
    return not set(one.partitions).isdisjoint(other.partitions)
