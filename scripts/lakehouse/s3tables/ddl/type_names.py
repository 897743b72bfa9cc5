"""The names of types without parameters, and what to write instead of types that Iceberg doesn't have."""

from collections.abc import Callable

from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DoubleType,
    FloatType,
    IntegerType,
    LongType,
    PrimitiveType,
    StringType,
    TimestampNanoType,
    TimestampType,
    TimestamptzNanoType,
    UnknownType,
    UUIDType,
)

PLAIN: dict[str, Callable[[], PrimitiveType]] = {
    "string": StringType,
    "text": StringType,
    "int": IntegerType,
    "integer": IntegerType,
    "bigint": LongType,
    "long": LongType,
    "float": FloatType,
    "real": FloatType,
    "double": DoubleType,
    "boolean": BooleanType,
    "bool": BooleanType,
    "date": DateType,
    "binary": BinaryType,
    "varbinary": BinaryType,
    "uuid": UUIDType,
    "timestamp_ntz": TimestampType,
}
VERSION_3: dict[str, Callable[[], PrimitiveType]] = {
    "timestamp_ns": TimestampNanoType,
    "timestamptz_ns": TimestamptzNanoType,
    "unknown": UnknownType,
}
INSTEAD = {
    "tinyint": "int",
    "smallint": "int",
    "byte": "int",
    "short": "int",
    "datetime": "timestamp",
    "json": "string",
    "jsonb": "string",
    "super": "string",
    "object": "struct<...> or string",
    "number": "decimal(p, s)",
    "float64": "double",
    "float32": "float",
    "int64": "bigint",
    "int32": "int",
    "bytes": "binary",
    "blob": "binary",
    "clob": "string",
    "nvarchar": "string",
    "interval": "bigint, with the unit in the column's name",
    "void": "unknown, in format version 3",
}
