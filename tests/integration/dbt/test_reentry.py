"""A rejected row comes back by itself once its format is understood: without a reload, and whole."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.sandbox import ROOT, Sandbox

FACT = "local_marts.fct_playback_events"
HISTORY = "acme_streaming_data.telemetry"
REJECTED_EVENTS = (
    "select distinct json_extract_scalar(raw_row, '$.event_id') from local_marts.rejected_rows"
    f" where _source_table = '{HISTORY}' and reject_reason = 'ambiguous_date'"
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
    built.run("dbt", "--no-write-json", "run", *SELECT, "--full-refresh")


def test_rejects_come_back_when_their_format_is_learned(
    built: Sandbox, project_that_knows_the_order: Path
) -> None:
    in_the_copy = ("--project-dir", str(project_that_knows_the_order), "--target-path", "target")
    rejected = {str(row[0]) for row in built.sql(REJECTED_EVENTS)}
    # The texts are of both orders, so one read in the declared order may name another day than a copy of its
    # event that was readable before. Only events without such a copy are looked at.
    known = {str(row[0]) for row in built.sql(f"select event_id from {FACT}")}
    unknown = rejected - known
    assert unknown

    # An ordinary incremental run; lookback_days=0 keeps it from reading the old files again.
    built.run("dbt", "--no-write-json", "run", *SELECT, "--vars", "lookback_days: 0", *in_the_copy)
    assert built.sql(REJECTED_EVENTS) == []
    incremental = whole_rows(built, unknown)
    assert len(incremental) == len(unknown)
    assert all(row[3] is not None for row in incremental), "a row comes back with all its columns"

    # And exactly what a rebuild with the same knowledge gives.
    built.run("dbt", "--no-write-json", "run", *SELECT, "--full-refresh", *in_the_copy)
    assert whole_rows(built, unknown) == incremental


def whole_rows(sandbox: Sandbox, events: set[str]) -> list[list[str | None]]:
    ids = ", ".join(f"'{event}'" for event in sorted(events))
    return sandbox.sql(
        f"select event_id, event_timestamp, position_seconds, city, _source_table, _load_date from {FACT}"
        f" where event_id in ({ids}) order by event_id"
    )
