"""The rows of bronze in the order in which they arrive, split into files.

This module decides which row is in which file. Memory only holds the rows of the current hours and those that
arrive later, whatever the number of days.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from lakehouse.synthetic.spellings import IS_ABSENT
from lakehouse.telemetry import encoding
from lakehouse.telemetry.deliveries import DELIVERY, Showcase, deliveries_of
from lakehouse.telemetry.dimensions import DimensionRows, rows_of_day
from lakehouse.telemetry.frames import telemetry_frame
from lakehouse.telemetry.scenario import HOURS_PER_DAY, Scenario
from lakehouse.telemetry.sessions import Records
from lakehouse.telemetry.tables import (
    DIMENSION_TABLES,
    JSON_EVENTS,
    TELEMETRY_TABLES,
    BronzeTable,
    Layout,
)

# To start at a later day, the days before it have to be generated, because their rows may arrive late: three
# days of delay, eleven hours to a redelivery, and less than six hours of session.
LOOK_BACK_DAYS = 4
# Hours of arrival in a Parquet file: a compromise between few files a day and files that are complete soon.
HOURS_PER_PARQUET_FILE = 6
ROWS_PER_FILE = 400_000
# Number of rows that are converted to columns at a time, and in a row group of a Parquet file.
ROWS_AT_A_TIME = 65_536


@dataclass(frozen=True)
class TelemetryFile:
    """A file of a telemetry table: its key in the bucket, its arrival day and its records."""

    table: BronzeTable
    day: date
    key: str
    seed: int
    rows: Records

    def encoded(self) -> bytes:
        """Return the file's bytes."""
        slices = [
            self.rows[first : first + ROWS_AT_A_TIME] for first in range(0, len(self.rows), ROWS_AT_A_TIME)
        ]
        frames = ((telemetry_frame(self.seed, rows), rows) for rows in slices)
        if self.table.layout is Layout.PROJECTED_HOURS:
            time_column = self.table.time_columns[0]
            return encoding.gzipped(
                encoding.json_lines(frame, time_column, IS_ABSENT[rows["spelling"]]) for frame, rows in frames
            )
        return encoding.parquet((frame for frame, _ in frames), self.table.schema)


@dataclass(frozen=True)
class DimensionFile:
    """A file of a dimension table: all its rows that arrive on a day."""

    table: BronzeTable
    day: date
    key: str
    seed: int
    rows: DimensionRows

    def encoded(self) -> bytes:
        """Return the file's bytes."""
        return encoding.parquet([self.rows.frame(self.seed)], self.table.schema)


BronzeFile = TelemetryFile | DimensionFile


def arriving_by_hour(scenario: Scenario, first_day: int = 0) -> Iterator[tuple[int, Records]]:
    """Yield (arrival hour from day 0, records of the three telemetry tables) from a day to the last.

    Records are ordered by their instants, then by their keys. An hour's records don't depend on where the
    iteration starts.
    """
    first_hour, end_hour = first_day * HOURS_PER_DAY, scenario.days * HOURS_PER_DAY
    on_the_way: dict[int, list[Records]] = defaultdict(list)
    showcase = Showcase.of(scenario)
    for hour in range(max(0, first_day - LOOK_BACK_DAYS) * HOURS_PER_DAY, end_hour):
        rows = deliveries_of(scenario, *divmod(hour, HOURS_PER_DAY), showcase)
        rows = rows[(rows["hour"] >= first_hour) & (rows["hour"] < end_hour)]
        for arrival, part in _by_hour(rows):
            on_the_way[arrival].append(part)
        if hour >= first_hour:
            arrived = np.concatenate([np.empty(0, dtype=DELIVERY), *on_the_way.pop(hour, [])])
            yield hour, arrived[np.lexsort((arrived["copy"], arrived["key"], arrived["instant"]))]


def _by_hour(rows: Records) -> Iterator[tuple[int, Records]]:
    if not len(rows):
        return
    ordered = rows[np.argsort(rows["hour"], kind="stable")]
    hours, firsts = np.unique(ordered["hour"], return_index=True)
    for hour, part in zip(hours, np.split(ordered, firsts[1:]), strict=True):
        yield int(hour), part


class FileCutter:
    """Collects the rows of one telemetry table and splits them into files."""

    def __init__(self, scenario: Scenario, table: BronzeTable) -> None:
        self._scenario, self._table = scenario, table
        self._hours_per_file = 1 if table is JSON_EVENTS else HOURS_PER_PARQUET_FILE
        self._kept: list[Records] = []
        self._parts = 0

    def add(self, hour: int, rows: Records) -> Iterator[TelemetryFile]:
        """Take the rows of the next hour and yield the files that they complete."""
        self._kept.append(rows)
        while sum(map(len, self._kept)) >= ROWS_PER_FILE:
            collected = np.concatenate(self._kept)
            self._kept = [collected[ROWS_PER_FILE:]]
            yield self._file(hour, collected[:ROWS_PER_FILE])
        if (hour + 1) % self._hours_per_file == 0:
            rest = np.concatenate(self._kept)
            if len(rest):
                yield self._file(hour, rest)
            self._kept, self._parts = [], 0

    def _file(self, hour: int, rows: Records) -> TelemetryFile:
        day = self._scenario.date_of(hour // HOURS_PER_DAY)
        window = hour % HOURS_PER_DAY // self._hours_per_file * self._hours_per_file
        ending = "json.gz" if self._table is JSON_EVENTS else "parquet"
        name = f"part-{window:02}-{self._parts:04}.{ending}"
        self._parts += 1
        key = self._table.directory(day, window) + name
        return TelemetryFile(self._table, day, key, self._scenario.seed, rows)


def files(scenario: Scenario, first_day: int = 0) -> Iterator[tuple[int, Iterable[BronzeFile]]]:
    """Yield (arrival hour from day 0, the files of all six tables that it completes), from a day to the
    last."""
    cutters = [FileCutter(scenario, table) for table in TELEMETRY_TABLES]
    for hour, rows in arriving_by_hour(scenario, first_day):
        complete: list[BronzeFile] = []
        if hour % HOURS_PER_DAY == 0:
            complete += _dimension_files(scenario, hour // HOURS_PER_DAY)
        for number, cutter in enumerate(cutters):
            complete += cutter.add(hour, rows[rows["table"] == number])
        yield hour, complete


def _dimension_files(scenario: Scenario, day: int) -> list[DimensionFile]:
    arrival = scenario.date_of(day)
    return [
        DimensionFile(
            table,
            arrival,
            f"{table.directory(arrival)}part-00-0000.parquet",
            scenario.seed,
            rows_of_day(table, scenario, day),
        )
        for table in DIMENSION_TABLES
    ]
