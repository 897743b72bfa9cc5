"""The results of scanning a table's columns, with findings and a suggested configuration.

This module decides when a column is considered a time, and when its name is reported as misleading.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import yaml

from lakehouse.migration.analysis.candidates import Candidate
from lakehouse.output import counted

_EXAMPLES = 3
# Minimum shares for a finding: a single dirty row in a million is not reported.
_NOTABLE = 0.01
_NEARLY_ALL = 0.99
# By content alone a column is a time if half of its texts read as one, not counting bare digits.
_MOSTLY = 0.5
_DIGITS = ("epoch_seconds", "epoch_millis", "epoch_micros", "epoch_nanos", "compact_date")


class Status(StrEnum):
    """The result for a text; `text` doesn't look like a time and is in a column not named like one."""

    PARSED = "parsed"
    EMPTY = "empty"
    REJECTED = "rejected"
    TEXT = "text"


@dataclass(frozen=True)
class FormatCount:
    """The texts of one format class, reject reason or marker of emptiness (`missing` is NULL).

    Lengths are of the texts in characters; days are UTC. `midnights` are the parsed ones without a time of
    day. `day_first`, `month_first` are those whose first, second number can only be the day. `zones` counts
    what the texts say about their zone.
    """

    status: Status
    label: str
    rows: int
    min_length: int | None = None
    max_length: int | None = None
    first_day: date | None = None
    last_day: date | None = None
    midnights: int = 0
    day_first: int = 0
    month_first: int = 0
    zones: tuple[tuple[str, int], ...] = ()
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class ColumnProfile:
    """One column. `formats` are in order of their rows; `directories` count by directory and status."""

    candidate: Candidate
    formats: tuple[FormatCount, ...]
    directories: tuple[tuple[str, tuple[tuple[Status, int], ...]], ...]

    @property
    def name(self) -> str:
        return self.candidate.name

    @property
    def rows(self) -> int:
        return sum(each.rows for each in self.formats)

    def count(self, status: Status) -> int:
        """Rows of a status."""
        return sum(each.rows for each in self.formats if each.status is status)

    @property
    def filled(self) -> int:
        """Rows that have a value."""
        return self.rows - self.count(Status.EMPTY)

    @property
    def nulls(self) -> int:
        return self.count_of("missing")

    @property
    def midnights(self) -> int:
        return sum(each.midnights for each in self.formats)

    def count_of(self, *labels: str) -> int:
        """Rows of some labels."""
        return sum(each.rows for each in self.formats if each.label in labels)

    def count_ending(self, *endings: str) -> int:
        """Rows of the format classes with these endings (`_local`, `_offset`, ...)."""
        parsed = (each for each in self.formats if each.status is Status.PARSED)
        return sum(each.rows for each in parsed if each.label.endswith(endings))

    @property
    def days(self) -> tuple[date, date] | None:
        """First and last day that a text names."""
        days = [day for each in self.formats for day in (each.first_day, each.last_day) if day]
        return (min(days), max(days)) if days else None

    @property
    def is_time(self) -> bool:
        """Whether the column contains times, by its name or by its content."""
        if self.candidate.by_name:
            return self.count(Status.PARSED) > 0 or self.candidate.is_configured
        parsed = self.count(Status.PARSED)
        return parsed >= _MOSTLY * max(self.filled, 1) and parsed - self.count_of(*_DIGITS) > 0.1 * parsed > 0

    @property
    def is_digits(self) -> bool:
        """Whether a column not named like a time contains digits that could be epochs or days."""
        return not self.candidate.by_name and not self.is_time and self._share(*_DIGITS) >= _NEARLY_ALL

    @property
    def is_reported(self) -> bool:
        return self.candidate.by_name or self.is_time or self.is_digits

    @property
    def suggested_type(self) -> str:
        """`date` for a column that is named like a day or has no times of day, otherwise `timestamp`."""
        if self.candidate.is_configured:
            return self.candidate.config.type
        return "date" if self.candidate.names_a_day or self._holds_only_days else "timestamp"

    @property
    def _holds_only_days(self) -> bool:
        parsed = self.count(Status.PARSED)
        return parsed > 0 and self.midnights >= _NEARLY_ALL * parsed

    def _share(self, *labels: str) -> float:
        return self.count_of(*labels) / self.filled if self.filled else 0.0


@dataclass(frozen=True)
class TableProfile:
    """A table: its files and bytes (as S3 lists them), what the scan read, its columns."""

    table: str
    files: int
    bytes: int
    scanned_bytes: int
    engine_ms: int
    query_id: str
    columns: tuple[ColumnProfile, ...]

    @property
    def rows(self) -> int:
        return max((column.rows for column in self.columns), default=0)

    @property
    def reported(self) -> tuple[ColumnProfile, ...]:
        """The columns worth reporting, times first."""
        return tuple(sorted((c for c in self.columns if c.is_reported), key=lambda c: not c.is_time))


def column_profiles(
    candidates: tuple[Candidate, ...], rows: Iterable[Mapping[str, Any]]
) -> tuple[ColumnProfile, ...]:
    """The profiles of columns from the rows of the scan (profile_scan.profile_statement)."""
    by_column: dict[int, list[Mapping[str, Any]]] = {number: [] for number in range(len(candidates))}
    for row in rows:
        by_column[row["column_number"]].append(row)
    return tuple(
        ColumnProfile(candidate, _formats(by_column[number]), _directories(by_column[number]))
        for number, candidate in enumerate(candidates)
    )


def findings(column: ColumnProfile) -> list[str]:
    """What a person should know before this column gets a type; one sentence each."""
    parsed, filled = column.count(Status.PARSED), column.filled
    if column.is_digits:
        return ["contains only digits, which could be epochs or days: add the column by hand if they are"]
    if not filled:
        return ["is empty in every row"]
    if not parsed:
        return ["is named like a time, but none of its values can be read as one"]
    found = []
    if not column.candidate.by_name:
        found.append("contains times, but isn't named like one")
    epochs = column.count_of(*(label for label in _DIGITS if label.startswith("epoch")))
    if column.candidate.names_a_day and epochs >= _NOTABLE * filled:
        found.append(f"is named like a date, but {_share(epochs, filled)} of its values are epochs")
    elif _NOTABLE * filled <= epochs < _NEARLY_ALL * filled:
        found.append(f"mixes formatted times with epochs ({_share(epochs, filled)})")
    if column.candidate.names_a_day and parsed - column.midnights >= _NOTABLE * parsed:
        found.append(
            f"is named like a date, but {_share(parsed - column.midnights, parsed)} of its values have a "
            "time of day, which a date drops"
        )
    elif not column.candidate.names_a_day and column.midnights >= _NEARLY_ALL * parsed:
        found.append("is named like a time, but contains only days")
    return found + _zone_findings(column) + _order_findings(column)


def _zone_findings(column: ColumnProfile) -> list[str]:
    parsed = column.count(Status.PARSED)
    local, offset = column.count_ending("_local"), column.count_ending("_offset")
    found = []
    zone = column.candidate.config.zone
    if local >= _NOTABLE * parsed and not column.candidate.is_configured:
        found.append(
            f"has no zone in {_share(local, parsed)} of its times: they are read as UTC, unless zone: is set"
        )
    elif local >= _NOTABLE * parsed:
        found.append(f"has no zone in {_share(local, parsed)} of its times: read as {zone}, as configured")
    if offset >= _NOTABLE * parsed:
        found.append(f"has an offset in {_share(offset, parsed)} of its times, which a CAST may drop")
    return found


def _order_findings(column: ColumnProfile) -> list[str]:
    ambiguous = column.count_of("ambiguous_date")
    day_first = sum(each.day_first for each in column.formats)
    month_first = sum(each.month_first for each in column.formats)
    if not ambiguous:
        return []
    text = f"has {counted(ambiguous, 'date')} whose day and month can't be distinguished"
    if day_first and not month_first:
        return [f"{text}; the day is first in {day_first:,} that are clear: is formats: [dmy] right?"]
    if month_first and not day_first:
        return [f"{text}; the month is first in {month_first:,} that are clear: is formats: [mdy] right?"]
    if day_first:
        return [f"{text}; {day_first:,} have the day first and {month_first:,} the month: no order fits all"]
    return [text]


def suggested_columns(profile: TableProfile) -> str:
    """The `columns:` block of a configuration for what the table holds, with the shares as comments."""
    times = [column for column in profile.columns if column.is_time and column.candidate.column.is_text]
    if not times:
        return ""
    lines = ["columns:"]
    for column in times:
        settings = [f"type: {column.suggested_type}"]
        if column.candidate.config.zone != "UTC":
            settings.append(f"zone: {column.candidate.config.zone}")
        if column.candidate.config.formats:
            settings.append(f"formats: [{column.candidate.config.formats[0]}]")
        shares = ", ".join(
            f"{_share(column.count(status), column.rows)} {status}"
            for status in (Status.PARSED, Status.EMPTY, Status.REJECTED)
        )
        lines.append(f"  {_yaml_key(column.name)}: {{{', '.join(settings)}}}  # {shares}")
    return "\n".join(lines)


def _yaml_key(name: str) -> str:
    """A name as a key of YAML, which reads a bare `on` or `2024` as something else."""
    return (
        name
        if re.fullmatch(r"[a-z_][a-z0-9_]*", name) and yaml.safe_load(name) == name
        else json.dumps(name, ensure_ascii=False)
    )


def _share(part: int, whole: int) -> str:
    percent = 100 * part / whole if whole else 0.0
    return f"{percent:.1f} %" if percent >= 0.1 or not part else "under 0.1 %"


def _formats(rows: list[Mapping[str, Any]]) -> tuple[FormatCount, ...]:
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["status"], row["label"]), []).append(row)
    counts = [_format(Status(status), label, group) for (status, label), group in groups.items()]
    return tuple(sorted(counts, key=lambda each: (list(Status).index(each.status), -each.rows, each.label)))


def _format(status: Status, label: str, rows: list[Mapping[str, Any]]) -> FormatCount:
    def total(name: str) -> int:
        return sum(row[name] for row in rows)

    def known(name: str) -> list[Any]:
        return [row[name] for row in rows if row[name] is not None]

    zones: Counter[str] = Counter()
    examples: dict[str, None] = {}
    for row in rows:
        zones.update(json.loads(row["zones"] or "{}") or {})
        examples |= dict.fromkeys(each for each in json.loads(row["examples"] or "[]") or [] if each)
    return FormatCount(
        status,
        label,
        total("row_count"),
        min(known("min_length"), default=None),
        max(known("max_length"), default=None),
        min((_day(text) for text in known("first_at")), default=None),
        max((_day(text) for text in known("last_at")), default=None),
        total("midnights"),
        total("day_first"),
        total("month_first"),
        tuple(zones.most_common()),
        tuple(sorted(examples))[:_EXAMPLES],
    )


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])


def _directories(
    rows: list[Mapping[str, Any]],
) -> tuple[tuple[str, tuple[tuple[Status, int], ...]], ...]:
    counts: dict[str, Counter[Status]] = {}
    for row in rows:
        if row["directory"] is not None:
            counts.setdefault(row["directory"], Counter())[Status(row["status"])] += row["row_count"]
    return tuple((directory, tuple(sorted(counts[directory].items()))) for directory in sorted(counts))
