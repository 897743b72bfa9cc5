"""The ledger as a table of Athena: one row per entry, read from the very files that the steps write."""

from __future__ import annotations

import re

from lakehouse.athena.sql import ddl_relation, lines, listed, text
from lakehouse.catalog.tables import find_table
from lakehouse.errors import RefusedError, UsageError
from lakehouse.migration.context import Migration
from lakehouse.records.ledger import Ledger

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,254}\.[a-z_][a-z0-9_]{0,254}")
# The members of an entry's line, all texts: from_iso8601_timestamp(at), json_extract(detail, ...).
COLUMNS = ("id", "at", "step", "table_name", "event", "operator", "detail")


def make_ledger_table(migration: Migration, name: str) -> None:
    """Make the table `database.table` over the ledger, unless it is there.

    Raises UsageError for a name that isn't one or whose database isn't there, RefusedError for the name of
    another table.
    """
    ddl = ledger_table_ddl(migration.ledger, name)
    found = find_table(migration.glue, name)
    if found is not None and found.location.rstrip("/") != str(migration.ledger.place).rstrip("/"):
        raise RefusedError(f"{name} is there already and no table over the ledger: give another name")
    database = name.split(".")[0]
    try:
        migration.glue.get_database(Name=database)
    except migration.glue.exceptions.EntityNotFoundException:
        raise UsageError(
            f"there is no database {database}: make it first, `lakehouse sql 'create database {database}'`"
        ) from None
    migration.statements.query(ddl)


def ledger_table_ddl(ledger: Ledger, name: str) -> str:
    """The statement that makes the table `database.table` over a ledger, if there is none of that name.

    Raises UsageError for a name that isn't one.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name} is not a valid table name: give database.table, in lower case")
    return lines(
        listed(
            f"create external table if not exists {ddl_relation(name)} (",
            (f"`{column}` string" for column in COLUMNS),
            ")",
        ),
        "row format serde 'org.openx.data.jsonserde.JsonSerDe'",
        f"location {text(str(ledger.place))}",
    )
