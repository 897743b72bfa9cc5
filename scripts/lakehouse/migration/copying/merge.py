"""The MERGEs of a batch: typed rows into the target, what could not be read into the rejects.

Both may be sent again: a row that is there already is found by its key and left as it is, unless the new copy
comes before it (see `precedence`), which is a total order, so any order of arrival ends the same.
"""

from __future__ import annotations

from lakehouse.athena.sql import all_of, indented, lines, listed, quoted, relation
from lakehouse.migration.copying.batches import Batch
from lakehouse.migration.copying.periods import in_periods
from lakehouse.migration.copying.precedence import precedes
from lakehouse.migration.copying.rows import REJECT_COLUMNS, Rows


def merge_rows(rows: Rows, batch: Batch, *, within_partitions: bool) -> str:
    """The rows of a batch into the target.

    `within_partitions` looks for copies only in the partitions that the batch touches, so that a batch
    doesn't read the whole target: for a backfill, whose end (`cross_partition_copies`) removes copies in
    other partitions.
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
    changes = [f"{quoted(name)} = source.{quoted(name)}" for name in names if name not in rows.key]
    matched: tuple[str, ...] = ()
    if rows.config.key:
        replaces = indented(precedes(rows.config, "source", "target"))
        matched = (f"when matched and {replaces} then", indented(listed("update set ", changes)))
    return _merge(rows.config.target, rows.select(batch), on, matched, names)


def merge_rejects(rows: Rows, batch: Batch) -> str:
    """The rejects of a batch's files into the rejects table."""
    matched = (
        "when matched and target.occurrences <> source.occurrences then",
        "update set occurrences = source.occurrences",
    )
    on = ["target.reject_id = source.reject_id"]
    names = [name for name, _ in REJECT_COLUMNS]
    return _merge(rows.config.rejects, rows.rejects(batch), on, matched, names)


def _merge(target: str, source: str, on: list[str], matched: tuple[str, ...], names: list[str]) -> str:
    inserted = [quoted(name) for name in names]
    return lines(
        f"merge into {relation(target)} as target",
        "using (",
        f"    {indented(source)}",
        ") as source",
        all_of("on", on),
        "\n    ".join(matched),
        "when not matched then",
        f"    {indented(listed('insert (', inserted, ')'))}",
        f"    {indented(listed('values (', (f'source.{name}' for name in inserted), ')'))}",
    )
