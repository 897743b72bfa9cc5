"""Incremental models give the same rows when run twice, in another order of arrival, and rebuilt in full."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.marts import SELECT, TelemetryFiles, fingerprint, load_day
from tests.support.sandbox import Sandbox


def run(sandbox: Sandbox, *arguments: str) -> None:
    sandbox.run("dbt", "--no-write-json", "run", *SELECT, *arguments)


@pytest.fixture
def files(built: Sandbox) -> Iterator[TelemetryFiles]:
    held = TelemetryFiles(built)
    yield held
    if held.hidden:
        held.arrive()
        run(built, "--full-refresh")


def test_a_second_run_and_a_rebuild_give_the_same_rows(built: Sandbox) -> None:
    first = fingerprint(built)
    run(built)
    assert fingerprint(built) == first
    run(built, "--full-refresh")
    assert fingerprint(built) == first


def test_files_that_arrive_day_by_day_give_the_same_rows(built: Sandbox, files: TelemetryFiles) -> None:
    whole = fingerprint(built)
    keys = files.listing()
    days = sorted({load_day(key) for key in keys})
    assert len(days) >= 3
    files.hide([key for key in keys if load_day(key) > days[0]])
    run(built, "--full-refresh")
    assert fingerprint(built) != whole
    for day in days[1:]:
        files.arrive([key for key in list(files.hidden) if load_day(key) == day])
        run(built)
    assert fingerprint(built) == whole


def test_files_that_arrive_in_another_order_give_the_same_rows(built: Sandbox, files: TelemetryFiles) -> None:
    whole = fingerprint(built)
    keys = files.listing()
    # The table of the highest precedence comes last, and an older day after a newer one.
    realtime = sorted(key for key in keys if key.startswith("acme_telemetry/telemetry/"))
    newest = max(load_day(key) for key in keys)
    older = [key for key in keys if key not in realtime and load_day(key) != newest]
    files.hide(realtime + older)
    run(built, "--full-refresh")
    # What arrives days late needs the look-back to reach that far.
    for late in (older + realtime[1::2], None):
        files.arrive(late)
        run(built, "--vars", "lookback_days: 7")
    assert fingerprint(built) == whole


@pytest.mark.parametrize(
    ("model", "source_table"),
    [
        ("stg_acme_telemetry__video_telemetry_json", "acme_telemetry.video_telemetry_json"),
        ("stg_acme_streaming_data__telemetry", "acme_streaming_data.telemetry"),
    ],
)
def test_a_run_opens_only_files_that_can_be_new(built: Sandbox, model: str, source_table: str) -> None:
    staged = f"staged_sources() | selectattr('source_table', 'equalto', '{source_table}') | first"
    [newest] = built.sql(f"select max(_load_date) from local_staging.{model}")[0]
    scanned = {}
    for name, watermarks in (("all", "{}"), ("new", f"{{'{source_table}': '{newest}'}}")):
        mark = f"read_{name}_of_{model}"
        built.run(
            *("dbt", "--quiet", "show", "--inline"),
            f"select count(_raw_row) as {mark} from {{{{ ref('{model}') }}}}"
            f" where {{{{ arrived_since({watermarks}, {staged}) }}}}",
        )
        scanned[name] = built.scanned_by(mark)
    # One of three days.
    assert scanned["new"] < 0.5 * scanned["all"]
