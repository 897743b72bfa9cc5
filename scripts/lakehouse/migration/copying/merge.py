"""The MERGEs of a batch: typed rows into the target, what could not be read into the rejects.

Both may be sent again: a row that is there already is found by its key and left as it is, unless the new copy
comes before it (see `rows`), which is a total order, so any order of arrival ends the same.
"""

from __future__ import annotations

from lakehouse.athena.sql import columns, quoted, relation
from lakehouse.migration.config import Keep
from lakehouse.migration.copying.batches import Batch
from lakehouse.migration.copying.periods import in_periods
from lakehouse.migration.copying.rows import REJECT_COLUMNS, SOURCE_PATH, Rows


def merge_rows(rows: Rows, batch: Batch, *, within_partitions: bool) -> str:
    """The rows of a batch into the target.

    `within_partitions` looks for copies only in the partitions that the batch touches, so that a batch
    doesn't read the whole target: for a backfill, whose end (`settle`) removes copies in other partitions.
    """
    names = [column.name for column in rows.target_columns]
    on = [f"target.{quoted(name)} = source.{quoted(name)}" for name in rows.key]
    if within_partitions and batch.partitions:
        partition = rows.config.partition_by
        column_type = rows.config.columns[partition.column].type
        on.append(
            in_periods(
                partition.transform, f"target.{quoted(partition.column)}", column_type, batch.partitions
            )
        )
    changes = ", ".join(f"{quoted(name)} = source.{quoted(name)}" for name in names if name not in rows.key)
    matched = f"when matched and {precedes(rows)} then update set {changes} " if rows.config.key else ""
    return (
        f"merge into {relation(rows.config.target)} as target using ({rows.select(batch)}) as source "
        f"on {' and '.join(on)} {matched}"
        f"when not matched then insert ({columns(names)}) values ({columns(names, 'source')})"
    )


def precedes(rows: Rows, new: str = "source", kept: str = "target") -> str:
    """The condition that a new copy of a key replaces the target's. Copies of one file never meet."""
    path = quoted(SOURCE_PATH)
    if rows.config.keep is Keep.FIRST or rows.config.latest_by is None:
        return f"{new}.{path} < {kept}.{path}"
    newest = quoted(rows.config.latest_by)
    return (
        f"(({new}.{newest} is not null and ({kept}.{newest} is null or {new}.{newest} > {kept}.{newest})) "
        f"or ({new}.{newest} is not distinct from {kept}.{newest} and {new}.{path} > {kept}.{path}))"
    )


def merge_rejects(rows: Rows, batch: Batch) -> str:
    """The rejects of a batch's files into the rejects table."""
    names = [name for name, _ in REJECT_COLUMNS]
    return (
        f"merge into {relation(rows.config.rejects)} as target using ({rows.rejects(batch)}) as source "
        "on target.reject_id = source.reject_id "
        "when matched and target.occurrences <> source.occurrences "
        "then update set occurrences = source.occurrences "
        f"when not matched then insert ({columns(names)}) values ({columns(names, 'source')})"
    )
