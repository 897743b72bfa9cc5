"""The final report of a migration: what queries took before and after, as JSON and as one HTML file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lakehouse.athena.costs import cost_text
from lakehouse.migration.context import Migration
from lakehouse.migration.performance import (
    Performance,
    Through,
    as_json,
    change,
    load_baseline,
    read_performance,
)
from lakehouse.migration.switching.cleanup import CleanupPlan
from lakehouse.output import size_text
from lakehouse.records.reports import rendered


@dataclass(frozen=True)
class TableReport:
    """One table: its queries before the cutover, and after it through the old name and the new one."""

    source: str
    target: str
    cut_over_at: datetime
    before: Performance
    through_view: Performance
    through_target: Performance


def table_report(migration: Migration, plan: CleanupPlan) -> TableReport:
    """What there is to say about a table: the baseline that its cutover kept, and its queries since then."""
    cutover = plan.cutover
    after = read_performance(migration, plan.table, cutover.at)
    return TableReport(
        plan.table.source,
        plan.table.target,
        cutover.at,
        load_baseline(migration.ledger, str(cutover.detail["baseline"])),
        after[Through.VIEW],
        after[Through.NEW_TABLE],
    )


def report_json(tables: list[TableReport], made_at: datetime) -> dict[str, Any]:
    """The report for machines. `reductions` are shares of 1, None where there is nothing to compare."""
    return {
        "made_at": made_at.isoformat(timespec="seconds"),
        "tables": [
            {
                "table": table.source,
                "target": table.target,
                "cut_over_at": table.cut_over_at.isoformat(timespec="seconds"),
                "before": as_json(table.before),
                "after_old_name": as_json(table.through_view),
                "after_new_name": as_json(table.through_target),
                "reductions": {
                    "after_old_name": reductions(table.before, table.through_view),
                    "after_new_name": reductions(table.before, table.through_target),
                },
            }
            for table in tables
        ],
    }


def reductions(before: Performance, after: Performance) -> dict[str, float | None]:
    """By which share p50, p95 and bytes for each query went down."""
    return {
        "p50_ms": change(before.p50_ms, after.p50_ms),
        "p95_ms": change(before.p95_ms, after.p95_ms),
        "bytes_per_query": change(before.bytes_per_query, after.bytes_per_query if after.queries else None),
    }


def report_html(tables: list[TableReport], title: str, made_at: datetime) -> str:
    """The report for people: one file that needs nothing beside it and runs no script."""
    return rendered(
        "lakehouse.migration",
        "performance.html.j2",
        title=title,
        made_at=f"{made_at:%Y-%m-%d %H:%M}",
        tables=[_table(table) for table in tables],
    )


def performance_row(label: str, performance: Performance) -> list[object]:
    """A line under PERFORMANCE_HEADER."""
    return [
        label,
        performance.queries,
        performance.p50_ms,
        performance.p95_ms,
        size_text(performance.bytes_per_query),
        cost_text(performance.dollars),
        f"{performance.error_rate:.1%}",
        performance.conversion_errors,
    ]


PERFORMANCE_HEADER = [
    "queries of",
    "count",
    "p50 ms",
    "p95 ms",
    "bytes each",
    "cost",
    "failed",
    "conversion errors",
]


def _table(table: TableReport) -> dict[str, Any]:
    parts = [
        ("old table, before", table.before),
        ("old name, after", table.through_view),
        ("new name, after", table.through_target),
    ]
    slowest = max((part.p95_ms or 0 for _, part in parts), default=0) or 1
    largest = max((part.bytes_per_query for _, part in parts), default=0) or 1
    return {
        "source": table.source,
        "target": table.target,
        "cut_over_at": f"{table.cut_over_at:%Y-%m-%d %H:%M}",
        "header": PERFORMANCE_HEADER,
        "rows": [performance_row(label, part) for label, part in parts],
        # Widths in percent of the longest bar.
        "bars": [
            {
                "label": label,
                "p95": round(100 * (part.p95_ms or 0) / slowest, 1),
                "bytes": round(100 * part.bytes_per_query / largest, 1),
            }
            for label, part in parts
        ],
        "reductions": [
            f"{label}: {_sentence(reductions(table.before, part))}"
            for label, part in parts[1:]
            if part.queries
        ],
    }


def _sentence(shares: dict[str, float | None]) -> str:
    names = {"p50_ms": "p50", "p95_ms": "p95", "bytes_per_query": "bytes each"}
    said = [
        f"{names[name]} {abs(share):.0%} {'less' if share >= 0 else 'more'}"
        for name, share in shares.items()
        if share is not None
    ]
    return ", ".join(said) or "nothing to compare with"
