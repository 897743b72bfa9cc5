"""The text for those who use the tables: dates, uses with what each needs, how to test."""

from __future__ import annotations

from datetime import date

from tests.support.sandbox import ROOT

from lakehouse.migration.announcement import Dates, announcement
from lakehouse.migration.config import load_config
from lakehouse.output import counted

CONFIG = load_config(ROOT / "migrations" / "acme_telemetry.yml")
TITLES = CONFIG.chosen(["acme_streaming_data.titles"])
USE = {
    "place": "named query",
    "name": "analysts/new titles",
    "tables": ["acme_streaming_data.titles"],
    "verdict": "needs a rewrite",
    "reasons": ["from_iso8601_timestamp(created_at) doesn't work with the view's text"],
    "rewritten": "select title_id\nfrom acme_streaming_data.titles_v2",
}


def text(dates: Dates) -> str:
    return announcement(TITLES, {"acme_streaming_data.titles": dates}, [USE], CONFIG.retention_days)


def test_it_names_dates_until_the_old_table_goes() -> None:
    told = text(Dates(date(2025, 8, 20), date(2025, 9, 1)))
    assert "| 2025-08-20 | 2025-09-01 | 2025-10-01 |" in told
    assert "release_date (date)" in told
    assert counted(30, "day") in told


def test_a_date_that_is_not_set_says_so() -> None:
    assert "| not set yet | not set yet | not set yet |" in text(Dates(None, None))


def test_each_use_stands_with_its_reason_and_its_new_statement() -> None:
    told = text(Dates(None, None))
    assert "### needs a rewrite (1)" in told
    assert "- named query `analysts/new titles`, over acme_streaming_data.titles" in told
    assert "from_iso8601_timestamp(created_at)" in told
    assert "  from acme_streaming_data.titles_v2" in told
    assert "Replace `acme_streaming_data.titles` by `acme_streaming_data.titles_compat`" in told


def test_a_use_with_an_owner_names_who_is_asked() -> None:
    use = {**USE, "owner": "Ana <ana@acme.example>"}
    dates = {"acme_streaming_data.titles": Dates(None, None)}
    told = announcement(TITLES, dates, [use], CONFIG.retention_days)
    assert "`analysts/new titles`, over acme_streaming_data.titles, owner Ana <ana@acme.example>" in told
