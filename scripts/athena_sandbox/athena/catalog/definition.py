"""A CREATE EXTERNAL TABLE as a Glue table: formats, SerDes, columns, parameters.

The class names are Hive's own; Trino recognises formats by them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from athena_sandbox.athena.results.storage import parse_location
from athena_sandbox.athena.statements.ast import Column, CreateTable, RowFormat, StoredAs


@dataclass(frozen=True)
class Format:
    input_format: str
    output_format: str
    serde: str


_QL = "org.apache.hadoop.hive.ql.io"
_LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
_TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUTPUT = f"{_QL}.HiveIgnoreKeyTextOutputFormat"
FORMATS = {
    "TEXTFILE": Format(_TEXT_INPUT, _TEXT_OUTPUT, _LAZY),
    "SEQUENCEFILE": Format(
        "org.apache.hadoop.mapred.SequenceFileInputFormat", f"{_QL}.HiveSequenceFileOutputFormat", _LAZY
    ),
    "RCFILE": Format(
        f"{_QL}.RCFileInputFormat",
        f"{_QL}.RCFileOutputFormat",
        "org.apache.hadoop.hive.serde2.columnar.LazyBinaryColumnarSerDe",
    ),
    "ORC": Format(f"{_QL}.orc.OrcInputFormat", f"{_QL}.orc.OrcOutputFormat", f"{_QL}.orc.OrcSerde"),
    "PARQUET": Format(
        f"{_QL}.parquet.MapredParquetInputFormat",
        f"{_QL}.parquet.MapredParquetOutputFormat",
        f"{_QL}.parquet.serde.ParquetHiveSerDe",
    ),
    "AVRO": Format(
        f"{_QL}.avro.AvroContainerInputFormat",
        f"{_QL}.avro.AvroContainerOutputFormat",
        "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
    ),
}

_OPENX_JSON = "org.openx.data.jsonserde.JsonSerDe"
# The engine reads these in any combination.
SERDES = frozenset(
    (
        *(form.serde for form in FORMATS.values()),
        *("org.apache.hadoop.hive.serde2.columnar.ColumnarSerDe", "org.apache.hadoop.hive.serde2.RegexSerDe"),
        *("org.apache.hive.hcatalog.data.JsonSerDe", "org.apache.hadoop.hive.serde2.JsonSerDe", _OPENX_JSON),
        "org.apache.hadoop.hive.serde2.OpenCSVSerde",
    )
)
INPUT_FORMATS = frozenset(
    (*(form.input_format for form in FORMATS.values()), f"{_QL}.SymlinkTextInputFormat")
)
# Athena reads these and the engine doesn't.
ATHENA_ONLY = frozenset(
    (
        *("com.amazonaws.glue.serde.GrokSerDe", "com.amazon.emr.hive.serde.CloudTrailSerde"),
        *("com.amazon.emr.cloudtrail.CloudTrailInputFormat", "com.amazon.ionhiveserde.IonHiveSerDe"),
        *("com.amazon.ionhiveserde.formats.IonInputFormat", "com.esri.hadoop.hive.serde.EsriJsonSerDe"),
        *("com.esri.json.hadoop.EnclosedEsriJsonInputFormat", "com.esri.json.hadoop.EnclosedJsonInputFormat"),
        "org.apache.hudi.hadoop.HoodieParquetInputFormat",
    )
)


def table_input(statement: CreateTable, *, now: float) -> dict[str, Any]:
    """Glue's TableInput for the statement; `now` (epoch seconds) becomes transient_lastDdlTime."""
    properties = dict(statement.properties)
    parameters = {"EXTERNAL": "TRUE", "transient_lastDdlTime": str(int(now)), **properties}
    if statement.comment is not None:
        parameters["comment"] = statement.comment
    definition: dict[str, Any] = {
        "Name": statement.table.name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
        "StorageDescriptor": storage_descriptor(statement),
        "PartitionKeys": glue_columns(statement.partition_columns),
        "Retention": 0,
        "Owner": "hadoop",
    }
    return definition


def storage_descriptor(statement: CreateTable) -> dict[str, Any]:
    form = _format(statement.stored_as, statement.row_format)
    row_format = statement.row_format or RowFormat()
    # Hive gives every table the first, with any SerDe.
    serde_properties = {"serialization.format": "1", **dict(row_format.properties)}
    clustering = statement.clustering
    return {
        "Columns": glue_columns(statement.columns),
        "Location": stored_location(statement.location or ""),
        "InputFormat": form.input_format,
        "OutputFormat": form.output_format,
        "Compressed": False,
        "NumberOfBuckets": clustering.buckets if clustering else -1,
        "SerdeInfo": {"SerializationLibrary": form.serde, "Parameters": serde_properties},
        "BucketColumns": list(clustering.columns) if clustering else [],
        "SortColumns": [
            {"Column": name, "SortOrder": int(ascending)}
            for name, ascending in (clustering.sorted_by if clustering else ())
        ],
        "Parameters": {},
        "StoredAsSubDirectories": False,
    }


def _format(stored_as: StoredAs | None, row_format: RowFormat | None) -> Format:
    base = FORMATS["TEXTFILE"]
    if stored_as and stored_as.name:
        base = FORMATS[stored_as.name]
    elif stored_as:
        base = Format(stored_as.input_format or "", stored_as.output_format or "", _LAZY)
    if row_format and row_format.serde:
        output = base.output_format
        if row_format.serde == _OPENX_JSON and stored_as is None:
            output = f"{_QL}.IgnoreKeyTextOutputFormat"
        return Format(base.input_format, output, row_format.serde)
    return base


def stored_location(uri: str) -> str:
    """The address as Hive's DDL stores it: without a slash at its end, unless it is a whole bucket."""
    place = parse_location(uri)
    return uri if place is None or not place.key or place.key.endswith("//") else uri.removesuffix("/")


def glue_columns(columns: Iterable[Column]) -> list[dict[str, str]]:
    return [
        {
            "Name": column.name,
            "Type": column.type.hive(),
            **({} if column.comment is None else {"Comment": column.comment}),
        }
        for column in columns
    ]


def partition_input(table: dict[str, Any], values: list[str], location: str) -> dict[str, Any]:
    """Glue's PartitionInput: the table's storage with the partition's own location."""
    return {
        "Values": values,
        "StorageDescriptor": {**table["StorageDescriptor"], "Location": stored_location(location)},
        "Parameters": {},
    }
