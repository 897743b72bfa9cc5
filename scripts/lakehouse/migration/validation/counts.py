"""Counts: raw = in the target + copies + rejected + empty, exactly; and by day, old against new.

Raw rows are counted in the old table, those in the target in the target, those that were rejected in the
rejects table: three tables and no view of each other. Only how many copies there are is derived.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from lakehouse.athena.sql import all_of, cases, lines, listed, quoted, relation, text, with_relations
from lakehouse.athena.statements import Statements
from lakehouse.migration.validation.differences import Check, Difference, DifferenceKind
from lakehouse.migration.validation.relations import OLD_PATH, Scope, last, without_true
from lakehouse.migration.validation.rows import tied_days
from lakehouse.output import counted


@dataclass(frozen=True)
class Accounting:
    """Rows of the whole old table by what became of them. `unreadable` are those without a readable partition
    column or key, by reason; None where the target's writer keeps no rejects table of the migration's."""

    raw: int
    target: int
    copies: int
    unreadable: dict[str, int] | None
    derived_unreadable: dict[str, int]

    @property
    def accounted(self) -> int:
        unreadable = self.derived_unreadable if self.unreadable is None else self.unreadable
        return self.target + self.copies + sum(unreadable.values())

    def as_json(self) -> dict[str, Any]:
        return {
            "raw": self.raw,
            "in_target": self.target,
            "copies": self.copies,
            "unreadable": self.derived_unreadable if self.unreadable is None else self.unreadable,
        }


@dataclass(frozen=True)
class DayCount:
    """Rows of one day (None: of rows without one): those that belong in the target, those that are there."""

    day: str
    old: int
    new: int


def check_counts(scope: Scope, statements: Statements, rejects: str | None) -> tuple[Check, list[DayCount]]:
    """Count both sides by day and account for every raw row; scans the keys and the partition column.

    Of a key whose copies from one file are on several days any may be the one that stays. Where a count
    differs, such keys of that day are counted too, and it may differ by as many rows.
    """
    old = [statements.query(_old_by_day(part)) for part in scope.in_parts()]
    by_day = lines(f"select {scope.day} as day, count(*) as rows", f"from {scope.new_table}", "group by 1")
    new = statements.query(by_day)
    raw = statements.query(lines("select count(*)", f"from {relation(scope.source.qualified_name)}"))
    scanned = sum(answer.scanned_bytes for answer in (*old, new, raw))
    kept, copies, unreadable = _sorted_out([row for answer in old for row in answer.rows])
    there = Counter({str(day): rows for day, rows in new.rows})
    by_reason = None
    if rejects is not None:
        answer = statements.query(_rejected_rows(scope, rejects))
        by_reason = {str(reason): int(rows) for reason, rows in answer.rows}
        scanned += answer.scanned_bytes
    days = [DayCount(day, kept[day], there[day]) for day in sorted(kept.keys() | there.keys())]
    accounting = Accounting(raw.rows[0][0], sum(there.values()), copies, by_reason, unreadable)
    differing = [each for each in days if each.old != each.new]
    # Rarely needed, so not asked before.
    tied = tied_days(scope, statements) if differing else Counter()
    by_tie = [each for each in differing if abs(each.old - each.new) <= tied[each.day]]
    differences = [
        *_day_differences([each for each in differing if each not in by_tie]),
        *_accounting_differences(accounting),
    ]
    facts = (
        f"{accounting.raw:,} raw = {accounting.target:,} in the target + {accounting.copies:,} copies + "
        f"{sum((by_reason if by_reason is not None else unreadable).values()):,} rejected or empty; "
        f"{counted(len(days), 'day')}"
    )
    if by_tie:
        facts += (
            f"; {len(by_tie):,} differ by no more than copies of a key from one file that are on several "
            "days, and are left to the rows"
        )
    check = Check(
        "counts", facts, len(differences), tuple(differences), scanned, accounting.as_json(), accounting.raw
    )
    return check, days


def _old_by_day(scope: Scope) -> str:
    """Rows by day, reason (NULL for loadable ones) and whether they are the copy that stays."""
    partition, missing = scope.partition, scope.missing_key
    reason = cases(
        [
            (f"{partition.value} is null", f"if({partition.is_empty}, 'empty', 'rejected')"),
            (missing, "'missing_key'"),
        ]
    )
    keys = [f"{scope.column(name).old} as {quoted(name)}" for name in scope.table.key]
    column = scope.table.partition_by.column
    named = {*scope.table.key, column}
    if (latest := scope.table.latest_by) and latest not in named:
        keys.append(f"{scope.column(latest).old} as {quoted(latest)}")
    if column not in scope.table.key:
        keys.append(f"{partition.value} as {quoted(column)}")
    relations = scope.old_rows()
    relations["judged"] = lines(
        listed("select ", [*keys, OLD_PATH, f"{reason} as __reason"]),
        f"from {last(relations)}",
        all_of("where", without_true([scope.old_in_part])),
    )
    number = f"row_number() {scope.copies('__reason')}" if scope.table.key else "1"
    relations["numbered"] = lines(listed("select ", ["*", f"{number} as __number"]), "from judged")
    counted = lines(
        f"select {scope.day} as day, __reason, __number = 1 as is_kept, count(*) as rows",
        "from numbered",
        "group by 1, 2, 3",
    )
    return with_relations(relations, counted)


def _sorted_out(rows: list[tuple[Any, ...]]) -> tuple[Counter[str], int, dict[str, int]]:
    kept: Counter[str] = Counter()
    unreadable: Counter[str] = Counter()
    copies = 0
    for day, reason, is_kept, count in rows:
        if reason is not None:
            unreadable[reason] += count
        elif is_kept:
            kept[str(day)] += count
        else:
            copies += count
    return kept, copies, dict(unreadable)


def _rejected_rows(scope: Scope, rejects: str) -> str:
    """Rows that are not in the target, by reason as this module names them, from the rejects table."""
    column = text(scope.table.partition_by.column)
    reason = "if(reject_reason in ('empty', 'missing_key'), reject_reason, 'rejected')"
    return lines(
        f"select {reason}, sum(occurrences)",
        f"from {relation(rejects)}",
        f"where column_name = {column} or reject_reason = 'missing_key'",
        "group by 1",
    )


def _day_differences(days: list[DayCount]) -> list[Difference]:
    return [
        Difference(DifferenceKind.COUNT, {"day": each.day}, "rows", str(each.old), str(each.new))
        for each in days
    ]


def _accounting_differences(found: Accounting) -> list[Difference]:
    differences = []
    if found.raw != found.accounted:
        differences.append(
            Difference(
                DifferenceKind.COUNT,
                {"rows": "raw = in the target + copies + rejected + empty"},
                "rows",
                str(found.raw),
                str(found.accounted),
            )
        )
    if found.unreadable is not None:
        for reason in sorted(found.unreadable.keys() | found.derived_unreadable.keys()):
            old, new = found.derived_unreadable.get(reason, 0), found.unreadable.get(reason, 0)
            if old != new:
                differences.append(
                    Difference(DifferenceKind.COUNT, {"rejects": reason}, "rows", str(old), str(new))
                )
    return differences
