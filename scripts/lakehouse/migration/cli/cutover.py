"""`lakehouse migrate cutover` and `rollback`: they parse arguments and print."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from lakehouse.catalog.planned_calls import Clients
from lakehouse.errors import RefusedError
from lakehouse.migration.cli.common import ConfigFile, Tables, clients_of, opened
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.copying.loaded import unloaded_files
from lakehouse.migration.state import dbt_variables
from lakehouse.migration.switching.cutover import BASELINE_DAYS, CutoverPlan, apply_cutover, plan_cutover
from lakehouse.migration.switching.rollback import RollbackPlan, apply_rollback, plan_rollback, written_text
from lakehouse.options import Apply, AsJson, ProjectDirectory
from lakehouse.output import Output, counted
from lakehouse.records.lock import hold_lock

KeepWritten = Annotated[
    bool,
    typer.Option(
        "--keep-written", help="Move rows that were written to the new table directly into the old one."
    ),
]

WINDOW = (
    "window: none for readers of one table (one Glue call); between the first and the last table seconds, "
    "in which a join reads one old and one new"
)


def cutover(
    context: typer.Context,
    tables: Tables = None,
    apply: Apply = False,
    baseline_days: Annotated[
        int,
        typer.Option(
            min=1, max=45, help="Days of Athena's history to keep as the 'before' of the final report."
        ),
    ] = BASELINE_DAYS,
    config_file: ConfigFile = None,
    project: ProjectDirectory = Path(),
    as_json: AsJson = False,
) -> None:
    """Make the old names answer from the new tables. Refuses unless validation is green and fresh."""
    migration = opened(context, config_file, project)
    clients = clients_of(context)
    output = Output(as_json=as_json)
    chosen = migration.config.chosen(tables)
    if not apply:
        plans = _plan_all(migration, clients, chosen)
        _print_cutovers(
            output, plans, dbt_variables(migration.ledger, migration.config, chosen), applied=False
        )
        return
    with hold_lock(migration.ledger, "migrate cutover"):
        # All of them before the first: a table that may not go holds back the others of the command.
        plans = _plan_all(migration, clients, chosen)
        for plan in plans:
            apply_cutover(migration, clients, plan, baseline_days)
    _print_cutovers(output, plans, dbt_variables(migration.ledger, migration.config, chosen), applied=True)


def rollback(
    context: typer.Context,
    tables: Tables = None,
    apply: Apply = False,
    keep_written: KeepWritten = False,
    config_file: ConfigFile = None,
    project: ProjectDirectory = Path(),
    as_json: AsJson = False,
) -> None:
    """Make the old names the old tables again, with every row that came since."""
    migration = opened(context, config_file, project)
    clients = clients_of(context)
    output = Output(as_json=as_json)
    chosen = migration.config.chosen(tables)
    if not apply:
        plans = [plan_rollback(migration, clients, table) for table in chosen]
        variables = dbt_variables(migration.ledger, migration.config, without=chosen)
        _print_rollbacks(output, plans, variables, None)
        return
    with hold_lock(migration.ledger, "migrate rollback"):
        plans = [plan_rollback(migration, clients, table) for table in chosen]
        moved = [apply_rollback(migration, clients, plan, keep_written=keep_written) for plan in plans]
    _print_rollbacks(output, plans, dbt_variables(migration.ledger, migration.config), moved)


def _plan_all(migration: Migration, clients: Clients, tables: Sequence[TableConfig]) -> list[CutoverPlan]:
    """The plan of each table. Raises RefusedError if any is refused, with the reasons of each that is."""
    plans: list[CutoverPlan] = []
    refused: list[str] = []
    for table in tables:
        try:
            plans.append(plan_cutover(migration, clients, table, unloaded_files, tables))
        except RefusedError as error:
            refused += error.lines
    if refused:
        raise RefusedError(*refused)
    return plans


def _print_cutovers(output: Output, plans: list[CutoverPlan], variables: str, *, applied: bool) -> None:
    if output.as_json:
        output.json([_cutover_json(plan, variables, applied=applied) for plan in plans])
        return
    for plan in plans:
        output.line(f"{plan.table.source}: {_cutover_state(plan, applied=applied)}")
        for call in plan.calls:
            output.line(f"  {'done' if applied else 'would'}: {call.description}")
        if plan.calls:
            output.line(f"  old: {_definition_text(plan)}")
            output.line(f"  new: view, {' '.join(plan.view.sql.split())}")
            output.line(f"  back: lakehouse migrate rollback --apply, from {plan.backup.location}")
        if plan.extra_columns:
            output.line(f"  more columns than before, at the end: {', '.join(plan.extra_columns)}")
    output.line(WINDOW)
    output.line(f"dbt: vars: {variables} in dbt_project.yml, so that its sources read the legacy names")
    output.line("producers that register partitions: on the legacy names from the cutover on")
    if not applied and any(not plan.done for plan in plans):
        output.say("nothing was changed: --apply does it")


def _cutover_state(plan: CutoverPlan, *, applied: bool) -> str:
    if plan.done:
        return "is cut over already"
    if plan.swapped:
        return "its view stands since a command that was ended; " + (
            "recorded now" if applied else "--apply records it"
        )
    return "is cut over" if applied else "would be cut over"


def _definition_text(plan: CutoverPlan) -> str:
    old = plan.old
    return (
        f"table of {counted(len(old.all_columns), 'column')}, version {old.version}, files in {old.location}"
    )


def _cutover_json(plan: CutoverPlan, variables: str, *, applied: bool) -> dict[str, Any]:
    return {
        "table": plan.table.source,
        "state": "done" if applied or plan.done else "planned",
        "changes": [call.description for call in plan.calls],
        "old_definition": plan.old.definition,
        "new_sql": plan.view.sql,
        "extra_columns": list(plan.extra_columns),
        "backup": plan.backup.location,
        "dbt_vars": variables,
    }


def _print_rollbacks(
    output: Output, plans: list[RollbackPlan], variables: str, moved: list[int] | None
) -> None:
    if output.as_json:
        output.json(
            [_rollback_json(plan, moved[number] if moved else None) for number, plan in enumerate(plans)]
        )
        return
    for number, plan in enumerate(plans):
        output.line(f"{plan.table.source}: {_rollback_state(plan, applied=moved is not None)}")
        if plan.foreign:
            output.line("  note: somebody replaced the view of the cutover since; it is replaced too")
        for call in (*plan.swap, *plan.partitions):
            output.line(f"  {'would' if moved is None else 'done'}: {call.description}")
        if moved is None and plan.written and plan.written.count:
            output.line(f"  {written_text(plan.table, plan.written)}: --keep-written moves them")
        elif moved is not None and moved[number]:
            output.line(f"  done: moved {counted(moved[number], 'written row')} into the old table")
    output.line(f"dbt: vars: {variables} in dbt_project.yml")
    if moved is None and any(not plan.done for plan in plans):
        output.say("nothing was changed: --apply does it")


def _rollback_state(plan: RollbackPlan, *, applied: bool) -> str:
    if plan.backup is None:
        return "was never cut over: nothing to do"
    if plan.done:
        return "is the old table: nothing to do"
    return f"{'is' if applied else 'would be'} the old table again, as {plan.backup.location} has it"


def _rollback_json(plan: RollbackPlan, moved: int | None) -> dict[str, Any]:
    return {
        "table": plan.table.source,
        "state": "done" if plan.done or moved is not None else "planned",
        "changes": [call.description for call in (*plan.swap, *plan.partitions)],
        "written_rows": plan.written.count if plan.written else 0,
        "moved_rows": moved,
        "backup": plan.backup.location if plan.backup else None,
    }
