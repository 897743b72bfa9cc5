"""Rejects: every value that the old table holds and nobody can read is in the rejects table, and no other.

By file, column and text, each as often as it occurs. So what one side reads and the other rejects is listed
here, whichever it is.
"""

from __future__ import annotations

from typing import Any

from lakehouse.athena.sql import cases, lines, listed, quoted, relation, text, with_relations
from lakehouse.athena.statements import Statements
from lakehouse.migration.validation.differences import Check, Difference, DifferenceKind
from lakehouse.migration.validation.relations import OLD_PATH, PATH, Relations, Scope, last


def check_rejects(scope: Scope, statements: Statements, rejects: str, limit: int) -> Check:
    """Compare the derived rejects of the whole old table with the rejects table."""
    answer = statements.query(_differing(scope, rejects, limit))
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    found = int(rows[0]["__total"]) if rows else 0
    facts = "every unreadable value is kept" if not found else f"{found:,} unreadable values differ"
    return Check("rejects", facts, found, tuple(map(_difference, rows)), answer.scanned_bytes)


def _differing(scope: Scope, rejects: str, limit: int) -> str:
    relations = {**_expected(scope), "there": _there(rejects)}
    relations["both"] = lines("select *", "from expected", "union all", "select *", "from there")
    relations["differing"] = lines(
        listed(
            "select ",
            [
                "column_name",
                "raw_value",
                "reason",
                OLD_PATH,
                "sum(side * occurrences) as balance",
                "sum(if(side = 1, occurrences, 0)) as expected",
                "sum(if(side = -1, occurrences, 0)) as there",
            ],
        ),
        "from both",
        "group by 1, 2, 3, 4",
        "having sum(side * occurrences) <> 0",
    )
    limited = lines(
        "select *, count(*) over () as __total",
        "from differing",
        f"order by {OLD_PATH}, 1, 2",
        f"limit {limit}",
    )
    return with_relations(relations, limited)


def _expected(scope: Scope) -> Relations:
    """Column, text, reason and file of each value without a type, one row per occurrence."""
    partition = scope.table.partition_by.column
    entries = [
        (
            text(each.column),
            each.raw,
            cases(
                [
                    (f"{each.value} is not null", "null"),
                    (each.is_empty, "'empty'" if each.column == partition else "null"),
                ],
                "'rejected'",
            ),
        )
        for each in scope.derivations
    ]
    if scope.table.key:
        reason = f"if({scope.partition.value} is not null and {scope.missing_key}, 'missing_key')"
        entries.append((*_first_missing(scope), reason))
    arrays = (listed("array[", (entry[at] for entry in entries), "]") for at in range(3))
    relations = scope.old_rows()
    relations["expected"] = lines(
        # The old table may have columns of these names.
        "select",
        "    __rejected.column_name,",
        "    __rejected.raw_value,",
        "    __rejected.reason,",
        f"    {OLD_PATH},",
        "    1 as occurrences,",
        "    1 as side",
        f"from {last(relations)}",
        f"{listed('cross join unnest(', arrays, ')')} as __rejected (column_name, raw_value, reason)",
        "where __rejected.reason is not null",
    )
    return relations


def _first_missing(scope: Scope) -> tuple[str, str]:
    """Name and text of the first column of a key that is missing, as two expressions."""
    conditions = {
        name: f"{quoted(name)} is null or trim(cast({quoted(name)} as varchar)) = ''"
        for name in scope.table.key
    }
    return (
        cases((condition, text(name)) for name, condition in conditions.items()),
        cases((condition, f"cast({quoted(name)} as varchar)") for name, condition in conditions.items()),
    )


def _there(rejects: str) -> str:
    return lines(
        listed(
            "select ",
            [
                "column_name",
                "raw_value",
                "if(reject_reason in ('empty', 'missing_key'), reject_reason, 'rejected') as reason",
                f"{quoted(PATH)} as {OLD_PATH}",
                "occurrences",
                "-1 as side",
            ],
        ),
        f"from {relation(rejects)}",
    )


def _difference(row: dict[str, Any]) -> Difference:
    surplus = row["balance"] < 0
    return Difference(
        DifferenceKind.REJECT,
        {"text": row["raw_value"], "reason": row["reason"]},
        row["column_name"],
        f"{row['expected']} times",
        f"{row['there']} times",
        "read by the derivation and rejected by the migration"
        if surplus and not row["expected"]
        else "read by the migration, or lost, and rejected by the derivation"
        if not row["there"]
        else "",
        row["__path"] or "",
    )
