"""What a migration is about: the YAML file that names its tables, their keys and their time columns.

The authority for the file's form. Nothing here asks AWS; whether the tables are there is `tables`' to say.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from lakehouse.errors import UsageError
from lakehouse.files import load_yaml, validated

# Names as Glue has them. Every statement quotes them, so all is allowed that can stand in quotes; in lower
# case, as Athena has every name.
ColumnName = Annotated[str, StringConstraints(to_lower=True, pattern=r"^[^\x00-\x1f\"`]{1,255}$")]
_TABLE_PART = r"[^\x00-\x20.`\"'/\\]{1,255}"
QualifiedName = Annotated[str, StringConstraints(to_lower=True, pattern=rf"^{_TABLE_PART}\.{_TABLE_PART}$")]
ModelName = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,254}$")]
S3Prefix = Annotated[str, Field(pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/([^/]+/)*$")]

_DECIMAL = re.compile(r"decimal\(\s*([0-9]{1,2})\s*,\s*([0-9]{1,2})\s*\)")
_TYPES = ("timestamp", "date", "boolean", "int", "bigint", "float", "double")


# What a name must look like, by its setting.
_FORMS = {
    "column": "column name: 1 to 255 characters without quotes, backticks or control characters",
    "source": "table name: write database.table",
    "target": "table name: write database.table",
    "location": "S3 prefix: write s3://bucket/folder/, with a slash at its end",
    "data": "S3 prefix: write s3://bucket/folder/, with a slash at its end",
    "name": "name of a migration: lower case letters, digits and underscores, a letter first, 63 at most",
    "dbt_model": "model name: lower case letters, digits and underscores, not a digit first",
}


class Transform(StrEnum):
    """Iceberg's partition transforms of a time."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class Keep(StrEnum):
    """Which copy of a key stays: the first that arrived, or the one with the newest `latest_by`."""

    FIRST = "first"
    LATEST = "latest"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ColumnConfig(_Part):
    """What the text of one column becomes. `zone` is that of a text which names none; `formats` is ['dmy'] or
    ['mdy'] where the source writes the year last (docs/timestamps.md)."""

    type: str
    zone: str = "UTC"
    formats: tuple[str, ...] = ()

    @field_validator("type")
    @classmethod
    def _known_type(cls, value: str) -> str:
        decimal = _DECIMAL.fullmatch(value)
        if decimal and int(decimal[2]) <= int(decimal[1]) and 1 <= int(decimal[1]) <= 38:
            return f"decimal({int(decimal[1])},{int(decimal[2])})"
        if value not in _TYPES:
            raise ValueError(f"type must be one of {', '.join(_TYPES)} or decimal(p,s)")
        return value

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("zone must be an IANA name such as UTC or Europe/Berlin")
        return value

    @field_validator("formats")
    @classmethod
    def _known_formats(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if value not in ((), ("dmy",), ("mdy",)):
            raise ValueError("formats must be [], [dmy] or [mdy]")
        return value

    @property
    def is_time(self) -> bool:
        """Whether the column becomes a timestamp or a date."""
        return self.type in ("timestamp", "date")


class PartitionConfig(_Part):
    """How the new table is partitioned: a typed column and an Iceberg transform of it."""

    column: ColumnName
    transform: Transform = Transform.DAY


class TableConfig(_Part):
    """One table: where its rows are, where they go, and what becomes of its columns.

    `key` names the columns that identify a row; copies of a key become one row, chosen by `keep`. Without a
    key every raw row becomes a row. `dbt_model` names the model that writes the target; without one the
    migration writes it itself.
    """

    source: QualifiedName
    target: QualifiedName
    columns: dict[ColumnName, ColumnConfig] = Field(min_length=1)
    partition_by: PartitionConfig
    key: tuple[ColumnName, ...] = ()
    keep: Keep = Keep.FIRST
    latest_by: ColumnName | None = None
    dbt_model: ModelName | None = None

    @model_validator(mode="before")
    @classmethod
    def _default_target(cls, given: Any) -> Any:
        if isinstance(given, dict) and "target" not in given and isinstance(given.get("source"), str):
            return {**given, "target": f"{given['source']}_v2"}
        return given

    @field_validator("columns", mode="before")
    @classmethod
    def _told_apart(cls, given: Any) -> Any:
        names = [name.lower() for name in given if isinstance(name, str)] if isinstance(given, dict) else []
        if alike := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(
                f"{alike[0]} appears more than once: Athena doesn't tell capitals from small letters"
            )
        return given

    @model_validator(mode="after")
    def _consistent(self) -> TableConfig:
        partition = self.columns.get(self.partition_by.column)
        if partition is None or not partition.is_time:
            raise ValueError(
                f"partition_by.column {self.partition_by.column} must be one of columns, "
                "as a timestamp or a date"
            )
        if (self.keep is Keep.LATEST) != (self.latest_by is not None):
            raise ValueError("keep: latest and latest_by go together")
        if self.keep is Keep.LATEST and not self.key:
            raise ValueError("keep: latest needs a key")
        if self.target == self.source:
            raise ValueError("target must not be the source")
        return self

    @property
    def source_name(self) -> tuple[str, str]:
        """Database and table of the source."""
        return _split(self.source)

    @property
    def target_name(self) -> tuple[str, str]:
        """Database and table of the target."""
        return _split(self.target)

    @property
    def legacy(self) -> str:
        """Where the old definition stays reachable once the old name is a view."""
        return f"{self.source}_legacy"

    @property
    def compat(self) -> str:
        """The view that answers old queries from the target, before the cutover and after it."""
        return f"{self.source}_compat"

    @property
    def rejects(self) -> str:
        """The Iceberg table of rows that could not be read. Unused where dbt writes the target."""
        return f"{self.target}_rejects"


class MigrationConfig(_Part):
    """A migration. `location` holds its ledger, backups and reports; `data` the files of the new tables.

    `retention_days` is how long old tables stay after the cutover, at least.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
    location: S3Prefix
    data: S3Prefix
    tables: tuple[TableConfig, ...] = Field(min_length=1)
    retention_days: Annotated[int, Field(ge=1)] = 30

    @model_validator(mode="after")
    def _distinct(self) -> MigrationConfig:
        for attribute in ("source", "target"):
            names = [getattr(table, attribute) for table in self.tables]
            if repeated := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"{attribute} {repeated[0]} appears more than once")
        return self

    def table(self, source: str) -> TableConfig:
        """The table with that source. Raises UsageError, which lists the sources, if there is none."""
        for table in self.tables:
            if table.source == source.lower():
                return table
        known = ", ".join(table.source for table in self.tables)
        raise UsageError(f"{source} isn't a table of the migration {self.name}: its tables are {known}")

    def chosen(self, sources: list[str] | None) -> tuple[TableConfig, ...]:
        """The named tables in the file's order, all with no name."""
        wanted = {self.table(source).source for source in sources or []}
        return tuple(table for table in self.tables if not wanted or table.source in wanted)


def load_config(path: Path) -> MigrationConfig:
    """Read a migration's file. Raises UsageError with a line for each mistake: file, line, place, what is
    wrong."""
    file = load_yaml(path, "a migration")
    if not isinstance(file.value, dict):
        raise UsageError(f"{path} must be a mapping with name, location, data and tables")
    return validated(MigrationConfig, file, _invalid_name)


def _invalid_name(error: Any) -> str | None:
    """What a name must look like that has another form; None for other mistakes."""
    if error["type"] != "string_pattern_mismatch":
        return None
    location = [str(part) for part in error["loc"] if part != "[key]"]
    form = _FORMS.get(location[-1], _FORMS["column"])
    return f"{'.'.join(location)}: {error['input']!r} is not a valid {form}"


def _split(name: str) -> tuple[str, str]:
    database, table = name.split(".")
    return database, table
