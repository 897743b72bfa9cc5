"""The definition of a table, and its CreateTable request."""

from dataclasses import dataclass, field
from typing import Any

from pyiceberg.partitioning import PartitionSpec, assign_fresh_partition_spec_ids
from pyiceberg.schema import Schema, assign_fresh_schema_ids
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER, SortOrder, assign_fresh_sort_order_ids

from lakehouse.s3tables.names import TableName

# Chosen: close to what fits into Athena's limit on a statement's text, and more than any real table has.
MAX_COLUMNS = 5_000


@dataclass(frozen=True)
class TableDefinition:
    """A table's columns, partitions, sort order and properties; ids count from 1 in Iceberg's order.

    `namespace` is None if the text names none. `notes` are remarks for the user: restrictions of the table,
    and where the definition deviates from the text.
    """

    name: str
    schema: Schema
    namespace: str | None = None
    partition_spec: PartitionSpec = field(default_factory=PartitionSpec)
    sort_order: SortOrder = UNSORTED_SORT_ORDER
    properties: dict[str, str] = field(default_factory=dict)
    comment: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def all_properties(self) -> dict[str, str]:
        """The properties, including the table's comment, which Iceberg stores as a property."""
        return self.properties | ({"comment": self.comment} if self.comment is not None else {})


def with_fresh_ids(definition: TableDefinition) -> TableDefinition:
    """Return the definition with the field ids that Iceberg assigns to a new table, references included."""
    schema = assign_fresh_schema_ids(definition.schema)
    spec = assign_fresh_partition_spec_ids(definition.partition_spec, definition.schema, schema)
    order = assign_fresh_sort_order_ids(definition.sort_order, definition.schema, schema)
    return TableDefinition(
        definition.name,
        schema,
        definition.namespace,
        spec,
        order,
        definition.properties,
        definition.comment,
        definition.notes,
    )


def create_table_request(definition: TableDefinition, bucket_arn: str, table: TableName) -> dict[str, Any]:
    """Return the arguments of CreateTable for boto3.

    Primitive columns without descriptions or keys fit into `schema`; everything else needs `schemaV2`, whose
    nested types have the JSON keys of Iceberg's own schema format.
    """
    iceberg: dict[str, Any] = _schema(definition.schema)
    if not definition.partition_spec.is_unpartitioned():
        iceberg["partitionSpec"] = _partition_spec(definition.partition_spec)
    if not definition.sort_order.is_unsorted:
        iceberg["writeOrder"] = _write_order(definition.sort_order)
    if definition.all_properties:
        iceberg["properties"] = dict(definition.all_properties)
    return {
        "tableBucketARN": bucket_arn,
        "namespace": table.namespace,
        "name": table.name,
        "format": "ICEBERG",
        "metadata": {"iceberg": iceberg},
    }


def _schema(schema: Schema) -> dict[str, Any]:
    plain = all(column.field_type.is_primitive and column.doc is None for column in schema.fields)
    fields = [
        {
            "id": column.field_id,
            "name": column.name,
            "type": column.field_type.model_dump(mode="json", by_alias=True),
            "required": column.required,
            **({} if column.doc is None else {"doc": column.doc}),
        }
        for column in schema.fields
    ]
    if plain and not schema.identifier_field_ids:
        return {"schema": {"fields": fields}}
    made: dict[str, Any] = {"type": "struct", "fields": fields}
    if schema.identifier_field_ids:
        made["identifierFieldIds"] = list(schema.identifier_field_ids)
    return {"schemaV2": made}


def _partition_spec(spec: PartitionSpec) -> dict[str, Any]:
    return {
        "specId": spec.spec_id,
        "fields": [
            {
                "sourceId": partition.source_id,
                "fieldId": partition.field_id,
                "transform": str(partition.transform),
                "name": partition.name,
            }
            for partition in spec.fields
        ],
    }


def _write_order(order: SortOrder) -> dict[str, Any]:
    return {
        "orderId": order.order_id,
        "fields": [
            {
                "sourceId": term.source_id,
                "transform": str(term.transform),
                "direction": term.direction.value,
                "nullOrder": term.null_order.value,
            }
            for term in order.fields
        ],
    }
