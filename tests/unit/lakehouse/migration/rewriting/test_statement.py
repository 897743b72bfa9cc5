"""Old SQL becomes the SQL that was written out by hand, or is refused for the reason that was."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import sqlglot
from tests.support.rewrite_cases import RewriteCase, load_cases
from tests.support.sandbox import ROOT

from lakehouse.migration.config import load_config
from lakehouse.migration.rewriting.model import MigratedTable, migrated_table_of
from lakehouse.migration.rewriting.statement import rewrite
from lakehouse.telemetry.tables import BRONZE_TABLES, partition_keys

CONFIG = load_config(ROOT / "migrations" / "acme_telemetry.yml")


def known_tables() -> list[MigratedTable]:
    """The six tables as the Data Catalog would describe them, and one whose new numbers are decimals."""
    made = []
    for bronze in BRONZE_TABLES:
        keys = tuple(partition_keys(bronze))
        columns = tuple(column.name for column in bronze.columns)
        table = replace(
            migrated_table_of(CONFIG.table(bronze.full_name)), columns=columns + keys, partition_keys=keys
        )
        if bronze.full_name == "acme_telemetry.telemetry":
            table = replace(table, restored={"completion_percentage": "double"})
        made.append(table)
    return made


def normal(sql: str) -> str:
    """A statement without its layout, comments and the case of its keywords."""
    statements = [each.sql("athena", comments=False) for each in sqlglot.parse(sql, read="athena") if each]
    return re.sub(r"\s+", "", ";".join(statements)).lower()


@pytest.mark.parametrize("case", load_cases(), ids=lambda case: case.title)
def test_a_statement_becomes_what_is_written_beside_it(case: RewriteCase) -> None:
    result = rewrite(case.before, known_tables())
    if case.after is None:
        assert result.sql is None
        assert any(case.refusal in problem for problem in result.problems), result.problems
        return
    assert result.problems == []
    assert result.sql is not None
    assert normal(result.sql) == normal(case.after)
    if case.works_in_view is not None:
        broken = [use.before for use in result.uses if not use.works_in_view]
        assert (not broken) is case.works_in_view, broken
    # What is new already stays as it is.
    again = rewrite(result.sql, known_tables())
    assert (again.sql, again.tables) == (result.sql, ())


def test_keywords_keep_their_case_and_comments_their_place() -> None:
    small = rewrite(
        "-- who\nselect count(*) from acme_telemetry.telemetry -- all\nwhere event_timestamp > '2025'",
        known_tables(),
    )
    assert small.sql == (
        "-- who\n"
        "select\n"
        "    count(*)\n"
        "from acme_telemetry.telemetry_v2 /* all */\n"
        "where\n"
        "    event_timestamp >= timestamp '2025-01-01 00:00:00'"
    )
    capital = rewrite(
        "SELECT COUNT(*) FROM acme_telemetry.telemetry WHERE event_timestamp IS NOT NULL", known_tables()
    )
    assert capital.sql is not None
    assert "SELECT\n    COUNT(*)\nFROM" in capital.sql
    assert "event_timestamp IS NOT NULL" in capital.sql


def test_a_name_without_its_database_is_found_by_the_database_of_the_query() -> None:
    text = "select count(*) from telemetry"
    [problem] = rewrite(text, known_tables()).problems
    assert problem.startswith("telemetry may be acme_streaming_data.telemetry or acme_telemetry.telemetry")
    assert rewrite(text, known_tables(), "acme_telemetry").tables == ("acme_telemetry.telemetry",)
    assert rewrite(text, known_tables(), "acme_streaming_data").tables == ("acme_streaming_data.telemetry",)


def test_what_the_new_table_has_not_is_refused() -> None:
    [bare] = [each for each in known_tables() if each.source == "acme_telemetry.video_telemetry_json"]
    table = replace(bare, target_columns=frozenset(bare.columns or ()) - {"hour"})
    result = rewrite("select count(*) from acme_telemetry.video_telemetry_json where hour = 3", [table])
    assert result.problems == ["acme_telemetry.video_telemetry_json_v2 has no column hour"]


def test_names_that_need_quotes_have_them() -> None:
    columns = ("created at", "größe", "order", "1st", "a-b", "orderid")
    table = MigratedTable("my-db.t-1", "my-db.t-1_v2", {"created at": "timestamp"}, columns)
    result = rewrite('select * from "my-db"."t-1" where "Created At" >= \'2025-01-01\'', [table])
    assert result.sql is not None
    assert " ".join(result.sql.split()) == (
        'select "created at", "größe", "order", "1st", "a-b", orderid from "my-db"."t-1_v2" '
        "where \"Created At\" >= timestamp '2025-01-01 00:00:00'"
    )


def test_a_star_over_unknown_columns_is_refused() -> None:
    unknown = [replace(table, columns=None) for table in known_tables()]
    result = rewrite("select * from acme_streaming_data.titles", unknown)
    assert result.sql is None
    assert "name the columns" in result.problems[0]
    assert rewrite("select count(*) from acme_streaming_data.titles", unknown).sql is not None


def test_what_is_no_sql_is_said_in_one_line() -> None:
    result = rewrite("selec event_timestamp frm acme_telemetry.telemetry where (", known_tables())
    assert result.sql is None
    [problem] = result.problems
    assert problem.startswith("can't be read as SQL: ")
    assert "\n" not in problem


def test_several_statements_are_rewritten_together() -> None:
    text = "select 1; select count(*) from acme_telemetry.telemetry where event_timestamp < '2025-08-13'"
    result = rewrite(text, known_tables())
    assert result.sql is not None
    assert normal(result.sql) == normal(
        "select 1; select count(*) from acme_telemetry.telemetry_v2 "
        "where event_timestamp < timestamp '2025-08-13 00:00:00'"
    )


def test_a_statement_that_can_be_cut_into_words_only_is_a_problem_and_no_crash() -> None:
    result = rewrite("hive union all select event_timestamp from acme_telemetry.telemetry", known_tables())
    assert result.sql is None
    assert result.problems


DIGITS = "gave milliseconds, event_timestamp has microseconds"
OFFSET = "kept the offset of a text that has one; event_timestamp is in UTC"
ISO = "from_iso8601_timestamp(event_timestamp)"


@pytest.mark.parametrize(
    ("condition", "notes"),
    [
        # Two times a microsecond apart were equal, and aren't now.
        ("cast(event_timestamp as timestamp) = timestamp '2025-08-13 06:08:46.601'", [DIGITS]),
        (f"{ISO} <= current_timestamp", [DIGITS]),
        ("cast(event_timestamp as timestamp(6)) <= localtimestamp", []),
        (f"date({ISO}) = current_date", [OFFSET]),
        (f"hour({ISO} at time zone 'Europe/Berlin') = 8", []),
        ("date(cast(event_timestamp as timestamp)) = current_date", []),
        ("date_diff('second', cast(event_timestamp as timestamp), localtimestamp) > 5", []),
        ("date_diff('millisecond', cast(event_timestamp as timestamp), localtimestamp) > 5", [DIGITS]),
        (f"to_unixtime({ISO}) > 5", [DIGITS]),
        (f"cast({ISO} as varchar) like '% UTC'", [OFFSET]),
        ("cast(event_timestamp as varchar) || '' <> ''", ["is written 2025-08-13 06:08:46.600648"]),
    ],
)
def test_what_answers_otherwise_in_the_digits_or_the_zone_is_told(condition: str, notes: list[str]) -> None:
    result = rewrite(f"select count(*) from acme_telemetry.telemetry where {condition}", known_tables())
    assert result.problems == []
    assert len(result.notes) == len(notes), result.notes
    assert all(note in told for note, told in zip(notes, result.notes, strict=True)), result.notes


def test_a_day_that_comes_out_without_its_zone_is_told() -> None:
    result = rewrite(f"select date_trunc('day', {ISO}) as day from acme_telemetry.telemetry", known_tables())
    assert any("comes out without a zone: it is UTC" in note for note in result.notes), result.notes
