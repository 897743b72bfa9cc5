"""The part of an Iceberg table that Athena shows and Glue doesn't hold: its schema and partition spec.

Read from the table's current metadata file, which Glue names in `metadata_location`.
"""

from __future__ import annotations

import gzip
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from athena_sandbox.athena.catalog.glue import Table
from athena_sandbox.athena.results.storage import ObjectStore, StorageError, parse_hadoop_location
from athena_sandbox.athena.statements.ast import Transform

# Properties that Athena knows; CTAS, CREATE TABLE and SET TBLPROPERTIES refuse all others.
WRITE_PROPERTIES = frozenset(
    [
        "format",
        "write_compression",
        "compression_level",
        "write_target_data_file_size_bytes",
        "optimize_rewrite_min_data_file_size_bytes",
        "optimize_rewrite_max_data_file_size_bytes",
        "optimize_rewrite_data_file_threshold",
        "optimize_rewrite_delete_file_threshold",
        "vacuum_min_snapshots_to_keep",
        "vacuum_max_snapshot_age_seconds",
        "vacuum_max_metadata_files_to_keep",
    ]
)
# Far above the metadata file of any real table; a damaged catalog entry must not fill the memory.
_MAX_METADATA_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class IcebergField:
    """A column; `type` is spelled as Athena's DESCRIBE does."""

    name: str
    type: str
    comment: str | None


@dataclass(frozen=True)
class IcebergTable:
    location: str
    fields: tuple[IcebergField, ...]
    # Each with the name of the partition field.
    partition_fields: tuple[tuple[str, Transform], ...]
    properties: dict[str, str]


def load_iceberg(store: ObjectStore, table: Table) -> IcebergTable:
    """The table that a Glue entry points to. Raises StorageError when its metadata can't be read."""
    return parse_metadata(_read_metadata(store, table.get("Parameters", {}).get("metadata_location", "")))


def has_snapshot_of(store: ObjectStore, table: Table, query_id: str) -> bool:
    """Whether a query of the engine has committed to the table. Raises StorageError like `load_iceberg`."""
    metadata = _read_metadata(store, table.get("Parameters", {}).get("metadata_location", ""))
    summaries = (snapshot.get("summary", {}) for snapshot in metadata.get("snapshots", ()))
    return any(summary.get("trino_query_id") == query_id for summary in summaries)


def _read_metadata(store: ObjectStore, uri: str) -> dict[str, Any]:
    location = parse_hadoop_location(uri)
    if location is None:
        raise StorageError(f"{uri!r} is not the address of a metadata file")
    body = store.read(location, 0, _MAX_METADATA_BYTES)
    if location.key.endswith(".gz.metadata.json") or body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    metadata: dict[str, Any] = json.loads(body)
    return metadata


def remove_properties(store: ObjectStore, uri: str, keys: Iterable[str], *, now: float) -> str:
    """Write the metadata that follows `uri`, without these properties; returns its address.

    `now` is in epoch seconds. Nothing points to the new file until the catalog does.
    """
    metadata = _read_metadata(store, uri)
    gone = set(keys)
    metadata["properties"] = {k: v for k, v in metadata.get("properties", {}).items() if k not in gone}
    entry = {"metadata-file": uri, "timestamp-ms": metadata["last-updated-ms"]}
    metadata["metadata-log"] = [*metadata.get("metadata-log", ()), entry]
    # Readers treat a time that goes back as an error.
    metadata["last-updated-ms"] = max(int(now * 1000), metadata["last-updated-ms"])
    directory, _, name = uri.rpartition("/")
    version = int(name.partition("-")[0]) + 1 if name.partition("-")[0].isdigit() else 0
    after = f"{directory}/{version:05d}-{uuid.uuid4()}.metadata.json"
    location = parse_hadoop_location(after)
    assert location is not None  # noqa: S101 - it lies beside an address that was read
    store.put(location, json.dumps(metadata).encode())
    return after


def parse_metadata(metadata: dict[str, Any]) -> IcebergTable:
    """The table that a metadata file (format version 1 or 2) describes."""
    schemas = metadata.get("schemas") or [metadata["schema"]]
    current = metadata.get("current-schema-id", schemas[-1].get("schema-id"))
    schema = next((s for s in schemas if s.get("schema-id") == current), schemas[-1])
    names = {field["id"]: field["name"] for field in schema["fields"]}
    specs = metadata.get("partition-specs", [])
    spec_id = metadata.get("default-spec-id", 0)
    spec: list[dict[str, Any]] = next((s["fields"] for s in specs if s["spec-id"] == spec_id), [])
    return IcebergTable(
        metadata["location"],
        tuple(IcebergField(f["name"], _type(f["type"]), f.get("doc")) for f in schema["fields"]),
        tuple(
            (f["name"], _transform(f["transform"], names.get(f["source-id"], f["name"])))
            for f in spec
            if f["transform"] != "void"
        ),
        metadata.get("properties", {}),
    )


def _transform(text: str, column: str) -> Transform:
    name, _, argument = text.partition("[")
    return Transform(column, name, int(argument.rstrip("]")) if argument else None)


_TYPES = {"long": "bigint", "timestamptz": "timestamp with time zone"}


def _type(kind: Any) -> str:
    if isinstance(kind, str):
        return _TYPES.get(kind, kind)
    if kind["type"] == "struct":
        return "struct<" + ", ".join(f"{f['name']}: {_type(f['type'])}" for f in kind["fields"]) + ">"
    if kind["type"] == "list":
        return f"array<{_type(kind['element'])}>"
    return f"map<{_type(kind['key'])}, {_type(kind['value'])}>"


def partitioning_property(transforms: tuple[Transform, ...]) -> list[str]:
    """Trino's spelling of partition fields: `bucket(c, 16)`, `day(ts)`, a bare name for identity."""
    return [_spell(transform) for transform in transforms]


def _spell(transform: Transform) -> str:
    # Trino takes quoted names here only when they need it.
    column = transform.column if transform.column.isidentifier() else f'"{transform.column}"'
    if transform.function == "identity":
        return column
    argument = "" if transform.argument is None else f", {transform.argument}"
    return f"{transform.function}({column}{argument})"
