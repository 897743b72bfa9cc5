"""Step `agent-prompt`: the description of the tables for a program that writes SQL, from dbt's manifest.

The section is between two tags, so that it can be found and replaced in a text or in a program's source. If
there are no tags yet, it replaces the sentences that advise converting columns by hand.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from lakehouse.dbt.manifest import Manifest, ManifestColumn, columns_of, relation_of
from lakehouse.errors import UsageError
from lakehouse.migration.config import MigrationConfig, TableConfig

BEGIN, END = "<lakehouse-tables>", "</lakehouse-tables>"
_CAST = re.compile(r"(?i)\b(?:try_)?cast\s*\(|from_iso8601_timestamp|date_parse")
_LOWERCASE = re.compile(r"(?i)\buse lower-?case values\b")
# What a line of a program's text is wrapped in: indentation and quote before, escapes and quote behind.
_QUOTED = re.compile(
    r"""(?P<head>\s*[rRfFbBuU]{0,2}(?P<quote>"|'))(?P<text>.*?)(?P<tail>(?:\\n)*(?P=quote)\s*[,+)\\]*\s*)"""
)
_TYPES = {"string": "varchar", "int": "integer", "float": "real", "timestamp": "timestamp(6)"}


@dataclass(frozen=True)
class PromptTable:
    """A table as the section names it: what it was called before, its rows, its columns with their values."""

    name: str
    was: str | None
    description: str
    columns: tuple[ManifestColumn, ...]
    values: dict[str, tuple[str, ...]]


def prompt_section(
    manifest: Manifest, config: MigrationConfig, ready: Collection[str] | None = None
) -> list[str]:
    """The lines of the section, tags first and last.

    `ready` are the sources whose new tables can be read, None for all. The others are named as they are, with
    their times as text.

    Raises UsageError if a table of the migration is in neither the models nor the sources of the manifest.
    """
    lines = [BEGIN, "Tables (Amazon Athena, Trino SQL):"]
    before: list[PromptTable] = []
    for table in _tables(manifest, config, ready):
        lines += _table_lines(table, before)
        before.append(table)
    return [*lines, *_rules(config, ready), END]


def _tables(
    manifest: Manifest, config: MigrationConfig, ready: Collection[str] | None
) -> Iterator[PromptTable]:
    for table in config.tables:
        if ready is None or table.source in ready:
            yield _migrated(manifest, table)
        elif source := manifest.source(table.source):
            yield _described(manifest, source, table.source, None, columns_of(source))
    migrated = {table.dbt_model for table in config.tables}
    for node in sorted(manifest.content["nodes"].values(), key=lambda node: str(node.get("relation_name"))):
        is_mart = node["resource_type"] == "model" and "marts" in node["fqn"]
        if is_mart and node["name"] not in migrated and node["config"].get("materialized") != "view":
            yield _described(manifest, node, relation_of(node), None, columns_of(node))


def _migrated(manifest: Manifest, table: TableConfig) -> PromptTable:
    model = manifest.model(table.dbt_model) if table.dbt_model else None
    node = model or manifest.source(table.source)
    if node is None:
        raise UsageError(
            f"dbt has neither a model nor a source for {table.source}: describe it in a sources file, "
            "then run `dbt parse`"
        )
    columns = tuple(
        ManifestColumn(each.name, _new_type(each, table), each.description) for each in columns_of(node)
    )
    described = _described(manifest, node, table.target, table.source, columns)
    if model is not None:
        return described
    # What dbt says of the source is said of its files.
    grain = f"One row per {', '.join(table.key)}." if table.key else "One row per row of the old table."
    return replace(described, description=grain)


def _new_type(column: ManifestColumn, table: TableConfig) -> str:
    configured = table.columns.get(column.name)
    kind = configured.type if configured else column.type
    return _TYPES.get(kind, kind)


def _described(
    manifest: Manifest,
    node: dict[str, object],
    name: str,
    was: str | None,
    columns: tuple[ManifestColumn, ...],
) -> PromptTable:
    shown = tuple(column for column in columns if not column.name.startswith("_"))
    description = " ".join(str(node["description"]).split()).split(" Primary key:")[0]
    return PromptTable(name, was, description, shown, _values(manifest, node))


def _values(manifest: Manifest, node: dict[str, object]) -> dict[str, tuple[str, ...]]:
    """The values that a column's test accepts."""
    values: dict[str, tuple[str, ...]] = {}
    for test in manifest.content["nodes"].values():
        metadata = test.get("test_metadata") or {}
        if metadata.get("name") == "accepted_values" and test.get("attached_node") == node["unique_id"]:
            arguments = metadata["kwargs"]
            values[arguments["column_name"]] = tuple(str(value) for value in arguments["values"])
    return values


def _table_lines(table: PromptTable, before: Sequence[PromptTable]) -> Iterator[str]:
    """A table's lines; columns that an earlier table has too are not repeated."""
    was = f" (formerly {table.was})" if table.was else ""
    yield f"- {table.name}{was}: {table.description}"
    alike = max(before, key=lambda other: _shared(table, other), default=None)
    if alike is None or _shared(table, alike) * 2 < len(table.columns):
        yield from (_column_line(table, column) for column in table.columns)
        return
    names = {column.name for column in table.columns}
    missing = [column.name for column in alike.columns if column.name not in names]
    without = f" without {', '.join(missing)}" if missing else ""
    own = [column for column in table.columns if column not in alike.columns]
    yield f"  - the columns of {alike.name}{without}{', and:' if own else ''}"
    yield from (_column_line(table, column) for column in own)


def _shared(table: PromptTable, other: PromptTable) -> int:
    return sum(column in other.columns for column in table.columns)


def _column_line(table: PromptTable, column: ManifestColumn) -> str:
    kind = f" {column.type}" if column.type else ""
    values = table.values.get(column.name)
    accepted = f" One of {', '.join(repr(value) for value in values)}." if values else ""
    return f"  - {column.name}{kind}: {column.description}{accepted}"


def _rules(config: MigrationConfig, ready: Collection[str] | None) -> list[str]:
    typed = [table for table in config.tables if ready is None or table.source in ready]
    waiting = [table for table in config.tables if table not in typed]
    texts = [
        f"- In {table.source} these columns are still text: {', '.join(table.columns)}. Read them with "
        "try_cast, which returns NULL for what it can't read."
        for table in waiting
    ]
    if not typed:
        return ["Rules:", *texts]
    first = typed[0]
    column = first.partition_by.column
    everywhere = "across all tables" if not waiting else "in all tables named here except those below"
    return [
        "Rules:",
        f"- Direct timestamp comparisons supported: {column} >= current_timestamp - interval '2' hour. "
        "Never cast a timestamp or a date column.",
        f"- Consistent data types {everywhere}: timestamps are timestamp(6) in UTC, days are date.",
        "- Write literals with their type: timestamp '2025-08-13 06:00:00', date '2025-08-13'. "
        "Never compare a timestamp or a date with a bare text.",
        f"- Filter {first.target} by {column}: it is partitioned by {first.partition_by.transform}"
        f"({column}). Do not filter by year, month or day columns instead.",
        "- For the day of a timestamp write cast(t as date), for the hour date_trunc('hour', t).",
        "- Comparisons of text are case-sensitive.",
        "- Use the table names above, not the former ones.",
        *texts,
    ]


def is_workaround(line: str, config: MigrationConfig) -> bool:
    """Whether a line tells its reader what is no longer needed: to convert a column, to mind lower case."""
    columns = {column for table in config.tables for column in table.columns}
    converts = bool(_CAST.search(line)) and any(re.search(rf"\b{name}\b", line) for name in columns)
    # A statement isn't advice.
    is_sql = re.search(r"(?i)\b(select|where|from)\b.*\b(from|and|or|group)\b", line)
    return bool((converts and not is_sql) or _LOWERCASE.search(line))


def updated(text: str, section: Sequence[str], config: MigrationConfig) -> str | None:
    """The text with the section in it; None if it holds neither an older section nor advice to replace.

    In a program's source, each line gets the quotes, the indentation and the line end of the one it replaces.
    Raises UsageError for a text with one tag and not the other.
    """
    lines = text.split("\n")
    begins = [number for number, line in enumerate(lines) if BEGIN in line]
    ends = [number for number, line in enumerate(lines) if END in line]
    if len(begins) != len(ends) or len(begins) > 1:
        raise UsageError(f"the text must contain {BEGIN} and {END} once each, or neither: correct the tags")
    if begins:
        return "\n".join([*lines[: begins[0]], *_dressed(lines[begins[0]], section), *lines[ends[0] + 1 :]])
    old = [number for number, line in enumerate(lines) if is_workaround(line, config)]
    if not old:
        return None
    kept = [line for number, line in enumerate(lines) if number not in old]
    return "\n".join([*kept[: old[0]], *_dressed(lines[old[0]], section), *kept[old[0] :]])


def _dressed(line: str, section: Sequence[str]) -> list[str]:
    """The section's lines, each as the line that it replaces is written."""
    quoted = _QUOTED.fullmatch(line)
    if quoted is None:
        indentation = line[: len(line) - len(line.lstrip())]
        return [indentation + each for each in section]
    quote = quoted["quote"]
    is_format = "f" in quoted["head"].lower().split(quote)[0]
    dressed = []
    for each in section:
        inner = each.replace("\\", "\\\\").replace(quote, "\\" + quote)
        if is_format:
            inner = inner.replace("{", "{{").replace("}", "}}")
        dressed.append(f"{quoted['head']}{inner}{quoted['tail']}")
    return dressed
