"""Why a listed row differs, where that can be known: asked for what is listed, never for whole tables."""

from __future__ import annotations

import json
from dataclasses import replace

from lakehouse.athena.sql import all_of, lines, listed, one_of, quoted, relation, text, with_relations
from lakehouse.athena.statements import Statements
from lakehouse.migration.column_values import as_text
from lakehouse.migration.validation.differences import Difference, DifferenceKind
from lakehouse.migration.validation.relations import Scope, last

# A statement looks up so many keys at once.
_KEYS = 500

Key = tuple[str, ...]


def explained(
    scope: Scope,
    statements: Statements,
    differences: tuple[Difference, ...],
    late: frozenset[str],
    gone: frozenset[str],
    rejects: str | None,
) -> tuple[Difference, ...]:
    """The differences, with the reasons that could be found. `late` are files that aren't loaded yet, `gone`
    those that were loaded and that the old table has no more."""
    differences = tuple(
        replace(each, why="its file arrived later and is not loaded yet") if _is_late(each, late) else each
        for each in differences
    )
    differences = tuple(
        replace(each, why="its file was loaded and is gone from S3 since") if _is_gone(each, gone) else each
        for each in differences
    )
    if not scope.table.key:
        return differences
    missing = _keys(scope, differences, DifferenceKind.MISSING)
    extra = _keys(scope, differences, DifferenceKind.EXTRA)
    reasons = {
        DifferenceKind.MISSING: {
            **_rejected(scope, statements, missing, rejects),
            **_elsewhere(scope, statements, missing),
        },
        DifferenceKind.EXTRA: _old_copies(scope, statements, extra),
    }
    return tuple(_with_reason(scope, each, reasons.get(each.kind, {})) for each in differences)


def _is_late(difference: Difference, late: frozenset[str]) -> bool:
    return (
        difference.kind
        in (DifferenceKind.MISSING, DifferenceKind.VALUE, DifferenceKind.REJECT, DifferenceKind.SAMPLE)
        and difference.path in late
    )


def _is_gone(difference: Difference, gone: frozenset[str]) -> bool:
    return difference.kind in (DifferenceKind.EXTRA, DifferenceKind.REJECT) and difference.path in gone


def _keys(scope: Scope, differences: tuple[Difference, ...], kind: DifferenceKind) -> list[Key]:
    found = [_key(scope, each) for each in differences if each.kind is kind and not each.why]
    return found[:_KEYS]


def _key(scope: Scope, difference: Difference) -> Key:
    return tuple(str(difference.key[name]) for name in scope.table.key)


def _with_reason(scope: Scope, difference: Difference, reasons: dict[Key, str]) -> Difference:
    if difference.why or difference.kind not in (DifferenceKind.MISSING, DifferenceKind.EXTRA):
        return difference
    return replace(difference, why=reasons.get(_key(scope, difference), ""))


def _is_one_of(expressions: list[str], keys: list[Key]) -> str:
    subject = expressions[0] if len(expressions) == 1 else listed("row(", expressions, ")")
    return one_of(
        subject, (text(key[0]) if len(key) == 1 else f"row({', '.join(map(text, key))})" for key in keys)
    )


def _elsewhere(scope: Scope, statements: Statements, keys: list[Key]) -> dict[Key, str]:
    """Missing keys that the target holds outside the days that are compared."""
    if not keys or scope.since is None:
        return {}
    names = [as_text(quoted(name), scope.column(name).type) for name in scope.table.key]
    statement = lines(
        listed("select ", [*names, f"cast({scope.day} as varchar)"]),
        f"from {scope.new_table}",
        f"where {_is_one_of(names, keys)}",
    )
    rows = statements.query(statement).rows
    return {tuple(map(str, row[:-1])): f"in the target on another day, {row[-1]}" for row in rows}


def _rejected(scope: Scope, statements: Statements, keys: list[Key], rejects: str | None) -> dict[Key, str]:
    """Missing keys that the migration rejected."""
    if not keys or rejects is None:
        return {}
    names = [
        f"json_extract_scalar(raw_row, {text('$[' + json.dumps(name) + ']')})" for name in scope.table.key
    ]
    is_time = f"column_name = {text(scope.table.partition_by.column)}"
    statement = lines(
        listed("select ", [*names, "min(reject_reason)"]),
        f"from {relation(rejects)}",
        all_of("where", [is_time, _is_one_of(names, keys)]),
        listed("group by ", names),
    )
    rows = statements.query(statement).rows
    return {tuple(map(str, row[:-1])): f"rejected by the migration as {row[-1]}" for row in rows}


def _old_copies(scope: Scope, statements: Statements, keys: list[Key]) -> dict[Key, str]:
    """What the old table holds of keys that only the target has."""
    if not keys:
        return {}
    names = [as_text(scope.column(name).old, scope.column(name).type) for name in scope.table.key]
    relations = scope.whole.old_rows()
    readable = f"count_if({scope.partition.value} is not null)"
    counted = lines(
        listed("select ", [*names, f"min({scope.partition.raw})", readable]),
        f"from {last(relations)}",
        f"where {_is_one_of(names, keys)}",
        listed("group by ", (str(at + 1) for at in range(len(names)))),
    )
    rows = statements.query(with_relations(relations, counted)).rows
    reasons = dict.fromkeys(keys, "the old table has no such key")
    for *key, raw, readable in rows:
        reasons[tuple(map(str, key))] = (
            f"in the old table outside what is compared: {raw!r}"
            if readable
            else f"the derivation reads no time from {raw!r}"
        )
    return reasons
