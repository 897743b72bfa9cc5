"""Step `impact`: who uses the tables, and what each use needs. Changes nothing.

A use is judged by what its statement does with the columns that get a type. The old name will be a view that
returns the old text in one format; a statement that doesn't work with this format needs a rewrite, and so
does one that no rule covers. If a rewrite is safe, it is returned. This module decides the verdicts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from lakehouse.migration.analysis.usages.finds import FOLLOWS_CUTOVER, Find, Place
from lakehouse.migration.rewriting.model import MigratedTable
from lakehouse.migration.rewriting.results import Rewrite
from lakehouse.migration.rewriting.statement import rewrite
from lakehouse.records.ledger import Entry, Ledger


class Verdict(StrEnum):
    """What a use needs, from the most work to the least."""

    UNREADABLE = "could not be read"
    REWRITE = "needs a rewrite"
    VIEW = "works through the view"
    UNCHANGED = "works unchanged"

    @property
    def needs_work(self) -> bool:
        """Whether somebody has to do something before the old name is a view."""
        return self in (Verdict.UNREADABLE, Verdict.REWRITE)


@dataclass(frozen=True)
class Use:
    """A use of migrated tables. `rewritten` is the statement for the new tables, None if no rewrite is safe
    or there is no statement; `reasons` explain the verdict, `notes` say what the rewritten statement does
    differently.
    """

    place: Place
    name: str
    tables: tuple[str, ...]
    verdict: Verdict
    sql: str
    rewritten: str | None
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    find: Find


def judge(finds: Iterable[Find], tables: Sequence[MigratedTable], database: str | None = None) -> list[Use]:
    """The uses among the finds, those that need most work first. `database` is that of names without one."""
    uses = [use for find in finds if (use := _judged(find, list(tables), database))]
    return sorted(uses, key=lambda use: (list(Verdict).index(use.verdict), use.place, use.name))


def _judged(find: Find, tables: list[MigratedTable], database: str | None) -> Use | None:
    if find.reason is not None:
        return _known_by_reason(find, tables)
    result = rewrite(find.sql, tables, find.database or database)
    if not result.tables:
        return _unreadable(find, result) if result.problems and _names_a_table(find, tables) else None
    verdict = _verdict(result)
    return Use(
        find.place,
        find.name,
        result.tables,
        verdict,
        _restored(find, find.sql),
        _restored(find, result.sql) if result.sql is not None else None,
        tuple(_restored(find, reason) for reason in _reasons(result, verdict)),
        tuple(_restored(find, note) for note in result.notes),
        find,
    )


def _verdict(result: Rewrite) -> Verdict:
    if result.problems or any(not use.works_in_view for use in result.uses):
        return Verdict.REWRITE
    return Verdict.VIEW if result.uses else Verdict.UNCHANGED


def _reasons(result: Rewrite, verdict: Verdict) -> list[str]:
    if result.problems:
        return result.problems
    if verdict is Verdict.REWRITE:
        broken = (use.before for use in result.uses if not use.works_in_view)
        return [f"{before} doesn't work with the view's text" for before in dict.fromkeys(broken)]
    return []


def _known_by_reason(find: Find, tables: list[MigratedTable]) -> Use:
    """Uses without a statement of their own: they work if what they read works, or a person must check."""
    verdicts = {
        Place.PROMPT: Verdict.REWRITE,
        Place.EXPOSURE: Verdict.UNCHANGED,
        Place.VIEW: Verdict.UNCHANGED,
    }
    names = find.tables or tuple(
        table.source for table in tables if any(column in find.sql for column in table.changed)
    )
    hint = ": `lakehouse migrate agent-prompt` gives the new lines" if find.place is Place.PROMPT else ""
    verdict = verdicts.get(find.place, Verdict.UNREADABLE)
    if find.place is Place.EXPOSURE and find.reason == "reads the table itself":
        verdict = Verdict.VIEW
    if find.reason == FOLLOWS_CUTOVER:
        verdict = Verdict.UNCHANGED
    return Use(find.place, find.name, names, verdict, find.sql, None, (f"{find.reason}{hint}",), (), find)


def _unreadable(find: Find, result: Rewrite) -> Use:
    return Use(
        find.place,
        find.name,
        (),
        Verdict.UNREADABLE,
        _restored(find, find.sql),
        None,
        tuple(_restored(find, problem) for problem in result.problems),
        (),
        find,
    )


def _names_a_table(find: Find, tables: list[MigratedTable]) -> bool:
    lowered = find.sql.lower()
    return any(table.source in lowered for table in tables)


def _restored(find: Find, text: str) -> str:
    return find.template.restored(text) if find.template else text


def counts(uses: Iterable[Use], table: str | None = None) -> dict[str, int]:
    """The number of uses by verdict, of one table or of all."""
    counted = Counter(use.verdict for use in uses if table is None or table in use.tables)
    return {str(verdict): counted[verdict] for verdict in Verdict}


def record(ledger: Ledger, table: str, uses: Sequence[Use], estimate: dict[str, Any], report: str) -> Entry:
    """Record in the ledger how a table is used, and the report's location."""
    return ledger.append("impact", "done", table, uses=counts(uses, table), backfill=estimate, report=report)


def as_json(use: Use) -> dict[str, Any]:
    """A use in the form that --json prints."""
    runs = use.find.runs
    return {
        "place": use.place,
        "name": use.name,
        "tables": use.tables,
        "verdict": use.verdict,
        "reasons": use.reasons,
        "notes": use.notes,
        "sql": use.sql,
        "rewritten": use.rewritten,
        "runs": asdict(runs) if runs else None,
        "owner": use.find.owner,
    }
