"""What the staging macros write into a select list, and what they refuse."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.unit.dbt.macros.macro_rendering import CompilerError

DAY = {"type": "date", "zone": "UTC", "formats": []}
BERLIN = {"type": "timestamp", "zone": "Europe/Berlin", "formats": ["dmy"]}


def in_one_line(sql: str) -> str:
    return " ".join(sql.split())


def test_each_time_is_parsed_as_its_type_in_its_zone_and_order_beside_its_text(macros: Any) -> None:
    written = macros.parsed_times({"release_date": DAY, "created_at": BERLIN})
    date = macros.parse_date("release_date")
    timestamp = macros.parse_timestamp("created_at", "Europe/Berlin", ["dmy"])
    assert in_one_line(written) == in_one_line(
        f"{date} as release_date, release_date as _release_date_text,"
        f" {timestamp} as created_at, created_at as _created_at_text"
    )


def test_each_time_gets_the_status_and_the_reject_reason_of_its_text(macros: Any) -> None:
    written = macros.time_statuses({"release_date": DAY, "created_at": BERLIN})
    declared = {"zone": "Europe/Berlin", "formats": ["dmy"], "parsed": "created_at"}
    assert in_one_line(written) == in_one_line(
        f"{macros.timestamp_status('_release_date_text', parsed='release_date')} as _release_date_status,"
        f" {macros.timestamp_reject_reason('_release_date_text', parsed='release_date')}"
        " as _release_date_reject_reason,"
        f" {macros.timestamp_status('_created_at_text', **declared)} as _created_at_status,"
        f" {macros.timestamp_reject_reason('_created_at_text', **declared)} as _created_at_reject_reason"
    )


@pytest.mark.parametrize("name", ["parsed_times", "time_statuses"])
@pytest.mark.parametrize(
    "times",
    [{}, None, ["created_at"], "created_at", {"created_at": "date"}, {"created_at": {"type": "time"}}],
)
def test_anything_but_declared_times_is_refused_with_its_value(macros: Any, name: str, times: Any) -> None:
    with pytest.raises(CompilerError, match=f"{name}: times must be .*" + re.escape(f"not {times}")):
        getattr(macros, name)(times)


@pytest.mark.parametrize("key", ["", " ", None])
def test_a_missing_key_is_refused(macros: Any, key: str | None) -> None:
    with pytest.raises(CompilerError, match="delivery_number: key must be an SQL expression"):
        macros.delivery_number(key)
