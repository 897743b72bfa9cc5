"""Pieces of Trino SQL: quoting, and the two Trino catalogs that Athena's one catalog consists of."""

from __future__ import annotations

# The Hive catalog under Athena's own name, redirecting reads and writes of Iceberg tables to the second.
HIVE = "awsdatacatalog"
ICEBERG = "iceberg"


def quote_name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def qualified(catalog: str, database: str, name: str) -> str:
    return ".".join(map(quote_name, (catalog, database, name)))
