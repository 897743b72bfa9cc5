"""A reporter for tests that don't look at what is reported."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from athena_sandbox.reporting import Advance


class SilentReporter:
    """Reports nothing."""

    def say(self, text: str) -> None:
        pass

    def busy(self, text: str) -> None:
        pass

    @contextmanager
    def transfer(self, title: str, total: int, done: int) -> Iterator[Advance]:
        yield lambda size: None
