"""Maintenance settings: ranges, what a put holds, what stands in the way, what a failure means."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from pyiceberg.table.metadata import TableMetadata, new_table_metadata
from pyiceberg.table.refs import SnapshotRef, SnapshotRefType

from lakehouse.s3tables.ddl.statement import parse_ddl
from lakehouse.s3tables.maintenance.jobs import explained
from lakehouse.s3tables.maintenance.obstacles import obstacles
from lakehouse.s3tables.maintenance.settings import (
    DEFAULTS,
    MODELS,
    Compaction,
    Setting,
    SettingKind,
    Snapshots,
    setting_of_api,
    setting_to_api,
)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (SettingKind.COMPACTION, {"target_file_size_mb": 64}),
        (SettingKind.COMPACTION, {"target_file_size_mb": 512, "strategy": "z-order"}),
        (SettingKind.SNAPSHOTS, {"min_snapshots_to_keep": 1, "max_snapshot_age_hours": 2**31 - 1}),
        (SettingKind.UNREFERENCED_FILES, {"unreferenced_days": 1, "non_current_days": 1, "enabled": False}),
    ],
)
def test_settings_in_range_are_taken(kind: SettingKind, values: dict[str, Any]) -> None:
    wanted = MODELS[kind].model_validate(values)
    assert {**wanted.values(), **({"enabled": wanted.enabled} if "enabled" in values else {})} == values


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (SettingKind.COMPACTION, {"target_file_size_mb": 63}),
        (SettingKind.COMPACTION, {"target_file_size_mb": 513}),
        (SettingKind.COMPACTION, {"target_file_size_mb": "256"}),
        (SettingKind.COMPACTION, {"target_file_size_mb": True}),
        (SettingKind.COMPACTION, {"target_file_size_mb": 64.5}),
        (SettingKind.COMPACTION, {"strategy": "zorder"}),
        (SettingKind.COMPACTION, {"max_snapshot_age_hours": 3}),
        (SettingKind.COMPACTION, {"enabled": "yes"}),
        (SettingKind.SNAPSHOTS, {"min_snapshots_to_keep": 0}),
        (SettingKind.SNAPSHOTS, {"max_snapshot_age_hours": 0}),
        (SettingKind.SNAPSHOTS, {"max_snapshot_age_hours": 2**31}),
        (SettingKind.UNREFERENCED_FILES, {"unreferenced_days": 0}),
        (SettingKind.UNREFERENCED_FILES, {"non_current_days": -1}),
    ],
)
def test_settings_out_of_range_are_refused(kind: SettingKind, values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MODELS[kind].model_validate(values)


def test_the_defaults_are_those_that_aws_documents() -> None:
    assert {kind.value: setting_to_api(kind, setting) for kind, setting in DEFAULTS.items()} == {
        "icebergCompaction": {
            "status": "enabled",
            "settings": {"icebergCompaction": {"targetFileSizeMB": 512, "strategy": "auto"}},
        },
        "icebergSnapshotManagement": {
            "status": "enabled",
            "settings": {"icebergSnapshotManagement": {"minSnapshotsToKeep": 1, "maxSnapshotAgeHours": 120}},
        },
        "icebergUnreferencedFileRemoval": {
            "status": "enabled",
            "settings": {"icebergUnreferencedFileRemoval": {"unreferencedDays": 3, "nonCurrentDays": 10}},
        },
    }


def test_a_put_holds_the_whole_setting_with_what_was_there() -> None:
    present = setting_of_api(
        SettingKind.SNAPSHOTS,
        {
            "status": "disabled",
            "settings": {"icebergSnapshotManagement": {"minSnapshotsToKeep": 7, "maxSnapshotAgeHours": 9}},
        },
    )
    wanted = present.with_wanted(Snapshots(max_snapshot_age_hours=24))
    assert setting_to_api(SettingKind.SNAPSHOTS, wanted) == {
        "status": "disabled",
        "settings": {"icebergSnapshotManagement": {"minSnapshotsToKeep": 7, "maxSnapshotAgeHours": 24}},
    }


def test_what_the_api_leaves_out_has_the_default() -> None:
    assert setting_of_api(SettingKind.COMPACTION, {"status": "enabled"}) == DEFAULTS[SettingKind.COMPACTION]


@given(
    st.booleans(),
    st.integers(64, 512),
    st.sampled_from(["auto", "binpack", "sort", "z-order"]),
)
def test_a_setting_goes_to_the_api_and_back(enabled: bool, size: int, strategy: str) -> None:
    setting = Setting(enabled, {"target_file_size_mb": size, "strategy": strategy})
    assert setting_of_api(SettingKind.COMPACTION, setting_to_api(SettingKind.COMPACTION, setting)) == setting


def metadata(ddl: str, properties: dict[str, str] | None = None, refs: tuple[str, ...] = ()) -> TableMetadata:
    found = parse_ddl(ddl)
    made = new_table_metadata(
        found.schema, found.partition_spec, found.sort_order, "s3://somewhere", dict(properties or {})
    )
    tags = {name: SnapshotRef(snapshot_id=1, snapshot_ref_type=SnapshotRefType.TAG) for name in refs}
    return made.model_copy(update={"refs": tags})


PLAIN = "create table t (a int) "


@pytest.mark.parametrize(
    ("table", "kind", "part"),
    [
        (
            metadata(PLAIN, {"history.expire.min-snapshots-to-keep": "3"}),
            SettingKind.SNAPSHOTS,
            "history.expire.min",
        ),
        (metadata(PLAIN, {"gc.enabled": "false"}), SettingKind.SNAPSHOTS, "gc.enabled=false"),
        (metadata(PLAIN, refs=("main", "v1", "audit")), SettingKind.SNAPSHOTS, "drop audit, v1"),
        (metadata(PLAIN, {"write.format.default": "orc"}), SettingKind.COMPACTION, "files are orc"),
        (metadata("create table t (a fixed(4))"), SettingKind.COMPACTION, "type fixed"),
    ],
)
def test_what_stops_maintenance_is_an_obstacle(table: TableMetadata, kind: SettingKind, part: str) -> None:
    [found] = obstacles(table, DEFAULTS)
    assert found.kind is kind
    assert part in found.reason
    off = {**DEFAULTS, kind: Setting(False, DEFAULTS[kind].values)}
    assert obstacles(table, off) == []


def test_a_table_without_an_order_can_not_be_compacted_in_order() -> None:
    sort = {
        **DEFAULTS,
        SettingKind.COMPACTION: DEFAULTS[SettingKind.COMPACTION].with_wanted(Compaction(strategy="sort")),
    }
    assert [one.kind for one in obstacles(metadata(PLAIN), sort)] == [SettingKind.COMPACTION]
    assert obstacles(metadata(PLAIN + "sorted by (a)"), sort) == []
    assert obstacles(metadata(PLAIN), DEFAULTS) == []


@pytest.mark.parametrize(
    ("message", "part"),
    [
        # The messages that the S3 User Guide lists, in their two generations.
        (
            "Iceberg Snapshot management does not currently support user defined tags or references.",
            "drop the",
        ),
        (
            "Iceberg table maintenance configuration is incompatible with "
            "'history.expire.max-snapshot-age-ms' and 'history.expire.min-snapshots-to-keep' table "
            "properties.",
            "unset the properties",
        ),
        (
            "Iceberg snapshot management and unreferenced file removal is not supported when the "
            "'gc.enabled' table property is false.",
            "unset the property gc.enabled",
        ),
        ("Failed to commit because of out of date metadata.", "commit less often"),
        ("Commit conflict", "commit less often"),
        ("Insufficient access to perform table maintenance.", "maintenance.s3tables.amazonaws.com"),
        ("Encountered Iceberg validation exception when trying to read table.", "roll back"),
        ("Table is not well-formed", "roll back"),
        ("Job has timed out and has been stopped", "retries automatically"),
        ("Error loading table, table does not exist", "dropped or renamed"),
        ("Table is not supported", "is not supported: see the warnings"),
        ("Internal Error", "AWS Support"),
        ("something new", "unknown cause"),
        (None, "unknown cause"),
    ],
)
def test_a_failure_is_explained(message: str | None, part: str) -> None:
    assert part in (explained("Failed", message) or "")


def test_the_other_statuses_are_explained_where_they_need_it() -> None:
    assert explained("Successful", None) is None
    assert "turned off" in (explained("Disabled", None) or "")
    assert "new table" in (explained("Not_Yet_Run", None) or "")
