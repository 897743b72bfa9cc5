"""Types in the three spellings that meet in a migration: Glue's, Iceberg's in Athena's DDL, the engine's.

An Iceberg table has fewer types than a Hive table: text has no length, the smallest integer is int, a
timestamp has six digits.
"""

from __future__ import annotations

import re

from sqlglot import exp
from sqlglot.errors import SqlglotError

from lakehouse.errors import UsageError

_TEXT = re.compile(r"\b(varchar|char)\([0-9]+\)")
_SMALL_INTEGER = re.compile(r"\b(tinyint|smallint)\b")
_TIMESTAMP = re.compile(r"\btimestamp\b(?!\()")


def target_type(source_type: str) -> str:
    """A source column's Glue type as the Iceberg table has it: varchar(10) is string, smallint is int."""
    return _SMALL_INTEGER.sub("int", _TEXT.sub("string", source_type.lower().strip()))


def engine_type(glue_type: str, *, timestamp_digits: int = 3) -> str:
    """A Glue type in the engine's spelling: array<string> is array(varchar).

    `timestamp_digits` is 3 for a Hive table and 6 for an Iceberg table. Raises UsageError for no type.
    """
    try:
        spelled = exp.DataType.build(glue_type, dialect="hive").sql(dialect="trino").lower()
    except SqlglotError as error:
        raise UsageError(f"{glue_type!r} is no type of a Glue table that Athena reads") from error
    return _TIMESTAMP.sub(f"timestamp({timestamp_digits})", spelled)
