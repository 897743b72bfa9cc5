"""Hypothesis strategies: any table that pyiceberg can express and S3 Tables can have.

Default values of columns are left out: CreateTable has no place for them.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.sorting import NullOrder, SortDirection, SortField, SortOrder
from pyiceberg.transforms import (
    BucketTransform,
    DayTransform,
    HourTransform,
    IdentityTransform,
    MonthTransform,
    TruncateTransform,
    YearTransform,
)
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FixedType,
    FloatType,
    GeographyType,
    GeometryType,
    IcebergType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    StringType,
    StructType,
    TimestampNanoType,
    TimestampType,
    TimestamptzNanoType,
    TimestamptzType,
    TimeType,
    UnknownType,
    UUIDType,
)

from lakehouse.s3tables.definition import TableDefinition, with_fresh_ids

# No capitals, nothing that can't be seen, nothing that lowers to something else.
NAMES = st.one_of(
    st.from_regex(r"[a-z_][a-z0-9_]{0,12}", fullmatch=True),
    st.text("abc xyzäß数 \"`'.,;()<>-#\\/*:", min_size=1, max_size=10).filter(
        lambda text: text == text.strip()
    ),
)
TEXTS = st.text("ab c'\"\\\n;,)(-*/éß", max_size=12)
S3_NAMES = st.from_regex(r"[a-z0-9]([a-z0-9_]{0,8}[a-z0-9])?", fullmatch=True)
QUOTELESS = st.text("ABC:0123", min_size=1, max_size=8)

PRIMITIVES: st.SearchStrategy[IcebergType] = st.one_of(
    st.sampled_from(
        [
            BinaryType(),
            BooleanType(),
            DateType(),
            DoubleType(),
            FloatType(),
            IntegerType(),
            LongType(),
            StringType(),
            TimestampNanoType(),
            TimestampType(),
            TimestamptzNanoType(),
            TimestamptzType(),
            TimeType(),
            UnknownType(),
            UUIDType(),
            GeometryType(),
            GeographyType(),
        ]
    ),
    st.integers(1, 2**31 - 1).map(FixedType),
    st.integers(1, 38).flatmap(lambda p: st.integers(0, p).map(lambda s: DecimalType(p, s))),
    QUOTELESS.map(GeometryType),
    st.tuples(QUOTELESS, QUOTELESS).map(lambda both: GeographyType(*both)),
)


@st.composite
def fields(draw: st.DrawFn, types: st.SearchStrategy[IcebergType]) -> tuple[NestedField, ...]:
    """Fields of a struct or a table; their ids are given out later."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    return tuple(
        NestedField(place, name, draw(types), draw(st.booleans()), draw(st.one_of(st.none(), TEXTS)))
        for place, name in enumerate(names, 1)
    )


def _nested(types: st.SearchStrategy[IcebergType]) -> st.SearchStrategy[IcebergType]:
    return st.one_of(
        st.tuples(types, st.booleans()).map(lambda t: ListType(1, t[0], element_required=t[1])),
        st.tuples(types, types, st.booleans()).map(lambda t: MapType(1, t[0], 2, t[1], value_required=t[2])),
        fields(types).map(lambda members: StructType(*members)),
    )


TYPES = st.recursive(PRIMITIVES, _nested, max_leaves=6)


def _transforms(kind: IcebergType) -> list[Any]:
    every: list[Any] = [
        IdentityTransform(),
        YearTransform(),
        MonthTransform(),
        DayTransform(),
        HourTransform(),
        BucketTransform(16),
        TruncateTransform(3),
    ]
    return [transform for transform in every if transform.can_transform(kind)]


def _partition_name(column: str, transform: Any) -> str:
    """As Spark names it; written out here, to be another source than the code under test."""
    endings = {"identity": "", "bucket[16]": "_bucket", "truncate[3]": "_trunc"}
    return column + endings.get(str(transform), f"_{transform}")


@st.composite
def definitions(draw: st.DrawFn) -> TableDefinition:
    """A table with ids as Iceberg gives them, partitions, an order, a key, comments."""
    columns = draw(fields(TYPES))
    # A key is given out on required columns that can identify a row.
    keys = [
        c for c in columns if c.required and isinstance(c.field_type, (IntegerType, StringType, DateType))
    ]
    fresh = with_fresh_ids(
        TableDefinition(
            "t", Schema(*(c.model_copy(update={"field_id": n}) for n, c in enumerate(columns, 1)))
        )
    ).schema
    key_names = {column.name for column in keys} if draw(st.booleans()) else set()
    schema = Schema(
        *fresh.fields, identifier_field_ids=[c.field_id for c in fresh.fields if c.name in key_names]
    )
    partitions: list[PartitionField] = []
    taken = {column.name for column in schema.fields}
    for column in schema.fields:
        usable = _transforms(column.field_type)
        if usable and draw(st.booleans()):
            transform = draw(st.sampled_from(usable))
            name = _partition_name(column.name, transform)
            if name == column.name or name not in taken:
                taken.add(name)
                partitions.append(PartitionField(column.field_id, 1000 + len(partitions), transform, name))
    sorts = [
        SortField(
            column.field_id,
            draw(st.sampled_from(_transforms(column.field_type))),
            draw(st.sampled_from(SortDirection)),
            draw(st.sampled_from(NullOrder)),
        )
        for column in schema.fields
        if _transforms(column.field_type) and draw(st.booleans())
    ]
    return TableDefinition(
        draw(S3_NAMES),
        schema,
        draw(st.one_of(st.none(), S3_NAMES.filter(lambda name: not name.startswith("aws")))),
        PartitionSpec(*partitions),
        SortOrder(*sorts, order_id=1) if sorts else SortOrder(order_id=0),
        {"format-version": "3"},
        draw(st.one_of(st.none(), TEXTS)),
    )
