"""ColumnInfo of GetQueryResults: names, types, precision and scale as Athena reports them.

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: types).
"""

from __future__ import annotations

from dataclasses import dataclass

from athena_sandbox.athena.engine.trino_types import EngineColumn

_FIXED: dict[str, tuple[str, int, int, bool]] = {
    # Trino's type: Athena's name, precision, scale, case sensitive
    "boolean": ("boolean", 0, 0, False),
    "tinyint": ("tinyint", 3, 0, False),
    "smallint": ("smallint", 5, 0, False),
    "integer": ("integer", 10, 0, False),
    "bigint": ("bigint", 19, 0, False),
    "real": ("float", 17, 0, False),
    "double": ("double", 17, 0, False),
    "varbinary": ("varbinary", 1073741824, 0, False),
    "timestamp": ("timestamp", 3, 0, False),
    "timestamp with time zone": ("timestamp with time zone", 3, 0, False),
    "time": ("time", 3, 0, False),
    "time with time zone": ("time with time zone", 3, 0, False),
}
_UNBOUNDED_VARCHAR = 2147483647


@dataclass(frozen=True)
class ColumnInfo:
    name: str
    type: str
    precision: int = 0
    scale: int = 0
    case_sensitive: bool = False

    def as_member(self) -> dict[str, object]:
        """The ColumnInfo structure of the API."""
        return {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": self.name,
            "Label": self.name,
            "Type": self.type,
            "Precision": self.precision,
            "Scale": self.scale,
            "Nullable": "UNKNOWN",
            "CaseSensitive": self.case_sensitive,
        }


def column_info(column: EngineColumn) -> ColumnInfo:
    kind = column.type
    if kind.base in _FIXED:
        return ColumnInfo(column.name, *_FIXED[kind.base])
    if kind.base in ("varchar", "char"):
        length = min(kind.numbers[0], _UNBOUNDED_VARCHAR) if kind.numbers else _UNBOUNDED_VARCHAR
        return ColumnInfo(column.name, kind.base, length, 0, True)
    if kind.base == "decimal":
        return ColumnInfo(column.name, "decimal", kind.numbers[0], kind.numbers[1], False)
    # Trino writes some in capitals: Geometry, HyperLogLog.
    return ColumnInfo(column.name, kind.base.lower())


def text_column(name: str, kind: str = "string") -> ColumnInfo:
    """A column of SHOW and DESCRIBE, whose type is `string` unless noted."""
    if kind == "varchar":
        return ColumnInfo(name, kind, _UNBOUNDED_VARCHAR, 0, True)
    return ColumnInfo(name, kind)
