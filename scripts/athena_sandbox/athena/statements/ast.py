"""The parser's result: one frozen dataclass per statement form.

`Passthrough` is everything that Trino executes in its own grammar; the other classes are forms that Trino's
grammar doesn't have, or for which Athena does something else.

Source: the statement forms of the grammar modules beside this one, which name theirs; the classes were chosen
here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from athena_sandbox.athena.statements.hive_types import HiveType


@dataclass(frozen=True)
class Name:
    """A table, view or database as written, folded to lower case; absent parts come from the context."""

    name: str
    database: str | None = None
    catalog: str | None = None

    def __str__(self) -> str:
        return ".".join(part for part in (self.catalog, self.database, self.name) if part)


@dataclass(frozen=True)
class Column:
    name: str
    type: HiveType
    comment: str | None = None


@dataclass(frozen=True)
class Transform:
    """One Iceberg partition field: `function` is identity, year, month, day, hour, bucket or truncate."""

    column: str
    function: str = "identity"
    argument: int | None = None


PartitionValues = tuple[tuple[str, str], ...]
Properties = tuple[tuple[str, str], ...]
PropertyValue = str | int | float | bool | tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """Base of every form."""


@dataclass(frozen=True)
class CreateDatabase(Statement):
    name: str
    if_not_exists: bool = False
    comment: str | None = None
    location: str | None = None
    properties: Properties = ()


@dataclass(frozen=True)
class DropDatabase(Statement):
    name: str
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True)
class AlterDatabase(Statement):
    name: str
    properties: Properties


@dataclass(frozen=True)
class RowFormat:
    """ROW FORMAT: a SerDe with its properties; DELIMITED arrives as the properties it means."""

    serde: str | None = None
    properties: Properties = ()


@dataclass(frozen=True)
class StoredAs:
    """STORED AS: either a format's name, or both classes."""

    name: str | None = None
    input_format: str | None = None
    output_format: str | None = None


@dataclass(frozen=True)
class Clustering:
    columns: tuple[str, ...]
    buckets: int
    sorted_by: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True)
class CreateTable(Statement):
    """CREATE [EXTERNAL] TABLE without a query. `partition_columns` are Hive's, `transforms` Iceberg's."""

    table: Name
    columns: tuple[Column, ...]
    external: bool = False
    if_not_exists: bool = False
    comment: str | None = None
    partition_columns: tuple[Column, ...] = ()
    transforms: tuple[Transform, ...] = ()
    clustering: Clustering | None = None
    row_format: RowFormat | None = None
    stored_as: StoredAs | None = None
    location: str | None = None
    properties: Properties = ()

    @property
    def is_iceberg(self) -> bool:
        return dict(self.properties).get("table_type", "").lower() == "iceberg"


@dataclass(frozen=True)
class CreateTableAs(Statement):
    """CREATE TABLE AS; `query` is the text behind AS, `WITH [NO] DATA` included."""

    table: Name
    properties: tuple[tuple[str, PropertyValue], ...]
    query: str
    if_not_exists: bool = False
    has_column_list: bool = False


@dataclass(frozen=True)
class Unload(Statement):
    query: str
    location: str
    properties: tuple[tuple[str, PropertyValue], ...] = ()


@dataclass(frozen=True)
class DropTable(Statement):
    table: Name
    if_exists: bool = False


@dataclass(frozen=True)
class DropView(Statement):
    view: Name
    if_exists: bool = False


@dataclass(frozen=True)
class AlterTable(Statement):
    table: Name


@dataclass(frozen=True)
class AddColumns(AlterTable):
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class ReplaceColumns(AlterTable):
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class ChangeColumn(AlterTable):
    """`after` is the column that it follows; `first` puts it in front."""

    old: str
    column: Column
    first: bool = False
    after: str | None = None


@dataclass(frozen=True)
class DropColumn(AlterTable):
    column: str


@dataclass(frozen=True)
class RenameTable(AlterTable):
    target: Name


@dataclass(frozen=True)
class SetProperties(AlterTable):
    properties: Properties


@dataclass(frozen=True)
class UnsetProperties(AlterTable):
    keys: tuple[str, ...]
    if_exists: bool = False


@dataclass(frozen=True)
class SetLocation(AlterTable):
    location: str
    partition: PartitionValues = ()


@dataclass(frozen=True)
class AddPartitions(AlterTable):
    """Each partition with its own location, or None for the one its values give."""

    partitions: tuple[tuple[PartitionValues, str | None], ...]
    if_not_exists: bool = False


@dataclass(frozen=True)
class DropPartitions(AlterTable):
    partitions: tuple[PartitionValues, ...]
    if_exists: bool = False


@dataclass(frozen=True)
class RenamePartition(AlterTable):
    old: PartitionValues
    new: PartitionValues


@dataclass(frozen=True)
class RepairTable(Statement):
    table: Name


@dataclass(frozen=True)
class Optimize(Statement):
    """OPTIMIZE .. REWRITE DATA USING BIN_PACK; `where` is the predicate's text."""

    table: Name
    where: str | None = None


@dataclass(frozen=True)
class Vacuum(Statement):
    table: Name


@dataclass(frozen=True)
class ShowDatabases(Statement):
    pattern: str | None = None


@dataclass(frozen=True)
class ShowTables(Statement):
    database: str | None = None
    pattern: str | None = None


@dataclass(frozen=True)
class ShowViews(Statement):
    database: str | None = None
    pattern: str | None = None


@dataclass(frozen=True)
class ShowPartitions(Statement):
    table: Name
    partition: PartitionValues = ()


@dataclass(frozen=True)
class ShowProperties(Statement):
    table: Name
    key: str | None = None


@dataclass(frozen=True)
class ShowColumns(Statement):
    table: Name


@dataclass(frozen=True)
class ShowCreateTable(Statement):
    table: Name


@dataclass(frozen=True)
class ShowCreateView(Statement):
    view: Name


@dataclass(frozen=True)
class Describe(Statement):
    """DESCRIBE; `mode` is None, EXTENDED or FORMATTED."""

    table: Name
    mode: str | None = None
    partition: PartitionValues = ()
    column: str | None = None


@dataclass(frozen=True)
class Prepare(Statement):
    name: str
    query: str


@dataclass(frozen=True)
class Execute(Statement):
    """EXECUTE; `arguments` are the texts of the USING expressions."""

    name: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Deallocate(Statement):
    name: str


@dataclass(frozen=True)
class Explain(Statement):
    """EXPLAIN [ANALYZE]; `options` is the text in parentheses with them, `query` the statement's own text."""

    query: str
    options: str = ""
    analyze: bool = False


@dataclass(frozen=True)
class Passthrough(Statement):
    """What Trino executes as it stands; `verb` is its leading keyword: SELECT, INSERT, MERGE, CREATE VIEW...

    `target` is the table that UPDATE, DELETE, MERGE and INSERT write to, or the view that is created.
    """

    verb: str
    sql: str
    target: Name | None = field(default=None)
