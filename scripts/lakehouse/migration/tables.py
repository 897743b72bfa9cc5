"""Tables as Glue describes them, and their files as S3 lists them.

The authority for what a source looks like: columns, partition keys, where files lie, which partition a file
is of. A source is read by files: S3 says what is there and how large, before a byte is scanned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from lakehouse.errors import UsageError
from lakehouse.migration.sql import quoted, text

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_s3 import S3Client

# What Hive names the partition of rows whose key is NULL.
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
_TEXT_TYPE = re.compile(r"string|varchar(\([0-9]+\))?|char\([0-9]+\)")


class Kind(StrEnum):
    """What a Glue entry is."""

    HIVE = "hive"
    ICEBERG = "iceberg"
    VIEW = "view"


@dataclass(frozen=True)
class Column:
    """A column with its Glue type (string, int, decimal(10,2), ...).

    `name` is in lower case, as the engine has every name, `declared` as Glue has it.
    """

    name: str
    type: str
    declared: str = field(default="", compare=False)

    @property
    def is_text(self) -> bool:
        return bool(_TEXT_TYPE.fullmatch(self.type.lower()))


@dataclass(frozen=True)
class Table:
    """A Glue table. `definition` is Glue's own answer, whole; `version` its VersionId."""

    database: str
    name: str
    kind: Kind
    columns: tuple[Column, ...]
    partition_keys: tuple[Column, ...]
    location: str
    definition: dict[str, Any]

    @property
    def qualified_name(self) -> str:
        return f"{self.database}.{self.name}"

    @property
    def version(self) -> str:
        return str(self.definition.get("VersionId", ""))

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """Columns, then partition keys, as `select *` gives them."""
        return self.columns + self.partition_keys

    def column(self, name: str) -> Column:
        """The column of that name; UsageError lists those there are."""
        for column in self.all_columns:
            if column.name == name.lower():
                return column
        known = ", ".join(column.name for column in self.all_columns)
        raise UsageError(f"{self.qualified_name} has no column {name}: it has {known}")


@dataclass(frozen=True, order=True)
class SourceFile:
    """A file of a table: its path as `"$path"` gives it, bytes, its partition (values by key).

    `arrived_at` is when S3 got it (UTC), None for a file that is known from a document only.
    """

    path: str
    size: int
    partition: tuple[tuple[str, str], ...] = ()
    arrived_at: datetime | None = field(default=None, compare=False)


def find_table(glue: GlueClient, qualified_name: str) -> Table | None:
    """The table of a `database.table` name, None if Glue has none."""
    database, name = qualified_name.split(".")
    try:
        return parse_table(glue.get_table(DatabaseName=database, Name=name)["Table"])
    except glue.exceptions.EntityNotFoundException:
        return None


def get_table(glue: GlueClient, qualified_name: str) -> Table:
    """The table of a `database.table` name; UsageError if Glue has none."""
    found = find_table(glue, qualified_name)
    if found is None:
        raise UsageError(
            f"there is no table {qualified_name} in the Data Catalog: check its name and the region"
        )
    return found


def get_source(glue: GlueClient, qualified_name: str, legacy_name: str) -> Table:
    """The table that holds the old rows: under its own name, after the cutover under its legacy name.

    Raises UsageError if it is neither, or no table of files.
    """
    table = get_table(glue, qualified_name)
    if table.kind is Kind.VIEW:
        table = find_table(glue, legacy_name) or table
    if table.kind is not Kind.HIVE:
        raise UsageError(
            f"{qualified_name} is {'a view' if table.kind is Kind.VIEW else 'an Iceberg table'}: "
            "a migration reads a table of files (Parquet, JSON, CSV, ...)"
        )
    _require_distinct_names(table)
    return table


def _require_distinct_names(table: Table) -> None:
    """Raise UsageError for columns whose names differ in case alone: Athena reads no such table."""
    declared: dict[str, str] = {}
    for column in table.all_columns:
        if column.name in declared:
            raise UsageError(
                f"{table.qualified_name} has two columns {declared[column.name]} and {column.declared}: "
                "Athena can't tell them apart; rename one in the Data Catalog"
            )
        declared[column.name] = column.declared


def list_files(s3: S3Client, glue: GlueClient, table: Table) -> list[SourceFile]:
    """Every data file of a table in the order of its path; hidden and empty ones are no data."""
    partition_of = _partition_finder(glue, table)
    files = [
        SourceFile(path, size, partition_of(path), arrived_at)
        for path, size, arrived_at in list_objects(s3, table.location)
        if size and not path.rsplit("/", 1)[1].startswith((".", "_"))
    ]
    return sorted(files)


def files_filter(table: Table, files: list[SourceFile]) -> str:
    """A condition that reads these files: their partitions, so that no other is opened, and their paths.

    The range may hold other files of the same partitions: what reads with it must be safe to repeat.
    """
    paths = [file.path for file in files]
    terms = [f'"$path" between {text(min(paths))} and {text(max(paths))}']
    if table.partition_keys:
        terms.insert(0, _partitions_condition(table, files))
    return " and ".join(terms)


def _partitions_condition(table: Table, files: list[SourceFile]) -> str:
    """The partitions of files, values of the last key together: `((year = 2025 and month in (1, 2)))`."""
    keys = table.partition_keys
    groups: dict[tuple[str, ...], list[str]] = {}
    for partition in dict.fromkeys(file.partition for file in files):
        values = dict(partition)
        group = tuple(_equals(column, values[column.name]) for column in keys[:-1])
        groups.setdefault(group, []).append(values[keys[-1].name])
    alternatives = [" and ".join([*group, _one_of(keys[-1], last)]) for group, last in groups.items()]
    return f"({' or '.join(f'({each})' for each in alternatives)})"


def _equals(column: Column, value: str) -> str:
    name = quoted(column.name)
    return f"{name} is null" if value == _NO_VALUE else f"{name} = {_value(column, value)}"


def _one_of(column: Column, values: list[str]) -> str:
    name = quoted(column.name)
    literals = ", ".join(_value(column, value) for value in values if value != _NO_VALUE)
    if _NO_VALUE not in values:
        return f"{name} in ({literals})"
    return f"({name} in ({literals}) or {name} is null)" if literals else f"{name} is null"


def _value(column: Column, value: str) -> str:
    """A partition's value as a literal of the column's type."""
    kind = column.type.lower()
    if kind in ("tinyint", "smallint", "int", "bigint") and re.fullmatch(r"-?[0-9]+", value):
        return str(int(value))
    if kind in ("date", "timestamp"):
        return f"{kind} {text(value)}"
    return text(value)


def _partition_finder(glue: GlueClient, table: Table) -> Any:
    """A function from a file's path to its partition's values."""
    if not table.partition_keys:
        return lambda path: ()
    names = [column.name for column in table.partition_keys]
    if template := table.definition.get("Parameters", {}).get("storage.location.template"):
        return _by_template(template, names)
    registered = _registered(glue, table)
    if table.definition.get("Parameters", {}).get("projection.enabled") == "true" or not registered:
        return _by_template(table.location.rstrip("/") + "".join(f"/{n}=${{{n}}}" for n in names), names)

    def find(path: str) -> tuple[tuple[str, str], ...]:
        folder = path.rsplit("/", 1)[0]
        while folder.count("/") > 2:
            if folder in registered:
                return registered[folder]
            folder = folder.rsplit("/", 1)[0]
        raise UsageError(
            f"{path} lies in no partition of {table.qualified_name}: "
            f"run MSCK REPAIR TABLE {table.qualified_name}, or move it away"
        )

    return find


def _by_template(template: str, names: list[str]) -> Any:
    pattern = re.escape(template.rstrip("/"))
    for name in names:
        pattern = pattern.replace(re.escape(f"${{{name}}}"), f"(?P<{name}>[^/]+)")
    compiled = re.compile(pattern + "/.*")

    def find(path: str) -> tuple[tuple[str, str], ...]:
        match = compiled.fullmatch(path)
        if match is None:
            raise UsageError(f"{path} is not where {template} puts files: move it away, or correct the table")
        return tuple((name, match[name]) for name in names)

    return find


def _registered(glue: GlueClient, table: Table) -> dict[str, tuple[tuple[str, str], ...]]:
    """Partitions in Glue by the folder of their files."""
    names = [column.name for column in table.partition_keys]
    pages = glue.get_paginator("get_partitions").paginate(
        DatabaseName=table.database, TableName=table.name, ExcludeColumnSchema=True
    )
    return {
        partition["StorageDescriptor"]["Location"].rstrip("/"): tuple(
            zip(names, partition["Values"], strict=True)
        )
        for page in pages
        for partition in page["Partitions"]
    }


def list_objects(s3: S3Client, location: str) -> Iterator[tuple[str, int, datetime]]:
    """Path, bytes and time of arrival (UTC) of every object below a location."""
    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    prefix = prefix.rstrip("/") + "/" if prefix else ""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Contents", []):
            yield f"s3://{bucket}/{each['Key']}", each["Size"], each["LastModified"]


def parse_table(answer: Any) -> Table:
    """A table of the answer of GetTable or GetTables."""
    descriptor = answer.get("StorageDescriptor", {})
    return Table(
        answer["DatabaseName"],
        answer["Name"],
        _kind(answer),
        tuple(map(_column, descriptor.get("Columns", []))),
        tuple(map(_column, answer.get("PartitionKeys", []))),
        descriptor.get("Location", ""),
        dict(answer),
    )


def _column(given: Any) -> Column:
    return Column(given["Name"].lower(), given.get("Type", "string"), given["Name"])


def _kind(answer: Any) -> Kind:
    if answer.get("TableType") == "VIRTUAL_VIEW":
        return Kind.VIEW
    if answer.get("Parameters", {}).get("table_type", "").upper() == "ICEBERG":
        return Kind.ICEBERG
    return Kind.HIVE
