"""The uses of tables for people: a table on the terminal, and an HTML file with old and new SQL side by
side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from lakehouse.athena.costs import cost_text
from lakehouse.migration.analysis.estimates import Estimate
from lakehouse.migration.analysis.impact import Use, Verdict
from lakehouse.output import duration_text, size_text
from lakehouse.records.reports import rendered

USES_HEADER = ["verdict", "place", "name", "tables", "runs", "last run", "conversion errors", "rewritten"]
ESTIMATES_HEADER = ["table", "files", "size", "rows", "reads at most", "costs at most", "takes about"]


def use_row(use: Use) -> list[object]:
    """A use under USES_HEADER."""
    runs = use.find.runs
    return [
        str(use.verdict),
        str(use.place),
        use.name,
        ", ".join(use.tables),
        runs.count if runs else None,
        f"{runs.last_at:%Y-%m-%d}" if runs else None,
        runs.conversion_errors if runs else None,
        "yes" if use.rewritten is not None else "by hand" if use.verdict.needs_work else None,
    ]


def estimate_row(estimate: Estimate) -> list[object]:
    """An estimate under ESTIMATES_HEADER."""
    return [
        estimate.table,
        estimate.files,
        size_text(estimate.bytes),
        estimate.rows,
        size_text(estimate.scan_bytes),
        cost_text(estimate.cost),
        duration_text(estimate.seconds),
    ]


def _alike(uses: Iterable[Use]) -> list[list[Use]]:
    """Groups uses with the same statement, so that it is shown once; uses without one are separate groups."""
    found: dict[tuple[object, ...], list[Use]] = {}
    for use in uses:
        statement = " ".join(use.sql.split())
        found.setdefault((statement, use.tables) if statement else (use.place, use.name), []).append(use)
    return list(found.values())


def html_report(uses: Sequence[Use], estimates: Sequence[Estimate], title: str, made_at: datetime) -> str:
    """The report as one self-contained HTML file; all text is escaped."""
    groups = [(verdict, _alike(use for use in uses if use.verdict is verdict)) for verdict in Verdict]
    return rendered(
        "lakehouse.migration",
        "impact.html.j2",
        title=title,
        made_at=f"{made_at:%Y-%m-%d %H:%M}",
        estimates=[["" if cell is None else cell for cell in estimate_row(each)] for each in estimates],
        groups=[(verdict, found) for verdict, found in groups if found],
    )
