"""Rows as tables, CSV and JSON, and sizes for people."""

import json
from datetime import date
from decimal import Decimal

import pytest

from lakehouse.output import Output, size_text

Captured = pytest.CaptureFixture[str]


def test_csv_tells_null_from_the_empty_text(capsys: Captured) -> None:
    Output().csv(["a", "b,c"], [(None, ""), ('say "hi"', "x\ny"), (1, Decimal("2.50"))])
    assert capsys.readouterr().out == 'a,"b,c"\n,""\n"say ""hi""","x\ny"\n1,2.50\n'


def test_a_table_shows_brackets_and_large_numbers(capsys: Captured) -> None:
    Output().table(["name", "rows"], [["[red]x[/red]", 1_234_567], [None, 2]])
    lines = capsys.readouterr().out.splitlines()
    assert any("[red]x[/red]" in line and "1,234,567" in line for line in lines)


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
    [(0, "0 bytes"), (999, "999 bytes"), (1_500, "1.5 kB"), (12_345_678, "12.3 MB"), (5e12, "5.0 TB")],
)
def test_sizes(size: float, text: str) -> None:
    assert size_text(size) == text
