"""How an existing table differs from its definition."""

from collections.abc import Iterator
from dataclasses import dataclass

from pyiceberg.schema import Schema
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.types import ListType, MapType, NestedField, StructType

from lakehouse.s3tables.ddl.render import partition_terms, sort_terms, type_text
from lakehouse.s3tables.definition import TableDefinition


@dataclass(frozen=True)
class Difference:
    """One difference. `wanted` or `found` is None if that side has nothing."""

    where: str
    wanted: str | None
    found: str | None


def differences(definition: TableDefinition, metadata: TableMetadata) -> list[Difference]:
    """Return how the table differs: columns and their order, keys, partitions, sort order, properties.

    Columns are compared by name, so field ids may differ. Only the properties in the definition are compared,
    because engines add some of their own.
    """
    found = metadata.schema()
    wanted = definition.schema
    return [
        *_columns(wanted.fields, found.fields, ""),
        *_one("primary key", _keys(wanted), _keys(found)),
        *_one(
            "partitions",
            partition_terms(definition.partition_spec, wanted),
            partition_terms(metadata.spec(), found),
        ),
        *_one(
            "sort order", sort_terms(definition.sort_order, wanted), sort_terms(metadata.sort_order(), found)
        ),
        *_properties(definition, metadata),
    ]


def _columns(
    wanted: tuple[NestedField, ...], found: tuple[NestedField, ...], prefix: str
) -> Iterator[Difference]:
    there = {column.name: column for column in found}
    for column in wanted:
        where = f"column {prefix}{column.name}"
        if column.name not in there:
            yield Difference(where, _shown(column), None)
        else:
            yield from _column(column, there[column.name], where, f"{prefix}{column.name}.")
    names = [column.name for column in wanted]
    for column in found:
        if column.name not in names:
            yield Difference(f"column {prefix}{column.name}", None, _shown(column))
    order = [column.name for column in found if column.name in names]
    if sorted(order) == sorted(names) and order != names:
        yield Difference(f"order of columns {prefix}".rstrip(". "), ", ".join(names), ", ".join(order))


def _column(wanted: NestedField, found: NestedField, where: str, prefix: str) -> Iterator[Difference]:
    if isinstance(wanted.field_type, StructType) and isinstance(found.field_type, StructType):
        yield from _columns(wanted.field_type.fields, found.field_type.fields, prefix)
        nested = True
    else:
        nested = False
    if (not nested and type_text(wanted.field_type) != type_text(found.field_type)) or (
        wanted.required != found.required
    ):
        yield Difference(where, _shown(wanted), _shown(found))
    if wanted.doc is not None and wanted.doc != found.doc:
        yield Difference(f"comment of {where}", wanted.doc, found.doc)


def _shown(column: NestedField) -> str:
    kind = column.field_type
    text = (
        type_text(kind) if not isinstance(kind, (StructType, ListType, MapType)) else _short(type_text(kind))
    )
    return text + (" NOT NULL" if column.required else "")


def _short(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:200]}..."


def _keys(schema: Schema) -> str | None:
    return ", ".join(sorted(schema.identifier_field_names())) or None


def _one(where: str, wanted: str | None, found: str | None) -> Iterator[Difference]:
    if wanted != found:
        yield Difference(where, wanted, found)


def _properties(definition: TableDefinition, metadata: TableMetadata) -> Iterator[Difference]:
    there = {**metadata.properties, "format-version": str(metadata.format_version)}
    for name, value in definition.all_properties.items():
        yield from _one(f"property {name}", value, there.get(name))
