"""Tables as Glue describes them: columns, partition keys, location. `catalog.files` has their files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from lakehouse.errors import UsageError

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

_TEXT_TYPE = re.compile(r"string|varchar(\([0-9]+\))?|char\([0-9]+\)")


class TableKind(StrEnum):
    """What a Glue entry is."""

    HIVE = "hive"
    ICEBERG = "iceberg"
    VIEW = "view"


@dataclass(frozen=True)
class Column:
    """A column with its Glue type (string, int, decimal(10,2), ...).

    `name` is in lower case, as all names are in the engine; `declared` is the name as Glue has it.
    """

    name: str
    type: str
    declared: str = field(default="", compare=False)

    @property
    def is_text(self) -> bool:
        return bool(_TEXT_TYPE.fullmatch(self.type.lower()))


@dataclass(frozen=True)
class Table:
    """A Glue table. `definition` is Glue's complete answer, `version` its VersionId."""

    database: str
    name: str
    kind: TableKind
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
        """Columns, then partition keys, in the order of `select *`."""
        return self.columns + self.partition_keys

    def column(self, name: str) -> Column:
        """The column of that name. Raises UsageError, which lists the columns, if there is none."""
        for column in self.all_columns:
            if column.name == name.lower():
                return column
        known = ", ".join(column.name for column in self.all_columns)
        raise UsageError(f"{self.qualified_name} has no column {name}: its columns are {known}")


def find_table(glue: GlueClient, qualified_name: str) -> Table | None:
    """The table named `database.table`, None if it isn't in Glue."""
    database, name = qualified_name.split(".")
    try:
        return parse_table(glue.get_table(DatabaseName=database, Name=name)["Table"])
    except glue.exceptions.EntityNotFoundException:
        return None


def get_table(glue: GlueClient, qualified_name: str) -> Table:
    """The table named `database.table`. Raises UsageError if it isn't in Glue."""
    found = find_table(glue, qualified_name)
    if found is None:
        raise UsageError(
            f"there is no table {qualified_name} in the Data Catalog: check its name and the region"
        )
    return found


def get_source(glue: GlueClient, qualified_name: str, legacy_name: str) -> Table:
    """The table with the old rows: under its own name, or after the cutover under its legacy name.

    Raises UsageError if neither exists, or if it is not a table of files.
    """
    table = get_table(glue, qualified_name)
    if table.kind is TableKind.VIEW:
        table = find_table(glue, legacy_name) or table
    if table.kind is not TableKind.HIVE:
        raise UsageError(
            f"{qualified_name} is {'a view' if table.kind is TableKind.VIEW else 'an Iceberg table'}: "
            "a migration reads a table of files (Parquet, JSON, CSV, ...)"
        )
    _require_distinct_names(table)
    return table


def _require_distinct_names(table: Table) -> None:
    """Raise UsageError for columns whose names differ only in case: Athena can't read such a table."""
    declared: dict[str, str] = {}
    for column in table.all_columns:
        if column.name in declared:
            raise UsageError(
                f"{table.qualified_name} has two columns {declared[column.name]} and {column.declared}: "
                "Athena can't distinguish them; rename one in the Data Catalog"
            )
        declared[column.name] = column.declared


def parse_table(answer: Any) -> Table:
    """A table from the answer of GetTable or GetTables."""
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


def _kind(answer: Any) -> TableKind:
    if answer.get("TableType") == "VIRTUAL_VIEW":
        return TableKind.VIEW
    if answer.get("Parameters", {}).get("table_type", "").upper() == "ICEBERG":
        return TableKind.ICEBERG
    return TableKind.HIVE
