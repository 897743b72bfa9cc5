"""The worker of one Spark session: runs its calculations, one after the other, in one namespace.

Started as `python main.py CONFIGURATION`, a JSON file with Spark's properties. Orders come as JSON lines on
standard input, answers go as JSON lines to standard output; both are moved away from descriptors 0 and 1
before anything else can read or write there.

    orders   {"order": "run", "id": ..., "code": ..., "stdout": path, "stderr": path}
             {"order": "interrupt", "id": ...}
    answers  {"answer": "ready", "spark": version}
             {"answer": "ended", "id": ..., "outcome": "completed" | "failed" | "interrupted",
              "result": repr or null, "error": traceback or null}

The end of standard input is the end of the session: a service that is killed leaves no workers.
"""

from __future__ import annotations

import ast
import ctypes
import io
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

# As on Athena, whose sessions read code as an interactive interpreter does.
_SOURCE_NAME = "<stdin>"
_PARENT_DEATH_SIGNAL = 1
# Of a result's repr and of a traceback, in characters: an answer is one line in the service's memory.
_LONGEST_TEXT = 1_000_000
# A calculation has this long to report how it ended when its JVM is gone.
_LAST_WORDS_SECONDS = 5.0
# An interrupt that can't be taken now comes again after this time.
_AGAIN_SECONDS = 0.05


@dataclass
class Worker:
    """The state of the process: the namespace that calculations share, and which of them runs now."""

    orders: TextIO
    answers: TextIO
    namespace: dict[str, Any] = field(default_factory=lambda: {"__name__": "__main__"})
    running: str | None = None
    busy: bool = False
    interrupted: str | None = None
    before_each: Callable[[], object] = lambda: None
    # Whether Spark waits for an answer of ours: its connection doesn't survive an interrupt then.
    asking: Callable[[], bool] = lambda: False
    _waiting: list[dict[str, Any]] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def answer(self, **members: Any) -> None:
        self.answers.write(json.dumps(members) + "\n")
        self.answers.flush()

    def listen(self) -> None:
        """Read orders until there are no more; runs in its own thread, so that an interrupt is noticed."""
        for line in self.orders:
            order = json.loads(line)
            if order["order"] == "interrupt":
                self._interrupt(order["id"])
            else:
                with self._changed:
                    self._waiting.append(order)
                    self._changed.notify()
        # The service is gone, or has closed the session.
        os._exit(0)

    def next_order(self) -> dict[str, Any]:
        with self._changed:
            while not self._waiting:
                # Short waits: a condition that waits forever notices no signal.
                self._changed.wait(1.0)
            return self._waiting.pop(0)

    def _interrupt(self, calculation_id: str) -> None:
        # Noted also for one that has not begun yet: `perform` looks before it begins.
        self.interrupted = calculation_id
        if self.running != calculation_id:
            return
        context = self.namespace.get("sc")
        if context is not None:
            with suppress(Exception):
                context.cancelAllJobs()
        if self.running == calculation_id:
            os.kill(os.getpid(), signal.SIGINT)

    def on_signal(self, number: int, frame: object) -> None:
        """An interrupt that comes after its calculation has ended must not hit the next one."""
        if self.running is None or self.running != self.interrupted:
            return
        if self.asking():
            threading.Timer(_AGAIN_SECONDS, os.kill, (os.getpid(), signal.SIGINT)).start()
            return
        raise KeyboardInterrupt


def die_with_parent() -> None:
    """End with the service even while a calculation keeps the interpreter's lock (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def take_pipes() -> tuple[TextIO, TextIO]:
    """The two pipes, away from the descriptors that calculations know."""
    orders = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return orders, answers


def start_spark(properties: dict[str, str]) -> Any:
    """A Spark session of these properties in a JVM of its own."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    for name, value in properties.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def run_code(code: str, namespace: dict[str, Any]) -> object:
    """Run a calculation's code; returns the value of its last statement when that is an expression."""
    tree = ast.parse(code, _SOURCE_NAME)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, _SOURCE_NAME, "exec"), namespace)  # noqa: S102 - running it is the purpose
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), _SOURCE_NAME, "eval"), namespace)  # noqa: S307


def describe_error(error: BaseException) -> str:
    """The error as Athena shows it: the places from the author's own first line on, without a heading."""
    if "HiveExternalCatalog" in str(error):
        # Spark reports it as a failed cast.
        error.add_note("Spark can't write Hive tables of this format here: use SQL, or Parquet or ORC.")
    frame = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename != _SOURCE_NAME:
        frame = frame.tb_next
    lines = traceback.format_exception(type(error), error, frame)
    return "".join(line for line in lines if line != "Traceback (most recent call last):\n")


class _Output(io.TextIOBase):
    """The object behind `sys.stdout`: the file of the running calculation, otherwise the worker's log."""

    def __init__(self, log: TextIO) -> None:
        self._log = log
        self.file: TextIO | None = None

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        target = self.file or self._log
        written = target.write(text)
        # Line by line, so that what a killed worker had printed is not lost.
        if "\n" in text:
            target.flush()
        return written

    def flush(self) -> None:
        (self.file or self._log).flush()


def perform(worker: Worker, order: dict[str, Any], outputs: tuple[_Output, _Output]) -> None:
    """Run one calculation and answer how it ended."""
    out, err = outputs
    ended: dict[str, Any] = {"outcome": "completed", "result": None, "error": None}
    with (
        Path(order["stdout"]).open("w", encoding="utf-8", errors="backslashreplace") as out.file,
        Path(order["stderr"]).open("w", encoding="utf-8", errors="backslashreplace") as err.file,
    ):
        worker.running, worker.busy = order["id"], True
        try:
            try:
                if worker.interrupted == order["id"]:
                    raise KeyboardInterrupt
                worker.before_each()
                value = run_code(order["code"], worker.namespace)
                ended["result"] = None if value is None else repr(value)[:_LONGEST_TEXT]
            finally:
                # From here on a late interrupt finds nothing to interrupt.
                worker.running = None
        # Also SystemExit, which ends a script and not a session.
        except BaseException as error:
            worker.running = None
            interrupted = worker.interrupted == order["id"]
            ended |= {"outcome": "interrupted" if interrupted else "failed", "error": describe_error(error)}
        if ended["error"]:
            err.file.write(ended["error"])
    out.file = err.file = None
    if ended["error"]:
        # Its end, where the error itself is; all of it is in stderr.
        ended["error"] = ended["error"][-_LONGEST_TEXT:]
    worker.answer(answer="ended", id=order["id"], **ended)
    worker.busy = False


def end_with_java(worker: Worker, java: Any) -> None:
    """Wait for the JVM's end (System.exit, out of memory) and end too: a session can't live without it."""
    java.wait()
    # The calculation gets an error of its own, which says more than the end of the process.
    deadline = time.monotonic() + _LAST_WORDS_SECONDS
    while worker.busy and time.monotonic() < deadline:
        time.sleep(0.05)
    os._exit(1)


def main() -> None:
    die_with_parent()
    worker = Worker(*take_pipes())
    configuration = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    threading.Thread(target=worker.listen, daemon=True).start()
    outputs = (_Output(sys.stderr), _Output(sys.stderr))
    spark = start_spark(configuration)
    import glue_catalog

    # Python put this folder first; calculations must not import its modules.
    sys.path.pop(0)
    catalog = glue_catalog.install(spark)
    worker.asking = lambda: catalog.working > 0
    # Files may have been added since the last calculation.
    worker.before_each = spark._jsparkSession.sessionState().catalog().invalidateAllCachedTables
    worker.namespace |= {"spark": spark, "sc": spark.sparkContext, "sqlContext": _sql_context(spark)}
    signal.signal(signal.SIGINT, worker.on_signal)
    java = spark.sparkContext._gateway.proc
    sys.stdout, sys.stderr = outputs
    worker.answer(answer="ready", spark=spark.version)
    threading.Thread(target=end_with_java, args=(worker, java), daemon=True).start()
    while True:
        perform(worker, worker.next_order(), outputs)


def _sql_context(spark: Any) -> Any:
    import warnings

    from pyspark.sql import SQLContext

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return SQLContext(spark.sparkContext, spark)


if __name__ == "__main__":
    main()
