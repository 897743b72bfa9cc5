"""Grammar of CREATE, DROP and ALTER in the Hive dialect: databases and tables.

Source: Athena User Guide, pages create-table, querying-iceberg-creating-tables, read by November 2026;
measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: ddl).
"""

from __future__ import annotations

from athena_sandbox.athena.errors import InvalidRequestError
from athena_sandbox.athena.statements import ast, clauses
from athena_sandbox.athena.statements.cursor import Cursor
from athena_sandbox.athena.statements.lexer import TokenKind


def create_database(cursor: Cursor) -> ast.Statement:
    cursor.expect("CREATE")
    cursor.next()
    if_not_exists = cursor.take("IF", "NOT", "EXISTS")
    name = cursor.expect_name_part()
    comment = cursor.expect_text() if cursor.take("COMMENT") else None
    location = cursor.expect_string() if cursor.take("LOCATION") else None
    properties = clauses.properties(cursor) if cursor.take("WITH", "DBPROPERTIES") else ()
    cursor.expect_end()
    return ast.CreateDatabase(name, if_not_exists, comment, location, properties)


def drop_database(cursor: Cursor) -> ast.Statement:
    cursor.expect("DROP")
    cursor.next()
    if_exists = cursor.take("IF", "EXISTS")
    name = cursor.expect_name_part()
    cascade = cursor.take_any("CASCADE", "RESTRICT") == "CASCADE"
    cursor.expect_end()
    return ast.DropDatabase(name, if_exists, cascade)


def alter_database(cursor: Cursor) -> ast.Statement:
    cursor.expect("ALTER")
    cursor.next()
    name = cursor.expect_name_part()
    cursor.expect("SET", "DBPROPERTIES")
    properties = clauses.properties(cursor)
    cursor.expect_end()
    return ast.AlterDatabase(name, properties)


def drop_table(cursor: Cursor) -> ast.Statement:
    cursor.expect("DROP", "TABLE")
    if_exists = cursor.take("IF", "EXISTS")
    table = cursor.expect_name()
    cursor.take("PURGE")
    cursor.expect_end()
    return ast.DropTable(table, if_exists)


def create_table(cursor: Cursor) -> ast.Statement:
    cursor.expect("CREATE")
    external = cursor.take("EXTERNAL")
    cursor.expect("TABLE")
    if_not_exists = cursor.take("IF", "NOT", "EXISTS")
    table = cursor.expect_name()
    if cursor.sees("LIKE"):
        raise InvalidRequestError("Queries of this type are not supported: CREATE TABLE LIKE")
    columns = clauses.comma_list(cursor, clauses.column) if cursor.sees_symbol("(") else ()
    comment = cursor.expect_text() if cursor.take("COMMENT") else None
    partition_columns, transforms = _partitioned_by(cursor)
    clustering = _clustered_by(cursor)
    row_format = _row_format(cursor)
    stored_as, serde_properties = _stored_as(cursor)
    if serde_properties and row_format:
        row_format = ast.RowFormat(row_format.serde, (*row_format.properties, *serde_properties))
    location = cursor.expect_string() if cursor.take("LOCATION") else None
    properties = clauses.properties(cursor) if cursor.take("TBLPROPERTIES") else ()
    cursor.expect_end()
    return ast.CreateTable(
        table,
        columns,
        external,
        if_not_exists,
        comment,
        partition_columns,
        transforms,
        clustering,
        row_format,
        stored_as,
        location,
        properties,
    )


def _partitioned_by(cursor: Cursor) -> tuple[tuple[ast.Column, ...], tuple[ast.Transform, ...]]:
    """Hive partitions are columns with a type, Iceberg's are transforms of columns."""
    if not cursor.take("PARTITIONED", "BY"):
        return (), ()
    fields = clauses.comma_list(cursor, _partition_field)
    return (
        tuple(field for field in fields if isinstance(field, ast.Column)),
        tuple(field for field in fields if isinstance(field, ast.Transform)),
    )


def _partition_field(cursor: Cursor) -> ast.Column | ast.Transform:
    following = cursor.peek(1)
    if following.is_symbol("("):
        return _transform(cursor)
    if following.is_symbol(",") or following.is_symbol(")"):
        return ast.Transform(cursor.expect_name_part())
    return clauses.column(cursor)


def _transform(cursor: Cursor) -> ast.Transform:
    """`day(ts)`; `bucket(16, c)` and `bucket(c, 16)` are both taken."""
    function = cursor.expect_name_part()
    if function not in ("year", "month", "day", "hour", "bucket", "truncate"):
        cursor.fail("<partition transform>")
    cursor.expect_symbol("(")
    argument: int | None = None
    if cursor.peek().kind is TokenKind.INTEGER:
        argument = cursor.expect_integer()
        cursor.expect_symbol(",")
        column = cursor.expect_name_part()
    else:
        column = cursor.expect_name_part()
        if cursor.take_symbol(","):
            argument = cursor.expect_integer()
    cursor.expect_symbol(")")
    return ast.Transform(column, function, argument)


def _clustered_by(cursor: Cursor) -> ast.Clustering | None:
    if not cursor.take("CLUSTERED", "BY"):
        return None
    columns = clauses.comma_list(cursor, Cursor.expect_name_part)
    sorted_by = clauses.comma_list(cursor, _sort_column) if cursor.take("SORTED", "BY") else ()
    cursor.expect("INTO")
    buckets = cursor.expect_integer()
    cursor.expect("BUCKETS")
    return ast.Clustering(columns, buckets, sorted_by)


def _sort_column(cursor: Cursor) -> tuple[str, bool]:
    return cursor.expect_name_part(), cursor.take_any("ASC", "DESC") != "DESC"


def _row_format(cursor: Cursor) -> ast.RowFormat | None:
    if not cursor.take("ROW", "FORMAT"):
        return None
    if cursor.take("DELIMITED"):
        return ast.RowFormat(None, _delimited(cursor))
    cursor.expect("SERDE")
    serde = cursor.expect_string()
    properties = clauses.serde_properties(cursor)
    return ast.RowFormat(serde, properties)


# The clauses of ROW FORMAT DELIMITED and the SerDe properties that Hive keeps them in.
DELIMITERS = (
    (("FIELDS", "TERMINATED", "BY"), ("field.delim", "serialization.format")),
    (("ESCAPED", "BY"), ("escape.delim",)),
    (("COLLECTION", "ITEMS", "TERMINATED", "BY"), ("collection.delim",)),
    (("MAP", "KEYS", "TERMINATED", "BY"), ("mapkey.delim",)),
    (("LINES", "TERMINATED", "BY"), ("line.delim",)),
    (("NULL", "DEFINED", "AS"), ("serialization.null.format",)),
)


def _delimited(cursor: Cursor) -> ast.Properties:
    properties: list[tuple[str, str]] = []
    for words, keys in DELIMITERS:
        if cursor.take(*words):
            value = cursor.expect_string()
            properties += ((key, value) for key in keys)
    return tuple(properties)


def _stored_as(cursor: Cursor) -> tuple[ast.StoredAs | None, ast.Properties]:
    """STORED AS; Athena also takes WITH SERDEPROPERTIES behind it."""
    stored_as: ast.StoredAs | None = None
    if cursor.take("STORED", "AS"):
        if cursor.take("INPUTFORMAT"):
            input_format = cursor.expect_string()
            cursor.expect("OUTPUTFORMAT")
            stored_as = ast.StoredAs(None, input_format, cursor.expect_string())
        else:
            stored_as = ast.StoredAs(cursor.expect_name_part().upper())
    properties = clauses.serde_properties(cursor)
    return stored_as, properties


def alter_table(cursor: Cursor) -> ast.Statement:
    cursor.expect("ALTER", "TABLE")
    table = cursor.expect_name()
    statement = _alteration(cursor, table)
    cursor.expect_end()
    return statement


def _alteration(cursor: Cursor, table: ast.Name) -> ast.Statement:
    if cursor.take("ADD"):
        return _add(cursor, table)
    if cursor.take("DROP"):
        return _drop(cursor, table)
    if cursor.take("REPLACE"):
        cursor.expect("COLUMNS")
        return ast.ReplaceColumns(table, clauses.comma_list(cursor, clauses.column))
    if cursor.take("CHANGE"):
        return _change(cursor, table)
    if cursor.take("RENAME"):
        cursor.expect("TO")
        return ast.RenameTable(table, cursor.expect_name())
    if cursor.take("UNSET", "TBLPROPERTIES"):
        if_exists = cursor.take("IF", "EXISTS")
        return ast.UnsetProperties(table, clauses.comma_list(cursor, Cursor.expect_string), if_exists)
    if cursor.sees("PARTITION"):
        return _alter_partition(cursor, table)
    cursor.expect("SET")
    if cursor.take("TBLPROPERTIES"):
        return ast.SetProperties(table, clauses.properties(cursor))
    cursor.expect("LOCATION")
    return ast.SetLocation(table, cursor.expect_string())


def _add(cursor: Cursor, table: ast.Name) -> ast.Statement:
    if cursor.take("COLUMNS"):
        return ast.AddColumns(table, clauses.comma_list(cursor, clauses.column))
    if_not_exists = cursor.take("IF", "NOT", "EXISTS")
    partitions: list[tuple[ast.PartitionValues, str | None]] = []
    while not partitions or cursor.sees("PARTITION"):
        values = clauses.partition(cursor)
        partitions.append((values, cursor.expect_string() if cursor.take("LOCATION") else None))
        cursor.take_symbol(",")
    return ast.AddPartitions(table, tuple(partitions), if_not_exists)


def _drop(cursor: Cursor, table: ast.Name) -> ast.Statement:
    if cursor.take("COLUMN"):
        return ast.DropColumn(table, cursor.expect_name_part())
    if_exists = cursor.take("IF", "EXISTS")
    partitions = [clauses.partition(cursor)]
    while cursor.take_symbol(","):
        partitions.append(clauses.partition(cursor))
    cursor.take("PURGE")
    return ast.DropPartitions(table, tuple(partitions), if_exists)


def _change(cursor: Cursor, table: ast.Name) -> ast.Statement:
    cursor.take("COLUMN")
    old = cursor.expect_name_part()
    column = clauses.column(cursor)
    first = cursor.take("FIRST")
    after = cursor.expect_name_part() if not first and cursor.take("AFTER") else None
    return ast.ChangeColumn(table, old, column, first, after)


def _alter_partition(cursor: Cursor, table: ast.Name) -> ast.Statement:
    values = clauses.partition(cursor)
    if cursor.take("RENAME", "TO"):
        return ast.RenamePartition(table, values, clauses.partition(cursor))
    cursor.expect("SET", "LOCATION")
    return ast.SetLocation(table, cursor.expect_string(), values)
