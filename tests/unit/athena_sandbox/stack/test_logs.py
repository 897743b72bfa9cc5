from collections.abc import Iterator
from pathlib import Path

import pytest

from athena_sandbox.stack.logs import follow, rotate, tail


@pytest.mark.parametrize(
    ("text", "count", "expected"),
    [
        ("a\nb\nc\n", 2, ["b", "c"]),
        ("a\nb\nc", 2, ["b", "c"]),
        ("a\n", 5, ["a"]),
        ("", 5, []),
        ("a\nb\n", 0, []),
        ("x" * 200_000 + "\nlast\n", 1, ["last"]),
        ("ü" * 100_000 + "\n", 1, ["ü" * 100_000]),
    ],
)
def test_tail(tmp_path: Path, text: str, count: int, expected: list[str]) -> None:
    log = tmp_path / "part.log"
    log.write_text(text, encoding="utf-8")
    assert tail(log, count) == expected


def test_the_tail_of_a_missing_log_is_empty(tmp_path: Path) -> None:
    assert tail(tmp_path / "absent.log", 5) == []


def test_rotate_keeps_three_earlier_logs(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    for number in range(6):
        rotate(log)
        log.write_text(str(number))
    contents = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert contents == {"part.log": "5", "part.log.1": "4", "part.log.2": "3", "part.log.3": "2"}


def test_follow_gives_new_lines_also_of_the_next_start(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    log.write_text("old\n")

    def first() -> None:
        with log.open("a") as stream:
            stream.write("one\ntw")

    def second() -> None:
        with log.open("a") as stream:
            stream.write("o\n")

    def third() -> None:
        rotate(log)
        log.write_text("three\n")

    steps: Iterator = iter((first, second, third))
    lines = follow(log, sleep=lambda _: next(steps)())
    assert [next(lines) for _ in range(3)] == ["one", "two", "three"]
