"""A rejected row comes back by itself once its format is understood: without a reload, and whole."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.sandbox import ROOT, Sandbox

FACT = "local_marts.fct_playback_events"
AMBIGUOUS = (
    "select count(*), count(distinct json_extract_scalar(raw_row, '$.event_id'))"
    " from local_marts.rejected_rows"
    " where _source_table = 'acme_streaming_data.telemetry'"
    " and reject_reason = 'ambiguous_date'"
)
SELECT = ("--select", "+fct_playback_events", "rejected_rows")


@pytest.fixture
def project_that_knows_the_order(built: Sandbox, tmp_path: Path) -> Iterator[Path]:
    """A copy of the project whose history declares day before month: the ambiguous texts become readable."""
    copy = tmp_path / "project"
    copy.mkdir()
    for name in ("dbt_project.yml", "profiles", "models", "macros", "seeds", "tests", "analyses", "docs"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
    sources = copy / "models/staging/acme_streaming_data/_acme_streaming_data__sources.yml"
    text = sources.read_text()
    history, rest = text.split("      - name: customers", 1)
    marker = "          - name: event_timestamp\n"
    assert marker in history
    declared = history.replace(marker, f"{marker}            config: {{meta: {{formats: [dmy]}}}}\n")
    sources.write_text(f"{declared}      - name: customers{rest}")
    yield copy
    built.run("dbt", "run", *SELECT, "--full-refresh")


def test_rejects_come_back_when_their_format_is_learned(
    built: Sandbox, project_that_knows_the_order: Path
) -> None:
    in_the_copy = ("--project-dir", str(project_that_knows_the_order), "--target-path", "target")
    [[rejected, events]] = built.sql(AMBIGUOUS)
    assert int(rejected or 0) > 0
    [[before]] = built.sql(f"select count(*) from {FACT}")
    [[known]] = built.sql(
        f"select count(distinct event_id) from {FACT} where event_id in"
        " (select json_extract_scalar(raw_row, '$.event_id') from local_marts.rejected_rows"
        " where _source_table = 'acme_streaming_data.telemetry' and reject_reason = 'ambiguous_date')"
    )

    # An ordinary incremental run; lookback_days=0 keeps it from reading the old files again.
    built.run("dbt", "run", *SELECT, "--vars", "lookback_days: 0", *in_the_copy)

    [[left, _]] = built.sql(AMBIGUOUS)
    [[after]] = built.sql(f"select count(*) from {FACT}")
    came_back = int(rejected or 0) - int(left or 0)
    assert came_back > 0
    assert int(after or 0) - int(before or 0) == int(events or 0) - int(known or 0) - int(left or 0)

    # And exactly what a rebuild with the same knowledge gives.
    checksum = (
        "select count(*),"
        " to_hex(checksum(cast(row(event_id, event_timestamp, position_seconds, city) as json)))"
        f" from {FACT}"
    )
    incremental = built.sql(checksum)
    built.run("dbt", "run", *SELECT, "--full-refresh", *in_the_copy)
    assert built.sql(checksum) == incremental
