"""The prompt's section says what the manifest says, and takes the place of the old advice."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from tests.support.sandbox import ROOT

from lakehouse.dbt.manifest import Manifest
from lakehouse.errors import UsageError
from lakehouse.migration.agent_prompt import BEGIN, END, is_workaround, prompt_section, updated
from lakehouse.migration.config import MigrationConfig, load_config

SECTION = [BEGIN, '- telemetry_v2: times are "timestamp(6)", {never} text', END]
# As the users' own program has it (appendix A of their plan).
CAST_ADVICE = "- Always use CAST(event_timestamp AS timestamp) for time filtering"
CASE_ADVICE = "- Use lowercase values: event_type = 'start', title_type = 'movie'"


@pytest.fixture(scope="module")
def config() -> MigrationConfig:
    return load_config(ROOT / "migrations" / "acme_telemetry.yml")


def column(name: str, data_type: str, description: str) -> dict[str, str]:
    return {"name": name, "data_type": data_type, "description": description}


def node(kind: str, name: str, relation: str, *columns: dict[str, str], **more: Any) -> dict[str, Any]:
    database, table = relation.split(".")
    return {
        "unique_id": f"{kind}.lakehouse.{name}",
        "resource_type": kind,
        "name": name,
        "source_name": database,
        "schema": database,
        "identifier": table,
        "relation_name": f'"awsdatacatalog"."{database}"."{table}"',
        "description": f"One row per {name}. Primary key: id.",
        "columns": {each["name"]: each for each in columns},
        "fqn": ["lakehouse", "marts", name],
        "config": {"materialized": "table"},
        **more,
    }


def manifest() -> Manifest:
    times = {
        "customers": ("subscription_start_date", "created_at"),
        "titles": ("release_date", "created_at"),
        "campaigns": ("start_date", "created_at"),
        "telemetry": ("event_timestamp",),
        "video_telemetry_json": ("event_timestamp",),
    }
    sources = [
        node(
            "source",
            table,
            f"{database}.{table}",
            *(column(name, "string", f"The {name}.") for name in ("id", *times[table])),
        )
        for database, table in (
            ("acme_telemetry", "video_telemetry_json"),
            ("acme_streaming_data", "telemetry"),
            ("acme_streaming_data", "customers"),
            ("acme_streaming_data", "titles"),
            ("acme_streaming_data", "campaigns"),
        )
    ]
    model = node(
        "model",
        "telemetry_v2",
        "acme_telemetry.telemetry_v2",
        column("event_type", "varchar", "What happened."),
        column("event_timestamp", "timestamp(6)", "When, UTC."),
        column("_source_path", "varchar", "Its file."),
    )
    values = {
        "resource_type": "test",
        "test_metadata": {
            "name": "accepted_values",
            "kwargs": {"column_name": "event_type", "values": ["start", "stop"]},
        },
        "attached_node": model["unique_id"],
        "relation_name": None,
        "fqn": [],
    }
    return Manifest(
        {"nodes": {"a": model, "t": values}, "sources": {s["unique_id"] + s["schema"]: s for s in sources}}
    )


def test_the_section_names_tables_columns_types_and_values(config: MigrationConfig) -> None:
    section = prompt_section(manifest(), config)
    assert (section[0], section[-1]) == (BEGIN, END)
    start = section.index(
        "- acme_telemetry.telemetry_v2 (formerly acme_telemetry.telemetry): One row per telemetry_v2."
    )
    assert section[start + 1 : start + 3] == [
        "  - event_type varchar: What happened. One of 'start', 'stop'.",
        "  - event_timestamp timestamp(6): When, UTC.",
    ]
    # Typed by the migration, whatever the source's text is called.
    assert "  - subscription_start_date date: The subscription_start_date." in section
    assert (
        "- acme_streaming_data.customers_v2 (formerly acme_streaming_data.customers): "
        "One row per customer_id." in section
    )
    assert not any("_source_path" in line for line in section)
    # The two sentences that the users wanted.
    assert any(line.startswith("- Direct timestamp comparisons supported") for line in section)
    assert any(line.startswith("- Consistent data types across all tables") for line in section)
    assert not any(is_workaround(line, config) for line in section)


def test_a_source_is_known_by_its_name_once_its_table_is_cut_over() -> None:
    source = {"schema": "raw", "name": "events", "identifier": "events_legacy"}
    dbt = Manifest({"nodes": {}, "sources": {"source.x.raw.events": source}})
    assert dbt.source("raw.events") == source
    assert dbt.source("raw.events_legacy") == source
    assert dbt.source("raw.other") is None


def test_columns_that_an_earlier_table_has_are_told_once(config: MigrationConfig) -> None:
    section = prompt_section(manifest(), config)
    start = section.index(
        "- acme_streaming_data.telemetry_v2 (formerly acme_streaming_data.telemetry): One row per event_id."
    )
    assert section[start + 1] == "  - the columns of acme_telemetry.video_telemetry_json_v2"


def test_a_table_that_dbt_doesnt_know_is_named(config: MigrationConfig) -> None:
    known = manifest()
    known.content["sources"].popitem()
    with pytest.raises(UsageError, match=r"acme_streaming_data\.campaigns"):
        prompt_section(known, config)


@pytest.mark.parametrize(
    "line",
    [
        CAST_ADVICE,
        CASE_ADVICE,
        "Remember to wrap created_at in try_cast(... as timestamp).",
        "Parse event_timestamp by from_iso8601_timestamp first.",
    ],
)
def test_old_advice_is_known(config: MigrationConfig, line: str) -> None:
    assert is_workaround(line, config)


@pytest.mark.parametrize(
    "line",
    [
        "SELECT CAST(event_timestamp AS timestamp) FROM acme_telemetry.telemetry WHERE a = 1 AND b = 1",
        "- Always cast completion_percentage to integer: cast(completion_percentage as integer)",
        "You write SQL for Athena about event_timestamp.",
    ],
)
def test_other_lines_are_left_alone(config: MigrationConfig, line: str) -> None:
    assert not is_workaround(line, config)


def test_in_a_program_the_old_lines_become_the_section_in_their_quotes(config: MigrationConfig) -> None:
    source = (
        "PROMPT = (\n"
        '    "You write SQL.\\n"\n'
        f'    "{CAST_ADVICE}\\n"\n'
        f'    "{CASE_ADVICE}\\n"\n'
        '    f"Today is {day}.\\n"\n'
        ")\n"
    )
    new = updated(source, SECTION, config)
    assert new is not None
    assert (
        evaluated(new) == "You write SQL.\n" + "".join(f"{line}\n" for line in SECTION) + "Today is Monday.\n"
    )
    # A second run changes nothing, one with another section replaces the first.
    assert updated(new, SECTION, config) == new
    other = updated(new, [BEGIN, "- other", END], config)
    assert other is not None
    assert evaluated(other) == f"You write SQL.\n{BEGIN}\n- other\n{END}\nToday is Monday.\n"


def test_in_an_f_string_braces_stay_braces(config: MigrationConfig) -> None:
    source = f'PROMPT = (\n    f"{CAST_ADVICE}\\n"\n)\n'
    new = updated(source, SECTION, config)
    assert new is not None
    assert evaluated(new) == "".join(f"{line}\n" for line in SECTION)


def test_in_a_plain_text_the_section_keeps_the_indentation(config: MigrationConfig) -> None:
    text = f"Rules:\n  {CAST_ADVICE}\n  - Be brief.\n  {CASE_ADVICE}\n"
    assert updated(text, SECTION, config) == (
        "Rules:\n" + "".join(f"  {line}\n" for line in SECTION) + "  - Be brief.\n"
    )


def test_a_text_with_nothing_to_replace_is_told_apart(config: MigrationConfig) -> None:
    assert updated("You write SQL.\n", SECTION, config) is None


def test_half_a_section_is_refused(config: MigrationConfig) -> None:
    with pytest.raises(UsageError, match="once each"):
        updated(f"{BEGIN}\n- old\n", SECTION, config)


def evaluated(source: str) -> str:
    """What PROMPT is when the source runs; nothing in it but texts."""
    tree = ast.parse(source)
    namespace: dict[str, Any] = {"day": "Monday"}
    exec(compile(tree, "prompt", "exec"), namespace)  # noqa: S102  our own text
    return str(namespace["PROMPT"])


def test_a_table_that_is_not_filled_is_named_as_it_is(config: MigrationConfig) -> None:
    section = prompt_section(manifest(), config, ready=["acme_telemetry.telemetry"])
    text = "\n".join(section)
    assert "- acme_telemetry.telemetry_v2 (formerly acme_telemetry.telemetry)" in text
    assert "- acme_streaming_data.titles:" in text
    assert "titles_v2" not in text
    assert (
        "- In acme_streaming_data.titles these columns are still text: release_date, created_at, updated_at."
        in text
    )
