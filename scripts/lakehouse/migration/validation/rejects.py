"""Rejects: every value that the old table holds and nobody can read is in the rejects table, and no other.

By file, column and text, each as often as it occurs. So what one side reads and the other rejects is listed
here, whichever it is.
"""

from __future__ import annotations

from typing import Any

from lakehouse.athena.sql import quoted, relation, text
from lakehouse.athena.statements import Statements
from lakehouse.migration.validation.differences import Check, Difference, DifferenceKind
from lakehouse.migration.validation.relations import OLD_PATH, PATH, Scope


def check_rejects(scope: Scope, statements: Statements, rejects: str, limit: int) -> Check:
    """Compare the derived rejects of the whole old table with the rejects table."""
    statement = (
        "select column_name, raw_value, reason, __path, sum(side * occurrences) as balance, "
        "sum(if(side = 1, occurrences, 0)) as expected, sum(if(side = -1, occurrences, 0)) as there from ("
        f"{_expected(scope)} union all {_there(rejects)}) group by 1, 2, 3, 4 "
        "having sum(side * occurrences) <> 0"
    )
    answer = statements.query(
        f"select *, count(*) over () as __total from ({statement}) order by __path, 1, 2 limit {limit}"
    )
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    found = int(rows[0]["__total"]) if rows else 0
    facts = "every unreadable value is kept" if not found else f"{found:,} unreadable values differ"
    return Check("rejects", facts, found, tuple(map(_difference, rows)), answer.scanned_bytes)


def _expected(scope: Scope) -> str:
    """Column, text, reason and file of each value without a type, one row per occurrence."""
    partition = scope.table.partition_by.column
    entries = [
        (
            text(each.column),
            each.raw,
            f"case when {each.value} is not null then null when {each.is_empty} then "
            f"{text('empty') if each.column == partition else 'null'} else 'rejected' end",
        )
        for each in scope.derivations
    ]
    if scope.table.key:
        reason = f"if({scope.partition.value} is not null and {scope.missing_key}, 'missing_key')"
        entries.append((*_first_missing(scope), reason))
    names, texts, reasons = (", ".join(entry[at] for entry in entries) for at in range(3))
    return (
        f"select column_name, raw_value, reason, {OLD_PATH}, 1 as occurrences, 1 as side "
        f"from ({scope.old_rows()}) cross join unnest(array[{names}], array[{texts}], array[{reasons}]) "
        "as r (column_name, raw_value, reason) where reason is not null"
    )


def _first_missing(scope: Scope) -> tuple[str, str]:
    """Name and text of the first column of a key that is missing, as two expressions."""
    cases = [
        (f"when {quoted(name)} is null or trim(cast({quoted(name)} as varchar)) = ''", name)
        for name in scope.table.key
    ]
    named = " ".join(f"{condition} then {text(name)}" for condition, name in cases)
    valued = " ".join(f"{condition} then cast({quoted(name)} as varchar)" for condition, name in cases)
    return f"case {named} end", f"case {valued} end"


def _there(rejects: str) -> str:
    return (
        "select column_name, raw_value, "
        "if(reject_reason in ('empty', 'missing_key'), reject_reason, 'rejected') as reason, "
        f"{quoted(PATH)} as {OLD_PATH}, occurrences, -1 as side from {relation(rejects)}"
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
