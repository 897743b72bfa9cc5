"""A sample, read again in Python: a third derivation, which shares neither SQL nor engine with the other two.

Files are taken evenly from the old table, keys in them by a hash, so that all copies of a key in a file come
together. Each raw row of the sample is read by `reference`; the target's rows of those keys must be what that
says.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lakehouse.athena.sql import all_of, lines, listed, one_of, quoted, text
from lakehouse.athena.statements import Statements
from lakehouse.catalog.files import SourceFile, files_filter
from lakehouse.migration.column_values import as_text
from lakehouse.migration.config import Keep
from lakehouse.migration.validation.differences import Check, Difference, DifferenceKind
from lakehouse.migration.validation.relations import OLD_PATH, PATH, ComparedColumn, Scope
from lakehouse.output import counted
from lakehouse.times.reference import read
from lakehouse.times.reference_values import as_real, read_value

# The most files of a sample, and their bytes together unless the first alone has more: all of them are read.
_FILES, _BYTES = 24, 256_000_000
# Athena takes 262,144 bytes of statement; keys are looked up in statements well below that.
_KEYS_BYTES = 100_000

Row = dict[str, str | None]


@dataclass(frozen=True)
class _Reader:
    """Reads raw rows as the target should hold them."""

    scope: Scope

    def expected(self, raw: Row) -> Row:
        row: Row = {}
        for column in self.scope.columns:
            value = raw[column.name]
            config = self.scope.table.columns.get(column.name)
            if config is None:
                row[column.name] = value
            elif config.is_time:
                reading = read(value, config.zone, config.formats)
                row[column.name] = reading.date if config.type == "date" else reading.timestamp
            else:
                row[column.name] = read_value(value, config.type)
        return row

    def is_loadable(self, row: Row) -> bool:
        if row[self.scope.table.partition_by.column] is None:
            return False
        return all((row[name] or "").strip(" ") for name in self.scope.table.key)


def sample_files(files: list[SourceFile]) -> list[SourceFile]:
    """The files of a sample, evenly over the list."""
    most = min(_FILES, len(files))
    chosen: list[SourceFile] = []
    for count in range(1, most + 1):
        spread = [files[at * len(files) // count] for at in range(count)]
        if chosen and sum(file.size for file in spread) > _BYTES:
            break
        chosen = spread
    return chosen


def check_sample(scope: Scope, statements: Statements, files: list[SourceFile], rows: int) -> Check:
    """Compare about `rows` raw rows of a few files with the target."""
    chosen = sample_files(files)
    if not chosen:
        return Check("sample", "the old table has no files", compared=0)
    raw, scanned = _raw_rows(scope, statements, chosen, rows)
    reader = _Reader(scope)
    pairs = [(reader.expected(row), str(row[OLD_PATH])) for row in raw]
    loadable = [(row, path) for row, path in pairs if reader.is_loadable(row)]
    if scope.table.key:
        there, looked = _by_keys(scope, statements, [row for row, _ in loadable])
        paths = {file.path for file in chosen}
        differences = list(compare_keys(scope, loadable, there, paths))
    else:
        there, looked = _by_paths(scope, statements, chosen, [row for row, _ in loadable])
        differences = list(_compare_counts(scope, loadable, there))
    facts = (
        f"{counted(len(raw), 'row')} of {counted(len(chosen), 'file')} read in Python, "
        f"{len(loadable):,} of them readable"
    )
    return Check("sample", facts, len(differences), tuple(differences), scanned + looked, compared=len(raw))


def _raw_rows(
    scope: Scope, statements: Statements, files: list[SourceFile], wanted: int
) -> tuple[list[Row], int]:
    source = scope.source.qualified_name.split(".")
    table = ".".join(map(quoted, source))
    given = [*files_filter(scope.source, files), one_of('"$path"', (text(file.path) for file in files))]
    counted = statements.query(lines("select count(*)", f"from {table}", all_of("where", given)))
    every = max(1, int(counted.rows[0][0]) // max(1, wanted))
    basis = scope.table.key or (scope.table.partition_by.column,)
    texts = (f"coalesce(cast({quoted(name)} as varchar), '')" for name in basis)
    hashed = f"from_big_endian_64(xxhash64(to_utf8({listed('concat_ws(', ['chr(31)', *texts], ')')})))"
    names = [
        f"{scope.derivation(column.name).raw if column.is_derived else as_text(column.old, column.type)} "
        f"as {quoted(column.name)}"
        for column in scope.columns
    ]
    scanned = counted.scanned_bytes
    while True:
        statement = lines(
            listed("select ", [*names, f'"$path" as {OLD_PATH}']),
            f"from {table}",
            all_of("where", [*given, f"{listed('mod(', [hashed, str(every)], ')')} = 0"]),
        )
        answer = statements.query(statement)
        rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
        scanned += answer.scanned_bytes
        if rows or every == 1:
            return rows, scanned
        # Few keys with many rows each: a hash can miss them all, and a sample of nothing proves nothing.
        every = max(1, every // 8)


def _by_keys(scope: Scope, statements: Statements, rows: list[Row]) -> tuple[list[Row], int]:
    """The target's rows of the sample's keys."""
    keys = sorted({tuple(str(row[name]) for name in scope.table.key) for row in rows})
    named = [as_text(quoted(name), scope.column(name).type) for name in scope.table.key]
    subject = named[0] if len(named) == 1 else listed("row(", named, ")")
    found: list[Row] = []
    scanned = 0
    for chunk in _chunks(keys):
        values = (text(key[0]) if len(key) == 1 else f"row({', '.join(map(text, key))})" for key in chunk)
        answer = statements.query(_target_rows(scope, [one_of(subject, values)]))
        found += [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
        scanned += answer.scanned_bytes
    return found, scanned


def _by_paths(
    scope: Scope, statements: Statements, files: list[SourceFile], rows: list[Row]
) -> tuple[list[Row], int]:
    """The target's rows of the sample's files, for a table without a key."""
    column = scope.table.partition_by.column
    values = sorted(str(row[column]) for row in rows)
    if not values:
        return [], 0
    kind = "date" if scope.table.columns[column].type == "date" else "timestamp"
    is_of_files = one_of(quoted(PATH), (text(file.path) for file in files))
    window = f"{quoted(column)} between {kind} {text(values[0])} and {kind} {text(values[-1])}"
    answer = statements.query(_target_rows(scope, [window, is_of_files]))
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows], answer.scanned_bytes


def _target_rows(scope: Scope, conditions: list[str]) -> str:
    names = (
        f"{as_text(quoted(column.name), column.type)} as {quoted(column.name)}" for column in scope.columns
    )
    return lines(
        listed("select ", [*names, f"{quoted(PATH)} as {OLD_PATH}"]),
        f"from {scope.new_table}",
        all_of("where", conditions),
    )


def _chunks(keys: list[tuple[str, ...]]) -> Iterator[list[tuple[str, ...]]]:
    chunk: list[tuple[str, ...]] = []
    size = 0
    for key in keys:
        chunk.append(key)
        size += sum(len(part.encode()) + 10 for part in key)
        if size > _KEYS_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def compare_keys(
    scope: Scope, sample: list[tuple[Row, str]], there: list[Row], paths: set[str]
) -> Iterator[Difference]:
    """A key's row must be the copy that stays of its file, and no copy of the sample goes before it."""
    names = scope.table.key
    new: dict[tuple[str | None, ...], list[Row]] = defaultdict(list)
    for row in there:
        new[tuple(row[name] for name in names)].append(row)
    copies: dict[tuple[str | None, ...], list[tuple[Row, str]]] = defaultdict(list)
    for row, path in sample:
        copies[tuple(row[name] for name in names)].append((row, path))
    for values, candidates in copies.items():
        key = dict(zip(names, values, strict=True))
        rows = new.get(values, [])
        best = _best(scope, candidates)
        if len(rows) != 1:
            kind = f"{counted(len(rows), 'row')} in the target"
            yield Difference(DifferenceKind.SAMPLE, key, "", "1 row", kind, path=best[0][1])
            continue
        yield from _compare_row(scope, key, best, rows[0], paths)


def _compare_row(
    scope: Scope, key: dict[str, Any], best: list[tuple[Row, str]], new: Row, paths: set[str]
) -> Iterator[Difference]:
    path = str(new[OLD_PATH])
    if path not in paths:
        # A copy from a file that is not in the sample: it must go before those that are.
        if _order(scope, (new, path)) > _order(scope, best[0]):
            yield Difference(
                DifferenceKind.SAMPLE, key, PATH, best[0][1], path, "a copy that comes later", best[0][1]
            )
        return
    if any(_same(row, new, scope) for row, _ in best):
        return
    old = best[0][0]
    for column in scope.columns:
        if not _equal(old[column.name], new[column.name], column):
            yield Difference(
                DifferenceKind.SAMPLE, key, column.name, old[column.name], new[column.name], path=best[0][1]
            )


def _compare_counts(scope: Scope, sample: list[tuple[Row, str]], there: list[Row]) -> Iterator[Difference]:
    """Without a key: each row of the sample is in the target at least as often."""
    new = Counter(_items(scope, row, str(row[OLD_PATH])) for row in there)
    old = Counter(_items(scope, row, path) for row, path in sample)
    for row, count in old.items():
        if new[row] < count:
            values = {name: value for name, value in row if value is not None and name != OLD_PATH}
            yield Difference(
                DifferenceKind.SAMPLE,
                {"row": values},
                "rows",
                str(count),
                str(new[row]),
                path=str(dict(row)[OLD_PATH]),
            )


def _items(scope: Scope, row: Row, path: str) -> tuple[tuple[str, str | None], ...]:
    values = ((column.name, _canonical(row[column.name], column)) for column in scope.columns)
    return (*values, (OLD_PATH, path))


def _best(scope: Scope, candidates: list[tuple[Row, str]]) -> list[tuple[Row, str]]:
    first = min(_order(scope, candidate) for candidate in candidates)
    return [candidate for candidate in candidates if _order(scope, candidate) == first]


class _Descending(str):
    """A text that sorts the other way round."""

    __slots__ = ()

    def __lt__(self, other: str) -> bool:
        return str.__gt__(self, other)

    def __gt__(self, other: str) -> bool:
        return str.__lt__(self, other)


def _order(scope: Scope, copy: tuple[Row, str]) -> tuple[Any, ...]:
    """What sorts the copy that stays first: canonical times sort as texts."""
    row, path = copy
    if scope.table.keep is Keep.LATEST and scope.table.latest_by:
        return (_Descending(row[scope.table.latest_by] or ""), _Descending(path))
    return (path,)


def _same(old: Row, new: Row, scope: Scope) -> bool:
    return all(_equal(old[column.name], new[column.name], column) for column in scope.columns)


def _equal(old: str | None, new: str | None, column: ComparedColumn) -> bool:
    return _canonical(old, column) == _canonical(new, column)


def _canonical(value: str | None, column: ComparedColumn) -> str | None:
    """A value's text, of a float as Python writes it: the engine writes 1.0E-1 where Python has 0.1."""
    if value is None or column.type.name not in ("double", "float", "real"):
        return value
    return repr(float(value) if column.type.name == "double" else as_real(float(value)))
