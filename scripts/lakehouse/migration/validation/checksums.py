"""Checksums by partition: one number for all rows and columns of a partition, old against new.

The engine's `checksum` does not depend on the order of rows. It says which partitions differ, cheaply; the
rows say how.
"""

from __future__ import annotations

from lakehouse.athena.sql import lines, listed, quoted, with_relations
from lakehouse.athena.statements import Statements
from lakehouse.migration.validation.differences import Check, Difference, DifferenceKind
from lakehouse.migration.validation.relations import Scope, last, period
from lakehouse.output import counted


def check_checksums(scope: Scope, statements: Statements, tied: frozenset[str]) -> Check:
    """Compare a checksum of all compared columns by partition; scans both tables.

    `tied` are first days of partitions with copies of a key from one file that differ: any of them may be the
    one that stays, here or in another partition, so a checksum can't tell there, and only the rows can.
    """
    answers = [statements.query(_statement(part)) for part in scope.in_parts()]
    rows = [(str(day), old, new) for answer in answers for day, old, new in answer.rows]
    skipped: set[str] = set()
    differing: dict[str, tuple[str | None, str | None]] = {}
    for day, old, new in rows:
        if old == new:
            continue
        if day in tied:
            skipped.add(day)
        else:
            differing.setdefault(day, (old, new))
    of_all = f" of {len(scope.columns) + len(scope.missing_columns)}" if scope.missing_columns else ""
    facts = (
        f"{counted(len({day for day, _, _ in rows}), 'partition')}, "
        f"{len(scope.columns)}{of_all} {'column' if len(scope.columns) == 1 and not of_all else 'columns'}"
    )
    if skipped:
        facts += f"; {len(skipped):,} hold differing copies of a key from one file and are left to the rows"
    differences = tuple(
        Difference(DifferenceKind.CHECKSUM, {"partition": day}, "all columns", *differing[day])
        for day in sorted(differing)
    )
    scanned = sum(answer.scanned_bytes for answer in answers)
    return Check("checksums", facts, len(differences), differences, scanned, compared=len(rows))


def _statement(scope: Scope) -> str:
    transform, column = scope.table.partition_by.transform, quoted(scope.table.partition_by.column)
    first_day = period(transform, column)
    whole_row = listed("row(", (quoted(each.name) for each in scope.columns), ")")
    sums = listed("select ", [f"{first_day} as day", f"to_hex(checksum({whole_row})) as sum"])
    old, new = scope.old_single(), scope.new_rows()
    relations = {
        **old,
        "old": lines(sums, f"from {last(old)}", "group by 1"),
        **new,
        "new": lines(sums, f"from {last(new)}", "group by 1"),
    }
    compared = lines(
        "select coalesce(old.day, new.day) as day, old.sum as old_sum, new.sum as new_sum",
        "from old",
        "full join new",
        "    on old.day = new.day",
        "order by 1",
    )
    return with_relations(relations, compared)
