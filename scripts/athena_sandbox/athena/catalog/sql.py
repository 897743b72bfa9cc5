"""Pieces of Trino SQL: quoting, and the two Trino catalogs that Athena's one catalog consists of."""

from __future__ import annotations

from collections.abc import Mapping

from athena_sandbox.athena.statements.table_buckets import bucket_of

# The Hive catalog under Athena's own name, redirecting reads and writes of Iceberg tables to the second.
HIVE = "awsdatacatalog"
ICEBERG = "iceberg"
# Athena allows 100 partitions per statement. Trino counts them per writer and spreads them over writers, so
# that its limit equals Athena's only with a single writer.
SINGLE_WRITER = {"task_max_writer_count": "1"}


def catalog_for(catalog: str, *, iceberg: bool) -> str:
    """The catalog that tables are written through: an S3 Tables catalog itself, or one of the two."""
    if bucket_of(catalog) is not None:
        return catalog
    return ICEBERG if iceberg else HIVE


def quote_name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def text_map(items: Mapping[str, str]) -> str:
    """A map literal of texts."""
    keys = ", ".join(map(quote_text, items))
    values = ", ".join(map(quote_text, items.values()))
    return f"MAP(ARRAY[{keys}], ARRAY[{values}])"


def qualified(catalog: str, database: str, name: str) -> str:
    return ".".join(map(quote_name, (catalog, database, name)))
