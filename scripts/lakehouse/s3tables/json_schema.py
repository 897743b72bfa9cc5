"""The JSON form of a schema to a TableDefinition.

    {"fields": [{"name": "id", "type": "long", "required": true, "doc": "optional"}]}

A type is a text in the syntax of DDL, or an object in Iceberg's syntax for nested types. The form has no
table name, no partitions and no properties: --table gives the name, and DDL can express the rest.
"""

import json
from typing import Any

from pydantic import ValidationError
from pyiceberg.exceptions import ValidationError as IcebergValidationError
from pyiceberg.schema import Schema
from pyiceberg.types import IcebergType, ListType, MapType, NestedField, StructType

from lakehouse.errors import UsageError
from lakehouse.output import counted
from lakehouse.s3tables.ddl.column_types import TypeReader
from lakehouse.s3tables.ddl.cursor import Cursor
from lakehouse.s3tables.ddl.lexer import DdlError, TokenKind
from lakehouse.s3tables.definition import MAX_COLUMNS, TableDefinition, with_fresh_ids
from lakehouse.s3tables.names import NameRuleError, check_column, check_table
from lakehouse.s3tables.properties import notes_on

_KEYS = {"id", "name", "type", "required", "doc"}


def parse_json_schema(
    text: str, table: str, source: str, *, drop_zone: bool = False, lower_case: bool = False
) -> TableDefinition:
    """Return the definition of `table` with the columns of a JSON text. Raises UsageError."""
    fields = _fields(text, source)
    columns: list[NestedField] = []
    for place, item in enumerate(fields):
        where = f"{source}: fields[{place}]"
        column = _column(item, where, place, drop_zone, lower_case)
        if any(known.name == column.name for known in columns):
            raise UsageError(f"{where}: column {column.name!r} appears twice")
        columns.append(column)
    notes = notes_on({}, [str(column.field_type) for column in columns])
    return with_fresh_ids(TableDefinition(check_table(table), Schema(*columns), notes=tuple(notes)))


def _fields(text: str, source: str) -> list[Any]:
    try:
        parsed = json.loads(text)
    except ValueError as error:
        raise UsageError(f"{source} is not JSON: {error}") from error
    except RecursionError as error:
        raise UsageError(f"{source} is nested too deeply") from error
    if not isinstance(parsed, dict) or not isinstance(parsed.get("fields"), list):
        raise UsageError(f'{source} is not a schema: write {{"fields": [{{"name": ..., "type": ...}}]}}')
    if unknown := sorted(set(parsed) - {"fields"}):
        raise UsageError(
            f"{source}: unknown key: {', '.join(unknown)}; partitions and properties need SQL DDL"
        )
    if not 1 <= len(parsed["fields"]) <= MAX_COLUMNS:
        raise UsageError(
            f"{source} has {counted(len(parsed['fields']), 'field')}; a table has 1 to {MAX_COLUMNS:,}"
        )
    return list(parsed["fields"])


def _column(item: Any, where: str, place: int, drop_zone: bool, lower_case: bool) -> NestedField:
    if not isinstance(item, dict):
        raise UsageError(f"{where} is not an object with name and type")
    if unknown := sorted(set(item) - _KEYS):
        raise UsageError(
            f"{where}: unknown key: {', '.join(unknown)}; the keys are {', '.join(sorted(_KEYS))}"
        )
    name, required, doc = item.get("name"), item.get("required", False), item.get("doc")
    if not isinstance(name, str):
        raise UsageError(f"{where} has no name")
    if not isinstance(required, bool):
        raise UsageError(f"{where}: required must be true or false")
    if doc is not None and not isinstance(doc, str):
        raise UsageError(f"{where}: doc must be a text")
    try:
        checked = check_column(name.lower() if lower_case else name)
    except NameRuleError as error:
        raise UsageError(f"{where}: {error}") from error
    kind = _type(item.get("type"), f"{where} ({name})", drop_zone, lower_case)
    # Far above the ids of the nested fields, which are only placeholders.
    return NestedField(1_000_000 + place, checked, kind, required, doc)


def _type(given: Any, where: str, drop_zone: bool, lower_case: bool) -> IcebergType:
    if isinstance(given, str):
        return _type_of_text(given, where, drop_zone, lower_case)
    if not isinstance(given, dict):
        raise UsageError(f"{where} has no type")
    try:
        kind = NestedField.model_validate({"id": 0, "name": "type", "type": given}).field_type
        if not isinstance(kind, (StructType, ListType, MapType)):
            raise ValueError("not a struct, list or map")
        _check_names(kind)
        return kind
    except NameRuleError as error:
        raise UsageError(f"{where}: {error}") from error
    except (ValidationError, IcebergValidationError, ValueError, TypeError, KeyError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        raise UsageError(f"{where}: not a valid Iceberg type: {reason}") from error


def _check_names(kind: IcebergType) -> None:
    """Check the names of all fields nested in a type."""
    match kind:
        case StructType():
            for field in kind.fields:
                check_column(field.name)
                _check_names(field.field_type)
        case ListType():
            _check_names(kind.element_type)
        case MapType():
            _check_names(kind.key_type)
            _check_names(kind.value_type)


def _type_of_text(text: str, where: str, drop_zone: bool, lower_case: bool) -> IcebergType:
    try:
        cursor = Cursor(text, "type")
        reader = TypeReader(cursor, drop_zone=drop_zone, lower_case=lower_case)
        kind = reader.read()
        if cursor.here.kind is not TokenKind.END:
            raise cursor.expected("the end of the type")
        if reader.version_3:
            raise cursor.error("the type needs Iceberg's format version 3, which only DDL can set")
    except DdlError as error:
        raise UsageError(f"{where}: {error}") from error
    return kind
