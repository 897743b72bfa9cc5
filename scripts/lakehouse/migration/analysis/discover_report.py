"""The profile of tables for people: a table on the terminal, and an HTML file with charts.

The file is self-contained and has no scripts; all text from the data is escaped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lakehouse.migration.analysis.profiles import (
    ColumnProfile,
    FormatCount,
    Status,
    TableProfile,
    findings,
    suggested_columns,
)
from lakehouse.output import counted, size_text
from lakehouse.records.reports import rendered

_CHART_WIDTH = 1000.0
_BAR_HEIGHT = 18.0
_DIRECTORY_HEIGHT = 80.0

TERMINAL_HEADER = [
    "column",
    "status",
    "format, reason, marker",
    "rows",
    "share",
    "first day",
    "last day",
    "length",
    "zones",
    "examples",
]


@dataclass(frozen=True)
class Mark:
    """A rectangle in a chart; `style` is its status, `title` its tooltip."""

    style: str
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True)
class Chart:
    """Rectangles in a view box of `width` and `height`. `first` and `last` name the ends of its axis."""

    label: str
    width: float
    height: float
    marks: tuple[Mark, ...]
    first: str = ""
    last: str = ""


def terminal_rows(column: ColumnProfile) -> list[list[object]]:
    """A column's rows in the table of TERMINAL_HEADER."""
    return [
        [
            column.name,
            str(each.status),
            each.label,
            each.rows,
            _percent(each.rows, column.rows),
            each.first_day,
            each.last_day,
            _lengths(each),
            _zones(each),
            each.examples[0] if each.examples else None,
        ]
        for each in column.formats
    ]


def html_report(profiles: list[TableProfile], title: str, made_at: datetime) -> str:
    """The report as one HTML file."""
    return rendered(
        "lakehouse.migration",
        "discover.html.j2",
        title=title,
        made_at=f"{made_at:%Y-%m-%d %H:%M}",
        tables=[
            {
                "profile": profile,
                "size": size_text(profile.bytes),
                "scanned": size_text(profile.scanned_bytes),
                "suggestion": suggested_columns(profile),
                "columns": [_column(column) for column in profile.reported],
            }
            for profile in profiles
        ],
    )


def status_chart(column: ColumnProfile) -> Chart:
    """One bar: the rows of a column by status."""
    counts = tuple((status, column.count(status)) for status in Status)
    return Chart(
        f"{column.name} by status", _CHART_WIDTH, _BAR_HEIGHT, _stacked_bar(counts, _CHART_WIDTH, _BAR_HEIGHT)
    )


def directory_chart(column: ColumnProfile) -> Chart:
    """One vertical bar per directory, ordered by path: its rows by status. Empty for a single directory."""
    directories = column.directories
    if len(directories) < 2:
        return Chart("", _CHART_WIDTH, _DIRECTORY_HEIGHT, ())
    step = _CHART_WIDTH / len(directories)
    marks = []
    for position, (directory, counts) in enumerate(directories):
        total = sum(rows for _, rows in counts)
        bottom = _DIRECTORY_HEIGHT
        for status, rows in counts:
            height = _DIRECTORY_HEIGHT * rows / total
            bottom -= height
            marks.append(
                Mark(
                    str(status),
                    round(position * step, 2),
                    round(bottom, 2),
                    round(step * 0.9, 2),
                    round(height, 2),
                    f"{directory}: {rows:,} {status}",
                )
            )
    return Chart(
        f"{column.name} by directory",
        _CHART_WIDTH,
        _DIRECTORY_HEIGHT,
        tuple(marks),
        directories[0][0],
        directories[-1][0],
    )


def _column(column: ColumnProfile) -> dict[str, object]:
    return {
        "profile": column,
        "days": column.days,
        "findings": findings(column),
        "status_chart": status_chart(column),
        "directory_chart": directory_chart(column),
        "rows": [
            {
                "format": each,
                "share": _percent(each.rows, column.rows),
                "lengths": _lengths(each),
                "zones": _zones(each),
                "chart": Chart(
                    each.label, 100, 10, _stacked_bar(((each.status, each.rows),), 100, 10, column.rows)
                ),
            }
            for each in column.formats
        ],
    }


def _stacked_bar(
    counts: tuple[tuple[Status, int], ...], width: float, height: float, total: int | None = None
) -> tuple[Mark, ...]:
    whole = total or sum(rows for _, rows in counts)
    marks = []
    x = 0.0
    for status, rows in counts:
        if rows:
            length = width * rows / whole
            marks.append(
                Mark(
                    str(status), round(x, 2), 0, round(length, 2), height, f"{counted(rows, 'row')} {status}"
                )
            )
            x += length
    return tuple(marks)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else ""


def _lengths(each: FormatCount) -> str:
    if each.min_length is None:
        return ""
    shortest, longest = each.min_length, each.max_length
    return f"{shortest}" if shortest == longest else f"{shortest}-{longest}"


def _zones(each: FormatCount) -> str:
    named = [zone for zone, _ in each.zones]
    return ", ".join(named[:3]) + (f" and {len(named) - 3} more" if len(named) > 3 else "")
