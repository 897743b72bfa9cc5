"""The command `lakehouse s3tables snapshots`: it parses arguments and prints."""

from collections import Counter
from datetime import UTC, datetime

import typer

from lakehouse.options import AsJson
from lakehouse.output import Output, counted, size_text
from lakehouse.s3tables.cli.common import Bucket, Table, place_of
from lakehouse.s3tables.maintenance.service import Target, read_settings
from lakehouse.s3tables.maintenance.settings import SettingKind
from lakehouse.s3tables.snapshots import SnapshotReport, report_snapshots


def snapshots(context: typer.Context, table: Table, bucket: Bucket = None, as_json: AsJson = False) -> None:
    """List a table's snapshots, newest first, and when the maintenance settings will let each expire."""
    place = place_of(context, bucket)
    output = Output(as_json=as_json)
    name = place.table(table)
    settings = read_settings(place.client, Target(place.bucket, name))
    unreferenced = read_settings(place.client, Target(place.bucket))[SettingKind.UNREFERENCED_FILES]
    found = report_snapshots(place.tables.load(name), settings, unreferenced, datetime.now(UTC))
    if output.as_json:
        output.json({"table": str(name), "snapshots": [vars(report) for report in found]})
        return
    if not found:
        output.say(f"{name} has no snapshots: nothing has ever been written to it")
        return
    output.table(
        ["snapshot", "committed", "operation", "rows", "added", "deleted", "files", "size", "fate", "why"],
        [_row(report) for report in found],
    )
    counts = Counter(report.fate.value for report in found)
    output.say(
        f"{counted(len(found), 'snapshot')}: "
        + ", ".join(f"{count} {fate}" for fate, count in counts.items())
    )


def _row(report: SnapshotReport) -> list[object]:
    fate = report.fate.value
    if report.expires_at:
        fate = f"{fate} {report.expires_at:%Y-%m-%d %H:%M}"
    return [
        # As text: an id is not a quantity and has no thousands separators.
        str(report.id),
        f"{report.committed_at:%Y-%m-%d %H:%M:%S}",
        report.operation,
        report.rows,
        report.added_rows,
        report.deleted_rows,
        report.files,
        None if report.bytes is None else size_text(report.bytes),
        fate,
        report.reason,
    ]
