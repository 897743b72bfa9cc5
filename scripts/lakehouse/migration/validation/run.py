"""`validate` of a table: what is compared, and the checks in their order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from lakehouse.athena.costs import cost_text, scan_cost
from lakehouse.athena.sql import lines, quoted, relation
from lakehouse.athena.statements import Statements
from lakehouse.catalog.files import SourceFile, list_files
from lakehouse.catalog.tables import Table, TableKind, find_table
from lakehouse.errors import UsageError
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration, Say
from lakehouse.migration.copying.backfill import pending_batches
from lakehouse.migration.copying.compat import compat_view
from lakehouse.migration.copying.loaded import (
    applied_plan,
    gone_files,
    is_backfilled,
    trial_days,
    unloaded_files,
)
from lakehouse.migration.copying.planfile import load_plan
from lakehouse.migration.validation.checksums import check_checksums
from lakehouse.migration.validation.counts import check_counts
from lakehouse.migration.validation.differences import Check, Difference, DifferenceKind
from lakehouse.migration.validation.explanations import explained
from lakehouse.migration.validation.old_queries import OldQuery
from lakehouse.migration.validation.queries import QueryOutcome, run_query
from lakehouse.migration.validation.rejects import check_rejects
from lakehouse.migration.validation.relations import Scope
from lakehouse.migration.validation.report import TableReport
from lakehouse.migration.validation.rows import check_rows, tied_partitions
from lakehouse.migration.validation.sample import check_sample, sample_files
from lakehouse.output import counted, size_text

# Rows of one part of a comparison. A row of thirty columns takes some 400 bytes in the engine's memory, twice
# (once to find the copies, once to join), and the smallest engines give a query 1.5 GB.
ROWS_PER_PART = 1_000_000


@dataclass(frozen=True)
class Options:
    """How much is compared. `days`: the newest of the target, None for all; `sample`: rows read in Python;
    `limit`: differences listed per check; `as_of`: the moment that the old queries take for now (UTC)."""

    days: int | None = None
    sample: int = 2000
    limit: int = 100
    as_of: datetime | None = None


def open_scope(migration: Migration, table: TableConfig) -> Scope:
    """The whole of a table, its target at the snapshot of now, in as many parts as it takes.

    Raises UsageError where there is no target.
    """
    source = migration.source(table)
    target = check_target(migration, table)
    return Scope(
        table,
        source,
        target,
        _snapshot(migration.statements, target),
        parts=_parts(migration.statements, source),
    )


def check_target(migration: Migration, table: TableConfig) -> Table:
    """The target of a table. Raises UsageError where there is none to compare with."""
    target = find_table(migration.glue, table.target)
    if target is None:
        model = table.dbt_model
        made_by = f"dbt build --select {model}" if model else "lakehouse migrate plan --apply"
        raise UsageError(f"there is no {table.target} to compare {table.source} with: run `{made_by}` first")
    if target.kind is not TableKind.ICEBERG:
        raise UsageError(f"{table.target} is a {target.kind} and not an Iceberg table: is the target right?")
    return target


def check_loaded(migration: Migration, table: TableConfig) -> None:
    """Raise UsageError while batches of the backfill are missing: all of their rows would be differences."""
    applied = applied_plan(migration.ledger, table.source)
    if applied is None or table.dbt_model is not None:
        return
    plan = load_plan(migration.s3, migration.config.location, table.source, applied.detail["plan"])
    if not (pending := pending_batches(migration, table, plan)):
        return
    trial = trial_days(migration.ledger, table.source)
    raise UsageError(
        f"{table.target} holds only {f'a trial of {trial}, ' if trial else ''}"
        f"{len(plan.batches) - len(pending):,} of {counted(len(plan.batches), 'batch')}: run "
        f"`lakehouse migrate backfill --table {table.source}` first; until then `lakehouse migrate monitor` "
        "compares counts by day"
    )


def validate_table(migration: Migration, table: TableConfig, options: Options, say: Say) -> TableReport:
    """Compare one table's old and new rows. Writes nothing."""
    scope = open_scope(migration, table)
    if options.days is not None:
        scope = replace(scope, since=_since(migration.statements, scope, options.days))
    files = list_files(migration.s3, migration.glue, scope.source)
    late = unloaded_files(migration, table, files)
    say(_announced(migration, scope, files))
    scope = _bounded(migration, scope, files, late)
    rejects = table.rejects if table.dbt_model is None else None
    counts, days = check_counts(scope.whole, migration.statements, rejects)
    say(f"{table.source}: {counts.name}: {counts.facts}")
    loads = "dual-write --once" if is_backfilled(migration.ledger, table.source) else "backfill"
    gone = gone_files(migration, table, files)
    checks = [_check_files(files, late, gone, loads), _check_columns(scope), counts]
    in_scope = sum(
        max(each.old, each.new) for each in days if scope.since is None or each.day >= str(scope.since)
    )
    for check in _compared(scope, migration.statements, rejects, files, options):
        # Their statements return what differs and nothing of what they read.
        if check.name in ("rows", "rejects"):
            read = in_scope if check.name == "rows" else counts.compared
            check = replace(
                check, compared=read, facts=check.facts if read or check.found else "no row to compare"
            )
        checks.append(check)
        say(f"{table.source}: {check.name}: {check.facts}")
    late_paths = frozenset(file.path for file in late)
    reasoned = [
        replace(
            check,
            differences=explained(
                scope, migration.statements, check.differences, late_paths, frozenset(gone), rejects
            ),
        )
        for check in checks
    ]
    return TableReport(table, scope, len(files), tuple(reasoned), tuple(days))


def _compared(
    scope: Scope, statements: Statements, rejects: str | None, files: list[SourceFile], options: Options
) -> Iterator[Check]:
    yield _checksums(scope, statements)
    if rejects is not None:
        yield check_rejects(scope.whole, statements, rejects, options.limit)
    yield check_rows(scope, statements, options.limit)
    if options.sample:
        yield check_sample(scope.whole, statements, files, options.sample)


def validate_queries(
    migration: Migration, queries: list[OldQuery], scopes: dict[str, Scope], options: Options, say: Say
) -> list[QueryOutcome]:
    """Run the old queries on both sides; `scopes` by source, for all sources that the queries read."""
    as_of = options.as_of or migration.ledger.now()
    views = {source: view_query(migration, scope) for source, scope in scopes.items()}
    outcomes = []
    for number, query in enumerate(queries, 1):
        outcome = run_query(query, scopes, views, migration.statements, as_of, options.limit)
        say(f"query {number} of {len(queries)}, {query.name}: {outcome.verdict}")
        outcomes.append(outcome)
    return outcomes


def view_query(migration: Migration, scope: Scope) -> str:
    """What takes the old table's place, as a SELECT: what a cutover will publish, which need not be the view
    that is there now under the compatibility view's name (dbt has views of such names over its own tables).

    Raises UsageError where dbt writes the target and has no such view yet.
    """
    table = scope.table
    if table.dbt_model is None:
        return compat_view(table, scope.source).sql
    found = find_table(migration.glue, table.compat)
    if found is None or found.kind is not TableKind.VIEW:
        raise UsageError(f"there is no view {table.compat} to run old queries on: run `dbt build` first")
    return lines("select *", f"from {relation(table.compat)}")


def _snapshot(statements: Statements, target: Table) -> int | None:
    refs = f"{quoted(target.database)}.{quoted(target.name + '$refs')}"
    rows = statements.query(lines("select snapshot_id", f"from {refs}", "where name = 'main'")).rows
    return int(rows[0][0]) if rows else None


def _since(statements: Statements, scope: Scope, days: int) -> date:
    statement = lines(f"select cast(max({scope.day}) as varchar)", f"from {scope.new_table}")
    newest = statements.query(statement).rows[0][0]
    if newest is None:
        raise UsageError(f"{scope.table.target} is empty: leave --days out")
    return date.fromisoformat(newest) - timedelta(days=days - 1)


def _bounded(migration: Migration, scope: Scope, files: list[SourceFile], late: list[SourceFile]) -> Scope:
    """The scope of some days with the files that can hold rows of them: those that the target has rows of in
    these days, and those it has no rows of at all. The counts look at all files, whatever the days."""
    if scope.since is None:
        return scope
    path = quoted("_source_path")
    is_in_days = f"max({scope.day}) >= date '{scope.since}'"
    statement = lines(f"select {path}, {is_in_days}", f"from {scope.new_table}", "group by 1")
    rows = migration.statements.query(statement).rows
    older = {str(name) for name, in_days in rows if not in_days} - {file.path for file in late}
    chosen = tuple(file for file in files if file.path not in older)
    return replace(scope, files=chosen or None)


def _parts(statements: Statements, source: Table) -> int:
    """In how many parts a table is compared. Of a columnar format the count reads next to nothing."""
    statement = lines("select count(*)", f"from {relation(source.qualified_name)}")
    rows = statements.query(statement).rows[0][0]
    return max(1, -(-int(rows) // ROWS_PER_PART))


def _announced(migration: Migration, scope: Scope, files: list[SourceFile]) -> str:
    old = sum(file.size for file in files)
    there = f"{quoted(scope.target.database)}.{quoted(scope.target.name + '$files')}"
    sizes = lines("select sum(file_size_in_bytes)", f"from {there}")
    new = migration.statements.query(sizes).rows[0][0] or 0
    sampled = sum(file.size for file in sample_files(files))
    # Read for each part by counts, checksums and rows, the new table by the last two. Read once by rejects
    # and for the number of rows, asked twice; the new table by counts.
    old_reads, new_reads = 3 * scope.parts + 3, 2 * scope.parts + 1
    most = old * old_reads + int(new) * new_reads + sampled
    return (
        f"{scope.table.source}: {counted(len(files), 'file')} of {size_text(old)} against "
        f"{size_text(int(new))} in {scope.table.target}; reads at most {size_text(most)} "
        f"in {counted(scope.parts, 'part')} ({cost_text(scan_cost(most, old_reads + new_reads))})"
    )


def _check_files(files: list[SourceFile], late: list[SourceFile], gone: list[str], loads: str) -> Check:
    differences = tuple(
        Difference(
            DifferenceKind.FILE,
            {"file": file.path},
            old=f"{file.size} bytes",
            why="not loaded yet",
            path=file.path,
        )
        for file in late
    ) + tuple(
        Difference(
            DifferenceKind.FILE, {"file": path}, new="loaded", why="loaded, and gone from S3 since", path=path
        )
        for path in gone
    )
    facts = f"{counted(len(files), 'file')}, " + (
        f"{len(late):,} of them not loaded: `lakehouse migrate {loads}`" if late else "all loaded"
    )
    if gone:
        facts += f"; {len(gone):,} loaded and gone from S3 since"
    return Check("files", facts, len(differences), differences, compared=len(files) + len(gone))


def _check_columns(scope: Scope) -> Check:
    missing = scope.missing_columns
    differences = tuple(
        Difference(DifferenceKind.COLUMN, {"column": name}, name, scope.source.column(name).type, None)
        for name in missing
    )
    return Check(
        "columns",
        f"{len(scope.columns)} of {counted(len(scope.columns) + len(missing), 'column')}",
        len(missing),
        differences,
    )


def _checksums(scope: Scope, statements: Statements) -> Check:
    check = check_checksums(scope, statements, frozenset())
    if check.is_green or not scope.table.key:
        return check
    # Rarely needed, so not asked before.
    tied = tied_partitions(scope, statements)
    return check_checksums(scope, statements, tied) if tied else check
