"""Files hold exactly the rows they were made of, and equal rows make equal bytes."""

import gzip
import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lakehouse.telemetry import arrivals, encoding
from lakehouse.telemetry.arrivals import TelemetryFile, files
from lakehouse.telemetry.scenario import Scenario
from lakehouse.telemetry.tables import BRONZE_TABLES, JSON_EVENTS, REALTIME, BronzeTable

TABLE = pa.table(
    {
        "event_id": ["a", "b", "c", "d", "e"],
        "event_timestamp": ["2025-08-13", None, None, "", '\\N\t"\r\n'],
        "quality": pa.array(["HD", "4K", "HD", "SD", "SD"]).dictionary_encode(),
        "position_seconds": pa.array([0, 1, -2, 3, 4], pa.int32()),
        "bandwidth_mbps": [25.5, 0.0, 1.25, 100.0, 3.01],
    }
)
ABSENT = np.array([False, False, True, False, False])


def test_json_lines_are_the_rows() -> None:
    lines = encoding.json_lines(TABLE, "event_timestamp", ABSENT).decode().splitlines()
    one = {"event_id": "a", "event_timestamp": "2025-08-13", "quality": "HD"}
    two = {"event_id": "b", "event_timestamp": None, "quality": "4K"}
    three = {"event_id": "c", "quality": "HD"}
    four = {"event_id": "d", "event_timestamp": "", "quality": "SD"}
    five = {"event_id": "e", "event_timestamp": '\\N\t"\r\n', "quality": "SD"}
    assert [json.loads(line) for line in lines] == [
        {**one, "position_seconds": 0, "bandwidth_mbps": 25.5},
        {**two, "position_seconds": 1, "bandwidth_mbps": 0.0},
        {**three, "position_seconds": -2, "bandwidth_mbps": 1.25},
        {**four, "position_seconds": 3, "bandwidth_mbps": 100.0},
        {**five, "position_seconds": 4, "bandwidth_mbps": 3.01},
    ]


def test_json_lines_of_a_slice_are_the_slice() -> None:
    whole = encoding.json_lines(TABLE, "event_timestamp", ABSENT).splitlines(keepends=True)
    part = encoding.json_lines(TABLE.slice(2, 2), "event_timestamp", ABSENT[2:4])
    assert part == b"".join(whole[2:4])


def test_gzip_carries_no_time() -> None:
    packed = encoding.gzipped([b"one\n", b"two\n"])
    assert packed[4:8] == bytes(4)
    assert gzip.decompress(packed) == b"one\ntwo\n"


def test_parquet_has_the_plain_types_of_the_schema() -> None:
    schema = pa.schema(
        [(name, pa.string()) for name in ("event_id", "event_timestamp", "quality")]
        + [("position_seconds", pa.int32()), ("bandwidth_mbps", pa.float64())]
    )
    file = pq.ParquetFile(io.BytesIO(encoding.parquet([TABLE, TABLE.slice(1, 2)], schema)))
    assert file.schema_arrow.equals(schema)
    assert file.num_row_groups == 2
    # With Arrow's own schema in it, a file would change with the version of its writer.
    assert b"ARROW:schema" not in (file.metadata.metadata or {})
    assert file.read().to_pylist() == TABLE.to_pylist() + TABLE.slice(1, 2).to_pylist()


def contents(scenario: Scenario) -> dict[str, bytes]:
    return {each.key: each.encoded() for _, some in files(scenario) for each in some}


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others(smallest: Scenario) -> None:
    once = contents(smallest)
    assert contents(smallest) == once
    other = contents(smallest.model_copy(update={"seed": smallest.seed + 1}))
    assert all(other[key] != once[key] for key in once.keys() & other.keys())


def test_more_days_change_no_file_of_earlier_days(smallest: Scenario) -> None:
    short, long = contents(smallest), contents(smallest.grown_to(4))
    assert short == {key: content for key, content in long.items() if key in short}
    assert len(long) > len(short)


def test_files_lie_where_their_layout_says(smallest: Scenario) -> None:
    keys: dict[BronzeTable, set[str]] = {table: set() for table in BRONZE_TABLES}
    for _, some in files(smallest):
        for each in some:
            keys[each.table].add(each.key.rsplit("/", 1)[0])
    directories = {table.full_name: sorted(keys[table]) for table in BRONZE_TABLES}
    assert directories["acme_telemetry.telemetry"] == [
        "acme_telemetry/telemetry/2025/12/12",
        "acme_telemetry/telemetry/2025/12/13",
    ]
    assert directories["acme_streaming_data.telemetry"] == [
        "acme_streaming_data/telemetry/year=2025/month=12/day=12",
        "acme_streaming_data/telemetry/year=2025/month=12/day=13",
    ]
    assert directories["acme_streaming_data.titles"][0] == "acme_streaming_data/titles/2025/12/12"
    assert (
        "acme_telemetry/video_telemetry_json/year=2025/month=12/day=13/hour=09"
        in (directories["acme_telemetry.video_telemetry_json"])
    )


def test_a_large_file_is_cut_and_keeps_its_rows(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    def rows_of(table: object) -> list[TelemetryFile]:
        return [
            each
            for _, some in files(scenario.grown_to(1))
            for each in some
            if isinstance(each, TelemetryFile) and each.table is table
        ]

    whole = {table: rows_of(table) for table in (REALTIME, JSON_EVENTS)}
    monkeypatch.setattr(arrivals, "ROWS_PER_FILE", 30)
    for table, files_of_table in whole.items():
        cut = rows_of(table)
        assert len(cut) > len(files_of_table)
        assert len({each.key for each in cut}) == len(cut)
        assert max(len(each.rows) for each in cut) <= 30
        assert b"".join(each.rows.tobytes() for each in cut) == b"".join(
            each.rows.tobytes() for each in files_of_table
        )
