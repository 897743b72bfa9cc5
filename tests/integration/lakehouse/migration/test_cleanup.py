"""Monitor, the final report and the clean-up on the sandbox, with a clock that the test moves."""

from __future__ import annotations

import dataclasses
import uuid
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.support.cut_over import TYPED, Life, begin_life, no_unloaded_files
from tests.support.sandbox import Sandbox

from lakehouse.catalog.files import list_files
from lakehouse.errors import RefusedError
from lakehouse.migration.performance import Through
from lakehouse.migration.state import standing_cutover
from lakehouse.migration.switching.cleanup import (
    CleanupOptions,
    CleanupPlan,
    apply_cleanup,
    archive_templates,
    plan_cleanup,
)
from lakehouse.migration.watching.final_report import report_html, report_json, table_report
from lakehouse.migration.watching.monitor import DayCount, look, scan_size


@pytest.fixture(scope="module")
def life(sandbox: Sandbox) -> Life:
    """A table that is cut over, with users who queried it before and after."""
    life = begin_life(sandbox, f"cleanup_{uuid.uuid4().hex[:8]}")
    source = life.table.source
    as_time = "select count(*) from {} where cast(event_timestamp as timestamp) > timestamp '2025-01-01'"
    with pytest.raises(AssertionError, match="INVALID_CAST_ARGUMENT"):
        sandbox.sql(as_time.format(source))
    sandbox.sql(f"select count(*) from {source} where event_timestamp like '2024%'")
    life.ready()
    life.cut_over()
    sandbox.sql(as_time.format(source))
    sandbox.sql(f"select max(event_timestamp) from {life.table.target}")
    return life


def later(life: Life, **by: float) -> Life:
    """The same table as it is seen after some time."""
    ledger = life.migration.ledger
    moved = dataclasses.replace(ledger, clock=lambda: ledger.now() + timedelta(**by))
    return dataclasses.replace(life, migration=dataclasses.replace(life.migration, ledger=moved))


def plan(life: Life, **options: bool) -> CleanupPlan:
    return plan_cleanup(
        life.migration, life.clients, life.table, CleanupOptions(**options), no_unloaded_files
    )


def exists(life: Life, name: str) -> bool:
    database, table = name.split(".")
    found = life.glue.get_tables(DatabaseName=database, Expression=table)["TableList"]
    return table in [each["Name"] for each in found]


def test_monitor_counts_days_of_both_tables_and_the_queries_of_each(life: Life) -> None:
    missing = "2024-12-31 23:59:59.500000"
    life.sandbox.sql(f"delete from {life.table.target} where event_timestamp = timestamp '{missing}'")
    status = look(life.migration, life.table, 7, 1, lambda m, t: list_files(m.s3, m.glue, m.source(t))[:1])
    life.sandbox.sql(
        f"insert into {life.table.target} select 'a', timestamp '{missing}', 1, 2024, "
        f"min(_source_path) from {life.table.target}"
    )
    assert status.is_cut_over
    assert status.days == (
        DayCount(date(2025, 1, 1), 1, 1, 1),
        DayCount(date(2024, 12, 31), 1, 1, 0),
        DayCount(date(2024, 12, 30), 1, 1, 1),
    )
    assert [each.difference for each in status.days] == [0, 1, 0]
    assert status.errors == ()
    assert status.waiting.files == 1
    assert status.waiting.lag >= 0
    counts = {
        through: (part.queries, part.failed, part.conversion_errors)
        for through, part in status.performance.items()
    }
    assert counts == {Through.OLD_TABLE: (2, 1, 1), Through.VIEW: (1, 0, 0), Through.NEW_TABLE: (1, 0, 0)}
    assert scan_size(life.migration, life.table) > 0


def test_the_old_table_stays_as_long_as_is_configured(life: Life) -> None:
    with pytest.raises(RefusedError, match="its old table stays 30 days"):
        plan(life)
    with pytest.raises(RefusedError, match="its old table stays 30 days"):
        plan(later(life, days=29, hours=23))


def test_what_still_needs_the_old_files_holds_back_the_cleanup(life: Life) -> None:
    month_later = later(life, days=31)
    with pytest.raises(RefusedError, match=r"2 files of \S+_legacy are not in \S+ yet, such as"):
        plan_cleanup(
            month_later.migration,
            life.clients,
            life.table,
            CleanupOptions(),
            lambda m, t: list_files(m.s3, m.glue, m.source(t)),
        )
    life.deliver(2025, "late", [("e", "2025-05-05", 5)], entry=life.table.legacy)
    with pytest.raises(RefusedError, match=r"1 file arrived at .* since the cutover"):
        plan(month_later)
    assert plan(month_later, although_delivered=True).calls
    life.sandbox.sql(
        f"create external table {life.table.source_name[0]}.neighbour (a string) "
        f"location '{life.entry(life.table.legacy)['StorageDescriptor']['Location']}/year=2024/'"
    )
    with pytest.raises(RefusedError, match=r"neighbour has its files in .*year=2024/"):
        plan(month_later, although_delivered=True, delete_data=True)
    life.sandbox.sql(f"drop table {life.table.source_name[0]}.neighbour")


def test_the_cleanup_leaves_the_view_and_removes_the_rest(life: Life, tmp_path: Path) -> None:
    month_later = later(life, days=31)
    migration = month_later.migration
    (tmp_path / "viewers.sql").write_text("select 1")
    archived = archive_templates(migration, tmp_path)
    assert archived == [f"{migration.config.location}reports/archive/viewers.sql"]

    planned = plan(month_later, although_delivered=True, delete_data=True)
    assert [path.rsplit("/", 1)[1] for path, _ in planned.files] == ["first.json", "first.json", "late.json"]
    report = report_json([table_report(migration, planned)], migration.ledger.now())["tables"][0]
    assert (report["before"]["queries"], report["before"]["conversion_errors"]) == (2, 1)
    assert report["before"]["error_rate"] == 0.5
    assert (report["after_old_name"]["queries"], report["after_old_name"]["failed"]) == (1, 0)
    html = report_html([table_report(migration, planned)], "<b>", migration.ledger.now())
    assert life.table.source in html
    assert "&lt;b&gt;" in html

    apply_cleanup(migration, life.clients, planned)
    assert not exists(life, life.table.legacy)
    assert life.rows() == TYPED
    bucket, _, key = planned.location.removeprefix("s3://").partition("/")
    assert "Contents" not in life.sandbox.client("s3").list_objects_v2(Bucket=bucket, Prefix=key)
    assert plan(month_later, delete_data=True).done
    assert standing_cutover(migration.ledger, life.table.source) is not None
