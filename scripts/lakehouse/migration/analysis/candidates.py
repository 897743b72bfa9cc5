"""Which columns of a table may hold times, by type and name. What is in them is not asked here."""

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
    """A column to look into. `by_name`: it is called like a time; others are looked at by their content.

    `config` says how its text is read: as the migration declares it, else as a timestamp in UTC.
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
        """Whether the name promises a day (release_date) and no time of day."""
        return bool(_DAY_NAME.search(snake_case(self.column.declared or self.name)))


def find_candidates(table: Table, configured: dict[str, ColumnConfig]) -> tuple[Candidate, ...]:
    """The columns of a table that may hold times.

    Every text column is one, and so is a partition key of text. Numbers and times are where their name says
    so: a number may be an epoch, and a timestamp may hold nothing but days. Raises UsageError for a
    configured column that isn't there.
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
    """A column's name as the patterns here know names: createdAt is created_at, Order Date is order_date."""
    return re.sub(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def is_time_name(name: str) -> bool:
    """Whether a column's name says that it holds a date or a time (and not a zone or a duration)."""
    return bool(_TIME_NAME.search(name)) and not _NO_TIME_NAME.search(name)
