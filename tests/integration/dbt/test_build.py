"""What a build gives, compared with the truth: the manifest that the generator wrote beside the data.

The generator knows how it made each row; nothing here parses a text again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.sandbox import Sandbox

FACT = "local_marts.fct_playback_events"
V2 = "acme_telemetry.telemetry_v2"
DIMENSIONS = {
    "customers": "local_marts.dim_customers",
    "titles": "local_marts.dim_titles",
    "campaigns": "local_marts.dim_campaigns",
}


def counts(rows: list[list[str | None]]) -> dict[str, int]:
    return {str(key): int(count or 0) for key, count in rows}


def test_row_accounting_is_the_truth_per_table_column_and_day(built: Sandbox, bronze: dict[str, Any]) -> None:
    expected = {
        (table, column, day, truth["total"], truth["parsed"], truth["empty"], truth["rejected"])
        for table, facts in bronze["tables"].items()
        for day, arrivals in facts["arrival_days"].items()
        for column, truth in arrivals["columns"].items()
    }
    accounted = built.sql(
        "select _source_table, column_name, cast(_load_date as varchar), raw_rows, parsed_rows, empty_rows,"
        " rejected_rows from local_marts.row_accounting"
    )
    assert {(*row[:3], *(int(count or 0) for count in row[3:])) for row in accounted} == expected


def test_rejects_carry_the_true_reasons(built: Sandbox, bronze: dict[str, Any]) -> None:
    expected = {
        (table, column, reason, count)
        for table, facts in bronze["tables"].items()
        for column, truth in facts["total"]["columns"].items()
        for reason, count in truth["reasons"].items()
        if count
    }
    expected |= {
        (table, "event_id", "missing_key", facts["total"]["missing_keys"])
        for table, facts in bronze["tables"].items()
        if facts["total"]["missing_keys"]
    }
    assert len([1 for _, _, reason, _ in expected if reason == "missing_key"]) == 3
    rejected = built.sql(
        "select _source_table, column_name, reject_reason, sum(occurrences) from local_marts.rejected_rows"
        " group by _source_table, column_name, reject_reason"
    )
    assert {(*row[:3], int(row[3] or 0)) for row in rejected} == expected


def test_every_class_and_reason_is_in_the_data(bronze: dict[str, Any]) -> None:
    columns = [c for t in bronze["tables"].values() for c in t["total"]["columns"].values()]
    assert {reason for c in columns for reason, count in c["reasons"].items() if count} == {
        "ambiguous_date",
        "out_of_range",
        "unknown_format",
        "zone_name",
    }
    assert len({name for c in columns for name, count in c["classes"].items() if count}) == 16


def test_facts_are_the_distinct_events_with_a_time(built: Sandbox, bronze: dict[str, Any]) -> None:
    by_day = counts(built.sql(f"select cast(event_date as varchar), count(*) from {FACT} group by 1"))
    assert by_day == bronze["telemetry_events"]["parsed_by_event_day"]
    assert sum(by_day.values()) == bronze["telemetry_events"]["distinct_parsed_ids"]


def test_telemetry_v2_is_the_events_of_its_one_source(built: Sandbox, bronze: dict[str, Any]) -> None:
    [[rows]] = built.sql(f"select count(*) from {V2}")
    assert int(rows or 0) == bronze["tables"]["acme_telemetry.telemetry"]["total"]["distinct_parsed_ids"]


@pytest.mark.parametrize("name", DIMENSIONS)
def test_a_dimension_has_one_row_per_key(built: Sandbox, bronze: dict[str, Any], name: str) -> None:
    [[rows]] = built.sql(f"select count(*) from {DIMENSIONS[name]}")
    assert int(rows or 0) == bronze["tables"][f"acme_streaming_data.{name}"]["total"]["distinct_ids"]


def test_a_rejected_row_is_kept_whole(built: Sandbox) -> None:
    [[raw_row, raw_value, path]] = built.sql(
        "select raw_row, raw_value, _source_path from local_marts.rejected_rows"
        " where _source_table = 'acme_telemetry.video_telemetry_json'"
        " and reject_reason = 'ambiguous_date' limit 1"
    )
    row = json.loads(raw_row or "")
    assert len(row) == 24
    assert row["event_timestamp"] == raw_value
    [[found]] = built.sql(
        "select count(*) from acme_telemetry.video_telemetry_json"
        f""" where event_id = '{row["event_id"]}' and "$path" = '{path}'"""
    )
    assert int(found or 0) >= 1


# The seed's own queries, against the views and the table that answer them now.
LEGACY_QUERIES = {
    "viewers of the last two hours, cast": (
        "SELECT COUNT(DISTINCT t.customer_id) as unique_viewers FROM acme_telemetry.telemetry_compat t"
        " WHERE CAST(t.event_timestamp AS timestamp) >= current_timestamp - INTERVAL '2' HOUR"
        " AND t.event_type = 'start'"
    ),
    "viewers of the last two hours, typed": (
        "SELECT COUNT(DISTINCT t.customer_id) as unique_viewers FROM acme_telemetry.telemetry_v2 t"
        " WHERE t.event_timestamp >= current_timestamp - INTERVAL '2' HOUR AND t.event_type = 'start'"
    ),
    "problematic timestamps": (
        "SELECT COUNT(CASE WHEN try_cast(event_timestamp AS timestamp) IS NULL THEN 1 END)"
        " FROM acme_telemetry.telemetry_compat"
    ),
}


@pytest.mark.parametrize("query", LEGACY_QUERIES.values(), ids=LEGACY_QUERIES.keys())
def test_a_legacy_query_is_answered(built: Sandbox, query: str) -> None:
    # The data is of 2025: nothing is younger than two hours, and no time is problematic.
    assert built.sql(query) == [["0"]]


def test_legacy_views_answer_as_the_typed_table_does(built: Sandbox) -> None:
    old = built.sql(
        "select substr(event_timestamp, 1, 10), event_type, count(*), count(distinct customer_id)"
        " from acme_telemetry.telemetry_compat"
        " where cast(event_timestamp as timestamp) >= timestamp '2025-08-12 00:00:00'"
        " group by 1, 2 order by 2, 1"
    )
    new = built.sql(
        f"select event_date, event_type, count(*), count(distinct customer_id) from {V2}"
        " where event_timestamp >= timestamp '2025-08-12 00:00:00' group by 1, 2 order by 2, 1"
    )
    assert old == new
    assert len(old) >= 5


@pytest.mark.parametrize(
    "table",
    [
        "acme_telemetry.telemetry",
        "acme_telemetry.video_telemetry_json",
        "acme_streaming_data.telemetry",
        "acme_streaming_data.customers",
        "acme_streaming_data.titles",
        "acme_streaming_data.campaigns",
    ],
)
def test_a_legacy_view_has_the_columns_of_its_old_table(built: Sandbox, table: str) -> None:
    def columns(name: str) -> list[tuple[str, str]]:
        found = built.client("glue").get_table(DatabaseName=table.split(".")[0], Name=name)["Table"]
        all_of_it = found["StorageDescriptor"]["Columns"] + found.get("PartitionKeys", [])
        return [(column["Name"], column["Type"]) for column in all_of_it]

    name = table.split(".")[1]
    assert columns(f"{name}_compat") == columns(name)


def test_a_day_of_the_typed_table_is_read_alone(built: Sandbox) -> None:
    plan = built.sql(
        f"explain select count(*) from {V2} where event_timestamp >= timestamp '2025-08-12 00:00:00'"
        " and event_timestamp < timestamp '2025-08-13 00:00:00'"
    )
    text = "\n".join(str(row[0]) for row in plan)
    # The whole condition went into the scan: nothing is left to filter, so partitions alone decide.
    assert "Filter" not in text, text


def test_every_column_is_documented(built: Sandbox, tmp_path: Path) -> None:
    built.run("dbt", "docs", "generate", "--static")
    target = Path(built.env["DBT_TARGET_PATH"])
    catalog = json.loads((target / "catalog.json").read_text())
    manifest = json.loads((target / "manifest.json").read_text())
    assert (target / "static_index.html").stat().st_size > 1_000_000
    for kind in ("nodes", "sources"):
        for unique_id, relation in catalog[kind].items():
            documented = manifest[kind][unique_id]["columns"]
            assert set(relation["columns"]) == set(documented), unique_id
    assert len(catalog["sources"]) == 6
    assert len(catalog["nodes"]) >= 21


def test_freshness_is_computed_from_the_arrival_day(built: Sandbox, bronze: dict[str, Any]) -> None:
    built.run("dbt", "source", "freshness", check=False)
    results = json.loads((Path(built.env["DBT_TARGET_PATH"]) / "sources.json").read_text())["results"]
    newest = {r["unique_id"].split(".", 2)[2]: r["max_loaded_at"][:10] for r in results}
    assert newest == {table: max(facts["arrival_days"]) for table, facts in bronze["tables"].items()}


def test_the_summary_says_what_was_built(built: Sandbox, bronze: dict[str, Any]) -> None:
    built.run("lakehouse", "build", "--", "--select", "row_accounting")
    summary = json.loads(built.run("lakehouse", "summary", "--json").stdout)
    raw = {(a["source_table"], a["column_name"]): a["raw_rows"] for a in summary["accounts"]}
    assert (
        raw["acme_telemetry.telemetry", "event_timestamp"]
        == bronze["tables"]["acme_telemetry.telemetry"]["total"]["rows"]
    )
    assert {"type": "model", "status": "success", "count": 1} in summary["nodes"]
    assert summary["queries"] >= 5
    assert summary["scanned_bytes"] > 0


def test_viewer_demand_counts_what_the_facts_hold(built: Sandbox) -> None:
    """The same numbers by SQL: another engine, another way to count."""
    from_facts = built.sql(
        f"select cast(event_date as varchar), hour(event_timestamp), coalesce(device_type, 'unknown'),"
        f" count(distinct customer_id), count_if(event_type = 'start') from {FACT}"
        f" where event_date <= (select max(_load_date) from {FACT})"
        f" and event_date > date_add('day', -400, (select max(_load_date) from {FACT})) group by 1, 2, 3"
    )
    from_spark = built.sql(
        "select cast(event_date as varchar), event_hour, device_type, viewers, playback_starts"
        " from local_marts.viewer_demand_by_hour where viewers > 0"
    )
    assert sorted(map(tuple, from_spark)) == sorted(map(tuple, from_facts))
