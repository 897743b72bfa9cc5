"""The one statement that profiles a table: every candidate column at once, by directory of its files.

Each row is unpivoted into a row per column, classified by the timestamp macros, and counted. Text that
doesn't begin like a time, in a column whose name isn't that of a time, is counted without being parsed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lakehouse.athena.sql import cases, indented, listed, one_of, quoted, relation, text
from lakehouse.catalog.files import SourceFile
from lakehouse.catalog.tables import Table
from lakehouse.dbt.macros import TimestampMacros
from lakehouse.migration.analysis.candidates import Candidate
from lakehouse.migration.config import ColumnConfig

MAX_DIRECTORIES = 200
"""The maximum number of directories; deeper ones are counted with the one above them."""

# Begins with a digit and goes on like a date, a time or an epoch.
_SHAPE = r"\A[^0-9A-Za-z]{0,4}[0-9][0-9T:Z/. +-]{5}"
# After a time of day only: the end of a bare day looks like an offset.
_OFFSET = r"(?i)[:T][0-9.,:]*[0-9] ?([+-][0-9]{2}(?::?[0-9]{2})?|Z|UTC|GMT)\s*\z"
_ZONE_NAME = r"([A-Za-z]+/[A-Za-z_/+-]+|[A-Z]{3,5})\]?\s*\z"


def profile_statement(
    table: Table, candidates: tuple[Candidate, ...], macros: TimestampMacros, depth: int
) -> str:
    """The SELECT. Its rows: column_number (from 0), directory, status, label, counts and examples.

    `depth` is the number of parts of a file's path below the table that identify its directory.
    """
    pairs = listed(
        "array[",
        (
            f"row({number}, cast({quoted(candidate.name)} as varchar))"
            for number, candidate in enumerate(candidates)
        ),
        "]",
    )
    named = [number for number, candidate in enumerate(candidates) if candidate.by_name]
    shaped = f"regexp_like(value, {text(_SHAPE)})"
    if named:
        shaped = f"{one_of('column_number', map(str, named))} or {shaped}"
    classes = _by_config(candidates, lambda value, config: macros.format_class(value, config, "parsed"))
    reasons = _by_config(candidates, lambda value, config: macros.reject_reason(value, config, "parsed"))
    parsed = cases([("is_shaped and not is_empty", _by_config(candidates, macros.parsed))])
    labels = {"parsed": classes, "rejected": reasons, "empty": _marker()}
    label = cases(((text(status), value) for status, value in labels.items()), "'text'", subject="status")
    return f"""\
with texts as (
    select
        {indented(_directory(table, depth), 2)} as directory,
        u.column_number,
        u.value
    from {relation(table.qualified_name)}
    cross join unnest({indented(pairs)}) as u (column_number, value)
),
shaped as (
    select
        *,
        coalesce({indented(shaped, 2)}, false) as is_shaped,
        {indented(macros.empty("value"), 2)} as is_empty
    from texts
),
typed as (
    select
        *,
        {indented(parsed, 2)} as parsed
    from shaped
),
judged as (
    select
        *,
        case
            when parsed is not null then 'parsed'
            when is_empty then 'empty'
            when is_shaped then 'rejected'
            else 'text'
        end as status
    from typed
),
labelled as (
    select
        *,
        {indented(label, 2)} as label
    from judged
)
select
    column_number,
    -- The directory of text that is not a time does not matter.
    case when status <> 'text' then directory end as directory,
    status,
    label,
    count(*) as row_count,
    min(length(value)) as min_length,
    max(length(value)) as max_length,
    cast(min(parsed) as varchar) as first_at,
    cast(max(parsed) as varchar) as last_at,
    count_if(parsed = date_trunc('day', parsed)) as midnights,
    count_if(status = 'rejected' and {_number(1)} > 12) as day_first,
    count_if(status = 'rejected' and {_number(2)} > 12) as month_first,
    json_format(cast(histogram({indented(_zone())}) as json)) as zones,
    json_format(cast(array_distinct(min_by(
        case when status in ('parsed', 'rejected') then substr(value, 1, 80) end,
        xxhash64(to_utf8(coalesce(value, ''))),
        8
    )) as json)) as examples
from labelled
group by 1, 2, 3, 4"""


def directory_depth(table: Table, files: Iterable[SourceFile]) -> int:
    """The number of path parts that gives at most MAX_DIRECTORIES directories; 0 puts all files in one."""
    parts = [_parts(table, file) for file in files]
    deepest = max(map(len, parts), default=0)
    for depth in range(deepest, 0, -1):
        if len({tuple(each[:depth]) for each in parts}) <= MAX_DIRECTORIES:
            return depth
    return 0


def _parts(table: Table, file: SourceFile) -> list[str]:
    return file.path.removeprefix(table.location.rstrip("/") + "/").split("/")[:-1]


def _directory(table: Table, depth: int) -> str:
    if not depth:
        return "''"
    place = table.location.rstrip("/") + "/"
    # A partition can be elsewhere: its directories are identified by their whole path.
    below = f'if(starts_with("$path", {text(place)}), substr("$path", {len(place) + 1}), "$path")'
    parts = listed("split(regexp_replace(", [below, r"'/?[^/]*\z'", "''"], "), '/')")
    return f"array_join(slice({parts}, 1, {depth}), '/')"


def _by_config(candidates: tuple[Candidate, ...], expression: Callable[[str, ColumnConfig], str]) -> str:
    """An expression of `value` and its column's zone and formats: one branch for each pair there is."""
    groups: dict[ColumnConfig, list[int]] = {}
    for number, candidate in enumerate(candidates):
        # Columns have different types but a CASE has one type: all are read as timestamps.
        config = candidate.config.model_copy(update={"type": "timestamp"})
        groups.setdefault(config, []).append(number)
    if len(groups) == 1:
        return expression("value", next(iter(groups)))
    return cases(
        (one_of("column_number", map(str, numbers)), expression("value", config))
        for config, numbers in groups.items()
    )


def _marker() -> str:
    """The marker of a missing value: NULL is `missing`, blanks only are `blank`."""
    marker = "lower(regexp_replace(value, '[^!-~]+', ''))"
    return cases([("value is null", "'missing'"), (f"{marker} = ''", "'blank'")], marker)


def _zone() -> str:
    """What a text says about its zone: an offset, Z, or a name."""
    return cases(
        [
            ("status = 'parsed'", f"upper(regexp_extract(value, {text(_OFFSET)}, 1))"),
            ("label = 'zone_name'", f"regexp_extract(value, {text(_ZONE_NAME)}, 1)"),
        ]
    )


def _number(group: int) -> str:
    """The first or second number of a text with the year last."""
    pattern = r"\A\W*([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]"
    return f"coalesce(try_cast(regexp_extract(value, {text(pattern)}, {group}) as integer), 0)"
