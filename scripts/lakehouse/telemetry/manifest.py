"""The truth about generated bronze data: how many rows, of what, on which day.

Tests compare the pipeline with it. Counts come from how rows were generated, never from reading their text.
Everything is counted per arrival day and then only added up, so more days are more entries.
"""

import hashlib
import json
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field

from lakehouse.synthetic.spellings import SPELLINGS, SpellingKind
from lakehouse.telemetry.scenario import GENERATOR_VERSION, Scenario
from lakehouse.telemetry.tables import BRONZE_TABLES, TELEMETRY_TABLES

MANIFEST_FORMAT = 1
MANIFEST_KEY = "_manifests/telemetry.json"
# Exists while a generation is running, and holds the scenario that is being written.
JOURNAL_KEY = "_manifests/telemetry.started.json"

Counts = dict[str, int]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ColumnTruth(_Model):
    """The results of reading the texts of a column: parsed + empty + rejected = total.

    `classes`, `reasons` and `markers` split the three by format class, reject reason and empty marker
    (`missing` is NULL, `absent` a missing JSON key).
    """

    total: int = 0
    parsed: int = 0
    empty: int = 0
    rejected: int = 0
    classes: Counts = Field(default_factory=dict)
    reasons: Counts = Field(default_factory=dict)
    markers: Counts = Field(default_factory=dict)

    def count(self, code: int, times: int) -> None:
        """Add a number of texts of a spelling."""
        spelling = SPELLINGS[code]
        self.total += times
        match spelling.kind:
            case SpellingKind.PARSED:
                self.parsed += times
                add_counts(self.classes, {spelling.label: times})
            case SpellingKind.REJECTED:
                self.rejected += times
                add_counts(self.reasons, {spelling.label: times})
            case SpellingKind.EMPTY:
                self.empty += times
                add_counts(self.markers, {spelling.label: times})


class Truth(_Model):
    """The content of a table, on one arrival day or in total.

    `exact_duplicates` are second copies that are equal in every column. `redelivered` are copies that arrived
    again in a later file, with another spelling of event_timestamp. `missing_keys` are copies whose event_id
    is NULL or empty. `late_rows` are rows whose readable time is on an earlier day than their arrival.
    `distinct_ids` counts an identifier on the day of its first row in the table, `distinct_parsed_ids` on the
    day of its first row with a readable time (telemetry only; `new_parsed_by_event_day` has it by the UTC day
    of that time).
    """

    rows: int = 0
    files: int = 0
    bytes: int = 0
    exact_duplicates: int = 0
    redelivered: int = 0
    missing_keys: int = 0
    late_rows: int = 0
    distinct_ids: int = 0
    distinct_parsed_ids: int = 0
    new_parsed_by_event_day: Counts = Field(default_factory=dict)
    columns: dict[str, ColumnTruth] = Field(default_factory=dict)


class TableTruth(_Model):
    """A table: its location, and its content in total and by arrival day (ISO dates)."""

    database: str
    location: str
    total: Truth
    arrival_days: dict[str, Truth]


class EventsOfDay(_Model):
    """The events that an arrival day adds to the three telemetry tables together."""

    distinct_ids: int = 0
    parsed_by_event_day: Counts = Field(default_factory=dict)


class EventsTruth(_Model):
    """The events of the three telemetry tables together, each counted once.

    `by_arrival_day` splits the parsed ones by the day on which the first row with a readable time arrived in
    any table, and by the day of that time.
    """

    distinct_ids: int
    distinct_parsed_ids: int
    parsed_by_event_day: Counts
    by_arrival_day: dict[str, EventsOfDay]


class Manifest(_Model):
    """Everything that is known about the data, by legacy table names (`acme_telemetry.telemetry`)."""

    format: int = MANIFEST_FORMAT
    generator_version: int = GENERATOR_VERSION
    fingerprint: str
    scenario: Scenario
    bucket: str
    telemetry_rows: int
    telemetry_events: EventsTruth
    tables: dict[str, TableTruth]

    def as_json(self) -> bytes:
        return (self.model_dump_json(indent=1) + "\n").encode()


def fingerprint(scenario: Scenario) -> str:
    """Return a hash of the arguments and the generator's version; equal hashes mean equal data."""
    content = {"version": GENERATOR_VERSION, "format": MANIFEST_FORMAT, **scenario.model_dump(mode="json")}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def assemble(
    scenario: Scenario,
    bucket: str,
    databases: dict[str, str],
    days: dict[str, dict[str, Truth]],
    events: dict[str, EventsOfDay],
) -> Manifest:
    """Add up the days of the tables into a manifest.

    `databases` has the Glue name of each legacy database; `days` and `events` are by ISO arrival date.
    """
    tables = {
        table.full_name: TableTruth(
            database=databases[table.database],
            location=table.location(bucket),
            total=summed(days[table.full_name].values()),
            arrival_days=dict(sorted(days[table.full_name].items())),
        )
        for table in BRONZE_TABLES
    }
    by_event_day: Counts = {}
    for of_day in events.values():
        add_counts(by_event_day, of_day.parsed_by_event_day)
    return Manifest(
        fingerprint=fingerprint(scenario),
        scenario=scenario,
        bucket=bucket,
        telemetry_rows=sum(tables[table.full_name].total.rows for table in TELEMETRY_TABLES),
        telemetry_events=EventsTruth(
            distinct_ids=sum(of_day.distinct_ids for of_day in events.values()),
            distinct_parsed_ids=sum(by_event_day.values()),
            parsed_by_event_day=dict(sorted(by_event_day.items())),
            by_arrival_day=dict(sorted(events.items())),
        ),
        tables=tables,
    )


def summed(truths: Iterable[Truth]) -> Truth:
    """Return the sum of the truths about disjoint sets of rows."""
    total = Truth()
    for truth in truths:
        for name in _NUMBERS:
            setattr(total, name, getattr(total, name) + getattr(truth, name))
        add_counts(total.new_parsed_by_event_day, truth.new_parsed_by_event_day)
        for name, column in truth.columns.items():
            of_column = total.columns.setdefault(name, ColumnTruth())
            for number in ("total", "parsed", "empty", "rejected"):
                setattr(of_column, number, getattr(of_column, number) + getattr(column, number))
            add_counts(of_column.classes, column.classes)
            add_counts(of_column.reasons, column.reasons)
            add_counts(of_column.markers, column.markers)
    return total


_NUMBERS = [name for name, field in Truth.model_fields.items() if field.annotation is int]


def add_counts(counts: Counts, more: Counts) -> None:
    """Add `more` to `counts` in place."""
    for name, times in more.items():
        counts[name] = counts.get(name, 0) + times
