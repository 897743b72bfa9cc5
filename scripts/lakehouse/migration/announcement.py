"""Step `announce`: a text in Markdown for the users of the tables: what changes when, for which query, how to
test. Who is affected comes from the newest `impact`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from lakehouse.errors import UsageError
from lakehouse.migration.analysis.impact import Verdict
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.state import standing_cutover
from lakehouse.output import counted
from lakehouse.records.objects import Location, read_document

_MOST_REASONS = 3


@dataclass(frozen=True)
class Dates:
    """One table's days (UTC): since when both tables get new data, when the old name becomes the view."""

    dual_write: date | None
    cutover: date | None


def read_uses(migration: Migration, tables: Sequence[TableConfig]) -> list[dict[str, Any]]:
    """The uses of the tables in the newest report of `impact`. Raises UsageError without one."""
    entries = [
        entry for table in tables for entry in migration.ledger.entries("impact", table.source, "done")
    ]
    if not entries:
        raise UsageError("it is not known who uses the tables: run `lakehouse migrate impact` first")
    newest = str(max(entries, key=lambda entry: entry.at).detail["report"]).removesuffix(".html") + ".json"
    report: Any = read_document(migration.s3, Location.of(newest))
    if report is None:
        raise UsageError(f"{newest} no longer exists: run `lakehouse migrate impact` again")
    sources = {table.source for table in tables}
    return [use for use in report["uses"] if sources & set(use["tables"])]


def read_dates(migration: Migration, table: TableConfig, planned: date | None) -> Dates:
    """A table's dates from the ledger; `planned` is its cutover while there was none."""
    increments = migration.ledger.entries("dual-write", table.source, "increment")
    cutover = standing_cutover(migration.ledger, table.source)
    return Dates(increments[0].at.date() if increments else None, cutover.at.date() if cutover else planned)


def announcement(
    tables: Sequence[TableConfig],
    dates: Mapping[str, Dates],
    uses: Sequence[Mapping[str, Any]],
    retention_days: int,
) -> str:
    """The text. `dates` are by source."""
    lines = ["# Times become typed: what changes for you", ""]
    lines += ["| table | columns with new types | new data in both since | cutover | old table stays until |"]
    lines += ["|---|---|---|---|---|"]
    for table in tables:
        found = dates[table.source]
        until = found.cutover + timedelta(days=retention_days) if found.cutover else None
        columns = ", ".join(f"{name} ({column.type})" for name, column in table.columns.items())
        cells = [f"{table.source} -> {table.target}", columns]
        cells += [str(day) if day else "not set yet" for day in (found.dual_write, found.cutover, until)]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "From the cutover on the old name is a view over the new table. The old table stays "
        f"{counted(retention_days, 'day')} longer, as `<table>_legacy`.",
        "",
    ]
    lines += _who(uses)
    lines += ["## How to test before the cutover", ""]
    for table in tables:
        lines.append(
            f"- Replace `{table.source}` by `{table.compat}`: it returns what the old name will return."
        )
    lines += [
        "- `lakehouse migrate rewrite FILE` prints your SQL for the new tables.",
        "- After the cutover `lakehouse migrate rollback` goes back to the old table at any time.",
        "",
    ]
    return "\n".join(lines)


def _who(uses: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "## Who is affected"
    yield ""
    for verdict in Verdict:
        found = [use for use in uses if use["verdict"] == verdict]
        if not found:
            continue
        yield f"### {verdict} ({len(found)})"
        yield ""
        for use in found:
            # A report of an earlier version names no owner.
            owner = f", owner {use['owner']}" if use.get("owner") else ""
            yield f"- {use['place']} `{use['name']}`, over {', '.join(use['tables'])}{owner}"
            if verdict.needs_work:
                yield from (f"  - {reason}" for reason in use["reasons"][:_MOST_REASONS])
                if use["rewritten"]:
                    yield ""
                    yield "  ```sql"
                    yield from (f"  {line}" for line in use["rewritten"].strip().splitlines())
                    yield "  ```"
        yield ""
