"""Counts what goes into each file, from how its rows were generated."""

from datetime import date, timedelta

import numpy as np

from lakehouse.synthetic.chance import Int64s
from lakehouse.synthetic.spellings import IS_PARSED, Codes
from lakehouse.synthetic.text import MICROS_PER_DAY
from lakehouse.telemetry.arrivals import BronzeFile, DimensionFile, TelemetryFile
from lakehouse.telemetry.deliveries import DUPLICATE, KEYLESS, ORIGINAL, REDELIVERY
from lakehouse.telemetry.manifest import ColumnTruth, Counts, EventsOfDay, Truth, add_counts, summed
from lakehouse.telemetry.sessions import Records
from lakehouse.telemetry.tables import BRONZE_TABLES

_EPOCH = date(1970, 1, 1)


class Census:
    """The truth about all counted files, by table and ISO arrival day."""

    def __init__(self) -> None:
        self.days: dict[str, dict[str, Truth]] = {table.full_name: {} for table in BRONZE_TABLES}
        self.events: dict[str, EventsOfDay] = {}

    def count(self, file: BronzeFile, size: int) -> None:
        """Count a file; `size` is in bytes."""
        truth = _of_telemetry(file) if isinstance(file, TelemetryFile) else _of_dimension(file)
        truth.files, truth.bytes = 1, size
        of_table, day = self.days[file.table.full_name], file.day.isoformat()
        of_table[day] = summed([of_table.get(day, Truth()), truth])
        if isinstance(file, TelemetryFile):
            of_day = self.events.setdefault(day, EventsOfDay())
            of_day.distinct_ids += int(file.rows["is_first_of_event"].sum())
            add_counts(of_day.parsed_by_event_day, _days(file.rows["instant"][file.rows["is_first_parsed"]]))


def _of_telemetry(file: TelemetryFile) -> Truth:
    rows: Records = file.rows
    parsed = IS_PARSED[rows["spelling"]]
    new_parsed = _days(rows["instant"][rows["is_first_parsed_in_table"]])
    arrival_start = (file.day - _EPOCH).days * MICROS_PER_DAY
    copies = rows["copy"]
    return Truth(
        rows=len(rows),
        exact_duplicates=int((copies == DUPLICATE).sum()),
        redelivered=int((copies == REDELIVERY).sum()),
        late_rows=int((parsed & (rows["instant"] < arrival_start)).sum()),
        missing_keys=int((copies == KEYLESS).sum()),
        distinct_ids=int((copies == ORIGINAL).sum()),
        distinct_parsed_ids=sum(new_parsed.values()),
        new_parsed_by_event_day=new_parsed,
        columns={file.table.time_columns[0]: column_truth(rows["spelling"])},
    )


def _of_dimension(file: DimensionFile) -> Truth:
    rows = file.rows
    return Truth(
        rows=len(rows),
        exact_duplicates=int(rows.is_duplicate.sum()),
        distinct_ids=int(rows.is_new.sum()),
        columns={name: column_truth(column.spelling) for name, column in rows.times.items()},
    )


def column_truth(codes: Codes) -> ColumnTruth:
    """Return the truth about a column's texts, from the spellings that they were written in."""
    truth = ColumnTruth()
    for code, times in enumerate(np.bincount(codes)):
        if times:
            truth.count(code, int(times))
    return truth


def _days(instants: Int64s) -> Counts:
    days, times = np.unique(instants // MICROS_PER_DAY, return_counts=True)
    return {
        (_EPOCH + timedelta(days=int(day))).isoformat(): int(count)
        for day, count in zip(days, times, strict=True)
    }
