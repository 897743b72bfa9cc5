"""The two relations that are compared: the old rows as they should have come, and the new ones as they are.

The old ones are derived without the migration's own statements: only what a migration promises is shared
(which rows are in the target, which copy of a key stays; docs/migration/backfill.md). Of copies from one
file the promise is decided by a hash; here each of them may be the one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from lakehouse.athena.column_types import ColumnType, parse_column_type
from lakehouse.athena.sql import quoted, relation, text
from lakehouse.catalog.files import SourceFile, files_filter
from lakehouse.catalog.tables import Table
from lakehouse.migration.column_values import as_text, in_target
from lakehouse.migration.config import Keep, TableConfig, Transform
from lakehouse.migration.validation.derivation import Derivation, derivations, derived

PATH = "_source_path"
# The file of an old row: no column of a source begins so.
OLD_PATH = "__path"


@dataclass(frozen=True)
class ComparedColumn:
    """A column of both tables: its type in the new one, its old value by the columns of `old_rows`."""

    name: str
    type: ColumnType
    old: str
    is_derived: bool


@dataclass(frozen=True)
class Scope:
    """What is compared: two tables, the new one at one snapshot (None where it has none yet).

    `since` bounds the comparison to the partitions from that day on; `files` are then those of the old table
    that are read. None stands for all. A large table is compared in `parts`, by a hash of the key (of the
    file, without a key), so that no statement holds more than a part in memory; `part` is the number of one.
    """

    table: TableConfig
    source: Table
    target: Table
    snapshot: int | None
    since: date | None = None
    files: tuple[SourceFile, ...] | None = None
    parts: int = 1
    part: int = 0

    def in_parts(self) -> list[Scope]:
        """The parts, one after the other."""
        return [replace(self, part=number) for number in range(self.parts)]

    @property
    def whole(self) -> Scope:
        """The same tables without bounds."""
        return replace(self, since=None, files=None)

    @cached_property
    def derivations(self) -> list[Derivation]:
        return derivations(self.table.columns)

    def derivation(self, column: str) -> Derivation:
        return next(each for each in self.derivations if each.column == column)

    @property
    def partition(self) -> Derivation:
        """The derivation of the column by which the new table is partitioned."""
        return self.derivation(self.table.partition_by.column)

    @cached_property
    def columns(self) -> tuple[ComparedColumn, ...]:
        """The source's columns that the target has, in the source's order."""
        there = {column.name: column.type for column in self.target.all_columns}
        return tuple(
            self._compared(column.name, there[column.name])
            for column in self.source.all_columns
            if column.name in there
        )

    @property
    def missing_columns(self) -> list[str]:
        """Columns of the source that the target doesn't have."""
        there = {column.name for column in self.target.all_columns}
        return [column.name for column in self.source.all_columns if column.name not in there]

    def column(self, name: str) -> ComparedColumn:
        return next(column for column in self.columns if column.name == name)

    def _compared(self, name: str, type_in_target: str) -> ComparedColumn:
        kind = parse_column_type(type_in_target)
        if name in self.table.columns:
            return ComparedColumn(name, kind, self.derivation(name).value, True)
        old = in_target(name, self.source.column(name).type, type_in_target, or_null=True)
        return ComparedColumn(name, kind, old, False)

    @property
    def missing_key(self) -> str:
        """Whether an old row has no key to tell it by; false without a key."""
        terms = [
            f"{quoted(name)} is null"
            + (f" or trim({quoted(name)}) = ''" if self.source.column(name).is_text else "")
            for name in self.table.key
        ]
        return f"({' or '.join(terms)})" if terms else "false"

    @property
    def day(self) -> str:
        """The day of a new row, or of an old one by `old_kept`."""
        return f"cast({quoted(self.table.partition_by.column)} as date)"

    def old_rows(self) -> str:
        """Every raw row with its derived values and its file, a SELECT."""
        where = f" where {files_filter(self.source, list(self.files))}" if self.files else ""
        raw = f'select s.*, s."$path" as {OLD_PATH} from {relation(self.source.qualified_name)} as s{where}'
        return derived(raw, self.derivations)

    def old_kept(self) -> str:
        """The rows that belong in the target, as `columns` and file; each of the copies that may be it."""
        names = ", ".join(f"{column.old} as {quoted(column.name)}" for column in self.columns)
        loadable = (
            f"select {names}, {OLD_PATH} from ({self.old_rows()}) "
            f"where {self.partition.value} is not null and not {self.missing_key} and {self.old_in_part}"
        )
        if not self.table.key:
            return f"select * from ({loadable}) where {self.window}"
        return (
            f"select * from (select *, rank() over ({self.copies()}) as __rank from ({loadable})) "
            f"where __rank = 1 and {self.window}"
        )

    def old_single(self) -> str:
        """`old_kept` with one row for each key, whichever it is."""
        if not self.table.key:
            return self.old_kept()
        keys = ", ".join(quoted(name) for name in self.table.key)
        numbered = f"select *, row_number() over (partition by {keys}) as __number from ({self.old_kept()})"
        return f"select * from ({numbered}) where __number = 1"

    def copies(self, *also_by: str) -> str:
        """A window over the copies of a key (and of equal `also_by`), the one that stays first."""
        keys = ", ".join((*also_by, *(quoted(name) for name in self.table.key)))
        if self.table.keep is Keep.LATEST and self.table.latest_by:
            order = f"{quoted(self.table.latest_by)} desc nulls last, {OLD_PATH} desc"
        else:
            order = OLD_PATH
        return f"partition by {keys} order by {order}"

    def new_rows(self) -> str:
        """The target's rows as `columns` and their file, a SELECT."""
        path = quoted(PATH) if self._has_path else "cast(null as varchar)"
        names = ", ".join(quoted(column.name) for column in self.columns)
        where = f"{self.window} and {self._new_in_part(path)}"
        return f"select {names}, {path} as {OLD_PATH} from {self.new_table} where {where}"

    @property
    def old_in_part(self) -> str:
        """Whether an old row is in the part."""
        keys = [as_text(self.column(name).old, self.column(name).type) for name in self.table.key]
        return self._in_part(keys or [OLD_PATH])

    def _new_in_part(self, path: str) -> str:
        keys = [as_text(quoted(name), self.column(name).type) for name in self.table.key]
        return self._in_part(keys or [path])

    def _in_part(self, texts: list[str]) -> str:
        if self.parts == 1:
            return "true"
        joined = ", ".join(f"coalesce({each}, '')" for each in texts)
        # The remainder has the sign of the hash.
        remainders = f"{self.part}, {self.part - self.parts}"
        hashed = f"from_big_endian_64(xxhash64(to_utf8(concat_ws(chr(31), {joined}))))"
        return f"mod({hashed}, {self.parts}) in ({remainders})"

    @property
    def new_table(self) -> str:
        """The target at its snapshot."""
        version = f" for version as of {self.snapshot}" if self.snapshot is not None else ""
        return relation(self.target.qualified_name) + version

    @property
    def window(self) -> str:
        """A condition on rows of either side."""
        if self.since is None:
            return "true"
        return f"{quoted(self.table.partition_by.column)} >= {self._first_instant}"

    @property
    def _first_instant(self) -> str:
        kind = self.table.columns[self.table.partition_by.column].type
        return f"timestamp '{self.since} 00:00:00.000000'" if kind == "timestamp" else f"date '{self.since}'"

    @property
    def _has_path(self) -> bool:
        return any(column.name == PATH for column in self.target.all_columns)


def period(transform: Transform, expression: str) -> str:
    """The first day of the partition that a time is in, as an expression."""
    return f"cast(date_trunc({text(transform.value)}, {expression}) as date)"


def row_text(columns: tuple[ComparedColumn, ...], prefix: str = "") -> str:
    """A row as one JSON object of texts, by column name."""
    names = ", ".join(text(column.name) for column in columns)
    values = ", ".join(as_text(prefix + quoted(column.name), column.type) for column in columns)
    return f"json_format(cast(map(array[{names}], array[{values}]) as json))"
