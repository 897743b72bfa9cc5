"""The worker's own code without Spark: running code, its output, its errors."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import athena_sandbox.athena.spark as spark_package

DRIVER = Path(spark_package.__file__).parent / "driver"


def load(name: str) -> ModuleType:
    specification = importlib.util.spec_from_file_location(f"driver_{name}", DRIVER / f"{name}.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


MAIN = load("main")


@pytest.mark.parametrize(
    ("code", "value"),
    [("1 + 1", 2), ("x = 3\nx", 3), ("x = 3", None), ("", None), ("None", None), ("'a' 'b'", "ab")],
)
def test_the_last_expression_is_the_result(code: str, value: object) -> None:
    assert MAIN.run_code(code, {}) == value


def test_names_live_as_long_as_the_namespace() -> None:
    namespace: dict[str, Any] = {}
    MAIN.run_code("def f(n):\n    return n * k", namespace)
    MAIN.run_code("k = 2", namespace)
    assert MAIN.run_code("f(21)", namespace) == 42


def test_an_error_has_its_places_in_the_calculation_as_an_interpreter_shows_them() -> None:
    with pytest.raises(ValueError, match="no") as raised:
        MAIN.run_code("def f():\n    raise ValueError('no')\nf()", {})
    assert MAIN.describe_error(raised.value) == (
        '  File "<stdin>", line 3, in <module>\n  File "<stdin>", line 2, in f\nValueError: no\n'
    )


def test_a_syntax_error_names_the_line() -> None:
    with pytest.raises(SyntaxError) as raised:
        MAIN.run_code("x = 1\ny = (", {})
    assert 'File "<stdin>", line 2' in MAIN.describe_error(raised.value)


WORKER = """
import sys
sys.argv[0] = {driver!r}
import main
worker = main.Worker(*main.take_pipes())
import signal, threading
threading.Thread(target=worker.listen, daemon=True).start()
signal.signal(signal.SIGINT, worker.on_signal)
outputs = (main._Output(sys.stderr), main._Output(sys.stderr))
sys.stdout, sys.stderr = outputs
worker.answer(answer="ready", spark="none")
while True:
    main.perform(worker, worker.next_order(), outputs)
"""


class WorkerProcess:
    """The worker's loop in a process, with no Spark in it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._process = subprocess.Popen(
            [sys.executable, "-c", WORKER.format(driver=str(DRIVER / "main.py"))],
            cwd=DRIVER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.answer()["answer"] == "ready"

    def order(self, **members: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(members) + "\n")
        self._process.stdin.flush()

    def run(self, code: str, calculation_id: str = "one") -> None:
        paths = {name: str(self.directory / name) for name in ("stdout", "stderr")}
        self.order(order="run", id=calculation_id, code=code, **paths)

    def answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        return dict(json.loads(self._process.stdout.readline()))

    def close(self) -> int:
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait(10)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def worker(tmp_path: Path) -> Any:
    process = WorkerProcess(tmp_path)
    yield process
    process.kill()


def test_printed_text_goes_to_the_calculations_files(worker: WorkerProcess, tmp_path: Path) -> None:
    worker.run("import sys\nprint('héllo')\nprint('oops', file=sys.stderr)\n'value'")
    ended = worker.answer()
    assert ended == {
        "answer": "ended",
        "id": "one",
        "outcome": "completed",
        "result": "'value'",
        "error": None,
    }
    assert (tmp_path / "stdout").read_text(encoding="utf-8") == "héllo\n"
    assert (tmp_path / "stderr").read_text(encoding="utf-8") == "oops\n"


def test_code_cannot_reach_the_protocols_pipes(worker: WorkerProcess) -> None:
    worker.run("import os, sys\nos.write(1, b'{}\\n')\nsys.stdin.read()")
    assert worker.answer()["outcome"] == "completed"


def test_an_error_is_in_the_answer_and_in_stderr(worker: WorkerProcess, tmp_path: Path) -> None:
    worker.run("1 / 0")
    ended = worker.answer()
    assert ended["outcome"] == "failed"
    assert ended["error"].endswith("ZeroDivisionError: division by zero\n")
    assert (tmp_path / "stderr").read_text(encoding="utf-8") == ended["error"]


def test_an_exit_of_the_code_is_a_failure_and_the_worker_goes_on(worker: WorkerProcess) -> None:
    worker.run("import sys\nsys.exit(3)")
    assert "SystemExit: 3" in worker.answer()["error"]
    worker.run("1", "two")
    assert worker.answer()["outcome"] == "completed"


def test_an_interrupt_stops_code_that_waits(worker: WorkerProcess) -> None:
    worker.run("print('began')\nimport time\ntime.sleep(60)")
    printed = worker.directory / "stdout"
    while not (printed.exists() and printed.read_text()):
        time.sleep(0.01)
    worker.order(order="interrupt", id="one")
    assert worker.answer()["outcome"] == "interrupted"
    worker.run("1", "two")
    assert worker.answer()["outcome"] == "completed"


def test_an_interrupt_that_comes_before_the_beginning_counts(worker: WorkerProcess) -> None:
    worker.order(order="interrupt", id="one")
    worker.run("'ran'")
    assert worker.answer()["outcome"] == "interrupted"


def test_a_huge_result_is_cut(worker: WorkerProcess) -> None:
    worker.run("'x' * 5_000_000")
    assert len(worker.answer()["result"]) == 1_000_000


def test_an_interrupt_for_another_calculation_is_nothing(worker: WorkerProcess) -> None:
    worker.run("import time\ntime.sleep(0.5)\n'slept'")
    worker.order(order="interrupt", id="another")
    assert worker.answer()["result"] == "'slept'"


def test_the_end_of_its_orders_ends_the_worker(worker: WorkerProcess) -> None:
    worker.run("import time\ntime.sleep(60)")
    assert worker.close() == 0
