"""Which columns of a table may contain times, by type and name. Their content is not read here."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lakehouse.catalog.tables import Column, Table
from lakehouse.migration.config import ColumnConfig

_TIME_NAME = re.compile(
    r"(?:^|_)(?:timestamp|ts|time|datetime|date|dt|dob|birthday|epoch)(?:$|_)"
    r"|_(?:at|on|since|until)$|^(?:created|updated|modified|deleted|started|ended)$"
)
_NO_TIME_NAME = re.compile(r"(?:^|_)(?:time_?zone|tz)(?:$|_)|(?:seconds|minutes|hours|ms|millis)$")
_DAY_NAME = re.compile(r"(?:^|_)(?:date|dt|dob|birthday)$|_on$")
_NUMBER_OR_TIME = re.compile(r"int|bigint|double|float|date|timestamp|decimal\(.*\)")


@dataclass(frozen=True)
class Candidate:
    """A column to profile. `by_name` is true if its name says that it is a time; others are judged by
    content.

    `config` says how its text is read: as the migration declares it, otherwise as a timestamp in UTC.
    """

    column: Column
    by_name: bool
    config: ColumnConfig
    is_configured: bool = False

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def names_a_day(self) -> bool:
        """Whether the name says that it is a day (release_date), without a time of day."""
        return bool(_DAY_NAME.search(snake_case(self.column.declared or self.name)))


def find_candidates(table: Table, configured: dict[str, ColumnConfig]) -> tuple[Candidate, ...]:
    """The columns of a table that may contain times.

    These are all text columns, including partition keys. Numbers and timestamps are included if their name
    suggests it: a number may be an epoch, and a timestamp may contain only days. Raises UsageError for a
    configured column that doesn't exist.
    """
    for name in configured:
        table.column(name)
    found = []
    for column in table.all_columns:
        by_name = column.name in configured or is_time_name(snake_case(column.declared or column.name))
        if column.is_text or (by_name and _NUMBER_OR_TIME.fullmatch(column.type.lower())):
            config = configured.get(column.name)
            if config is None or not config.is_time:
                config = ColumnConfig(type="timestamp")
            found.append(Candidate(column, by_name, config, column.name in configured))
    return tuple(found)


def snake_case(name: str) -> str:
    """A column's name in snake case, as the patterns expect it: createdAt is created_at."""
    return re.sub(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def is_time_name(name: str) -> bool:
    """Whether a column's name says that it contains a date or a time (and not a zone or a duration)."""
    return bool(_TIME_NAME.search(name)) and not _NO_TIME_NAME.search(name)
