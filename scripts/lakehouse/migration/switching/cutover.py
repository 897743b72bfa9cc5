"""The cutover: a table's old name becomes a view over the new one, in one Glue call.

The window: none for who reads one table. UpdateTable replaces the entry as a whole, a query resolves a name
once, so it sees the old table or the view. Between the first and the last table of a migration lie seconds,
in which a join of two of them reads one old and one new. Queries that run go on as they began.

The call carries the version that the plan saw (compare and swap): an entry that somebody changed meanwhile
is not overwritten. The files stay where they are; `<table>_legacy` goes on reading them, and increments
with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lakehouse.athena.sql import indented, lines
from lakehouse.catalog.definitions import create_partition_calls
from lakehouse.catalog.dependents import tables_of_view
from lakehouse.catalog.grants import grant_calls, list_grants, reading_grants_for
from lakehouse.catalog.planned_calls import Call, Clients, apply_calls, glue_call
from lakehouse.catalog.tables import Column, Table, TableKind, find_table, get_table
from lakehouse.catalog.views import View, ViewColumn, decoded, view_input
from lakehouse.errors import RefusedError, UsageError
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.copying.compat import compat_view
from lakehouse.migration.performance import keep_baseline
from lakehouse.migration.state import dbt_variables, standing_cutover
from lakehouse.migration.switching.backup import Backup, load_backup
from lakehouse.migration.switching.readiness import (
    UnloadedFiles,
    changed_since,
    problems,
    unregistered_partitions,
)
from lakehouse.migration.switching.view_check import failing_views

# This parameter of the Glue entry distinguishes the view of a cutover from any other view.
MARK = "lakehouse_migration"
# Two weeks show a week's rhythm twice; a busy workgroup's history takes minutes to read.
BASELINE_DAYS = 14


@dataclass(frozen=True)
class CutoverPlan:
    """What the cutover of one table changes: `calls` in their order, the last one swaps the definition.

    `swapped` is true if the view exists already (a killed command got this far), `done` if nothing is left to
    do.
    """

    table: TableConfig
    backup: Backup
    old: Table
    view: View
    extra_columns: tuple[str, ...]
    calls: tuple[Call, ...]
    swapped: bool
    done: bool


def plan_cutover(
    migration: Migration,
    clients: Clients,
    table: TableConfig,
    unloaded_files: UnloadedFiles,
    together: Sequence[TableConfig] = (),
) -> CutoverPlan:
    """What would be changed. Raises RefusedError with everything that prevents the cutover.

    `together` are the tables that are to be cut over with this one: dbt's views have to be ready for all.
    """
    source = get_table(clients.glue, table.source)
    if source.kind is TableKind.VIEW:
        return _begun(migration, table, source)
    if against := problems(migration, clients, table, unloaded_files):
        raise RefusedError(*(f"{table.source} is not cut over: {reason}" for reason in against))
    backup = _current_backup(migration, clients, table, source)
    view, extra = _view_of(migration, clients, table, source, [table, *together])
    return CutoverPlan(
        table,
        backup,
        source,
        view,
        extra,
        tuple(_calls(migration, clients, table, source, view)),
        False,
        False,
    )


def apply_cutover(
    migration: Migration, clients: Clients, plan: CutoverPlan, baseline_days: int = BASELINE_DAYS
) -> None:
    """Make the plan's calls and record them. Raises RefusedError if the entry changed since the plan.

    What the old table's queries took in the last `baseline_days` days is kept first: the final report, weeks
    later, could not read it from Athena any more.
    """
    table = plan.table
    if plan.done:
        return
    if plan.swapped:
        started = migration.ledger.last("cutover", "started", table.source)
        facts = started.detail if started else {}
    else:
        facts = {
            "backup": plan.backup.location,
            "version": plan.old.version,
            "baseline": keep_baseline(migration, table, baseline_days),
        }
        migration.ledger.append("cutover", "started", table.source, **facts)
        apply_calls(clients, plan.calls)
    after = get_table(clients.glue, table.source)
    migration.ledger.append("cutover", "done", table.source, **facts, version_after=after.version)


def is_ours(source: Table, migration: Migration) -> bool:
    """Whether an entry is the view that a cutover of this migration left."""
    return bool(source.definition.get("Parameters", {}).get(MARK) == migration.config.name)


def _begun(migration: Migration, table: TableConfig, source: Table) -> CutoverPlan:
    """The rest of a cutover whose view stands: nothing, or its last entry in the ledger."""
    started = migration.ledger.last("cutover", "started", table.source)
    if started is None or not is_ours(source, migration):
        raise RefusedError(
            f"{table.source} is a view that this migration didn't create: "
            "bring the table back with `lakehouse migrate rollback` or `restore` first"
        )
    backup = load_backup(migration, table, str(started.detail["backup"]))
    standing = standing_cutover(migration.ledger, table.source)
    return CutoverPlan(
        table,
        backup,
        source,
        decoded(source),
        (),
        (),
        swapped=True,
        done=standing is not None and standing.at >= started.at,
    )


def _current_backup(migration: Migration, clients: Clients, table: TableConfig, source: Table) -> Backup:
    again = f"run `lakehouse migrate backup --table {table.source}`"
    try:
        backup = load_backup(migration, table)
    except UsageError as error:
        raise RefusedError(f"{table.source} is not cut over: {error}") from error
    if changed_since(clients, source, backup.old_table.current):
        raise RefusedError(
            f"{table.source} is not cut over: its definition differs from its newest backup "
            f"({backup.location}): check what has changed, then {again}"
        )
    return backup


def _view_of(
    migration: Migration,
    clients: Clients,
    table: TableConfig,
    source: Table,
    together: Sequence[TableConfig],
) -> tuple[View, tuple[str, ...]]:
    """The view for the old name, and columns that it has beyond the old ones."""
    view = compat_view(table, source) if table.dbt_model is None else _view_of_dbt(clients, table)
    if different := _different_columns(source.all_columns, view.columns):
        raise RefusedError(
            f"{table.source} is not cut over: the view would differ from the old table in "
            f"{'; '.join(different)}: correct {table.dbt_model or 'the configuration'}"
        )
    # What the engine can't run must not get the old name.
    tried = lines("select *", "from (", f"    {indented(view.sql)}", ")", "limit 0")
    migration.statements.query(tried, view.schema)
    if failing := list(failing_views(migration, table, view)):
        variables = dbt_variables(migration.ledger, migration.config, together)
        raise RefusedError(
            f"{table.source} is not cut over: {'; '.join(failing)}. Let it read {table.legacy}: "
            f"views of dbt do so after `dbt run --select staging --vars '{variables}'`"
        )
    return view, tuple(column.name for column in view.columns[len(source.all_columns) :])


def _view_of_dbt(clients: Clients, table: TableConfig) -> View:
    """The compatibility view that the dbt project keeps, which people could try; it must read the new table
    alone."""
    again = f"build {table.dbt_model} and its view with `lakehouse build`"
    compat = find_table(clients.glue, table.compat)
    if compat is None:
        raise RefusedError(f"{table.source} is not cut over: there is no view {table.compat}: {again}")
    reads = tables_of_view(compat)
    if reads != {table.target}:
        raise RefusedError(
            f"{table.source} is not cut over: {table.compat} reads {', '.join(sorted(reads)) or 'nothing'}, "
            f"not only {table.target}: {again}"
        )
    return decoded(compat)


def _different_columns(old: tuple[Column, ...], new: tuple[ViewColumn, ...]) -> list[str]:
    """How a view's columns differ from the old ones, by position; more at its end are allowed."""
    found = []
    for number, column in enumerate(old):
        if number >= len(new):
            found.append(f"{column.name}, which is missing")
        elif new[number].name != column.name:
            found.append(f"column {number + 1}: {new[number].name} instead of {column.name}")
        elif not _same_type(column, new[number]):
            found.append(f"{column.name}: {new[number].glue_type} instead of {column.type}")
    return found


def _same_type(old: Column, new: ViewColumn) -> bool:
    other = Column(new.name, new.glue_type)
    return old.type.lower() == other.type.lower() or (old.is_text and other.is_text)


def _calls(
    migration: Migration, clients: Clients, table: TableConfig, source: Table, view: View
) -> Iterator[Call]:
    legacy = get_table(clients.glue, table.legacy)
    missing = unregistered_partitions(clients, source, legacy)
    yield from create_partition_calls(legacy.database, legacy.name, missing)
    grants = list_grants(clients.lakeformation, table.source)
    for needed in (table.target, table.legacy):
        yield from grant_calls(reading_grants_for(grants, needed), list_grants(clients.lakeformation, needed))
    yield glue_call(
        "update_table",
        f"replace the definition of {table.source} (version {source.version}) by a view over {table.target}",
        DatabaseName=source.database,
        TableInput=view_entry(migration.config.name, source, view),
        VersionId=source.version,
    )


def view_entry(migration: str, source: Table, view: View) -> dict[str, Any]:
    """The table input that turns the source's entry into the view, with its owner and descriptions kept."""
    entry: dict[str, Any] = dict(view_input(source.name, view, source.definition.get("Description", "")))
    comments = {
        column["Name"].lower(): column["Comment"]
        for column in source.definition.get("StorageDescriptor", {}).get("Columns", [])
        if column.get("Comment")
    }
    columns = [
        column | ({"Comment": comments[column["Name"]]} if column["Name"] in comments else {})
        for column in entry["StorageDescriptor"]["Columns"]
    ]
    entry["StorageDescriptor"] = {**entry["StorageDescriptor"], "Columns": columns}
    entry["Parameters"] = {**entry["Parameters"], MARK: migration}
    if owner := source.definition.get("Owner"):
        entry["Owner"] = owner
    return entry
