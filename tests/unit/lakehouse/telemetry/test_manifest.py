"""The manifest tells the truth: counted again from the bytes of the files, by the rules for reading them."""

import gzip
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from lakehouse.synthetic.spellings import code_of
from lakehouse.telemetry.arrivals import files
from lakehouse.telemetry.census import Census, column_truth
from lakehouse.telemetry.manifest import ColumnTruth, Manifest, Truth, assemble, fingerprint, summed
from lakehouse.telemetry.scenario import Scenario
from lakehouse.telemetry.tables import BRONZE_TABLES, JSON_EVENTS, TELEMETRY_TABLES, BronzeTable
from lakehouse.times.reference import read

DATABASES = {"acme_telemetry": "acme_telemetry", "acme_streaming_data": "acme_streaming_data"}


Counts = dict[str, Counter[str]]


class Recount:
    """What the bytes of the files say."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], int] = Counter()
        self.columns: dict[tuple[str, str, str], dict[str, Counter[str]]] = defaultdict(
            lambda: defaultdict(Counter)
        )
        self.ids: dict[str, set[str]] = defaultdict(set)
        self.parsed_events: dict[str, dict[str, str]] = defaultdict(dict)
        self.late: dict[str, int] = Counter()
        self.missing_keys: dict[tuple[str, str | None], int] = Counter()
        self.contents: dict[str, list[str]] = defaultdict(list)

    def count(self, table: BronzeTable, day: str, rows: Iterable[dict[str, Any]]) -> None:
        for row in rows:
            self.rows[table.full_name, day] += 1
            identity = row[table.columns[0].name]
            if identity:
                self.ids[table.full_name].add(identity)
            else:
                self.missing_keys[table.full_name, identity] += 1
            self.contents[table.full_name].append(json.dumps({**row, "arrival": day}, sort_keys=True))
            for column in table.time_columns:
                reading = read(row.get(column))
                counts = self.columns[table.full_name, day, column]
                counts["status"][reading.status] += 1
                counts[reading.status][reading.format_class or reading.reason or ""] += 1
                if table in TELEMETRY_TABLES and reading.status == "parsed":
                    event_day = (reading.timestamp or "")[:10]
                    self.late[table.full_name] += event_day < day
                    if not identity:
                        continue
                    assert self.parsed_events[table.full_name].setdefault(identity, event_day) == event_day


@pytest.fixture(scope="module")
def counted(scenario: Scenario) -> tuple[Manifest, Recount]:
    census, recount = Census(), Recount()
    for _, some in files(scenario):
        for file in some:
            content = file.encoded()
            census.count(file, len(content))
            if file.table is JSON_EVENTS:
                rows = [json.loads(line) for line in gzip.decompress(content).splitlines()]
            else:
                rows = pq.read_table(io.BytesIO(content)).to_pylist()
            recount.count(file.table, file.day.isoformat(), rows)
    return assemble(scenario, "bucket", DATABASES, census.days, census.events), recount


@pytest.mark.parametrize("table", BRONZE_TABLES, ids=lambda table: table.full_name)
def test_every_day_of_every_column_is_counted_truly(
    counted: tuple[Manifest, Recount], table: BronzeTable, scenario: Scenario
) -> None:
    manifest, recount = counted
    days = manifest.tables[table.full_name].arrival_days
    assert set(days) <= {scenario.date_of(day).isoformat() for day in range(scenario.days)}
    for day, truth in days.items():
        assert truth.rows == recount.rows[table.full_name, day]
        for name in table.time_columns:
            column, counts = truth.columns[name], recount.columns[table.full_name, day, name]
            assert column.total == truth.rows
            assert column.parsed == counts["status"]["parsed"]
            assert column.empty == counts["status"]["empty"]
            assert column.rejected == counts["status"]["rejected"]
            assert column.classes == counts["parsed"]
            assert column.reasons == counts["rejected"]
            assert sum(column.markers.values()) == column.empty


@pytest.mark.parametrize("table", TELEMETRY_TABLES, ids=lambda table: table.full_name)
def test_events_of_a_table_are_counted_truly(counted: tuple[Manifest, Recount], table: BronzeTable) -> None:
    manifest, recount = counted
    total, name = manifest.tables[table.full_name].total, table.full_name
    assert total.distinct_ids == len(recount.ids[name])
    assert total.distinct_parsed_ids == len(recount.parsed_events[name])
    assert total.new_parsed_by_event_day == Counter(recount.parsed_events[name].values())
    assert total.late_rows == recount.late[name]
    assert total.rows == (
        total.distinct_ids + total.exact_duplicates + total.redelivered + total.missing_keys
    )
    assert total.exact_duplicates == total.rows - len(set(recount.contents[name]))
    nulls, empties = recount.missing_keys[name, None], recount.missing_keys[name, ""]
    assert total.missing_keys == nulls + empties > 0
    # JSON writes no NULL but for the time.
    assert (nulls > 0) == (table is not JSON_EVENTS)


def test_events_of_the_three_tables_together_are_counted_truly(counted: tuple[Manifest, Recount]) -> None:
    manifest, recount = counted
    parsed: dict[str, str] = {}
    ids: set[str] = set()
    for table in TELEMETRY_TABLES:
        ids |= recount.ids[table.full_name]
        for identity, day in recount.parsed_events[table.full_name].items():
            assert parsed.setdefault(identity, day) == day
    events = manifest.telemetry_events
    assert events.distinct_ids == len(ids)
    assert events.distinct_parsed_ids == len(parsed)
    assert events.parsed_by_event_day == Counter(parsed.values())
    assert events.distinct_parsed_ids < sum(
        manifest.tables[table.full_name].total.distinct_parsed_ids for table in TELEMETRY_TABLES
    )


@pytest.mark.parametrize("name", ["customers", "titles", "campaigns"])
def test_records_of_a_dimension_are_counted_truly(counted: tuple[Manifest, Recount], name: str) -> None:
    manifest, recount = counted
    total = manifest.tables[f"acme_streaming_data.{name}"].total
    assert total.distinct_ids == len(recount.ids[f"acme_streaming_data.{name}"])
    contents = recount.contents[f"acme_streaming_data.{name}"]
    assert total.exact_duplicates == len(contents) - len(set(contents))


def test_the_truth_of_a_column_by_hand() -> None:
    codes = [
        code_of("iso_utc", "{Y}-{m}-{d}T{H}:{M}Z"),
        code_of("iso_utc", "{Y}-{m}-{d}T{H}:{M}:{S}Z"),
        code_of("epoch_millis", "{ms}"),
        code_of("zone_name", "{Y}-{m}-{d} {H}:{M}:{S} CET"),
        code_of("missing", None),
        code_of("N/A", "N/A"),
    ]
    assert column_truth(np.array(codes, dtype=np.int16)) == ColumnTruth(
        total=6,
        parsed=3,
        empty=2,
        rejected=1,
        classes={"iso_utc": 2, "epoch_millis": 1},
        reasons={"zone_name": 1},
        markers={"missing": 1, "N/A": 1},
    )


def test_truths_add_up() -> None:
    column = ColumnTruth(total=2)
    one = Truth(rows=2, late_rows=1, new_parsed_by_event_day={"2025-08-11": 1}, columns={"a": column})
    other = Truth(rows=3, files=1, new_parsed_by_event_day={"2025-08-11": 1, "2025-08-12": 1})
    assert summed([one, other]) == Truth(
        rows=5,
        files=1,
        late_rows=1,
        new_parsed_by_event_day={"2025-08-11": 2, "2025-08-12": 1},
        columns={"a": ColumnTruth(total=2)},
    )
    assert one.rows == 2


def test_the_fingerprint_follows_every_argument(smallest: Scenario) -> None:
    changes: list[dict[str, object]] = [{}, {"days": 3}, {"scale": 0.03}, {"dirt": 0.03}, {"seed": 4}]
    scenarios = [smallest.model_copy(update=change) for change in changes]
    assert len({fingerprint(each) for each in scenarios}) == len(changes)
    assert fingerprint(smallest) == fingerprint(smallest.model_copy())


def test_a_manifest_survives_being_written(counted: tuple[Manifest, Recount]) -> None:
    manifest, _ = counted
    assert Manifest.model_validate_json(manifest.as_json()) == manifest
