"""The ledger as a table of Athena: one row per entry, read from the very files that the steps write."""

from __future__ import annotations

import re

from lakehouse.errors import UsageError
from lakehouse.migration.ledger import Ledger
from lakehouse.migration.sql import ddl_relation, text

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,254}\.[a-z_][a-z0-9_]{0,254}")
# The members of an entry's line, all texts: from_iso8601_timestamp(at), json_extract(detail, ...).
COLUMNS = ("id", "at", "step", "table_name", "event", "operator", "detail")


def ledger_table_ddl(ledger: Ledger, name: str) -> str:
    """The statement that makes the table `database.table` over a ledger, if there is none of that name.

    Raises UsageError for a name that isn't one.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name} is no name for the ledger's table: give database.table, in lower case")
    columns = ", ".join(f"`{column}` string" for column in COLUMNS)
    return (
        f"create external table if not exists {ddl_relation(name)} ({columns}) "
        f"row format serde 'org.openx.data.jsonserde.JsonSerDe' location {text(ledger.prefix)}"
    )
