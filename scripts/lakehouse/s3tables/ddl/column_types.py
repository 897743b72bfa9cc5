"""The text of a type to an Iceberg type, with the type names of Athena, Trino, Spark, Hive and Iceberg.

    string, varchar(n), char(n), text    string: Iceberg keeps no length
    int, integer / bigint, long          int / long
    float, real / double [precision]     float / double
    boolean, bool / date / uuid          the same
    binary, varbinary / fixed(n)         binary / fixed[n]
    decimal(p, s), numeric(p, s), dec    decimal(p, s); p 1 to 38, s 0 to p
    timestamp[(0 to 6)], timestamp_ntz   timestamp: microseconds, no zone
    timestamptz, timestamp_ltz, timestamp with time zone    timestamptz: an instant
    time[(0 to 6)]                       time
    array<t>, array(t), list<t>          list
    map<k, v>, map(k, v)                 map
    struct<a: t, b t>, row(a t, b t)     struct

`not null` after an element, a value or a field makes it required. Types of Iceberg's format version 3
(timestamp_ns, timestamptz_ns, unknown, geometry, geography) need that version as a table property.
"""

from dataclasses import dataclass, field

from pyiceberg.types import (
    DecimalType,
    FixedType,
    GeographyType,
    GeometryType,
    IcebergType,
    ListType,
    MapType,
    NestedField,
    StringType,
    StructType,
    TimestampType,
    TimestamptzType,
    TimeType,
)

from lakehouse.s3tables.ddl.cursor import Cursor
from lakehouse.s3tables.ddl.lexer import Token, TokenKind
from lakehouse.s3tables.ddl.type_names import INSTEAD, PLAIN, VERSION_3
from lakehouse.s3tables.names import NameRuleError, check_column

# Chosen: deeper than any real schema, and far below Python's recursion limit.
MAX_DEPTH = 32
MAX_DECIMAL_PRECISION = 38
MICROSECONDS = 6

_LISTS = ("array", "list")
_STRUCTS = ("struct", "row")
_KEY_REMEDY = "a map's key is never null: leave it out"


@dataclass
class TypeReader:
    """Reads types at a cursor.

    `drop_zone` reads timestamps with a zone as timestamps without one. `lower_case` converts names to lower
    case. `version_3` collects the tokens of types that need Iceberg's format version 3. Field ids are
    placeholders; the definition assigns the real ones.
    """

    cursor: Cursor
    drop_zone: bool = False
    lower_case: bool = False
    version_3: list[Token] = field(default_factory=list)
    _last_id: int = 0

    def new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def column_name(self, token: Token) -> str:
        """The checked name of a column or field, from a token."""
        name = token.value.lower() if self.lower_case else token.value
        try:
            return check_column(name)
        except NameRuleError as error:
            raise self.cursor.error(str(error), token) from error

    def read(self, depth: int = 0) -> IcebergType:
        """Take a type. Raises DdlError."""
        cursor = self.cursor
        if cursor.here.kind is not TokenKind.WORD:
            raise cursor.expected("a type")
        token = cursor.next()
        word = token.value.lower()
        if depth >= MAX_DEPTH:
            raise cursor.error(f"types are nested deeper than {MAX_DEPTH} levels", token)
        if word in _LISTS:
            return self._list(depth)
        if word == "map":
            return self._map(depth)
        if word in _STRUCTS:
            return self._struct(token, depth)
        return self._primitive(token, word)

    def _primitive(self, token: Token, word: str) -> IcebergType:
        if word == "double":
            self.cursor.take_word("precision")
        if found := PLAIN.get(word):
            self._refuse_parameters(word)
            return found()
        if found := VERSION_3.get(word):
            self.version_3.append(token)
            return found()
        match word:
            case "varchar" | "char" | "character":
                return self._text(word)
            case "decimal" | "numeric" | "dec":
                return self._decimal(token)
            case "fixed":
                return self._fixed()
            case "timestamp":
                return self._timestamp()
            case "timestamptz" | "timestamp_ltz":
                self._precision(word)
                return TimestampType() if self.drop_zone else TimestamptzType()
            case "time":
                return self._time(token)
            case "geometry" | "geography":
                self.version_3.append(token)
                return self._spatial(word)
        advice = f": use {INSTEAD[word]}" if word in INSTEAD else ""
        raise self.cursor.error(f"{token.shown} is not an Iceberg type{advice}", token)

    def _refuse_parameters(self, word: str) -> None:
        if self.cursor.here.is_symbol("("):
            raise self.cursor.error(f"{word} takes no length or precision")

    def _text(self, word: str) -> IcebergType:
        """varchar, char, character [varying]: a length is checked and then dropped, because Iceberg has
        none."""
        if word == "character":
            self.cursor.take_word("varying")
        if self.cursor.take_symbol("("):
            self._number("a length", 1, 2**31 - 1)
            self.cursor.expect_symbol(")", "after the length")
        return StringType()

    def _decimal(self, token: Token) -> IcebergType:
        cursor = self.cursor
        if not cursor.take_symbol("("):
            # Engines disagree on the default: decimal(10,0) in Hive and Spark, (38,0) elsewhere.
            raise cursor.error("decimal needs a precision and a scale: decimal(10, 2)", token)
        precision = self._number("a precision", 1, MAX_DECIMAL_PRECISION)
        scale = 0
        if cursor.take_symbol(","):
            scale = self._number("a scale", 0, precision, f", the precision being {precision}")
        cursor.expect_symbol(")", "after the scale")
        return DecimalType(precision, scale)

    def _fixed(self) -> IcebergType:
        """fixed(16), and fixed[16], which is Iceberg's own syntax."""
        opening = self.cursor.take_symbol("(", "[")
        if opening is None:
            raise self.cursor.expected("( and a length after fixed")
        length = self._number("a length", 1, 2**31 - 1)
        self.cursor.expect_symbol(")" if opening.value == "(" else "]", "after the length")
        return FixedType(length)

    def _timestamp(self) -> IcebergType:
        self._precision("timestamp")
        has_zone = self.cursor.take_words("with", "time", "zone") or self.cursor.take_words(
            "with", "local", "time", "zone"
        )
        if has_zone and not self.drop_zone:
            return TimestamptzType()
        if not has_zone:
            self.cursor.take_words("without", "time", "zone")
        return TimestampType()

    def _time(self, token: Token) -> IcebergType:
        self._precision("time")
        if self.cursor.take_words("with", "time", "zone"):
            raise self.cursor.error("Iceberg has no time with a zone: use time, or timestamptz", token)
        self.cursor.take_words("without", "time", "zone")
        return TimeType()

    def _precision(self, word: str) -> None:
        """An optional number of fractional digits; Iceberg always keeps six."""
        if self.cursor.take_symbol("("):
            remedy = f": Iceberg's {word} has a precision of microseconds"
            self._number("a number of fractional digits", 0, MICROSECONDS, remedy)
            self.cursor.expect_symbol(")", "after the number of fractional digits")

    def _spatial(self, word: str) -> IcebergType:
        texts: list[str] = []
        if self.cursor.take_symbol("("):
            texts.append(self._spatial_text("a coordinate reference system"))
            if word == "geography" and self.cursor.take_symbol(","):
                texts.append(self._spatial_text("an algorithm"))
            self.cursor.expect_symbol(")", f"after the parameters of {word}")
        return GeometryType(*texts) if word == "geometry" else GeographyType(*texts)

    def _spatial_text(self, what: str) -> str:
        token = self.cursor.expect_string(what)
        # Iceberg writes the text in quotes and has no escape for a quote.
        if not token.value or set(token.value) & set("'\""):
            raise self.cursor.error(f"{token.shown} is not valid as {what}", token)
        return token.value

    def _number(self, what: str, least: int, most: int, remedy: str = "") -> int:
        token = self.cursor.expect_number(what)
        # int() would take very long for thousands of digits.
        if len(token.value) > 12 or not least <= int(token.value) <= most:
            raise self.cursor.error(f"{token.shown} is out of range, {least} to {most:,}{remedy}", token)
        return int(token.value)

    def _list(self, depth: int) -> IcebergType:
        closing = self._open("an array's element type")
        element = self.read(depth + 1)
        required = self.take_not_null()
        self._close(closing, "after an array's element type")
        return ListType(self.new_id(), element, element_required=required)

    def _map(self, depth: int) -> IcebergType:
        closing = self._open("a map's types")
        key = self.read(depth + 1)
        if self.cursor.here.is_word("not"):
            raise self.cursor.error(_KEY_REMEDY)
        self.cursor.expect_symbol(",", "between a map's key and value types")
        value = self.read(depth + 1)
        required = self.take_not_null()
        self._close(closing, "after a map's value type")
        return MapType(self.new_id(), key, self.new_id(), value, value_required=required)

    def _struct(self, token: Token, depth: int) -> IcebergType:
        closing = self._open("a struct's fields")
        fields: list[NestedField] = []
        while True:
            name_token = self.cursor.expect_name("the name of a struct's field")
            name = self.column_name(name_token)
            if any(known.name == name for known in fields):
                raise self.cursor.error(f"the struct already has a field {name_token.shown}", name_token)
            self.cursor.take_symbol(":")
            kind = self.read(depth + 1)
            required = self.take_not_null()
            fields.append(NestedField(self.new_id(), name, kind, required, self.take_comment()))
            if not self.cursor.take_symbol(","):
                break
        self._close(closing, f"or , after a field of {token.value.lower()}")
        return StructType(*fields)

    def _open(self, what: str) -> str:
        if self.cursor.take_symbol("<"):
            return ">"
        if self.cursor.take_symbol("("):
            return ")"
        raise self.cursor.expected(f"< or ( and {what}")

    def _close(self, closing: str, after: str) -> None:
        self.cursor.expect_symbol(closing, after)

    def take_not_null(self) -> bool:
        """Take NOT NULL, or NULL; return whether it was NOT NULL."""
        if self.cursor.take_word("not"):
            self.cursor.expect_word("null", "after NOT")
            return True
        self.cursor.take_word("null")
        return False

    def take_comment(self) -> str | None:
        """Take COMMENT '...'; return its text, None if there is no comment."""
        if self.cursor.take_word("comment"):
            return self.cursor.expect_string("the comment").value
        return None
