"""How Spark reads a table of Glue, and how Glue describes a table of Spark's.

Parquet and ORC go to Spark's own sources, JSON to `json_rows`, everything else that Athena reads to the SerDe
that the table names. Where Spark would give other rows than SQL does, the table is refused, with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from hive_types import parse_type
from json_rows import JsonOptions

LINES = "$lines"
"""Ending of the name under which the lines of a JSON table are a table too."""

_HIVE = "org.apache.hadoop.hive"
_PARQUET = f"{_HIVE}.ql.io.parquet.serde.ParquetHiveSerDe"
_ORC = f"{_HIVE}.ql.io.orc.OrcSerde"
_OPENX = "org.openx.data.jsonserde.JsonSerDe"
_JSON = (_OPENX, "org.apache.hive.hcatalog.data.JsonSerDe", f"{_HIVE}.serde2.JsonSerDe")
_CSV = f"{_HIVE}.serde2.OpenCSVSerde"
_TEXT = f"{_HIVE}.serde2.lazy.LazySimpleSerDe"
_BY_HIVE = (_CSV, _TEXT, f"{_HIVE}.serde2.RegexSerDe", f"{_HIVE}.serde2.avro.AvroSerDe")
_TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUTPUT = f"{_HIVE}.ql.io.HiveIgnoreKeyTextOutputFormat"
_PROVIDER = "spark.sql.sources.provider"
_SCHEMA = "spark.sql.sources.schema"
# Spark's own sources write these: library, input format, output format of Hive's `stored as`.
_STORED_AS = {
    "parquet": (
        _PARQUET,
        f"{_HIVE}.ql.io.parquet.MapredParquetInputFormat",
        f"{_HIVE}.ql.io.parquet.MapredParquetOutputFormat",
    ),
    "orc": (_ORC, f"{_HIVE}.ql.io.orc.OrcInputFormat", f"{_HIVE}.ql.io.orc.OrcOutputFormat"),
    "json": (_OPENX, _TEXT_INPUT, _TEXT_OUTPUT),
    "csv": (_CSV, _TEXT_INPUT, _TEXT_OUTPUT),
}
# Options of Spark's CSV source, by the property of OpenCSVSerde that says the same.
_CSV_OPTIONS = {
    "sep": "separatorChar",
    "delimiter": "separatorChar",
    "quote": "quoteChar",
    "escape": "escapeChar",
}


class UnsupportedTableError(Exception):
    """A table that this server can't bring into Spark, or out of it."""


@dataclass(frozen=True)
class Source:
    """A table as Spark's catalog describes it.

    `schema` is DDL or JSON of Spark's; `view` is the text of the query that a table of JSON is to Spark, and
    `json` what its function needs.
    """

    schema: str
    keys: tuple[str, ...]
    provider: str | None = None
    location: str | None = None
    serde: str | None = None
    reads: str | None = None
    writes: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    view: str | None = None
    json: JsonRows | None = None


@dataclass(frozen=True)
class JsonRows:
    """A function that makes rows of lines: its name in Spark, its columns, its options."""

    function: str
    columns: tuple[tuple[str, str], ...]
    options: JsonOptions


def source_of(database: str, table: Mapping[str, Any], *, as_lines: bool = False) -> Source:
    """How Spark reads a Glue table. Raises UnsupportedTableError, with the reason, if it can't."""
    name = f"{database}.{table['Name']}"
    try:
        return _source(database, table, as_lines)
    except UnsupportedTableError as error:
        raise UnsupportedTableError(f"Spark can't read {name} here: {error}") from None


def _source(database: str, table: Mapping[str, Any], as_lines: bool) -> Source:
    parameters = table.get("Parameters", {})
    if table.get("TableType") == "VIRTUAL_VIEW":
        raise UnsupportedTableError("it is a view of Athena SQL, which Spark can't read")
    if parameters.get("table_type", "").upper() == "ICEBERG":
        raise UnsupportedTableError(
            "it is an Iceberg table and the session has no Iceberg catalog: set Iceberg's SparkProperties"
        )
    if parameters.get("projection.enabled", "").lower() == "true":
        raise UnsupportedTableError("its partitions are projected, which only Athena SQL sees")
    storage = table.get("StorageDescriptor", {})
    keys = tuple(column["Name"] for column in table.get("PartitionKeys", ()))
    columns = [*storage.get("Columns", ()), *table.get("PartitionKeys", ())]
    if not storage.get("Columns") or not storage.get("Location"):
        raise UnsupportedTableError("it has no columns or no location")
    base = Source(_ddl(columns), keys, location=storage["Location"], properties=dict(parameters))
    serde = storage.get("SerdeInfo", {})
    library = serde.get("SerializationLibrary", "")
    settings = {**parameters, **serde.get("Parameters", {})}
    if parameters.get(_PROVIDER) in _STORED_AS:
        return _of_sparks_own(base, columns, parameters, serde)
    if library == _PARQUET:
        if settings.get("parquet.column.index.access", "false").lower() == "true":
            raise UnsupportedTableError("parquet.column.index.access is not supported by this server")
        return replace(base, provider="parquet")
    if library == _ORC:
        # Athena reads ORC by the order of the columns unless a property says otherwise.
        by_order = settings.get("orc.column.index.access", "true").lower()
        return replace(base, provider="orc", options={"orc.force.positional.evolution": by_order})
    if library in _JSON:
        return _of_json(base, database, table, settings, library, as_lines)
    if library not in _BY_HIVE:
        raise UnsupportedTableError(f"its format ({library or 'none named'}) is not supported by this server")
    return _of_hive(base, storage, settings, library)


def _of_sparks_own(
    base: Source, columns: list[Any], parameters: Mapping[str, str], serde: Mapping[str, Any]
) -> Source:
    """A table that Spark has written: read by what wrote it, its names in their own case."""
    schema = parameters.get(_SCHEMA, "")
    if schema and [one["name"].lower() for one in json.loads(schema)["fields"]] == [
        c["Name"] for c in columns
    ]:
        base = replace(base, schema=schema)
    options = {key: value for key, value in serde.get("Parameters", {}).items() if key != "path"}
    return replace(base, provider=parameters[_PROVIDER], options=options)


def _of_json(
    base: Source,
    database: str,
    table: Mapping[str, Any],
    settings: Mapping[str, str],
    library: str,
    as_lines: bool,
) -> Source:
    keys = [_quoted(key) for key in base.keys]
    if as_lines:
        lines = [{"Name": "value", "Type": "string"}, *table.get("PartitionKeys", ())]
        return replace(base, schema=_ddl(lines), provider="text")
    for name in (
        "timestamp.formats",
        "skip.header.line.count",
        "skip.footer.line.count",
        "use.strict.parsing",
    ):
        if settings.get(name, "0") != "0":
            raise UnsupportedTableError(f"{name} is not supported by this server")
    openx = library == _OPENX
    options = JsonOptions(
        openx=openx,
        ignore_malformed=openx and settings.get("ignore.malformed.json", "").lower() == "true",
        case_insensitive=not openx or settings.get("case.insensitive", "true").lower() == "true",
        dots_in_keys=openx and settings.get("dots.in.keys", "").lower() == "true",
        mapping={
            name.removeprefix("mapping."): value
            for name, value in settings.items()
            if openx and name.startswith("mapping.")
        },
    )
    columns = tuple((one["Name"], one["Type"]) for one in table["StorageDescriptor"]["Columns"])
    for name, kind in columns:
        try:
            parse_type(kind)
        except ValueError as error:
            raise UnsupportedTableError(f"column {name}: {kind} is not a type ({error})") from None
    function = f"json_rows_{sha256(repr((columns, options)).encode()).hexdigest()[:16]}"
    shown = [f"`_row`.{_quoted(name)} as {_quoted(name)}" for name, _ in columns]
    read = ", ".join([f"{function}(`value`) as `_row`", *keys])
    return replace(
        base,
        view=f"select {', '.join([*shown, *keys])} from "  # noqa: S608 - names are quoted
        f"(select {read} from {_quoted(database)}.{_quoted(table['Name'] + LINES)})",
        # A view sees only the temporary functions that it names.
        properties={**base.properties, "view.referredTempFunctionsNames": json.dumps([function])},
        json=JsonRows(function, columns, options),
    )


def _of_hive(base: Source, storage: Mapping[str, Any], settings: Mapping[str, str], library: str) -> Source:
    for name in ("skip.header.line.count", "skip.footer.line.count"):
        if settings.get(name, "0") != "0":
            raise UnsupportedTableError(f"{name} is ignored by Spark, which would read those lines as rows")
    if library == _CSV:
        typed = [one["Name"] for one in storage["Columns"] if one["Type"] != "string"]
        if typed:
            raise UnsupportedTableError(
                f"OpenCSVSerde reads texts only, and {', '.join(typed)} is of another type"
            )
    options = dict(settings)
    if "collection.delim" in options:
        # Hive 2, which Spark brings, knows it by the name that Hive had misspelt.
        options["colelction.delim"] = options["collection.delim"]
    return replace(
        base,
        provider="hive",
        serde=library,
        reads=storage.get("InputFormat") or _TEXT_INPUT,
        writes=storage.get("OutputFormat") or _TEXT_OUTPUT,
        options=options,
    )


def table_input(
    name: str, described: Mapping[str, Any], location: str, *, managed: bool = False
) -> dict[str, Any]:
    """Glue's TableInput for a table that Spark makes, as `GlueCatalog` describes it.

    Raises UnsupportedTableError if its files are not in S3, or of a format that this server doesn't write.
    """
    provider = described["provider"]
    if not location.startswith("s3://"):
        raise UnsupportedTableError(f"table {name}: its location {location} is not in S3")
    parameters = {**described["properties"], "EXTERNAL": "FALSE" if managed else "TRUE"}
    if provider in _STORED_AS:
        library, reads, writes = _STORED_AS[provider]
        serde = {"serialization.format": "1", **_serde_properties(provider, described["options"])}
        # Names keep their case for Spark, which matches JSON's by it.
        parameters |= {
            "classification": provider,
            _PROVIDER: provider,
            _SCHEMA: json.dumps(described["schema"]),
        }
        if described["options"].get("header", "").lower() == "true":
            parameters["skip.header.line.count"] = "1"
    elif provider == "hive" and described["serde"]:
        library, reads, writes = described["serde"], described["reads"], described["writes"]
        serde = described["options"]
    else:
        raise UnsupportedTableError(f"table {name}: format {provider} is not supported by this server")
    keys = described["keys"]
    columns = described["columns"]
    table = {
        "Name": name,
        "TableType": "MANAGED_TABLE" if managed else "EXTERNAL_TABLE",
        "Parameters": parameters,
        "PartitionKeys": [column for column in columns if column["Name"] in {key.lower() for key in keys}],
        "StorageDescriptor": {
            "Columns": [c for c in columns if c["Name"] not in {key.lower() for key in keys}],
            "Location": location,
            "InputFormat": reads,
            "OutputFormat": writes,
            "SerdeInfo": {"SerializationLibrary": library, "Parameters": serde},
        },
    }
    return {**table, "Description": described["comment"]} if described["comment"] else table


def _serde_properties(provider: str, options: Mapping[str, str]) -> dict[str, str]:
    """Spark's options of a table, and the SerDe's properties of the same meaning for the SQL engine."""
    kept = {name: value for name, value in options.items() if name != "path"}
    if provider == "csv":
        kept |= {_CSV_OPTIONS[name]: value for name, value in options.items() if name in _CSV_OPTIONS}
    return kept


def _ddl(columns: list[Any]) -> str:
    return ", ".join(
        f"{_quoted(one['Name'])} {one['Type']}"
        + (f" comment {_literal(one['Comment'])}" if one.get("Comment") else "")
        for one in columns
    )


def _quoted(name: str) -> str:
    return f"`{name.replace('`', '``')}`"


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
