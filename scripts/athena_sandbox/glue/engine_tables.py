"""Tables as the sandbox's own engine must see them: as Athena's engine treats them, not as they are written.

Trino checks projection properties by its own, narrower rules, even where it doesn't project; it takes every
bucketed table for Hive's kind, and would leave out files of those that Spark wrote (`bucketing_format`). Of
the two output formats that write the same text, it knows one.

Source: how Trino 476 behaves, November 2026.
"""

from typing import Any

from athena_sandbox.glue.catalog import Json
from athena_sandbox.glue.errors import InvalidInputError
from athena_sandbox.table_properties import unserved_property

_TEMPLATE = "storage.location.template"
_TEXT = "org.apache.hadoop.hive.ql.io.IgnoreKeyTextOutputFormat"
_TEXT_OF_ENGINE = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"


def for_engine(table: Json) -> Json:
    """The table without what the engine must not see. Raises InvalidInputError for what it would misread."""
    parameters = table.get("Parameters") or {}
    if table.get("TableType") == "VIRTUAL_VIEW" or str(parameters.get("table_type", "")).lower() == "iceberg":
        return table
    if (problem := unserved_property(table)) is not None:
        raise InvalidInputError(f"NOT_SUPPORTED: {problem} (table {table['DatabaseName']}.{table['Name']})")
    seen = {name: value for name, value in parameters.items() if not _is_hidden(name)}
    descriptor = table.get("StorageDescriptor")
    if descriptor and str(parameters.get("bucketing_format", "")).strip().lower() == "spark":
        descriptor = {**descriptor, "NumberOfBuckets": -1, "BucketColumns": [], "SortColumns": []}
    return with_engine_format({**table, "Parameters": seen} | _descriptor(descriptor))


def with_engine_format(described: Json) -> Json:
    """A table or a partition with the output format that the engine knows."""
    descriptor = described.get("StorageDescriptor")
    if not descriptor or descriptor.get("OutputFormat") != _TEXT:
        return described
    return {**described, "StorageDescriptor": {**descriptor, "OutputFormat": _TEXT_OF_ENGINE}}


def from_engine(given: Json, former: Json) -> Json:
    """A TableInput of the engine's with what it didn't see of the former one."""
    hidden = {name: value for name, value in (former.get("Parameters") or {}).items() if _is_hidden(name)}
    if hidden:
        given = {**given, "Parameters": {**(given.get("Parameters") or {}), **hidden}}
    descriptor, before = given.get("StorageDescriptor"), former.get("StorageDescriptor") or {}
    if (
        descriptor
        and before.get("OutputFormat") == _TEXT
        and descriptor.get("OutputFormat") == _TEXT_OF_ENGINE
    ):
        given = {**given, "StorageDescriptor": {**descriptor, "OutputFormat": _TEXT}}
    return given


def _descriptor(descriptor: Any) -> Json:
    return {"StorageDescriptor": descriptor} if descriptor else {}


def _is_hidden(name: str) -> bool:
    return name == _TEMPLATE or name.startswith("projection.")
