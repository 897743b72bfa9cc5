"""Output of the commands: results on standard output, as text or JSON; messages on standard error.

This is the only module of the package that prints.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

# Number of progress lines where there is no terminal to draw a bar on.
_PLAIN_STEPS = 10
# With this many items or more, the work takes long enough that progress should be shown.
_MANY = 50
# Width, in characters, of a table that goes to a file or a pipe.
_WIDE = 10_000

_NUMERIC_TYPES = ("tinyint", "smallint", "integer", "bigint", "float", "real", "double", "decimal")

Item = TypeVar("Item")


class Output:
    """One interface for results in text and in JSON form."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        # A table that doesn't go to a terminal must not be cut to a terminal's width.
        self._result = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE)
        self._talk = Console(stderr=True, highlight=False, soft_wrap=True)

    def say(self, message: str) -> None:
        """Print a message for the user, on standard error."""
        self._talk.print(message, markup=False)

    def fail(self, message: str) -> None:
        """Print an error message, in one line."""
        self._talk.print(f"lakehouse: {' '.join(message.split())}", markup=False)

    def line(self, text: str) -> None:
        """Print one line of a result."""
        self._result.print(text, markup=False)

    def json(self, value: Any) -> None:
        """Print a result as JSON; values that JSON can't represent become text."""
        sys.stdout.write(json.dumps(value, indent=1, default=str, ensure_ascii=False) + "\n")

    def csv(self, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Print a result as CSV: NULL is an empty field, the empty text a pair of quotes."""
        for row in (header, *rows):
            sys.stdout.write(",".join(_csv_cell(value) for value in row) + "\n")

    def table(
        self,
        header: Sequence[str],
        rows: Sequence[Sequence[Any]],
        title: str | None = None,
        *,
        types: Sequence[str] | None = None,
    ) -> None:
        """Print a result as a table: counts with separators, None as an empty cell.

        If `types`, Athena's types of the columns, are given, the rows are data: values are printed unchanged
        (2025 may be a year), and NULL is printed as a word, to distinguish it from the empty text.
        """
        table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
        numeric = (
            [kind in _NUMERIC_TYPES for kind in types or ()]
            or [any(map(_is_number, column)) for column in zip(*rows, strict=True)]
            or [False] * len(header)
        )
        for name, is_number in zip(header, numeric, strict=True):
            table.add_column(name, justify="right" if is_number else "left", overflow="fold")
        for row in rows:
            table.add_row(*(_cell(value) if types is None else _data_cell(value) for value in row))
        self._result.print(table)

    def track(self, items: Sequence[Item], what: str, noun: str) -> Iterator[Item]:
        """Yield the items and show progress: a bar on a terminal, elsewhere a line for each tenth.

        `what` names the work and `noun` one item, in the singular.
        """
        total = counted(len(items), noun)
        if self._talk.is_terminal:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn(f"{{task.completed}} of {total}"),
            )
            with Progress(*columns, console=self._talk, transient=True) as progress:
                yield from progress.track(items, description=what)
            return
        for done, item in enumerate(items, 1):
            yield item
            if len(items) >= _MANY and done * _PLAIN_STEPS // len(items) > (done - 1) * _PLAIN_STEPS // len(
                items
            ):
                self.say(f"{what}: {done:,} of {total}")

    @contextmanager
    def working(self, what: str, seconds: float = 10) -> Iterator[None]:
        """Show that one long task is running: a spinner on a terminal, elsewhere a line now and then."""
        if self._talk.is_terminal:
            with self._talk.status(what.replace("[", "\\[")):
                yield
            return
        begun, ended = time.monotonic(), threading.Event()

        def report() -> None:
            while not ended.wait(seconds):
                self.say(f"{what}: {duration_text(time.monotonic() - begun)} so far")

        reporter = threading.Thread(target=report, daemon=True)
        reporter.start()
        try:
            yield
        finally:
            ended.set()
            reporter.join()

    def progress(self) -> "RowsProgress":
        return RowsProgress(self._talk)

    def steps(self, what: str, clock: Callable[[], float] = time.monotonic) -> "StepsProgress":
        """Progress of work in a known number of batches; `what` names the work."""
        return StepsProgress(self._talk, what, clock)


class _BarProgress:
    """A bar that is shown on a terminal while the block runs; elsewhere nothing is shown."""

    def __init__(self, console: Console, *columns: ProgressColumn) -> None:
        self._console = console
        self._task: TaskID | None = None
        self._bar = Progress(*columns, console=console, transient=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Stopping a bar that was never started prints an empty line.
        if self._console.is_terminal:
            self._bar.stop()


class RowsProgress(_BarProgress):
    """Progress over hours of arrival, with rows and bytes: a bar on a terminal, a few lines elsewhere."""

    def __init__(self, console: Console) -> None:
        super().__init__(
            console,
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("hours  {task.fields[amount]}"),
            TimeElapsedColumn(),
        )
        self._hours = self._done = self._rows = self._bytes = 0
        self._said = 0

    def start(self, hours: int) -> None:
        self._hours = hours
        if self._console.is_terminal:
            self._task = self._bar.add_task("writing bronze", total=hours, amount="")

    def advance(self, hours: int, rows: int, size: int) -> None:
        self._done += hours
        self._rows += rows
        self._bytes += size
        if self._task is not None:
            self._bar.update(self._task, advance=hours, amount=self._amount())
        elif hours and self._done * _PLAIN_STEPS // self._hours > self._said:
            self._said = self._done * _PLAIN_STEPS // self._hours
            self._console.print(
                f"writing bronze: {self._done} of {counted(self._hours, 'hour')}, {self._amount()}",
                markup=False,
            )

    def _amount(self) -> str:
        return f"{counted(self._rows, 'row')}  {size_text(self._bytes)}"


class StepsProgress(_BarProgress):
    """Progress over batches with rows, bytes and the time left: a bar on a terminal, lines elsewhere.

    The time left is estimated from the batches of this run; those that were done before it don't count.
    """

    def __init__(self, console: Console, what: str, clock: Callable[[], float]) -> None:
        super().__init__(
            console,
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[amount]}"),
            TimeElapsedColumn(),
        )
        self._what = what
        self._clock = clock
        self._total = self._before = self._done = self._rows = self._bytes = 0
        self._begun = clock()

    def start(self, steps: int, done: int) -> None:
        """Start with the number of all steps, and of those that were done before."""
        self._total, self._before, self._done = steps, done, 0
        self._begun = self._clock()
        if self._console.is_terminal:
            self._task = self._bar.add_task(self._what, total=steps, completed=done, amount=self._amount())
        elif done and done < steps:
            self._console.print(
                f"{self._what}: {done} of {counted(steps, 'batch')} already done", markup=False
            )

    def advance(self, steps: int, rows: int, size: int) -> None:
        self._done += steps
        self._rows += rows
        self._bytes += size
        if self._task is not None:
            self._bar.update(self._task, advance=steps, amount=self._amount())
        else:
            self._console.print(f"{self._what}: {self._amount()}", markup=False)

    def _amount(self) -> str:
        done = self._before + self._done
        rows = f", {counted(self._rows, 'row')}" if self._rows else ""
        amount = f"{done} of {counted(self._total, 'batch')}{rows}, {size_text(self._bytes)}"
        if not self._done or done == self._total:
            return amount
        left = (self._clock() - self._begun) / self._done * (self._total - done)
        return f"{amount}, about {duration_text(left)} left"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, for people: 1 batch, 2 batches, 1,000 queries."""
    if number == 1:
        return f"1 {noun}"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return f"{number:,} {noun[:-1]}ies"
    return f"{number:,} {noun}{'es' if noun.endswith(('ch', 's', 'x')) else 's'}"


def duration_text(seconds: float) -> str:
    """Return a duration for people: 45 s, 12 min, 3 h 5 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def size_text(size: float) -> str:
    """Return a number of bytes for people: 1.5 MB."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return counted(round(size), "byte") if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    text = str(value)
    # Before Python 3.12 the csv module doesn't distinguish NULL from the empty text.
    return '"' + text.replace('"', '""') + '"' if not text or set(text) & set(',"\r\n') else text


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _data_cell(value: Any) -> str:
    return "[dim]NULL[/dim]" if value is None else str(value).replace("[", "\\[")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    return text.replace("[", "\\[")
