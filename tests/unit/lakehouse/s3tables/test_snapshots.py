"""Which snapshots expire, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pyiceberg.table.metadata import TableMetadata, new_table_metadata
from pyiceberg.table.refs import SnapshotRef, SnapshotRefType
from pyiceberg.table.snapshots import Operation, Snapshot, Summary

from lakehouse.s3tables.ddl.statement import parse_ddl
from lakehouse.s3tables.maintenance.settings import DEFAULTS, Setting, SettingKind, Snapshots
from lakehouse.s3tables.snapshots import SnapshotReport, report_snapshots

NOW = datetime(2025, 6, 30, 12, tzinfo=UTC)
UNREFERENCED = DEFAULTS[SettingKind.UNREFERENCED_FILES]


def snapshot(number: int, parent: int | None, hours_ago: int) -> Snapshot:
    moment = NOW - timedelta(hours=hours_ago)
    return Snapshot(
        snapshot_id=number,
        parent_snapshot_id=parent,
        sequence_number=number,
        timestamp_ms=int(moment.timestamp() * 1000),
        manifest_list="s3://somewhere/m.avro",
        summary=Summary(Operation.APPEND, **{"total-records": str(number * 10), "added-records": "10"}),
        schema_id=0,
    )


def table(*snapshots: Snapshot, refs: dict[str, int] | None = None, **properties: str) -> TableMetadata:
    """A table whose main is at the last snapshot, with tags."""
    found = parse_ddl("create table t (a int)")
    named = {name.replace("_", "."): value for name, value in properties.items()}
    made = new_table_metadata(found.schema, found.partition_spec, found.sort_order, "s3://somewhere", named)
    current = snapshots[-1].snapshot_id
    every = {"main": SnapshotRef(snapshot_id=current, snapshot_ref_type=SnapshotRefType.BRANCH)}
    for name, number in (refs or {}).items():
        every[name] = SnapshotRef(snapshot_id=number, snapshot_ref_type=SnapshotRefType.TAG)
    return made.model_copy(
        update={"snapshots": list(snapshots), "current_snapshot_id": current, "refs": every}
    )


LINE = (snapshot(1, None, 300), snapshot(2, 1, 200), snapshot(3, 2, 100), snapshot(4, 3, 1))


def report(
    metadata: TableMetadata, least: int = 1, hours: int = 120, enabled: bool = True
) -> list[SnapshotReport]:
    setting = DEFAULTS[SettingKind.SNAPSHOTS].with_wanted(
        Snapshots(enabled=enabled, min_snapshots_to_keep=least, max_snapshot_age_hours=hours)
    )
    return report_snapshots(metadata, {**DEFAULTS, SettingKind.SNAPSHOTS: setting}, UNREFERENCED, NOW)


def fates(reports: list[SnapshotReport]) -> list[tuple[int, str]]:
    return [(one.id, one.fate.value) for one in reports]


def test_a_snapshot_goes_when_it_is_old_and_not_one_of_the_newest() -> None:
    assert fates(report(table(*LINE))) == [(4, "current"), (3, "expires"), (2, "due"), (1, "due")]
    assert fates(report(table(*LINE), least=3)) == [(4, "current"), (3, "kept"), (2, "kept"), (1, "due")]
    assert fates(report(table(*LINE), least=9)) == [(4, "current"), (3, "kept"), (2, "kept"), (1, "kept")]
    assert fates(report(table(*LINE), hours=10_000))[1:] == [(3, "expires"), (2, "expires"), (1, "expires")]


def test_it_goes_at_the_hour_when_it_is_old_enough() -> None:
    third = report(table(*LINE))[1]
    assert third.committed_at == NOW - timedelta(hours=100)
    assert third.expires_at == NOW + timedelta(hours=20)
    assert third.deleted_at == NOW + timedelta(hours=20, days=10)
    [due] = [one for one in report(table(*LINE), hours=100) if one.id == 3]
    assert (due.fate.value, due.expires_at) == ("due", NOW)


def test_its_files_stay_when_unreferenced_files_do() -> None:
    off = Setting(False, UNREFERENCED.values)
    found = report_snapshots(table(*LINE), DEFAULTS, off, NOW)
    assert [one.deleted_at for one in found] == [None] * 4
    assert found[1].expires_at is not None


def test_the_current_one_stays_however_old() -> None:
    [only] = report(table(snapshot(1, None, 100_000)))
    assert (only.fate.value, only.expires_at) == ("current", None)


@pytest.mark.parametrize(
    ("metadata", "enabled", "part"),
    [
        (table(*LINE), False, "disabled"),
        (table(*LINE, gc_enabled="false"), True, "gc.enabled"),
        (table(*LINE, refs={"v1": 1}), True, "branches or tags: drop v1"),
    ],
)
def test_nothing_goes_while_snapshot_management_does_not_run(
    metadata: TableMetadata, enabled: bool, part: str
) -> None:
    found = report(metadata, enabled=enabled)
    assert [one.fate.value for one in found] == ["current"] + ["not managed"] * 3
    assert part in found[1].reason
    assert all(one.expires_at is None for one in found)


def test_what_a_rollback_left_beside_main_is_told() -> None:
    aside = (*LINE[:2], snapshot(9, 2, 150), snapshot(3, 2, 100))
    found = {one.id: one for one in report(table(*aside), least=9)}
    assert (found[9].fate.value, found[9].reason) == ("due", "not in the history of main")
    assert found[2].fate.value == "kept"


def test_counts_and_refs_come_from_the_metadata() -> None:
    newest, *_, oldest = report(table(*LINE, refs={"v1": 1}))
    assert (newest.rows, newest.added_rows, newest.deleted_rows, newest.operation) == (40, 10, None, "append")
    assert (newest.refs, oldest.refs, oldest.parent_id) == (("main",), ("v1",), None)


def test_an_age_beyond_the_calendar_is_never_reached() -> None:
    found = report(table(*LINE), hours=2**31 - 1)[1]
    assert (found.fate.value, found.expires_at) == ("kept", None)
    assert "later than any date" in found.reason
