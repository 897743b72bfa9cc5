"""The SELECTs of a backfill: a source's rows typed, one copy of each key, and what could not be read.

The authority for what goes to the rejects; `precedence` is the one for which copy of a key stays:

- a row whose partition column is empty or rejected, or whose key is NULL or blank, is not in the target;
- of such a row the rejects hold the partition column with its reason ('empty' for an empty text);
  'missing_key' stands only for a row whose partition column was parsed, so that each row counts once.
  Rejected values of other columns are there too; their rows are in the target, with NULL.

Copies are compared in all of the files that a statement reads, so a file's copies of a key leave one row
even when the file is read in parts. Comparing values costs nothing until two copies share a file; a hash of
the row would be computed for every row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from lakehouse.athena.column_types import parse_column_type
from lakehouse.athena.sql import (
    all_of,
    any_of,
    cases,
    lines,
    listed,
    one_of,
    over,
    quoted,
    relation,
    text,
    with_relations,
)
from lakehouse.catalog.files import SourceFile, files_filter
from lakehouse.catalog.tables import Column, Table
from lakehouse.dbt.macros import TimestampMacros
from lakehouse.errors import UsageError
from lakehouse.migration.column_values import as_text, in_target, target_type
from lakehouse.migration.config import ColumnConfig, TableConfig
from lakehouse.migration.copying.batches import Batch
from lakehouse.migration.copying.periods import in_periods, period_of
from lakehouse.migration.copying.precedence import SOURCE_PATH, copies_in_order

ROW_KEY = "_row_key"
REJECT_COLUMNS = (
    ("reject_id", "string"),
    ("source_table", "string"),
    ("column_name", "string"),
    ("raw_value", "string"),
    ("reject_reason", "string"),
    ("raw_row", "string"),
    ("occurrences", "bigint"),
    (SOURCE_PATH, "string"),
)
# Begins the names that the statements use for themselves.
OWN = "__migration_"
_RAW_ROW = quoted(f"{OWN}raw_row")


@dataclass(frozen=True)
class TargetColumn:
    """A column of the target: its Iceberg type, what it was in the source (None for bookkeeping), and how its
    text is parsed (None for a column that stays as it is)."""

    name: str
    type: str
    source: Column | None = None
    parsed: ColumnConfig | None = None


@dataclass(frozen=True)
class Rows:
    """The statements that read one source. Raises UsageError where the configuration doesn't fit it."""

    config: TableConfig
    source: Table
    macros: TimestampMacros

    def __post_init__(self) -> None:
        for name in (*self.config.columns, *self.config.key, self.config.latest_by):
            if name is not None:
                self.source.column(name)
        for name in self.config.columns:
            if not (column := self.source.column(name)).is_text:
                raise UsageError(
                    f"{self.source.qualified_name}.{name} is {column.type}: only columns of text are parsed"
                )
        for column in self.source.all_columns:
            if column.name in (SOURCE_PATH, ROW_KEY) or column.name.startswith(OWN):
                raise UsageError(
                    f"{self.source.qualified_name} has a column {column.name}: the migration needs that name"
                )

    @cached_property
    def target_columns(self) -> tuple[TargetColumn, ...]:
        """The target's columns: the source's, its partition keys, then the bookkeeping."""
        own = [
            self._target_column(column, self.config.columns.get(column.name))
            for column in self.source.all_columns
        ]
        row_key = [] if self.config.key else [TargetColumn(ROW_KEY, "string")]
        return (*own, TargetColumn(SOURCE_PATH, "string"), *row_key)

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that identify a row of the target."""
        return self.config.key or (ROW_KEY,)

    def scan(self, files: tuple[SourceFile, ...] | None = None, partition_keys: Sequence[str] = ()) -> str:
        """What each file holds, all files with None: `path`, `period`, the partition keys, `row_count`.

        The period is the first day of the target's partition, NULL for rows that are in none. Keys are given
        as texts.
        """
        partition = self.config.partition_by
        parsed = self.macros.parsed(quoted(partition.column), self.config.columns[partition.column])
        # Under names of their own: a key may be called like another column of this statement.
        keys = {quoted(f"{OWN}key_{at}"): quoted(name) for at, name in enumerate(partition_keys)}
        texts = [f"cast({name} as varchar) as {own}" for own, name in keys.items()]
        names = ["path", f"{period_of(partition.transform, 'value')} as period", *keys]
        groups = [str(number + 1) for number in range(len(names))]
        typed = lines(
            listed("select ", ['"$path" as path', f"{parsed} as value", *texts]),
            f"from {relation(self.source.qualified_name)}",
            all_of("where", self._files(files)) if files is not None else "",
        )
        counted = lines(
            listed("select ", [*names, "count(*) as row_count"]),
            "from typed",
            listed("group by ", groups),
        )
        return with_relations({"typed": typed}, counted)

    def select(self, batch: Batch) -> str:
        """The rows of a batch as the target holds them: `target_columns`, one row for each key."""
        partition = self.config.partition_by
        numbered = lines(
            listed("select ", [*self._as_target(), *self._number()]),
            "from typed",
            all_of("where", [f"{self._value(partition.column)} is not null", *self._key_is_there()]),
        )
        final = [f"{quoted(OWN + 'number')} = 1"] if self.config.key else []
        if batch.part is not None:
            column_type = self.config.columns[partition.column].type
            final.append(
                in_periods(partition.transform, quoted(partition.column), column_type, batch.partitions)
            )
        names = (
            f"{self._row_key()} as {quoted(ROW_KEY)}" if column.name == ROW_KEY else quoted(column.name)
            for column in self.target_columns
        )
        chosen = lines(listed("select ", names), "from numbered", all_of("where", final))
        return with_relations({**self._typed(batch.files), "numbered": numbered}, chosen)

    def rejects(self, batch: Batch) -> str:
        """What could not be read in the files of a batch: `REJECT_COLUMNS`, equal rows of a file as one."""
        names = [text(name) for name in self.config.columns]
        texts = [f"cast({quoted(name)} as varchar)" for name in self.config.columns]
        reasons = [self._reason(name) for name in self.config.columns]
        if self.config.key:
            names.append(self._missing_key("name"))
            texts.append(self._missing_key("value"))
            reasons.append(self._missing_key("reason"))
        own = [quoted(f"{OWN}reason_{number}") for number in range(len(reasons))]
        source, path = text(self.config.source), quoted(SOURCE_PATH)
        column, value, reason = (quoted(OWN + name) for name in ("column", "value", "reason"))
        judged = (f"{reason} as {name}" for reason, name in zip(reasons, own, strict=True))
        arrays = [listed("array[", each, "]") for each in (names, texts, own)]
        rejected = lines(
            listed("select ", [f"{raw_row(self.source)} as {_RAW_ROW}", path, column, value, reason]),
            "from unreadable",
            f"{listed('cross join unnest(', arrays, ')')} as each ({column}, {value}, {reason})",
            f"where {reason} is not null",
        )
        identity = listed("concat_ws(", ["chr(31)", source, column, path, _RAW_ROW], ")")
        counted = lines(
            listed(
                "select ",
                [
                    f"to_hex(sha256(to_utf8({identity}))) as reject_id",
                    f"{source} as source_table",
                    f"{column} as column_name",
                    f"{value} as raw_value",
                    f"{reason} as reject_reason",
                    f"{_RAW_ROW} as raw_row",
                    "count(*) as occurrences",
                    path,
                ],
            ),
            "from rejected",
            listed("group by ", [column, value, reason, _RAW_ROW, path]),
        )
        is_unreadable = any_of(f"{name} is not null" for name in own)
        relations = {
            **self._typed(batch.files),
            "judged": lines(listed("select ", ["*", *judged]), "from typed"),
            # Few rows have a reason: the others go before their JSON is made.
            "unreadable": lines("select *", "from judged", f"where {is_unreadable}"),
            "rejected": rejected,
        }
        return with_relations(relations, counted)

    def duplicates(self, without: tuple[SourceFile, ...]) -> str:
        """How many rows with key and time repeat a key, in all files but some: `duplicates`."""
        partition = self.config.partition_by.column
        names = dict.fromkeys([*self.config.key, partition])
        parsed = [
            f"{self.macros.parsed(quoted(name), self.config.columns[name])} as {self._value(name)}"
            for name in names
            if name in self.config.columns
        ]
        paths = [text(file.path) for file in without]
        typed = lines(
            listed("select ", [*map(quoted, names), *parsed]),
            f"from {relation(self.source.qualified_name)}",
            all_of("where", [one_of('"$path" not', paths)] if paths else []),
        )
        keys = lines(
            "select count(*) as copies",
            "from typed",
            all_of("where", [f"{self._value(partition)} is not null", *self._key_is_there()]),
            listed("group by ", map(self._key_value, self.config.key)),
        )
        summed = lines("select coalesce(sum(copies - 1), 0) as duplicates", "from keys")
        return with_relations({"typed": typed, "keys": keys}, summed)

    def _typed(self, files: tuple[SourceFile, ...]) -> dict[str, str]:
        """Two relations: the raw rows of files with their path, and the same with the parsed values."""
        raw = lines(
            listed("select ", [*map(quoted, self._names()), f'"$path" as {quoted(SOURCE_PATH)}']),
            f"from {relation(self.source.qualified_name)}",
            all_of("where", self._files(files)),
        )
        parsed = (
            f"{self.macros.parsed(quoted(name), column)} as {self._value(name)}"
            for name, column in self.config.columns.items()
        )
        return {"raw": raw, "typed": lines(listed("select ", ["*", *parsed]), "from raw")}

    def _names(self) -> list[str]:
        return [column.name for column in self.source.all_columns]

    def _files(self, files: tuple[SourceFile, ...]) -> list[str]:
        """Exactly these files: others may arrive between them while a statement waits to be sent."""
        return [
            *files_filter(self.source, list(files)),
            one_of('"$path"', (text(file.path) for file in files)),
        ]

    def _as_target(self) -> list[str]:
        return [
            value
            if (value := self._target_value(column)) == (name := quoted(column.name))
            else f"{value} as {name}"
            for column in self.target_columns
            if column.name not in (SOURCE_PATH, ROW_KEY)
        ]

    def _target_column(self, column: Column, parsed: ColumnConfig | None) -> TargetColumn:
        kind = parsed.type if parsed else target_type(column.type)
        return TargetColumn(column.name, kind, column, parsed)

    def _target_value(self, column: TargetColumn) -> str:
        """A column as an expression of the typed rows, in the target's type."""
        if column.parsed is not None or column.source is None:
            return self._value(column.name)
        return in_target(column.name, column.source.type)

    def _number(self) -> list[str]:
        """The path, and what numbers the copies of a key, 1 stays; without a key, equal rows of a file."""
        path, number = quoted(SOURCE_PATH), quoted(OWN + "number")
        if not self.config.key:
            row = raw_row(self.source)
            return [path, f"{row} as {_RAW_ROW}", f"row_number() {over([path, row], [path])} as {number}"]
        values = [_comparable(column) for column in self.source.all_columns]
        newest = self._key_value(self.config.latest_by) if self.config.latest_by else ""
        order = copies_in_order(self.config, newest, values)
        window = over(map(self._key_value, self.config.key), order)
        return [path, f"row_number() {window} as {number}"]

    def _row_key(self) -> str:
        number = f"cast({quoted(OWN + 'number')} as varchar)"
        identity = listed("concat_ws(", ["chr(31)", quoted(SOURCE_PATH), _RAW_ROW, number], ")")
        return f"to_hex(sha256(to_utf8({identity})))"

    def _key_value(self, name: str) -> str:
        return self._value(name) if name in self.config.columns else quoted(name)

    def _is_missing(self, name: str) -> str:
        if name in self.config.columns:
            return f"{self._value(name)} is null"
        terms = [f"{quoted(name)} is null"]
        if self.source.column(name).is_text:
            terms.append(f"trim(cast({quoted(name)} as varchar)) = ''")
        return any_of(terms)

    def _key_is_there(self) -> list[str]:
        return [f"not {self._is_missing(name)}" for name in self.config.key]

    def _missing_key(self, what: str) -> str:
        """The name, the value or the reason of the first column of a key that is missing, else NULL."""
        branches = [(f"{self._value(self.config.partition_by.column)} is null", "null")]
        for name in self.config.key:
            raw = f"cast({quoted(name)} as varchar)"
            value = {"name": text(name), "value": raw, "reason": "'missing_key'"}[what]
            branches.append((self._is_missing(name), value))
        return cases(branches)

    def _reason(self, name: str) -> str:
        column = self.config.columns[name]
        reason = self.macros.reject_reason(quoted(name), column, self._value(name))
        if name != self.config.partition_by.column:
            return reason
        # An empty partition column keeps the row out of the target as a rejected one does.
        status = self.macros.status(quoted(name), column, self._value(name))
        return cases([(f"{status} = 'empty'", "'empty'")], reason)

    @staticmethod
    def _value(name: str) -> str:
        return quoted(f"{OWN}value_{name}")


def raw_row(source: Table) -> str:
    """A raw row as one JSON object of texts, in the order of the table's columns; NULL stays null."""
    keys = listed("array[", (text(column.name) for column in source.all_columns), "]")
    values = listed("array[", map(_text_of, source.all_columns), "]")
    return f"json_format(cast({listed('map(', [keys, values], ')')} as json))"


def _comparable(column: Column) -> str:
    # Maps have no order, and nested values may hold some.
    return _text_of(column) if parse_column_type(column.type).is_nested else quoted(column.name)


def _text_of(column: Column) -> str:
    return as_text(quoted(column.name), parse_column_type(column.type))
