"""Step `discover`: what the text columns of a table contain, found by one scan. Changes nothing.

Works on any table of files, whether or not it is in a migration.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from lakehouse.athena.costs import scan_cost
from lakehouse.athena.statements import Statements
from lakehouse.catalog.files import list_files
from lakehouse.catalog.tables import Table
from lakehouse.dbt.macros import TimestampMacros
from lakehouse.errors import RefusedError, UsageError
from lakehouse.migration.analysis.candidates import Candidate, find_candidates
from lakehouse.migration.analysis.profile_scan import directory_depth, profile_statement
from lakehouse.migration.analysis.profiles import (
    ColumnProfile,
    Status,
    TableProfile,
    column_profiles,
    findings,
)
from lakehouse.migration.config import TableConfig
from lakehouse.output import size_text
from lakehouse.records.ledger import Entry, Ledger

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class Scan:
    """A scan that has not run yet: what it reads (bytes as S3 lists them) and the statement."""

    table: Table
    candidates: tuple[Candidate, ...]
    files: int
    bytes: int
    statement: str

    @property
    def cost(self) -> float:
        """The maximum in US dollars: a scan of Parquet or ORC only reads the candidates' columns."""
        return scan_cost(self.bytes)


def plan_scan(
    s3: S3Client, glue: GlueClient, macros: TimestampMacros, table: Table, configured: TableConfig | None
) -> Scan:
    """The scan that profiles a table; `configured` says how the migration reads its columns.

    Raises UsageError if no column of the table could contain a time.
    """
    candidates = find_candidates(table, configured.columns if configured else {})
    if not candidates:
        raise UsageError(f"{table.qualified_name} has no text columns: there is nothing to discover")
    files = list_files(s3, glue, table)
    depth = directory_depth(table, files)
    return Scan(
        table,
        candidates,
        len(files),
        sum(file.size for file in files),
        profile_statement(table, candidates, macros, depth),
    )


def refuse_above(scans: list[Scan], max_bytes: int | None) -> None:
    """Raise RefusedError if the scans read more than `max_bytes` in total."""
    total = sum(scan.bytes for scan in scans)
    if max_bytes is not None and total > max_bytes:
        raise RefusedError(
            f"the scan would read {size_text(total)} ({total} bytes), more than --max-bytes {max_bytes}: "
            "name fewer tables, or raise it"
        )


def run_scan(statements: Statements, scan: Scan) -> TableProfile:
    """Run a scan."""
    result = statements.query(scan.statement)
    rows = [dict(zip(result.columns, row, strict=True)) for row in result.rows]
    return TableProfile(
        scan.table.qualified_name,
        scan.files,
        scan.bytes,
        result.scanned_bytes,
        result.engine_ms,
        result.query_id,
        column_profiles(scan.candidates, rows),
    )


def record(ledger: Ledger, profile: TableProfile, report: str) -> Entry:
    """Record in the ledger what was found, and the report's location."""
    return ledger.append(
        "discover",
        "done",
        profile.table,
        query_id=profile.query_id,
        rows=profile.rows,
        files=profile.files,
        scanned_bytes=profile.scanned_bytes,
        report=report,
        days={
            column.name: [day.isoformat() for day in column.days]
            for column in profile.columns
            if column.is_time and column.days
        },
        columns={
            column.name: {str(status): column.count(status) for status in Status}
            for column in profile.columns
            if column.is_time
        },
    )


def as_json(profile: TableProfile) -> dict[str, Any]:
    """A profile in the form that --json prints."""
    return {
        "table": profile.table,
        "rows": profile.rows,
        "files": profile.files,
        "bytes": profile.bytes,
        "scanned_bytes": profile.scanned_bytes,
        "engine_ms": profile.engine_ms,
        "query_id": profile.query_id,
        "columns": [_column_as_json(column) for column in profile.reported],
    }


def _column_as_json(column: ColumnProfile) -> dict[str, Any]:
    return {
        "name": column.name,
        "glue_type": column.candidate.column.type,
        "found_by": "name" if column.candidate.by_name else "content",
        "is_time": column.is_time,
        "suggested_type": column.suggested_type,
        "zone": column.candidate.config.zone,
        "rows": column.rows,
        "nulls": column.nulls,
        **{str(status): column.count(status) for status in Status},
        "findings": findings(column),
        "formats": [{**asdict(each), "zones": dict(each.zones)} for each in column.formats],
        "directories": [
            {"directory": directory, **{str(status): rows for status, rows in counts}}
            for directory, counts in column.directories
        ],
    }
