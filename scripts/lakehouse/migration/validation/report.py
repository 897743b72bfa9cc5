"""What a validation found of a table: its report, kept with the migration, and its entry in the ledger."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.validation.counts import DayCount
from lakehouse.migration.validation.differences import Check, Difference, DifferenceKind
from lakehouse.migration.validation.queries import QueryOutcome, Verdict
from lakehouse.migration.validation.relations import Scope
from lakehouse.output import counted
from lakehouse.records.objects import write_document

STEP = "validate"
QUERIES = "queries"


@dataclass(frozen=True)
class TableReport:
    """What was found of one table; `days` are all of its days, `scope` says which rows were compared."""

    table: TableConfig
    scope: Scope
    files: int
    checks: tuple[Check, ...]
    days: tuple[DayCount, ...]

    @property
    def is_green(self) -> bool:
        # Old queries that find no row prove as little as none at all, which are no obstacle either.
        return not self.found and all(check.is_green or check.name == QUERIES for check in self.checks)

    @property
    def differences(self) -> list[Difference]:
        return [difference for check in self.checks for difference in check.differences]

    @property
    def found(self) -> int:
        """Differences found, listed or not."""
        return sum(check.found for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        return {
            "table": self.table.source,
            "target": self.table.target,
            "green": self.is_green,
            "snapshot": self.scope.snapshot,
            "files": self.files,
            "since": self.scope.since,
            "checks": [
                {
                    "check": check.name,
                    "green": check.is_green,
                    "facts": check.facts,
                    "found": check.found,
                    "compared": check.compared,
                    "scanned_bytes": check.scanned_bytes,
                    **({"detail": check.detail} if check.detail else {}),
                }
                for check in self.checks
            ],
            "days": [{"day": each.day, "old": each.old, "new": each.new} for each in self.days],
            "differences": [difference.as_json() for difference in self.differences],
        }


def with_queries(report: TableReport, outcomes: list[QueryOutcome]) -> TableReport:
    """A table's report with the queries that read it as one more check."""
    mine = [outcome for outcome in outcomes if report.table.source in outcome.sources]
    if not mine:
        return report
    red = [outcome for outcome in mine if not outcome.verdict.is_green]
    differences = [difference for outcome in red for difference in _of_query(outcome)]
    verdicts = Counter(outcome.verdict.value for outcome in mine)
    facts = f"{counted(len(mine), 'query')}: " + "; ".join(
        f"{count} {verdict}" for verdict, count in verdicts.items()
    )
    check = Check(
        QUERIES,
        facts,
        len(red),
        tuple(differences),
        sum((outcome.old_bytes or 0) + (outcome.new_bytes or 0) for outcome in mine),
        {"queries": [outcome.as_json() for outcome in mine]},
        sum(outcome.verdict is not Verdict.NO_ROWS for outcome in mine),
    )
    return replace(report, checks=(*report.checks, check))


def record(migration: Migration, report: TableReport) -> str:
    """Keep the report below the migration's location, enter it in the ledger, return its address.

    A comparison of some days only doesn't prove the table: if nothing differed, its event is `partial`.
    """
    now = migration.ledger.now()
    place = migration.ledger.location / f"reports/validate/{report.table.source}/{now:%Y%m%dT%H%M%SZ}.json"
    write_document(migration.s3, place, report.as_json())
    event = "red" if not report.is_green else "green" if report.scope.since is None else "partial"
    counts = next(check.detail for check in report.checks if check.name == "counts")
    migration.ledger.append(
        STEP,
        event,
        report.table.source,
        snapshot=report.scope.snapshot,
        files=report.files,
        since=report.scope.since,
        counts=counts,
        differences=report.found,
        checks={check.name: check.found for check in report.checks},
        report=str(place),
    )
    return str(place)


def _of_query(outcome: QueryOutcome) -> tuple[Difference, ...]:
    if outcome.differences:
        return outcome.differences
    return (
        Difference(
            DifferenceKind.QUERY,
            {"query": outcome.name},
            "",
            "an answer",
            outcome.verdict.value,
            outcome.reason,
        ),
    )
