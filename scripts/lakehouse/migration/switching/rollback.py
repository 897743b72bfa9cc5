"""The rollback: a table's old name is the old table again, by the definition in the backup.

It works at any point: before a cutover there is nothing to change, in the middle of one and after it the
entry is set back in one Glue call. The old files were never touched, so rows that arrived in them since the
cutover are in the old table at once. Partitions that producers registered on `<table>_legacy` meanwhile are
registered on the old name right after the call; for the seconds between, a query misses those partitions.
A partition projection is the legacy entry's, which may have been widened since.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lakehouse.catalog.definitions import (
    create_partition_calls,
    list_partitions,
    missing_partitions,
    table_input,
)
from lakehouse.catalog.planned_calls import Call, Clients, apply_calls, glue_call
from lakehouse.catalog.tables import Table, TableKind, find_table, parse_table
from lakehouse.errors import RefusedError
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.state import standing_cutover
from lakehouse.migration.switching.backup import Backup, Definition, load_backup
from lakehouse.migration.switching.cutover import is_ours
from lakehouse.migration.switching.restore import create_calls
from lakehouse.migration.switching.written_rows import WrittenRows, find_written_rows, move_written_rows
from lakehouse.output import counted
from lakehouse.records.ledger import Entry


@dataclass(frozen=True)
class RollbackPlan:
    """What the rollback of one table changes. `old` is the table as the backup has it.

    `swap` sets the definition back, `partitions` registers what producers registered on the legacy entry.
    `written` are rows of the target without a file of the source, None where there is no target. `foreign`
    says that the old name has another definition by now than the cutover gave it. `done` means that nothing
    is left to do.
    """

    table: TableConfig
    backup: Backup | None = None
    old: Table | None = None
    written: WrittenRows | None = None
    swap: tuple[Call, ...] = ()
    partitions: tuple[Call, ...] = ()
    foreign: bool = False
    done: bool = False


def plan_rollback(migration: Migration, clients: Clients, table: TableConfig) -> RollbackPlan:
    """What would be changed. Raises RefusedError where the old name holds a table that is not the old one."""
    begun = migration.ledger.last("cutover", "started", table.source)
    if begun is None:
        return RollbackPlan(table, done=True)
    backup = load_backup(migration, table, str(begun.detail["backup"]))
    definition = _old_definition(clients, table, backup)
    old = parse_table({**definition.current, "DatabaseName": definition.database})
    source = find_table(clients.glue, table.source)
    swap = tuple(_swap_calls(clients, table, backup, definition, source))
    partitions = tuple(_partition_calls(clients, table, backup, source))
    stands = standing_cutover(migration.ledger, table.source) is not None
    done = not (swap or partitions or stands or _unfinished(migration, table))
    return RollbackPlan(
        table,
        backup,
        old,
        None if done else find_written_rows(migration, table, old),
        swap,
        partitions,
        foreign=source is not None and source.kind is TableKind.VIEW and not is_ours(source, migration),
        done=done,
    )


def apply_rollback(migration: Migration, clients: Clients, plan: RollbackPlan, *, keep_written: bool) -> int:
    """Carry the plan out, record it, and return how many written rows were moved into the old table.

    Raises RefusedError, before anything is changed, if rows would go out of sight and `keep_written` is
    False; and if the entry changed since the plan.
    """
    table = plan.table
    if plan.done or plan.backup is None or plan.old is None:
        return 0
    if plan.written and plan.written.count and not keep_written:
        raise RefusedError(
            f"{table.source} is not rolled back: {written_text(table, plan.written)}. "
            "Move them into the old table with --keep-written"
        )
    if _unfinished(migration, table) is None:
        migration.ledger.append("rollback", "started", table.source, backup=plan.backup.location)
    moved = _move_all(migration, clients, plan, plan.old) if keep_written else 0
    apply_calls(clients, plan.swap)
    # Looked at again: the insert of written rows registers partitions too.
    source = find_table(clients.glue, table.source)
    apply_calls(clients, _partition_calls(clients, table, plan.backup, source))
    migration.ledger.append("rollback", "done", table.source, backup=plan.backup.location, moved_rows=moved)
    return moved


def written_text(table: TableConfig, rows: WrittenRows) -> str:
    """What rows the old name would lose, for people."""
    parts = []
    if rows.without_path:
        parts.append(f"{counted(rows.without_path, 'row')} written to {table.target} directly")
    if rows.by_gone_file:
        parts.append(
            f"{counted(sum(rows.by_gone_file.values()), 'row')} of {table.target} from "
            f"{counted(len(rows.by_gone_file), 'deleted file')}, such as {min(rows.by_gone_file)}"
        )
    return " and ".join(parts)


def _move_all(migration: Migration, clients: Clients, plan: RollbackPlan, old: Table) -> int:
    """Move written rows until there are none: those of the moves that a killed command began come first.

    The snapshot of each move is in the ledger before the move, so that it is never made of another one.
    """
    table, rows, moved = plan.table, plan.written, 0
    for entry in _begun_moves(migration, table):
        begun = find_written_rows(migration, table, old, int(entry.detail["snapshot"]))
        moved += _move(migration, clients, table, old, begun)
        rows = find_written_rows(migration, table, old)
    while rows and rows.count:
        migration.ledger.append("rollback", "moving", table.source, snapshot=str(rows.snapshot))
        moved += _move(migration, clients, table, old, rows)
        rows = find_written_rows(migration, table, old)
    return moved


def _move(
    migration: Migration, clients: Clients, table: TableConfig, old: Table, rows: WrittenRows | None
) -> int:
    if rows is None or not rows.count:
        return 0
    move_written_rows(migration, table, old, _entry_to_insert_into(clients, table), rows)
    return rows.count


def _unfinished(migration: Migration, table: TableConfig) -> Entry | None:
    """The rollback that was begun and not ended."""
    started = migration.ledger.last("rollback", "started", table.source)
    done = migration.ledger.last("rollback", "done", table.source)
    return None if started is None or (done is not None and done.at > started.at) else started


def _begun_moves(migration: Migration, table: TableConfig) -> list[Entry]:
    started = _unfinished(migration, table)
    moves = migration.ledger.entries("rollback", table.source, "moving")
    return [entry for entry in moves if started and entry.at >= started.at]


def _swap_calls(
    clients: Clients, table: TableConfig, backup: Backup, old: Definition, source: Table | None
) -> Iterator[Call]:
    if source is None:
        yield from create_calls(old)
    elif source.kind is TableKind.VIEW:
        yield glue_call(
            "update_table",
            f"replace the view {table.source} (version {source.version}) by the table of the backup",
            DatabaseName=old.database,
            TableInput=old.current,
            VersionId=source.version,
        )
    elif table_input(clients.glue, source.definition) not in (backup.old_table.current, old.current):
        raise RefusedError(
            f"{table.source} is a table already, but differs from {backup.location}: "
            "`lakehouse migrate restore` shows the differences"
        )


def _partition_calls(
    clients: Clients, table: TableConfig, backup: Backup, source: Table | None
) -> Iterator[Call]:
    """Register on the old name what the backup or the legacy entry has and it has not."""
    old = backup.old_table
    if not old.current.get("PartitionKeys"):
        return
    legacy = find_table(clients.glue, table.legacy)
    later = list_partitions(clients.glue, legacy) if legacy and legacy.kind is TableKind.HIVE else []
    wanted = {tuple(partition["Values"]): partition for partition in (*old.partitions, *later)}
    present = list_partitions(clients.glue, source) if source else []
    yield from create_partition_calls(
        old.database, old.name, missing_partitions(list(wanted.values()), present)
    )


def _entry_to_insert_into(clients: Clients, table: TableConfig) -> Table:
    """The legacy entry: it writes to the place of the old files before the old name does again."""
    legacy = find_table(clients.glue, table.legacy)
    if legacy is not None and legacy.kind is TableKind.HIVE:
        return legacy
    raise RefusedError(
        f"there is no table {table.legacy} to insert the written rows through: "
        f"run `lakehouse migrate plan --apply --table {table.source}`, then roll back again"
    )


def _old_definition(clients: Clients, table: TableConfig, backup: Backup) -> Definition:
    """The backup's definition, with the partition projection that the old files are read by today as one more
    version.

    While the old name is a view, `<table>_legacy` is the only place where a projection can be widened; with
    the backup's, rows of later partitions would be out of sight.
    """
    old = backup.old_table
    legacy = find_table(clients.glue, table.legacy)
    if legacy is None or legacy.kind is not TableKind.HIVE:
        return old
    parameters, today = old.current.get("Parameters", {}), legacy.definition.get("Parameters", {})
    wanted = {name: value for name, value in parameters.items() if not _is_projection(name)}
    wanted |= {name: value for name, value in today.items() if _is_projection(name)}
    if wanted == parameters:
        return old
    return replace(old, versions=(*old.versions, {**old.current, "Parameters": wanted}))


def _is_projection(parameter: str) -> bool:
    return parameter.startswith("projection.") or parameter == "storage.location.template"
