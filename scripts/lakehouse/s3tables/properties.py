"""Table properties: which ones a table in S3 Tables can have, and what Athena's own names mean for it.

Sources: "Configuration" of Apache Iceberg for the names; "Considerations and limitations for maintenance
jobs" of S3 Tables for what turns maintenance off; "Supported table properties" of Athena for its names.
Read in November 2026.
"""

import difflib
import re
from collections.abc import Callable

from lakehouse.errors import UsageError

_BOOLEAN = re.compile(r"true|false")
_COUNT = re.compile(r"[0-9]{1,18}")
_FILE_FORMATS = ("parquet", "avro", "orc")
_CODECS = ("zstd", "gzip", "snappy", "lz4", "brotli", "uncompressed")
_MODES = ("none", "hash", "range")
_ROW_MODES = ("copy-on-write", "merge-on-read")

# Similarity from which an unknown name is treated as a misspelt known one: a letter or two of a dozen.
_MISSPELT = 0.8

Check = Callable[[str], str | None]
"""Returns what a value must be, None if the value is valid."""


class PropertyError(UsageError):
    """A property that a table can't have."""


def _one_of(*values: str) -> Check:
    return lambda value: None if value in values else f"one of {', '.join(values)}"


def _pattern(pattern: re.Pattern[str], what: str) -> Check:
    return lambda value: None if pattern.fullmatch(value) else what


_boolean = _pattern(_BOOLEAN, "true or false")
_count = _pattern(_COUNT, "a whole number")


def _anything(_: str) -> None:
    return None


_KNOWN: dict[str, Check] = {
    "format-version": _one_of("2", "3"),
    "comment": _anything,
    "write.format.default": _one_of(*_FILE_FORMATS),
    "write.delete.format.default": _one_of(*_FILE_FORMATS),
    "write.target-file-size-bytes": _count,
    "write.delete.target-file-size-bytes": _count,
    "write.distribution-mode": _one_of(*_MODES),
    "write.delete.distribution-mode": _one_of(*_MODES),
    "write.update.distribution-mode": _one_of(*_MODES),
    "write.merge.distribution-mode": _one_of(*_MODES),
    "write.delete.mode": _one_of(*_ROW_MODES),
    "write.update.mode": _one_of(*_ROW_MODES),
    "write.merge.mode": _one_of(*_ROW_MODES),
    "write.delete.isolation-level": _one_of("serializable", "snapshot"),
    "write.update.isolation-level": _one_of("serializable", "snapshot"),
    "write.merge.isolation-level": _one_of("serializable", "snapshot"),
    "write.delete.granularity": _one_of("partition", "file"),
    "write.spark.fanout.enabled": _boolean,
    "write.spark.accept-any-schema": _boolean,
    "write.object-storage.enabled": _boolean,
    "write.object-storage.partitioned-paths": _boolean,
    "write.metadata.compression-codec": _one_of("none", "gzip"),
    "write.metadata.metrics.default": _anything,
    "write.metadata.metrics.max-inferred-column-defaults": _count,
    "write.metadata.delete-after-commit.enabled": _boolean,
    "write.metadata.previous-versions-max": _count,
    "write.parquet.compression-codec": _one_of(*_CODECS),
    "write.parquet.compression-level": _count,
    "write.parquet.row-group-size-bytes": _count,
    "write.parquet.page-size-bytes": _count,
    "write.parquet.page-row-limit": _count,
    "write.parquet.dict-size-bytes": _count,
    "write.parquet.bloom-filter-max-bytes": _count,
    "write.avro.compression-codec": _one_of("zstd", "gzip", "snappy", "uncompressed"),
    "write.avro.compression-level": _count,
    "write.orc.compression-codec": _one_of("zstd", "lz4", "lzo", "zlib", "snappy", "none"),
    "write.orc.stripe-size-bytes": _count,
    "write.orc.block-size-bytes": _count,
    "read.split.target-size": _count,
    "read.split.metadata-target-size": _count,
    "read.split.planning-lookback": _count,
    "read.split.open-file-cost": _count,
    "read.parquet.vectorization.enabled": _boolean,
    "read.parquet.vectorization.batch-size": _count,
    "read.orc.vectorization.enabled": _boolean,
    "read.orc.vectorization.batch-size": _count,
    "commit.retry.num-retries": _count,
    "commit.retry.min-wait-ms": _count,
    "commit.retry.max-wait-ms": _count,
    "commit.retry.total-timeout-ms": _count,
    "commit.status-check.num-retries": _count,
    "commit.manifest.target-size-bytes": _count,
    "commit.manifest.min-count-to-merge": _count,
    "commit.manifest-merge.enabled": _boolean,
    "gc.enabled": _one_of("true"),
    "write.wap.enabled": _one_of("false"),
    "compatibility.snapshot-id-inheritance.enabled": _boolean,
    "schema.name-mapping.default": _anything,
}
# Properties of single columns end in the column's name.
_KNOWN_PREFIXES: dict[str, Check] = {
    "write.metadata.metrics.column.": _anything,
    "write.parquet.bloom-filter-enabled.column.": _boolean,
    "write.parquet.bloom-filter-fpp.column.": _anything,
    "write.parquet.stats-enabled.column.": _boolean,
}
_MAINTAINED = (
    "S3 Tables would silently stop managing snapshots; use `lakehouse s3tables maintenance set` instead"
)
_REFUSED = {
    "history.expire.": _MAINTAINED,
    "vacuum_": "S3 Tables expires snapshots automatically; see `lakehouse s3tables maintenance set`",
    "optimize_": "S3 Tables compacts files automatically; see `lakehouse s3tables maintenance set`",
    "write.data.path": "S3 Tables chooses the location of a table",
    "write.metadata.path": "S3 Tables chooses the location of a table",
    "write.folder-storage.path": "S3 Tables chooses the location of a table",
    "write.object-storage.path": "S3 Tables chooses the location of a table",
    "location": "S3 Tables chooses the location of a table",
    "external": "a table in S3 Tables is never external",
    "projection.": "Iceberg keeps track of partitions; leave projection out",
}
_REASONS = {
    "gc.enabled": "with false, S3 Tables stops managing snapshots and removing unreferenced files",
    "write.wap.enabled": "it leaves snapshots outside of main, and S3 Tables then stops managing snapshots",
    "format-version": "S3 Tables has format versions 2 and 3",
}


def checked_property(name: str, value: str) -> tuple[str, str] | None:
    """Return the property under Iceberg's name; None for a property of Athena's that is redundant here.

    An unknown name is kept: Iceberg stores any property, and `notes_on` has a note about it.

    Raises PropertyError for a property that a table in S3 Tables can't have, for a misspelt name, and for a
    value out of range.
    """
    if name == "table_type":
        _check("table_type", value.lower(), _one_of("iceberg"))
        return None
    if name == "format":
        return checked_property("write.format.default", value.lower())
    if name == "write_compression":
        return checked_property("write.parquet.compression-codec", _athena_codec(value.lower()))
    for refused, reason in _REFUSED.items():
        if name == refused or (refused[-1] in "._" and name.startswith(refused)):
            raise PropertyError(f"property {name!r} is refused: {reason}")
    check = _known_check(name)
    if check is not None:
        _check(name, value, check)
        return name, value
    if not name.strip():
        raise PropertyError("a property has an empty name")
    known = [*_KNOWN, "table_type", "format", "write_compression"]
    near = difflib.get_close_matches(name.lower(), known, 1, _MISSPELT)
    if near:
        raise PropertyError(
            f"property {name!r} is unknown to Iceberg and S3 Tables; did you mean {near[0]!r}?"
        )
    return name, value


def _known_check(name: str) -> Check | None:
    for prefix, check in _KNOWN_PREFIXES.items():
        if name.startswith(prefix) and name != prefix:
            return check
    return _KNOWN.get(name)


def _check(name: str, value: str, check: Check) -> None:
    if problem := check(value):
        reason = f": {_REASONS[name]}" if name in _REASONS else ""
        raise PropertyError(f"property {name!r} can't be {value!r}, only {problem}{reason}")


def _athena_codec(value: str) -> str:
    return "uncompressed" if value == "none" else value


def notes_on(properties: dict[str, str], type_names: list[str]) -> list[str]:
    """Return notes on what compaction ("Considerations for compaction") or Athena can't handle in a table,
    and on properties that no engine uses."""
    notes = [
        f"property {name!r} is stored with the table, but Iceberg and S3 Tables don't know it"
        for name in properties
        if _known_check(name) is None
    ]
    notes += [
        f"Athena's DESCRIBE and SHOW CREATE TABLE fail on a table with a column of type {name}"
        for name in ("time", "uuid")
        if name in type_names
    ]
    if properties.get("format-version") == "3":
        notes.append("Athena can only create and change Iceberg tables of format version 2")
    file_format = properties.get("write.format.default", "parquet")
    if file_format != "parquet":
        notes.append(f"S3 Tables compacts only Parquet: files in {file_format} are not compacted")
    codec = properties.get("write.parquet.compression-codec")
    if codec in ("brotli", "lz4"):
        notes.append(f"S3 Tables can't compact files that are compressed with {codec}")
    if any(name.startswith("fixed") for name in type_names):
        notes.append("S3 Tables can't compact tables with a column of type fixed")
    return notes
