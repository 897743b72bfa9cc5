"""SHOW TABLES, COLUMNS, TBLPROPERTIES and CREATE TABLE, in Athena's layout.

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: ddl).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from athena_sandbox.athena.catalog.definition import FORMATS
from athena_sandbox.athena.catalog.glue import is_view
from athena_sandbox.athena.catalog.iceberg import WRITE_PROPERTIES, IcebergTable, load_iceberg
from athena_sandbox.athena.executions.failures import hive_failure
from athena_sandbox.athena.executions.outcome import Outcome, Run, text_outcome
from athena_sandbox.athena.handlers.base import (
    Services,
    Target,
    require,
    require_database,
    require_described,
)
from athena_sandbox.athena.handlers.patterns import hive_pattern
from athena_sandbox.athena.handlers.views import view_columns
from athena_sandbox.athena.statements import ast
from athena_sandbox.athena.statements.ddl import DELIMITERS

# Hive pads names to this width.
NAME_WIDTH = 20


async def show_tables(services: Services, statement: ast.ShowTables, run: Run) -> Outcome:
    database = statement.database or run.database
    glue = services.catalog(run.catalog)
    await asyncio.to_thread(require_database, glue, database)
    tables = await asyncio.to_thread(glue.tables, database)
    matches = hive_pattern(statement.pattern)
    return text_outcome(["tab_name"], [[t["Name"]] for t in tables if matches(t["Name"])])


async def show_columns(services: Services, statement: ast.ShowColumns, run: Run) -> Outcome:
    target = await require_described(services, run, statement.table)
    if is_view(target.table):
        return view_columns(target)
    columns = [*target.table["StorageDescriptor"]["Columns"], *target.table.get("PartitionKeys", ())]
    names = [column["Name"] for column in columns]
    return text_outcome(["field"], [[name if target.iceberg else name.ljust(NAME_WIDTH)] for name in names])


async def show_properties(services: Services, statement: ast.ShowProperties, run: Run) -> Outcome:
    target = await require(services, run, statement.table)
    parameters: Mapping[str, str] = target.table.get("Parameters", {})
    if target.iceberg:
        table = await asyncio.to_thread(load_iceberg, services.objects, target.table)
        parameters = {"location": table.location, "table_type": "iceberg", **iceberg_properties(table)}
    if statement.key is not None:
        value = parameters.get(statement.key)
        full = f"{target.database}.{target.name}"
        rows = [[value or f"Table {full} does not have property: {statement.key}"]]
        return text_outcome(["prpt_name", "prpt_value"], rows)
    rows = [[f"{key}\t{value}"] for key, value in sorted(parameters.items())]
    return text_outcome(["prpt_name", "prpt_value"], rows)


async def show_create_table(services: Services, statement: ast.ShowCreateTable, run: Run) -> Outcome:
    target = await require(services, run, statement.table)
    if is_view(target.table):
        raise hive_failure(f"SemanticException {target.database}.{target.name} is a view")
    if target.iceberg:
        iceberg = await asyncio.to_thread(load_iceberg, services.objects, target.table)
        lines = iceberg_ddl(target, iceberg)
    else:
        lines = hive_ddl(target, statement.table)
    return text_outcome(["createtab_stmt"], [[line] for line in lines], counted=target.iceberg)


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _column_lines(columns: list[Mapping[str, Any]]) -> list[str]:
    lines = []
    for column in columns:
        comment = f" COMMENT {_text(column['Comment'])}" if column.get("Comment") else ""
        lines.append(f"  `{column['Name']}` {column['Type']}{comment}")
    return [f"{line}, " for line in lines[:-1]] + [f"{line})" for line in lines[-1:]]


def hive_ddl(target: Target, name: ast.Name) -> list[str]:
    """The CREATE EXTERNAL TABLE of a Glue entry, line by line; `name` is the table's in the statement."""
    storage = target.table["StorageDescriptor"]
    parameters = dict(target.table.get("Parameters", {}))
    shown = f"{name.database}.{target.name}" if name.database else target.name
    lines = [f"CREATE EXTERNAL TABLE `{shown}`("]
    lines += _column_lines(storage["Columns"])
    if comment := parameters.pop("comment", None):
        lines.append(f"COMMENT {_text(comment)}")
    if target.partition_keys:
        lines += ["PARTITIONED BY ( ", *_column_lines(target.table["PartitionKeys"])]
    if storage.get("BucketColumns"):
        lines += _bucket_lines(storage)
    lines += _row_format_lines(storage.get("SerdeInfo", {}))
    lines += ["STORED AS INPUTFORMAT ", f"  {_text(storage.get('InputFormat', ''))} "]
    lines += ["OUTPUTFORMAT ", f"  {_text(storage.get('OutputFormat', ''))}"]
    lines += ["LOCATION", f"  {_text(storage.get('Location', ''))}"]
    lines += ["TBLPROPERTIES (", *_property_lines(parameters)]
    return lines


def _bucket_lines(storage: Mapping[str, Any]) -> list[str]:
    lines = ["CLUSTERED BY ( ", *_listed(storage["BucketColumns"])]
    if order := storage.get("SortColumns"):
        names = [f"{c['Column']} {'ASC' if c.get('SortOrder', 1) else 'DESC'}" for c in order]
        lines += ["SORTED BY ( ", *_listed(names)]
    return [*lines, f"INTO {storage['NumberOfBuckets']} BUCKETS"]


def _listed(names: list[str]) -> list[str]:
    return [f"  {name}, " for name in names[:-1]] + [f"  {names[-1]}) "]


def _row_format_lines(serde: Mapping[str, Any]) -> list[str]:
    """ROW FORMAT; text files whose properties are all delimiters get DELIMITED.

    Hive leaves out `serialization.format` where it says nothing: its default, or the field delimiter again.
    """
    library = serde.get("SerializationLibrary", "")
    properties = dict(serde.get("Parameters") or {})
    if properties.get("serialization.format") in ("1", properties.get("field.delim")):
        properties.pop("serialization.format", None)
    delimiters = {keys[0]: " ".join(words) for words, keys in DELIMITERS}
    if library == FORMATS["TEXTFILE"].serde and properties and properties.keys() <= delimiters.keys():
        clauses = [
            f"  {words} '{_escaped(properties[key])}' "
            for key, words in delimiters.items()
            if key in properties
        ]
        return ["ROW FORMAT DELIMITED ", *clauses]
    lines = ["ROW FORMAT SERDE ", f"  {_text(library)} "]
    if properties:
        *first, last = _property_lines(properties)
        lines += ["WITH SERDEPROPERTIES ( ", *first, f"{last} "]
    return lines


_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\\": "\\\\", "'": "\\'"}


def _escaped(text: str) -> str:
    """A delimiter on one line, as Java escapes it and Hive reads it back."""
    return "".join(_ESCAPES.get(c) or (c if " " <= c <= "~" else f"\\u{ord(c):04X}") for c in text)


def _property_lines(properties: Mapping[str, str]) -> list[str]:
    lines = [
        f"  {_text(key)}={_text(value)}" for key, value in sorted(properties.items()) if key != "EXTERNAL"
    ]
    return [f"{line}, " for line in lines[:-1]] + [f"{line})" for line in lines[-1:]]


def iceberg_ddl(target: Target, table: IcebergTable) -> list[str]:
    """The CREATE TABLE of an Iceberg table, line by line."""
    lines = [f"CREATE TABLE {target.database}.{target.name} ("]
    fields = [
        f"  {field.name} {field.type}" + (f" COMMENT {_text(field.comment)}" if field.comment else "")
        for field in table.fields
    ]
    lines += [f"{line}," for line in fields[:-1]] + [f"{line})" for line in fields[-1:]]
    if table.partition_fields:
        items = ", ".join(_spell(transform) for _, transform in table.partition_fields)
        lines.append(f"PARTITIONED BY ({items})")
    lines += [f"LOCATION {_text(table.location)}", "TBLPROPERTIES ("]
    properties = {"table_type": "iceberg", **iceberg_properties(table)}
    shown = [f"  {_text(key)}={_text(value)}" for key, value in properties.items()]
    return lines + [f"{line}," for line in shown[:-1]] + [shown[-1], ");"]


def iceberg_properties(table: IcebergTable) -> dict[str, str]:
    """The properties that Athena shows of an Iceberg table: its format and those that a statement set."""
    form = table.properties.get("write.format.default", "parquet").lower()
    given = {key: value for key, value in sorted(table.properties.items()) if key in WRITE_PROPERTIES}
    return {"format": form, **given}


def _spell(transform: ast.Transform) -> str:
    column = f"`{transform.column}`"
    if transform.function == "identity":
        return column
    argument = "" if transform.argument is None else f"{transform.argument}, "
    return f"{transform.function}({argument}{column})"
