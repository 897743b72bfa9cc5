"""What the sandbox reports while it works: live on a terminal, plain lines elsewhere. Everything goes to
stderr, since stdout is for results."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

Advance = Callable[[int], None]


class Reporter(Protocol):
    """Where long operations report to. Implementations accept calls from several threads."""

    def say(self, text: str) -> None:
        """Report something that is done, in one line."""

    def busy(self, text: str) -> None:
        """Report what is being waited for now; replaces the previous such text, "" removes it."""

    def transfer(self, title: str, total: int, done: int) -> AbstractContextManager[Advance]:
        """Progress over `total` bytes of which `done` are there already; yields a function to add bytes."""


class PlainReporter:
    """Lines for logs and pipes; a transfer is reported in tenths."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._told = ""

    def say(self, text: str) -> None:
        self._write(text)

    def busy(self, text: str) -> None:
        if text and text != self._told:
            self._write(text)
        self._told = text

    @contextmanager
    def transfer(self, title: str, total: int, done: int) -> Iterator[Advance]:
        lock = threading.Lock()
        reached = done
        told = done * 10 // total

        def advance(size: int) -> None:
            nonlocal reached, told
            with lock:
                reached += size
                tenth = reached * 10 // total
                if tenth > told:
                    told = tenth
                    self._write(f"{title}: {tenth * 10} % of {total / 1e6:,.0f} MB")

        self._write(
            f"{title}: {total / 1e6:,.0f} MB" + (f", {done / 1e6:,.0f} MB there already" if done else "")
        )
        yield advance


class TerminalReporter:
    """A live line and a progress bar on a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = console.status("")

    def say(self, text: str) -> None:
        self._console.print(text, highlight=False, soft_wrap=True)

    def busy(self, text: str) -> None:
        if not text:
            self._status.stop()
        else:
            self._status.update(text)
            self._status.start()

    @contextmanager
    def transfer(self, title: str, total: int, done: int) -> Iterator[Advance]:
        self.busy("")
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self._console) as progress:
            task = progress.add_task(title, total=total, completed=done)
            yield lambda size: progress.advance(task, size)


def make_reporter(console: Console) -> Reporter:
    """The reporter that fits where `console` writes to."""
    if console.is_terminal:
        return TerminalReporter(console)
    return PlainReporter(lambda text: console.print(text, highlight=False, markup=False, soft_wrap=True))


def seconds_since(start: float, clock: Callable[[], float] = time.monotonic) -> str:
    """Elapsed time since `start`, as people read it: "4.2 s"."""
    return f"{clock() - start:.1f} s"
