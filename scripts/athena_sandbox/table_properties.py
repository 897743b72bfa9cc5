"""The properties of Hive tables that change which rows Athena reads, and that the sandbox's engine ignores;
and a template of locations that nothing can be read from.

They are refused by name, when a table is created or changed through Athena and when the engine reads one that
came by the Glue API. Everything else that Athena's user guide names for a SerDe is read by the engine itself,
is done for it (projection, Spark's buckets), or says nothing about rows (compression, classification).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_UTF_8 = ("utf-8", "utf8")
_NEWLINES = ("\n", "\\n", "10")


def unserved_property(table: Mapping[str, Any]) -> str | None:
    """The refused property of a table (Glue's Table or TableInput) and why; None if all are accepted."""
    descriptor = table.get("StorageDescriptor") or {}
    serde = descriptor.get("SerdeInfo") or {}
    library = str(serde.get("SerializationLibrary", "")).lower()
    properties = {**(table.get("Parameters") or {}), **(serde.get("Parameters") or {})}
    for name, value in properties.items():
        reason = _reason(name.lower(), str(value), library)
        if reason is not None:
            return f"Table property '{name}' = '{value}' is not served by the sandbox: {reason}"
    return None


def wrong_template(table: Mapping[str, Any]) -> str | None:
    """The `storage.location.template` of a projected table that is not an `s3://` address, the only kind that
    Athena reads; None if there is no such template."""
    parameters = table.get("Parameters") or {}
    template = str(parameters.get("storage.location.template", ""))
    is_projected = str(parameters.get("projection.enabled", "")).strip().lower() == "true"
    return template if is_projected and template and not template.startswith("s3://") else None


def _reason(name: str, value: str, library: str) -> str | None:
    said = value.strip().lower()
    match name:
        case "orc.column.index.access" if "orc" in library and said != "true":
            return "its engine reads the columns of ORC files by position"
        case "parquet.column.index.access" if "parquet" in library and said == "true":
            return "its engine reads the columns of Parquet files by name"
        case "serialization.encoding" if said not in _UTF_8:
            return "its engine reads text files as UTF-8"
        case "line.delim" | "textinputformat.record.delimiter" if value not in _NEWLINES:
            return "its engine ends lines at newlines only"
        case "hive.lazysimple.extended_boolean_literal" if said == "true":
            return "its engine reads TRUE and FALSE only"
        case "has_encrypted_data" if said == "true":
            return "its engine has no keys for data that was encrypted by a client"
        case _:
            return None
