"""The corpus is complete, says one thing, and agrees with a second derivation of the rules."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.unit.dbt.macros import timestamp_corpus
from tests.unit.dbt.macros.timestamp_corpus import Case

from lakehouse.times import reference

CASES = timestamp_corpus.load_cases()
CLASSES = {
    "iso_utc",
    "iso_offset",
    "iso_local",
    "sql_utc",
    "sql_offset",
    "sql_local",
    "date_only",
    "unpadded",
    "slashed_ymd",
    "compact_date",
    "compact_utc",
    "compact_local",
    "epoch_seconds",
    "epoch_millis",
    "epoch_micros",
    "epoch_nanos",
    "declared_dmy",
    "declared_mdy",
}
REASONS = {"ambiguous_date", "out_of_range", "unknown_format", "zone_name"}
ATHENA_STATEMENT_LIMIT_BYTES = 262_144


def test_corpus_has_every_class_reason_and_status() -> None:
    assert {case.format_class for case in CASES} == CLASSES | {None}, "CLASSES of this file has every class"
    assert {case.reason for case in CASES} == REASONS | {None}
    assert {case.status for case in CASES} == {"parsed", "empty", "rejected"}


def test_corpus_has_at_least_250_different_inputs() -> None:
    assert len({(case.input, case.zone, case.formats) for case in CASES}) == len(CASES) >= 250


def test_case_ids_are_unique() -> None:
    assert len({case.case_id for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.case_id)
def test_reference_reads_the_case_as_expected(case: Case) -> None:
    reading = reference.read(case.input, case.zone, case.formats)
    assert (reading.status, reading.format_class, reading.reason, reading.timestamp, reading.date) == (
        case.status,
        case.format_class,
        case.reason,
        case.timestamp,
        case.date,
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.case_id)
def test_case_is_complete_and_readable(case: Case) -> None:
    parsed, rejected = case.status == "parsed", case.status == "rejected"
    assert (case.format_class is not None, case.timestamp is not None) == (parsed, parsed)
    assert (case.reason is not None) == rejected
    assert case.date is not None or not parsed
    assert case.input_shown == timestamp_corpus.shown(case.input)
    assert case.note


def test_every_setting_of_the_corpus_has_its_branch(macros: Any) -> None:
    """A case whose setting has none would be read as NULL, and a setting that no case has tests nothing."""
    branches = re.findall(r"when '([A-Z][\w/]+ \w*)' then", macros.timestamp_corpus_mismatches("corpus"))
    assert set(branches) == {f"{case.zone} {''.join(case.formats)}" for case in CASES}


def test_self_contained_check_fits_into_a_statement() -> None:
    assert len(timestamp_corpus.check_statement().encode()) < ATHENA_STATEMENT_LIMIT_BYTES
