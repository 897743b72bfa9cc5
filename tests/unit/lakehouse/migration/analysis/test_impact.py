"""Where uses are found and how they are judged: code read as code, manifests, history; and the reports."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.support.sandbox import ROOT

from lakehouse.dbt.manifest import Manifest
from lakehouse.errors import UsageError
from lakehouse.migration.analysis.estimates import Estimate
from lakehouse.migration.analysis.impact import Use, Verdict, as_json, counts, judge
from lakehouse.migration.analysis.impact_report import html_report, use_row
from lakehouse.migration.analysis.usages.code import find_in_code
from lakehouse.migration.analysis.usages.dbt import find_in_dbt
from lakehouse.migration.analysis.usages.finds import Find, Place, Runs
from lakehouse.migration.analysis.usages.history import fingerprint
from lakehouse.migration.config import load_config
from lakehouse.migration.migrated_tables import load_migrated_tables

CONFIG = load_config(ROOT / "migrations" / "acme_telemetry.yml")
SHAPES = load_migrated_tables(CONFIG, None, None)
AGENT = '''"""An agent over acme_telemetry.telemetry."""
SYSTEM = (
    "You write SQL.\\n"
    "- Always use CAST(event_timestamp AS timestamp) for time filtering\\n"
)


def viewers(hours, table, start):
    log("select the telemetry rows")
    recent = f"""
        select count(distinct customer_id) from acme_telemetry.telemetry
        where cast(event_timestamp as timestamp) > current_timestamp - interval '{hours}' hour
    """
    unknown = f"select count(*) from acme_telemetry.telemetry where event_timestamp > '{start:%Y}'"
    summed = "select max(from_iso8601_timestamp(event_timestamp))" + " from acme_telemetry.telemetry limit %s"
    somewhere = f"select event_id from {table}.telemetry"
    bare = "select event_id from telemetry"
    other = "select event_id from other.telemetry"
    return recent, unknown, summed, somewhere, bare, other
'''


def judged(*finds: Find, database: str | None = None) -> list[Use]:
    return judge(finds, SHAPES, database)


def query(sql: str, **more: Any) -> Find:
    return Find(Place.QUERY, "primary/1", sql, "acme_telemetry", **more)


@pytest.mark.parametrize(
    ("sql", "verdict"),
    [
        ("select count(*) from telemetry where event_type = 'start'", Verdict.UNCHANGED),
        ("select max(event_timestamp) from telemetry", Verdict.VIEW),
        ("select 1 from telemetry where cast(event_timestamp as timestamp) > now()", Verdict.VIEW),
        ("select 1 from telemetry where from_iso8601_timestamp(event_timestamp) > now()", Verdict.REWRITE),
        ("select 1 from telemetry where regexp_like(event_timestamp, 'Z$')", Verdict.REWRITE),
        ("select 1 from telemetry where \"$path\" like '%x'", Verdict.REWRITE),
        ("insert into telemetry select * from other.t", Verdict.REWRITE),
        ("select from from acme_telemetry.telemetry (", Verdict.UNREADABLE),
    ],
)
def test_a_query_is_judged_by_what_it_does_with_the_times(sql: str, verdict: Verdict) -> None:
    [use] = judged(query(sql))
    assert use.verdict is verdict


def test_a_query_of_other_tables_is_no_use() -> None:
    assert judged(query("select count(*) from other.telemetry")) == []
    assert judged(query("select 'telemetry' as word")) == []


def test_the_rewritten_statement_stands_beside_the_reason() -> None:
    [use] = judged(query("select max(from_iso8601_timestamp(event_timestamp)) as m from telemetry"))
    assert use.reasons == ("from_iso8601_timestamp(event_timestamp) doesn't work with the view's text",)
    assert use.rewritten is not None
    assert " ".join(use.rewritten.split()) == (
        "select max(with_timezone(event_timestamp, 'UTC')) as m from acme_telemetry.telemetry_v2"
    )


def test_code_is_read_as_code(tmp_path: Path) -> None:
    (tmp_path / "agent.py").write_text(AGENT)
    uses = {use.name.rsplit(":")[-1]: use for use in judge(find_in_code([tmp_path], SHAPES), SHAPES)}
    assert {line: use.verdict for line, use in uses.items()} == {
        "3": Verdict.REWRITE,
        "11": Verdict.VIEW,
        "14": Verdict.REWRITE,
        "15": Verdict.REWRITE,
        "16": Verdict.REWRITE,
        "17": Verdict.REWRITE,
    }
    assert uses["3"].place is Place.PROMPT
    assert uses["11"].rewritten is not None
    assert "interval '{hours}' hour" in uses["11"].rewritten
    assert uses["14"].reasons == ("event_timestamp is compared with '{start:%Y}', which is not a time",)
    assert uses["15"].rewritten is not None
    assert uses["15"].rewritten.strip().endswith("limit %s")
    assert "{table}.telemetry may be acme_telemetry.telemetry or" in uses["16"].reasons[0]
    assert uses["17"].reasons[0].startswith("telemetry may be")


def test_the_database_of_bare_names_can_be_told(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text(
        "select 1;\n\nselect count(*) from telemetry;\nselect max(created_at) from titles\n"
    )
    finds = list(find_in_code([tmp_path / "a.sql"], SHAPES))
    assert [find.name.rsplit(":")[-1] for find in finds] == ["3", "4"]
    uses = judge(finds, SHAPES, "acme_streaming_data")
    assert {use.tables: use.verdict for use in uses} == {
        ("acme_streaming_data.titles",): Verdict.VIEW,
        ("acme_streaming_data.telemetry",): Verdict.UNCHANGED,
    }


def test_sql_blocks_of_markdown_are_code_and_prose_is_not(tmp_path: Path) -> None:
    (tmp_path / "plan.md").write_text(
        "Select from acme_telemetry.telemetry as you like.\n\n"
        "```sql\nSELECT COUNT(*) FROM acme_telemetry.telemetry\n```\n\n"
        "```python\nx = 'select 1 from acme_telemetry.telemetry'\n```\n"
    )
    assert [find.name.rsplit(":")[-1] for find in find_in_code([tmp_path], SHAPES)] == ["4"]


def test_folders_of_others_are_left_out_and_a_missing_one_is_named(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "x.sql").write_text("select 1 from acme_telemetry.telemetry")
    (tmp_path / "broken.py").write_text("def (: telemetry")
    assert list(find_in_code([tmp_path], SHAPES)) == []
    with pytest.raises(UsageError, match="nowhere"):
        list(find_in_code([tmp_path / "nowhere"], SHAPES))


def manifest() -> Manifest:
    def model(name: str, parents: list[str], **more: Any) -> dict[str, Any]:
        return {
            "resource_type": "model",
            "name": name,
            "original_file_path": f"models/{name}.sql",
            "relation_name": f'"awsdatacatalog"."marts"."{name}"',
            "depends_on": {"nodes": parents},
            "language": "sql",
            **more,
        }

    source = {
        "source_name": "live",
        "name": "events",
        "schema": "acme_telemetry",
        "identifier": "telemetry",
        "relation_name": '"awsdatacatalog"."acme_telemetry"."telemetry"',
    }
    nodes = {
        "model.a": model(
            "a", ["source.s"], raw_code="select event_timestamp from {{ source('live', 'events') }}"
        ),
        "model.b": model(
            "b", ["source.s"], raw_code="select {{ some_macro() }} from {{ source('live', 'events') }}"
        ),
        "model.c": model(
            "c",
            ["source.s"],
            raw_code="{{ anything() }}",
            compiled_code='select count(*) from "awsdatacatalog"."acme_telemetry"."telemetry"',
        ),
        "model.d": model("d", ["model.a"], raw_code="select 1 from {{ ref('a') }}"),
    }
    exposure = {"name": "dashboard", "depends_on": {"nodes": ["model.d"]}}
    return Manifest({"nodes": nodes, "sources": {"source.s": source}, "exposures": {"exposure.e": exposure}})


def test_dbt_models_are_found_by_their_source_and_exposures_behind_them() -> None:
    uses = {use.name: use for use in judge(find_in_dbt(manifest(), SHAPES, Path()), SHAPES)}
    assert {name: use.verdict for name, use in uses.items()} == {
        "models/a.sql": Verdict.VIEW,
        "models/b.sql": Verdict.UNREADABLE,
        "models/c.sql": Verdict.UNCHANGED,
        "dashboard": Verdict.UNCHANGED,
    }
    assert "dbt compile" in uses["models/b.sql"].reasons[0]
    assert uses["dashboard"].tables == ("acme_telemetry.telemetry",)


def test_uses_in_dbt_name_the_owner_that_dbt_knows() -> None:
    content = manifest().content
    content["nodes"]["model.a"]["config"] = {"meta": {"owner": "reporting@acme.example"}}
    content["nodes"]["model.b"]["group"] = "finance"
    content["groups"] = {"group.p.finance": {"name": "finance", "owner": {"email": ["a@x.org", "b@x.org"]}}}
    content["exposures"]["exposure.e"]["owner"] = {"name": "Ana", "email": "ana@acme.example"}
    uses = judge(find_in_dbt(Manifest(content), SHAPES, Path()), SHAPES)
    assert {use.name: as_json(use)["owner"] for use in uses} == {
        "models/a.sql": "reporting@acme.example",
        "models/b.sql": "<a@x.org, b@x.org>",
        "models/c.sql": None,
        "dashboard": "Ana <ana@acme.example>",
    }


def test_queries_that_differ_in_literals_and_layout_have_one_fingerprint() -> None:
    one = "select count(*) from t where a = 'x' and b > 12 -- today"
    assert fingerprint(one) == fingerprint("SELECT count(*)\nFROM t\nWHERE a = 'yy' AND b > 3")
    assert fingerprint(one) != fingerprint("select count(*) from t where a = 'x' and c > 12")


def test_uses_are_counted_by_table() -> None:
    uses = judged(
        query("select 1 from telemetry"), query("select max(updated_at) from acme_streaming_data.titles")
    )
    assert counts(uses)["works unchanged"] == 1
    assert counts(uses, "acme_streaming_data.titles") == {
        "could not be read": 0,
        "needs a rewrite": 0,
        "works through the view": 1,
        "works unchanged": 0,
    }


def test_the_report_has_both_statements_and_no_foreign_markup() -> None:
    at = datetime(2025, 8, 13, tzinfo=UTC)
    bad = "select max(from_iso8601_timestamp(event_timestamp)), '<script>' from telemetry"
    uses = judged(query(bad, runs=Runs(7, 2, 1, 1000, at)))
    estimate = Estimate("acme_telemetry.telemetry", 3, 2_000_000, None, None, None, 6_000_000, 0.02, 90.0)
    page = html_report(uses, [estimate], "acme", at)
    assert "<script" not in page
    assert "&#39;&lt;script&gt;&#39;" in page
    assert "acme_telemetry.telemetry_v2" in page
    assert "7 runs, last 2025-08-13, 1 conversion error" in page
    assert use_row(uses[0])[4:] == [7, "2025-08-13", 1, "yes"]


def test_models_whose_sources_follow_the_cutover_work_unchanged(tmp_path: Path) -> None:
    content = manifest()
    for source in content.content["sources"].values():
        source |= {"original_file_path": "sources.yml", "source_name": "acme", "name": "telemetry"}
    (tmp_path / "sources.yml").write_text(
        "sources: [{name: acme, tables: [{name: telemetry, identifier: \"{{ var('cut_over_tables') }}\"}]}]"
    )

    def in_need(project: Path) -> list[Use]:
        uses = judge(find_in_dbt(content, SHAPES, project), SHAPES)
        return [use for use in uses if use.verdict.needs_work]

    assert in_need(Path())
    assert not in_need(tmp_path)
