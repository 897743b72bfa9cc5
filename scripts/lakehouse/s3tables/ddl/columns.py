"""The list of columns, and the primary key."""

from dataclasses import dataclass, field

from pyiceberg.types import DoubleType, FloatType, NestedField

from lakehouse.s3tables.ddl.column_types import TypeReader
from lakehouse.s3tables.ddl.cursor import Cursor
from lakehouse.s3tables.ddl.lexer import Token, TokenKind
from lakehouse.s3tables.definition import MAX_COLUMNS

_REFUSED_CONSTRAINTS = {
    "default": "CreateTable doesn't support default values",
    "unique": "Iceberg has no UNIQUE; PRIMARY KEY names identifying columns, without enforcing it",
    "check": "Iceberg has no CHECK",
    "references": "Iceberg has no foreign keys",
    "generated": "Iceberg has no generated columns; partition by a transform instead",
    "collate": "Iceberg has no collations",
    "identity": "Iceberg has no identity columns",
    "auto_increment": "Iceberg has no identity columns",
}
# Words that begin a table constraint; as a column's name they need quotes.
_TABLE_CONSTRAINTS = ("primary", "constraint", "unique", "check", "foreign")


@dataclass
class Columns:
    """The parsed columns. `tokens` has the token of each name, `key` the names in the primary key."""

    fields: list[NestedField] = field(default_factory=list)
    tokens: dict[str, Token] = field(default_factory=dict)
    key: list[Token] = field(default_factory=list)


def read_columns(cursor: Cursor, types: TypeReader) -> Columns:
    """Take the parenthesis with columns. Raises DdlError."""
    cursor.expect_symbol("(", "and the columns after the table's name")
    columns = Columns()
    while True:
        if cursor.here.is_word(*_TABLE_CONSTRAINTS):
            _read_constraint(cursor, columns)
        elif cursor.here.is_symbol(")", ","):
            raise cursor.error(f"a column is missing before {cursor.here.value}")
        else:
            _read_column(cursor, types, columns)
        if not cursor.take_symbol(","):
            break
    cursor.expect_symbol(")", "or , after a column")
    if not columns.fields:
        raise cursor.error("the table has no columns")
    _require_keys(cursor, columns, types)
    return columns


def _read_column(cursor: Cursor, types: TypeReader, columns: Columns) -> None:
    token = cursor.expect_name("a column's name")
    name = types.column_name(token)
    if known := columns.tokens.get(name):
        raise cursor.error(f"column {token.shown} exists already, at {known.line}:{known.column}", token)
    if len(columns.fields) == MAX_COLUMNS:
        raise cursor.error(f"more than {MAX_COLUMNS:,} columns", token)
    new_id = types.new_id()
    kind = types.read()
    required, comment = False, None
    while cursor.here.kind is TokenKind.WORD:
        if cursor.here.is_word("not", "null"):
            required = types.take_not_null() or required
        elif cursor.here.is_word("comment"):
            comment = types.take_comment()
        elif cursor.take_words("primary", "key"):
            columns.key.append(token)
        else:
            raise _refused_constraint(cursor)
    columns.fields.append(NestedField(new_id, name, kind, required, comment))
    columns.tokens[name] = token


def _refused_constraint(cursor: Cursor) -> Exception:
    token = cursor.here
    if reason := _REFUSED_CONSTRAINTS.get(token.value.lower()):
        return cursor.error(f"{token.value.upper()}: {reason}")
    return cursor.expected("NOT NULL, COMMENT, PRIMARY KEY, , or ) after the type")


def _read_constraint(cursor: Cursor, columns: Columns) -> None:
    """PRIMARY KEY (a, b) [NOT ENFORCED]; others are refused."""
    if cursor.take_word("constraint"):
        cursor.expect_name("the constraint's name")
    token = cursor.here
    if not cursor.take_words("primary", "key"):
        reason = _REFUSED_CONSTRAINTS.get(token.value.lower(), "Iceberg has no such constraint")
        raise cursor.error(f"{token.value.upper()}: {reason}")
    if columns.key:
        raise cursor.error("the table already has a primary key", token)
    columns.key += cursor.listed(lambda: cursor.expect_name("a column"), "PRIMARY KEY", "a column of the key")
    cursor.take_words("not", "enforced")


def _require_keys(cursor: Cursor, columns: Columns, types: TypeReader) -> None:
    """Identifier fields are required and comparable (Iceberg specification, "Identifier Field IDs")."""
    places = {column.name: place for place, column in enumerate(columns.fields)}
    for token in columns.key:
        name = types.column_name(token)
        if name not in places:
            raise cursor.error(f"there is no column {token.shown} for the primary key", token)
        place = places[name]
        column = columns.fields[place]
        if not column.field_type.is_primitive or isinstance(column.field_type, (FloatType, DoubleType)):
            raise cursor.error(
                f"{name} can't be in the primary key: type {column.field_type} can't identify a row", token
            )
        columns.fields[place] = column.model_copy(update={"required": True})
