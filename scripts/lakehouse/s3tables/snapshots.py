"""The snapshots of a table, and when its maintenance settings will expire them.

A snapshot expires if it is older than maxSnapshotAgeHours and there are more than minSnapshotsToKeep
("SnapshotManagement" in the API). The newest snapshots are kept, counted along the history of main. Jobs run
from time to time, so a time is the earliest possible one. Files that only expired snapshots refer to are
marked then, and deleted nonCurrentDays later.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from lakehouse.output import counted
from lakehouse.s3tables.maintenance.obstacles import obstacles
from lakehouse.s3tables.maintenance.settings import Setting, SettingKind

if TYPE_CHECKING:
    from pyiceberg.table.metadata import TableMetadata
    from pyiceberg.table.snapshots import Snapshot, Summary


class Fate(StrEnum):
    """What will happen to a snapshot under the present settings."""

    CURRENT = "current"
    KEPT = "kept"
    EXPIRES = "expires"
    DUE = "due"
    NOT_MANAGED = "not managed"


@dataclass(frozen=True)
class SnapshotReport:
    """One snapshot. Counts are None if its writer didn't record them.

    `rows`, `files` and `bytes` are those of the whole table at that snapshot, `added_rows` and `deleted_rows`
    those that it changed. `expires_at` is the earliest time, None if the snapshot is kept; `deleted_at` is
    when its files are deleted.
    """

    id: int
    parent_id: int | None
    committed_at: datetime
    operation: str
    rows: int | None
    added_rows: int | None
    deleted_rows: int | None
    files: int | None
    bytes: int | None
    refs: tuple[str, ...]
    fate: Fate
    reason: str
    expires_at: datetime | None = None
    deleted_at: datetime | None = None


def report_snapshots(
    metadata: "TableMetadata",
    settings: dict[SettingKind, Setting],
    unreferenced: Setting,
    now: datetime,
) -> list[SnapshotReport]:
    """Return a table's snapshots, newest first.

    `now` decides which are due; `unreferenced` is the bucket's setting for unreferenced files.
    """
    depths = _depths_on_main(metadata)
    stopped = _stopped(metadata, settings)
    refs: dict[int, list[str]] = {}
    for name, ref in metadata.refs.items():
        refs.setdefault(ref.snapshot_id, []).append(name)
    reports = [
        _report(
            snapshot,
            tuple(sorted(refs.get(snapshot.snapshot_id, []))),
            _fate(snapshot, depths, refs, settings[SettingKind.SNAPSHOTS], stopped, now),
            unreferenced,
        )
        for snapshot in metadata.snapshots
    ]
    return sorted(reports, key=lambda report: (report.committed_at, report.id), reverse=True)


def _stopped(metadata: "TableMetadata", settings: dict[SettingKind, Setting]) -> str | None:
    """Why no snapshot expires; None if snapshots do expire."""
    if not settings[SettingKind.SNAPSHOTS].enabled:
        return "snapshot management is disabled"
    found = [one.reason for one in obstacles(metadata, settings) if one.kind is SettingKind.SNAPSHOTS]
    return found[0] if found else None


def _depths_on_main(metadata: "TableMetadata") -> dict[int, int]:
    """The distance of each snapshot from the newest along main; 0 for the newest."""
    parents = {one.snapshot_id: one.parent_snapshot_id for one in metadata.snapshots}
    depths: dict[int, int] = {}
    current = metadata.current_snapshot_id
    while current is not None and current in parents and current not in depths:
        depths[current] = len(depths)
        current = parents[current]
    return depths


def _fate(
    snapshot: "Snapshot",
    depths: dict[int, int],
    refs: dict[int, list[str]],
    setting: Setting,
    stopped: str | None,
    now: datetime,
) -> tuple[Fate, str, datetime | None]:
    """The fate, its reason, and the time when the snapshot expires."""
    number = snapshot.snapshot_id
    least = int(setting.values["min_snapshots_to_keep"])
    if depths.get(number) == 0:
        return Fate.CURRENT, "read by queries", None
    if stopped is not None:
        return Fate.NOT_MANAGED, stopped, None
    if pointing := refs.get(number):
        return Fate.KEPT, f"{', '.join(sorted(pointing))} points at it", None
    if number in depths and depths[number] < least:
        return Fate.KEPT, f"one of the newest {least}", None
    hours = int(setting.values["max_snapshot_age_hours"])
    try:
        expires_at = _time(snapshot) + timedelta(hours=hours)
    except OverflowError:
        return Fate.KEPT, f"expires after {counted(hours, 'hour')}, later than any date", None
    reason = f"older than {counted(hours, 'hour')} then" if number in depths else "not in the history of main"
    return (Fate.DUE if expires_at <= now else Fate.EXPIRES), reason, expires_at


def _report(
    snapshot: "Snapshot",
    refs: tuple[str, ...],
    fate: tuple[Fate, str, datetime | None],
    unreferenced: Setting,
) -> SnapshotReport:
    summary = snapshot.summary
    kind, reason, expires_at = fate
    deleted_at = None
    if expires_at is not None and unreferenced.enabled:
        try:
            deleted_at = expires_at + timedelta(days=int(unreferenced.values["non_current_days"]))
        except OverflowError:
            deleted_at = None
    return SnapshotReport(
        id=snapshot.snapshot_id,
        parent_id=snapshot.parent_snapshot_id,
        committed_at=_time(snapshot),
        operation=summary.operation.value if summary else "unknown",
        rows=_count(summary, "total-records"),
        added_rows=_count(summary, "added-records"),
        deleted_rows=_count(summary, "deleted-records"),
        files=_count(summary, "total-data-files"),
        bytes=_count(summary, "total-files-size"),
        refs=refs,
        fate=kind,
        reason=reason,
        expires_at=expires_at,
        deleted_at=deleted_at,
    )


def _time(snapshot: "Snapshot") -> datetime:
    return datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC)


def _count(summary: "Summary | None", name: str) -> int | None:
    value = summary[name] if summary else None
    return int(value) if value is not None else None
