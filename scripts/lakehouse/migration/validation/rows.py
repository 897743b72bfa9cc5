"""Row by row, the whole table in SQL: each row that is on one side only, each value that is another.

With a key both sides are joined by it. Without one, equal rows of a file are counted on both sides; a row
that is left over on each side of one file and differs in one column from the other is taken for one row.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from lakehouse.athena.sql import all_of, any_of, indented, lines, listed, over, quoted, with_relations
from lakehouse.athena.statements import Statements
from lakehouse.migration.validation.differences import Check, Difference, DifferenceKind
from lakehouse.migration.validation.relations import OLD_PATH, Relations, Scope, last, period, row_text
from lakehouse.output import counted

Row = dict[str, str | None]


def check_rows(scope: Scope, statements: Statements, limit: int) -> Check:
    """Compare all rows and columns; at most `limit` rows that differ are listed. Scans both tables."""
    answers = [statements.query(_limited(part, limit)) for part in scope.in_parts()]
    of_parts = [[dict(zip(answer.columns, row, strict=True)) for row in answer.rows] for answer in answers]
    differing = sum(int(rows[0]["__total"]) for rows in of_parts if rows)
    rows = sorted((row for of_part in of_parts for row in of_part), key=_place)[:limit]
    listed = _keyed(scope, rows) if scope.table.key else _keyless(rows)
    # One row can differ in several columns, and without a key two left-over rows can be one difference.
    found = differing if differing > len(rows) else len(listed)
    agreed = "every row and column agrees"
    if scope.missing_columns:
        agreed = f"every row agrees in what was compared: not {', '.join(scope.missing_columns)}"
    facts = f"{counted(differing, 'differing row')}" if differing else agreed
    scanned = sum(answer.scanned_bytes for answer in answers)
    return Check("rows", facts, found, tuple(listed), scanned)


def _limited(scope: Scope, limit: int) -> str:
    relations = _by_key(scope) if scope.table.key else _by_content(scope)
    statement = lines(
        "select *, count(*) over () as __total",
        f"from {last(relations)}",
        listed("order by ", (str(at + 1) for at in range(len(scope.table.key) or 2))),
        f"limit {limit}",
    )
    return with_relations(relations, statement)


def _place(row: dict[str, Any]) -> list[str]:
    """What sorts the rows of several parts: the key, or the file and the row."""
    return [
        str(value) for name, value in row.items() if name.startswith("__key") or name in ("__path", "__row")
    ]


def tied_partitions(scope: Scope, statements: Statements) -> frozenset[str]:
    """First days of the partitions that hold one of several differing copies of a key, of which each may be
    the one that stays, because one file has them all."""
    transform, column = scope.table.partition_by.transform, quoted(scope.table.partition_by.column)
    names = [quoted(each.name) for each in scope.columns]
    return frozenset(_tied(scope, statements, names, period(transform, column)))


def tied_days(scope: Scope, statements: Statements) -> Counter[str]:
    """How many keys a day may have or not, because their copies from one file are on several days."""
    return _tied(scope, statements, list(map(quoted, scope.table.key)), scope.day)


def _tied(scope: Scope, statements: Statements, names: list[str], day: str) -> Counter[str]:
    """Copies beside which the file has a different one, by day; they are equal if `names` and day are."""
    tied: Counter[str] = Counter()
    for part in scope.in_parts() if scope.table.key else ():
        for each, rows in statements.query(_tied_statement(part, names, day)).rows:
            tied[str(each)] += int(rows)
    return tied


def _tied_statement(scope: Scope, names: list[str], day: str) -> str:
    relations = scope.old_kept()
    relations["different_copies"] = lines(
        listed("select distinct ", [*names, f"{day} as __day"]), f"from {last(relations)}"
    )
    of_key = f"count(*) {over(map(quoted, scope.table.key))} as __copies"
    relations["counted"] = lines(listed("select ", ["__day", of_key]), "from different_copies")
    tied = lines(
        "select cast(__day as varchar) as day, count(*) as rows",
        "from counted",
        "where __copies > 1",
        "group by 1",
    )
    return with_relations(relations, tied)


def _by_key(scope: Scope) -> Relations:
    """The keys of which the two sides differ, each with both rows."""
    keys = [quoted(name) for name in scope.table.key]
    same = [
        f"old.{quoted(column.name)} is not distinct from new.{quoted(column.name)}"
        for column in scope.columns
    ]
    of_key = f"count(*) {over(keys)}"
    named = [f"coalesce(old.{key}, new.{key}) as __key{at}" for at, key in enumerate(keys)]
    old_row, new_row = row_text(scope.columns, "old."), row_text(scope.columns, "new.")
    both_same = lines("new.__there", *(f"    and {each}" for each in same))
    is_same = listed("coalesce(", [both_same, "false"], ")")
    joined = [
        *named,
        f"old.{OLD_PATH} as __old_path",
        f"new.{OLD_PATH} as __new_path",
        f"{listed('if(', [f'old.{OLD_PATH} is not null', old_row], ')')} as __old",
        f"{listed('if(', ['new.__there', new_row], ')')} as __new",
        f"{is_same} as __same",
        "coalesce(new.__copies, 0) as __copies",
    ]
    differs = [
        f"old.{OLD_PATH} is null",
        "new.__there is null",
        f"not {listed('(', [same[0], *(f'and {each}' for each in same[1:])], ')', separator='')}",
        "old.__ties > 1",
        "new.__copies > 1",
    ]
    grouped = [f"__key{at}" for at in range(len(keys))]
    counted = [
        "min(__old) as __old",
        "min(__new) as __new",
        "min(__old_path) as __old_path",
        "min(__new_path) as __new_path",
        "max(__copies) as __copies",
    ]
    relations = scope.old_kept()
    relations["old"] = lines(listed("select ", ["*", f"{of_key} as __ties"]), f"from {last(relations)}")
    relations |= scope.new_rows()
    new = listed("select ", ["*", "true as __there", f"{of_key} as __copies"])
    relations["new"] = lines(new, f"from {last(relations)}")
    relations["joined"] = lines(
        listed("select ", joined),
        "from old",
        "full join new",
        f"    {indented(all_of('on', [f'old.{key} = new.{key}' for key in keys]))}",
        f"where {any_of(differs)}",
    )
    relations["differing"] = lines(
        listed("select ", [*grouped, *counted]),
        "from joined",
        listed("group by ", grouped),
        "having not bool_or(__same) or max(__copies) > 1",
    )
    return relations


def _by_content(scope: Scope) -> Relations:
    """The rows of which the two sides have different numbers."""
    names = [*(quoted(column.name) for column in scope.columns), OLD_PATH]
    old, new = scope.old_kept(), scope.new_rows()
    relations = {**old, **new}
    relations["both"] = lines(
        listed("select ", [*names, "1 as side"]),
        f"from {last(old)}",
        "union all",
        listed("select ", [*names, "-1 as side"]),
        f"from {last(new)}",
    )
    counted = [f"{OLD_PATH} as __path", f"{row_text(scope.columns)} as __row", "sum(side) as __balance"]
    relations["differing"] = lines(
        listed("select ", counted), "from both", listed("group by ", names), "having sum(side) <> 0"
    )
    return relations


def _keyed(scope: Scope, rows: list[dict[str, Any]]) -> list[Difference]:
    differences: list[Difference] = []
    for row in rows:
        old = json.loads(row["__old"]) if row["__old"] else None
        new = json.loads(row["__new"]) if row["__new"] else None
        differences += _of_key(scope, old, new, row)
    return differences


def _of_key(scope: Scope, old: Row | None, new: Row | None, row: dict[str, Any]) -> list[Difference]:
    key = {name: (old or new or {})[name] for name in scope.table.key}
    path = row["__old_path"] or ""
    if new is None:
        return [Difference(DifferenceKind.MISSING, key, old=_compact(old), path=path)]
    if old is None:
        return [Difference(DifferenceKind.EXTRA, key, new=_compact(new), path=row["__new_path"] or "")]
    if row["__copies"] > 1:
        return [Difference(DifferenceKind.REPEATED_KEY, key, "rows", "1", str(row["__copies"]), path=path)]
    return [
        Difference(DifferenceKind.VALUE, key, name, old[name], new[name], _other_copy(row), path)
        for name in old
        if old[name] != new[name]
    ]


def _other_copy(row: dict[str, Any]) -> str:
    old, new = row["__old_path"], row["__new_path"]
    return f"another copy of the key was kept, from {new}" if new is not None and old != new else ""


def _keyless(rows: list[dict[str, Any]]) -> list[Difference]:
    """Rows left over on each side; two of one file that differ in one column are one row."""
    left_over: dict[str, list[Row]] = {}
    unpaired: list[Difference] = []
    for row in (each for each in rows if each["__balance"] > 0):
        left_over.setdefault(row["__path"], []).extend([json.loads(row["__row"])] * int(row["__balance"]))
    for row in (each for each in rows if each["__balance"] < 0):
        new = json.loads(row["__row"])
        for _ in range(-int(row["__balance"])):
            candidates = left_over.get(row["__path"], [])
            pair = next((old for old in candidates if len(_differing(old, new)) == 1), None)
            if pair is None:
                unpaired.append(
                    Difference(DifferenceKind.EXTRA, {"row": _compact(new)}, path=row["__path"] or "")
                )
                continue
            candidates.remove(pair)
            (column,) = _differing(pair, new)
            key = {"row": _compact({name: value for name, value in pair.items() if name != column})}
            unpaired.append(
                Difference(
                    DifferenceKind.VALUE, key, column, pair[column], new[column], path=row["__path"] or ""
                )
            )
    missing = [
        Difference(DifferenceKind.MISSING, {"row": _compact(old)}, path=path)
        for path, olds in left_over.items()
        for old in olds
    ]
    return [*unpaired, *missing]


def _differing(old: Row, new: Row) -> list[str]:
    return [name for name in old if old[name] != new[name]]


def _compact(row: Row | None) -> str:
    """A row as JSON without its NULLs."""
    return json.dumps(
        {name: value for name, value in (row or {}).items() if value is not None}, ensure_ascii=False
    )
