"""Rows as tables, CSV and JSON, and sizes for people."""

import json
import time
from datetime import date
from decimal import Decimal

import pytest

from lakehouse.errors import InvalidFileError, UsageError
from lakehouse.output import Output, counted, duration_text, size_text

Captured = pytest.CaptureFixture[str]


def test_csv_tells_null_from_the_empty_text(capsys: Captured) -> None:
    Output().csv(["a", "b,c"], [(None, ""), ('say "hi"', "x\ny"), (1, Decimal("2.50"))])
    assert capsys.readouterr().out == 'a,"b,c"\n,""\n"say ""hi""","x\ny"\n1,2.50\n'


def test_a_table_shows_brackets_and_large_numbers(capsys: Captured) -> None:
    Output().table(["name", "rows"], [["[red]x[/red]", 1_234_567], [None, 2]])
    lines = capsys.readouterr().out.splitlines()
    assert any("[red]x[/red]" in line and "1,234,567" in line for line in lines)


def test_data_keeps_its_years_and_tells_null_from_the_empty_text(capsys: Captured) -> None:
    Output().table(["year", "city"], [["2025", None], ["2026", ""]], types=["integer", "varchar"])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["2025", "NULL"] in lines
    assert ["2026"] in lines


def test_a_wide_table_in_a_pipe_keeps_its_rows_on_one_line(capsys: Captured) -> None:
    Output().table(["a", "b"], [["x" * 300, "y" * 300]])
    assert any("x" * 300 in line and "y" * 300 in line for line in capsys.readouterr().out.splitlines())


def test_a_table_without_rows_has_its_header(capsys: Captured) -> None:
    Output().table(["nothing"], [])
    assert "nothing" in capsys.readouterr().out


def test_json_writes_dates_as_text(capsys: Captured) -> None:
    Output().json({"day": date(2025, 8, 11), "city": "München"})
    out = capsys.readouterr().out
    assert json.loads(out) == {"day": "2025-08-11", "city": "München"}


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_500, "1.5 kB"),
        (12_345_678, "12.3 MB"),
        (5e12, "5.0 TB"),
    ],
)
def test_sizes(size: float, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (0, "file", "0 files"),
        (1, "batch", "1 batch"),
        (2, "batch", "2 batches"),
        (1, "query", "1 query"),
        (1_000, "query", "1,000 queries"),
        (2, "day", "2 days"),
    ],
)
def test_a_number_and_its_noun_agree(number: int, noun: str, text: str) -> None:
    assert counted(number, noun) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (89, "89 s"), (90, "2 min"), (3600, "60 min"), (11_100, "3 h 5 min")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_progress_without_a_terminal_is_a_line_for_each_batch_with_the_time_left(capsys: Captured) -> None:
    now = [0.0]
    with Output().steps("backfill t", clock=lambda: now[0]) as progress:
        progress.start(4, 1)
        now[0] = 30.0
        progress.advance(1, 1000, 2_000_000)
        now[0] = 40.0
        progress.advance(1, 500, 1_000_000)
        progress.advance(1, 0, 0)
    assert capsys.readouterr().err.splitlines() == [
        "backfill t: 1 of 4 batches already done",
        "backfill t: 2 of 4 batches, 1,000 rows, 2.0 MB, about 60 s left",
        "backfill t: 3 of 4 batches, 1,500 rows, 3.0 MB, about 20 s left",
        "backfill t: 4 of 4 batches, 1,500 rows, 3.0 MB",
    ]


def test_long_work_shows_a_sign_of_life(capsys: Captured) -> None:
    with Output().working("scanning raw.events", seconds=0.01):
        time.sleep(0.1)
    assert "scanning raw.events: 0 s so far" in capsys.readouterr().err


def test_an_error_of_several_lines_is_several_lines() -> None:
    assert InvalidFileError("a.yml:1: x", "a.yml:2: y").lines == ("a.yml:1: x", "a.yml:2: y")
    assert UsageError("one").lines == ("one",)
