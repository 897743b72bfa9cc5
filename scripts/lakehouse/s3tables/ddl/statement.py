"""One CREATE TABLE statement to a TableDefinition.

    CREATE TABLE [IF NOT EXISTS] [namespace.]name (column type [NOT NULL] [COMMENT 'text'], ...
        [, PRIMARY KEY (column, ...)])
    [USING ICEBERG] [COMMENT 'text'] [PARTITIONED BY (term, ...)] [SORTED BY (term [ASC|DESC], ...)]
    [TBLPROPERTIES ('name' = 'value', ...)] [;]

Text is in single quotes, with '' for a quote in it; names may be in double quotes or backticks. Clauses may
be in any order.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from pyiceberg.schema import Schema

from lakehouse.s3tables.ddl.column_types import TypeReader
from lakehouse.s3tables.ddl.columns import read_columns
from lakehouse.s3tables.ddl.cursor import Cursor
from lakehouse.s3tables.ddl.lexer import Token, TokenKind
from lakehouse.s3tables.ddl.partitioning import (
    SortTerm,
    Term,
    partition_spec,
    read_partitioning,
    read_sorting,
    sort_order,
)
from lakehouse.s3tables.definition import TableDefinition, with_fresh_ids
from lakehouse.s3tables.names import NameRuleError, check_namespace, check_table
from lakehouse.s3tables.properties import PropertyError, checked_property, notes_on

_REFUSED_CLAUSES = {
    "location": "S3 Tables chooses the location of a table: leave LOCATION out",
    "stored": "a table in S3 Tables is Iceberg: leave STORED AS out",
    "row": "a table in S3 Tables is Iceberg: leave ROW FORMAT out",
    "clustered": "write a partition of bucket(n, column) instead of CLUSTERED BY",
    "distribute": "Iceberg has no DISTRIBUTE BY: use the property write.distribution-mode",
    "with": "write PARTITIONED BY and TBLPROPERTIES instead of WITH",
    "as": "CREATE TABLE AS is a query: run it in Athena",
    "like": "CREATE TABLE LIKE is not supported: write the columns",
    "select": "CREATE TABLE AS is a query: run it in Athena",
}


@dataclass
class _Clauses:
    """The clauses after the columns."""

    partitions: list[Term] = field(default_factory=list)
    sorting: list[SortTerm] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    comment: str | None = None


def parse_ddl(
    text: str, source: str = "--sql", *, drop_zone: bool = False, lower_case: bool = False
) -> TableDefinition:
    """Return the table that a CREATE TABLE statement describes.

    `source` is the text's name in errors. `drop_zone` turns timestamptz into a timestamp without a zone.
    `lower_case` converts names to lower case; otherwise capitals are refused. Raises DdlError, which says
    where the mistake is.
    """
    cursor = Cursor(text, source)
    types = TypeReader(cursor, drop_zone=drop_zone, lower_case=lower_case)
    _read_create_table(cursor)
    namespace, name = _read_name(cursor, lower_case)
    columns = read_columns(cursor, types)
    clauses = _read_clauses(cursor, lower_case)
    _read_end(cursor)
    _require_version_3(cursor, types, clauses.properties)
    keys = {types.column_name(token) for token in columns.key}
    schema = Schema(
        *columns.fields,
        identifier_field_ids=[column.field_id for column in columns.fields if column.name in keys],
    )
    notes = notes_on(clauses.properties, [str(column.field_type) for column in columns.fields])
    return with_fresh_ids(
        TableDefinition(
            name,
            schema,
            namespace,
            partition_spec(clauses.partitions, schema, cursor),
            sort_order(clauses.sorting, schema, cursor),
            clauses.properties,
            clauses.comment,
            tuple(notes),
        )
    )


def _read_create_table(cursor: Cursor) -> None:
    if cursor.here.kind is TokenKind.END:
        raise cursor.error("the text has no statement")
    cursor.expect_word("create", "TABLE, one statement")
    if cursor.here.is_word("external"):
        raise cursor.error("a table in S3 Tables is never external: leave EXTERNAL out")
    if cursor.here.is_word("or"):
        raise cursor.error("S3 Tables has no CREATE OR REPLACE: leave OR REPLACE out")
    cursor.expect_word("table", "after CREATE")
    if cursor.take_word("if"):
        cursor.expect_word("not", "after IF")
        cursor.expect_word("exists", "after IF NOT")


def _read_name(cursor: Cursor, lower_case: bool) -> tuple[str | None, str]:
    """The table's namespace, None if it has none, and name."""
    parts = [cursor.expect_name("the table's name")]
    while cursor.take_symbol("."):
        parts.append(cursor.expect_name("a name after ."))
    if len(parts) > 2:
        raise cursor.error("write namespace.name or name; the bucket is given with --bucket", parts[0])
    name = _checked(cursor, parts[-1], check_table, lower_case)
    return (_checked(cursor, parts[0], check_namespace, lower_case) if len(parts) == 2 else None), name


def _checked(cursor: Cursor, token: Token, check: Callable[[str], str], lower_case: bool) -> str:
    try:
        return check(token.value.lower() if lower_case else token.value)
    except NameRuleError as error:
        raise cursor.error(str(error), token) from error


def _read_clauses(cursor: Cursor, lower_case: bool) -> _Clauses:
    found = _Clauses()
    seen: set[str] = set()
    while cursor.here.kind is TokenKind.WORD:
        token = cursor.next()
        word = token.value.lower()
        if word in seen:
            raise cursor.error(f"{word.upper()} appears twice", token)
        seen.add(word)
        match word:
            case "using":
                cursor.expect_word("iceberg", "after USING")
            case "comment":
                found.comment = cursor.expect_string("the table's comment").value
            case "partitioned":
                cursor.expect_word("by", "after PARTITIONED")
                found.partitions = read_partitioning(cursor, lower_case=lower_case)
            case "sorted":
                cursor.expect_word("by", "after SORTED")
                found.sorting = read_sorting(cursor, lower_case=lower_case)
            case "tblproperties":
                found.properties = _read_properties(cursor)
            case _:
                if reason := _REFUSED_CLAUSES.get(word):
                    raise cursor.error(reason, token)
                raise cursor.error(
                    "expected PARTITIONED BY, SORTED BY, COMMENT, TBLPROPERTIES or the end, "
                    f"found {token.shown}",
                    token,
                )
    if found.comment is not None and "comment" in found.properties:
        raise cursor.error("the comment appears twice: as COMMENT and as a property", token)
    return found


def _read_properties(cursor: Cursor) -> dict[str, str]:
    found: dict[str, str] = {}
    names: set[str] = set()

    def read() -> None:
        token = cursor.expect_string("a property's name")
        if token.value in names:
            raise cursor.error(f"property {token.shown} appears twice", token)
        names.add(token.value)
        cursor.expect_symbol("=", "after a property's name")
        value = cursor.expect_string("a property's value").value
        try:
            checked = checked_property(token.value, value)
        except PropertyError as error:
            raise cursor.error(str(error), token) from error
        if checked:
            found[checked[0]] = checked[1]

    cursor.listed(read, "TBLPROPERTIES", "a property")
    return found


def _read_end(cursor: Cursor) -> None:
    while cursor.take_symbol(";"):
        pass
    if cursor.here.kind is not TokenKind.END:
        second = "a second statement begins here: give one only" if cursor.here.is_word("create") else None
        raise cursor.error(second or f"expected the end, found {cursor.here.shown}")


def _require_version_3(cursor: Cursor, types: TypeReader, properties: dict[str, str]) -> None:
    if types.version_3 and properties.get("format-version") != "3":
        token = types.version_3[0]
        raise cursor.error(
            f"{token.value} needs Iceberg's format version 3: add TBLPROPERTIES ('format-version' = '3')",
            token,
        )
