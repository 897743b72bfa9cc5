"""A TableDefinition to DDL that parses to the same definition."""

import re

from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.sorting import NullOrder, SortDirection, SortField, SortOrder
from pyiceberg.transforms import BucketTransform, IdentityTransform, TruncateTransform
from pyiceberg.types import (
    FixedType,
    IcebergType,
    ListType,
    MapType,
    NestedField,
    StructType,
)

from lakehouse.s3tables.definition import TableDefinition

_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")
# Words that the parser would misread where a name is expected.
_NO_NAMES = {"primary", "constraint", "unique", "check", "foreign"}


def to_ddl(definition: TableDefinition) -> str:
    """Return a CREATE TABLE statement, one column a line."""
    schema = definition.schema
    lines = [f"    {_field(column)}" for column in schema.fields]
    if schema.identifier_field_ids:
        keys = [quoted_name(schema.find_field(number).name) for number in sorted(schema.identifier_field_ids)]
        lines.append(f"    PRIMARY KEY ({', '.join(keys)})")
    name = quoted_name(definition.name)
    if definition.namespace is not None:
        name = f"{quoted_name(definition.namespace)}.{name}"
    parts = [f"CREATE TABLE {name} (\n" + ",\n".join(lines) + "\n)"]
    if definition.comment is not None:
        parts.append(f"COMMENT {quoted_text(definition.comment)}")
    if partitions := partition_terms(definition.partition_spec, schema):
        parts.append(f"PARTITIONED BY ({partitions})")
    if sorting := sort_terms(definition.sort_order, schema):
        parts.append(f"SORTED BY ({sorting})")
    if definition.properties:
        pairs = [f"{quoted_text(key)} = {quoted_text(value)}" for key, value in definition.properties.items()]
        parts.append(f"TBLPROPERTIES ({', '.join(pairs)})")
    return "\n".join(parts) + "\n"


def partition_terms(spec: PartitionSpec, schema: Schema) -> str | None:
    """The text in the parentheses of PARTITIONED BY; None if there are no partitions."""
    return ", ".join(_term(partition, schema) for partition in spec.fields) or None


def sort_terms(order: SortOrder, schema: Schema) -> str | None:
    """The text in the parentheses of SORTED BY; None if there is no sort order."""
    return ", ".join(_sort(term, schema) for term in order.fields) or None


def quoted_name(name: str) -> str:
    """A name in DDL: plain if it parses as itself, otherwise in double quotes."""
    if _PLAIN_NAME.fullmatch(name) and name not in _NO_NAMES:
        return name
    return '"' + name.replace('"', '""') + '"'


def quoted_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _field(field: NestedField) -> str:
    text = f"{quoted_name(field.name)} {type_text(field.field_type)}"
    if field.required:
        text += " NOT NULL"
    return text + (f" COMMENT {quoted_text(field.doc)}" if field.doc is not None else "")


def type_text(kind: IcebergType) -> str:
    """A type in DDL: Iceberg's own name, with angle brackets for nested types."""
    match kind:
        case ListType():
            return f"array<{type_text(kind.element_type)}{_required(kind.element_required)}>"
        case MapType():
            value = f"{type_text(kind.value_type)}{_required(kind.value_required)}"
            return f"map<{type_text(kind.key_type)}, {value}>"
        case StructType():
            return f"struct<{', '.join(_field(field) for field in kind.fields)}>"
        case FixedType():
            return f"fixed({kind.root})"
        case _:
            return str(kind)


def _required(required: bool) -> str:
    return " NOT NULL" if required else ""


def _path(source_id: int, schema: Schema) -> str:
    """The path of a field from its column; names may contain dots, so they are looked up one by one."""
    return ".".join(quoted_name(name) for name in _path_to(schema.fields, source_id))


def _path_to(fields: tuple[NestedField, ...], source_id: int) -> list[str]:
    for field in fields:
        if field.field_id == source_id:
            return [field.name]
        if isinstance(field.field_type, StructType) and (
            rest := _path_to(field.field_type.fields, source_id)
        ):
            return [field.name, *rest]
    return []


def _term(term: PartitionField | SortField, schema: Schema) -> str:
    path = _path(term.source_id, schema)
    match term.transform:
        case IdentityTransform():
            return path
        case BucketTransform():
            return f"bucket({term.transform.num_buckets}, {path})"
        case TruncateTransform():
            return f"truncate({term.transform.width}, {path})"
        case transform:
            return f"{transform}({path})"


def _sort(term: SortField, schema: Schema) -> str:
    direction = "ASC" if term.direction is SortDirection.ASC else "DESC"
    nulls = "FIRST" if term.null_order is NullOrder.NULLS_FIRST else "LAST"
    return f"{_term(term, schema)} {direction} NULLS {nulls}"
