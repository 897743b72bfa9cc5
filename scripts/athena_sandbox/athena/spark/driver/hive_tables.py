"""Glue's Hive tables in a Spark that has no Hive metastore.

Spark's built-in catalog lives in memory. Before a calculation it is brought to what Glue holds (databases,
and tables that are files in a format that Spark reads); after it, what the calculation has made, replaced or
dropped there is written to Glue. Iceberg tables don't pass through here: Iceberg's own catalog is on Glue.

What the calculation has done is told by Spark's catalog before it and after it, both in Spark's own words,
and never by comparing Spark with Glue: Spark names the partition `month=08` of an integer column `month=8`,
and what looks missing then would be deleted.

What follows from it: a Hive table that somebody else makes while a calculation runs is seen by the next one,
and one that a calculation makes is in Glue when the calculation has ended, not before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

import boto3
from botocore.config import Config

_PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
_ORC = "org.apache.hadoop.hive.ql.io.orc.OrcSerde"
_JSON = ("org.openx.data.jsonserde.JsonSerDe", "org.apache.hive.hcatalog.data.JsonSerDe")
_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
_TEXT = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
_TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"

# Serialisation library, input format, output format: what Hive's `stored as` gives a table of that provider.
_STORED_AS = {
    "parquet": (
        _PARQUET,
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    ),
    "orc": (
        _ORC,
        "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
        "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
    ),
    "json": (_JSON[0], _TEXT_INPUT, _TEXT_OUTPUT),
    "csv": (_CSV, _TEXT_INPUT, _TEXT_OUTPUT),
}
# What AWS's own limit is: partitions in one BatchCreatePartition.
_PARTITION_BATCH = 100


class UnsupportedTableError(Exception):
    """A table that this server can't bring into Spark, or out of it."""


@dataclass(frozen=True)
class _Known:
    """A table as it was when Glue and Spark last agreed.

    Attributes:
        version: of the Glue table; changes with its definition.
        made: when Spark's catalog made it, in ms; changes when it is replaced there.
        partitions: their `a=1/b=2` names in Glue.
        shown: the names that Spark has for them.
    """

    version: str
    made: int
    partitions: frozenset[str] = frozenset()
    shown: frozenset[str] = frozenset()


class HiveTables:
    """Keeps Spark's built-in catalog and Glue in step."""

    def __init__(self, spark: Any, glue_url: str, region: str) -> None:
        self._spark = spark
        self._glue: Any = boto3.client(
            "glue",
            endpoint_url=glue_url,
            region_name=region,
            config=Config(retries={"total_max_attempts": 3, "mode": "standard"}),
        )
        self._databases: set[str] = {"default"}
        self._shown_databases: frozenset[str] = frozenset(self._databases)
        self._known: dict[tuple[str, str], _Known] = {}
        self._unreadable: dict[tuple[str, str], str] = {}

    # From Glue to Spark

    def bring_in(self) -> None:
        """Make Spark's catalog show what Glue holds now."""
        databases = {database["Name"]: database for database in self._pages("get_databases", "DatabaseList")}
        for name in sorted(databases.keys() - self._databases):
            location = databases[name].get("LocationUri")
            at = f" location {_literal(location)}" if location else ""
            self._spark.sql(f"create database if not exists {_name(name)}{at}")
        for name in sorted(self._databases - databases.keys() - {"default"}):
            self._spark.sql(f"drop database if exists {_name(name)} cascade")
        self._databases = set(databases) | {"default"}
        self._unreadable = {}
        seen = set()
        for database in databases:
            for table in self._pages("get_tables", "TableList", DatabaseName=database):
                key = (database, table["Name"])
                try:
                    self._bring_in_table(key, table)
                    seen.add(key)
                except UnsupportedTableError as error:
                    self._unreadable[key] = str(error)
        for key in self._known.keys() - seen:
            if key[0] in self._databases:
                self._spark.sql(f"drop table if exists {_name(*key)}")
            del self._known[key]
        self._shown_databases = frozenset(_lines(self._catalog.listDatabases()))
        # Files may have been added since the last calculation.
        self._spark._jsparkSession.sessionState().catalog().invalidateAllCachedTables()

    def _bring_in_table(self, key: tuple[str, str], table: Mapping[str, Any]) -> None:
        statement = _create_statement(key, table)
        version = f"{table.get('VersionId')} {table.get('UpdateTime')}"
        known = self._known.get(key)
        if known is None or known.version != version:
            # From here on Spark may lack it: that must not count as dropped by a calculation.
            self._known.pop(key, None)
            self._spark.sql(f"drop table if exists {_name(*key)}")
            self._create(statement)
            known = _Known(version, self._made(key))
        keys = [column["Name"] for column in table.get("PartitionKeys", ())]
        if keys:
            found = {
                _partition_name(keys, partition["Values"]): partition
                for partition in self._pages(
                    "get_partitions", "Partitions", DatabaseName=key[0], TableName=key[1]
                )
            }
            self._add_partitions(key, keys, [found[name] for name in found.keys() - known.partitions])
            for name in known.partitions - found.keys():
                self._spark.sql(f"alter table {_name(*key)} drop if exists {_partition_clause(name)}")
            if known.partitions != found.keys():
                known = replace(known, partitions=frozenset(found), shown=self._shown(key))
        self._known[key] = known

    def _create(self, statement: str) -> None:
        from pyspark.errors import AnalysisException

        try:
            self._spark.sql(statement)
        except AnalysisException as error:
            raise UnsupportedTableError(f"Spark refuses it: {str(error).splitlines()[0]}") from error

    def _add_partitions(
        self, key: tuple[str, str], keys: list[str], partitions: list[Mapping[str, Any]]
    ) -> None:
        for start in range(0, len(partitions), _PARTITION_BATCH):
            clauses = [
                f"{_partition_clause(_partition_name(keys, one['Values']))} "
                f"location {_literal(one['StorageDescriptor']['Location'])}"
                for one in partitions[start : start + _PARTITION_BATCH]
            ]
            self._spark.sql(f"alter table {_name(*key)} add if not exists {' '.join(clauses)}")

    def explain(self, error: Exception) -> None:
        """Add to an error about a missing table why this server doesn't show it."""
        text = str(error)
        if "TABLE_OR_VIEW_NOT_FOUND" not in text:
            return
        for (database, table), reason in self._unreadable.items():
            if f"`{database}`.`{table}`" in text:
                error.add_note(f"{database}.{table} is in the Data Catalog, but {reason}.")

    # From Spark to Glue

    def publish(self) -> None:
        """Write to Glue what has changed in Spark's catalog since `bring_in`."""
        catalog = self._catalog
        databases = frozenset(_lines(catalog.listDatabases()))
        for name in sorted(databases - self._shown_databases):
            self._glue.create_database(DatabaseInput={"Name": name})
            self._databases.add(name)
        for name in sorted(self._shown_databases - databases):
            self._glue.delete_database(Name=name)
            self._databases.discard(name)
            self._known = {key: known for key, known in self._known.items() if key[0] != name}
        self._shown_databases = databases
        for database in sorted(databases):
            tables = set(_lines(catalog.listTables(database)))
            for name in sorted(tables):
                self._publish_table((database, name), catalog.getTable(database, name))
            for key in [key for key in self._known if key[0] == database and key[1] not in tables]:
                self._glue.delete_table(DatabaseName=key[0], Name=key[1])
                del self._known[key]

    def _publish_table(self, key: tuple[str, str], table: Any) -> None:
        known = self._known.get(key)
        if known is None or known.made != table.createTime():
            described = _table_input(key[1], table)
            self._put_table(key, described)
            version = self._glue.get_table(DatabaseName=key[0], Name=key[1])["Table"]
            known = _Known(f"{version.get('VersionId')} {version.get('UpdateTime')}", table.createTime())
        if _lines(table.partitionColumnNames()):
            shown = self._shown(key)
            self._put_partitions(key, shown - known.shown)
            self._drop_partitions(key, known.shown - shown)
            # The next calculation looks at all of them again.
            partitions = known.partitions if shown == known.shown else frozenset()
            known = replace(known, partitions=partitions, shown=shown)
        self._known[key] = known

    def _shown(self, key: tuple[str, str]) -> frozenset[str]:
        """Spark's names of a table's partitions."""
        return frozenset(row[0] for row in self._spark.sql(f"show partitions {_name(*key)}").collect())

    @property
    def _catalog(self) -> Any:
        return self._spark._jsparkSession.sharedState().externalCatalog()

    def _put_table(self, key: tuple[str, str], described: dict[str, Any]) -> None:
        """Create the table, or replace it with its partitions, as `saveAsTable` in overwrite mode does."""
        with suppress(self._glue.exceptions.EntityNotFoundException):
            self._glue.delete_table(DatabaseName=key[0], Name=key[1])
        self._glue.create_table(DatabaseName=key[0], TableInput=described)

    def _put_partitions(self, key: tuple[str, str], names: Iterable[str]) -> None:
        ordered = sorted(names)
        if not ordered:
            return
        storage = self._glue.get_table(DatabaseName=key[0], Name=key[1])["Table"]["StorageDescriptor"]
        inputs = [
            {
                "Values": [value for _, value in _partition_values(name)],
                "StorageDescriptor": {**storage, "Location": f"{storage['Location'].rstrip('/')}/{name}"},
            }
            for name in ordered
        ]
        for start in range(0, len(inputs), _PARTITION_BATCH):
            self._glue.batch_create_partition(
                DatabaseName=key[0],
                TableName=key[1],
                PartitionInputList=inputs[start : start + _PARTITION_BATCH],
            )

    def _drop_partitions(self, key: tuple[str, str], names: frozenset[str]) -> None:
        if not names:
            return
        for partition in self._pages("get_partitions", "Partitions", DatabaseName=key[0], TableName=key[1]):
            values = partition["Values"]
            if any(_is_named(values, name) for name in names):
                self._glue.delete_partition(DatabaseName=key[0], TableName=key[1], PartitionValues=values)

    def _made(self, key: tuple[str, str]) -> int:
        return int(self._catalog.getTable(*key).createTime())

    def _pages(self, operation: str, member: str, **arguments: str) -> list[dict[str, Any]]:
        pages = self._glue.get_paginator(operation).paginate(**arguments)
        return [item for page in pages for item in page[member]]


def _create_statement(key: tuple[str, str], table: Mapping[str, Any]) -> str:
    """Spark's DDL for a Glue table.

    Raises:
        UnsupportedTableError: Spark can't read it here; the text says why.
    """
    if table.get("TableType") == "VIRTUAL_VIEW":
        raise UnsupportedTableError("it is a view of Athena SQL, which Spark can't read")
    if table.get("Parameters", {}).get("table_type", "").upper() == "ICEBERG":
        raise UnsupportedTableError(
            "it is an Iceberg table and the session has no Iceberg catalog: set Iceberg's SparkProperties"
        )
    storage = table.get("StorageDescriptor", {})
    provider, options = _provider(storage, table.get("Parameters", {}))
    keys = table.get("PartitionKeys", ())
    columns = [*storage.get("Columns", ()), *keys]
    if not columns or not storage.get("Location"):
        raise UnsupportedTableError("it has no columns or no location")
    listed = ", ".join(f"{_name(column['Name'])} {column['Type']}" for column in columns)
    clauses = [f"create table {_name(*key)} ({listed}) using {provider}"]
    if options:
        pairs = ", ".join(f"{_literal(name)} {_literal(value)}" for name, value in options.items())
        clauses.append(f"options ({pairs})")
    if keys:
        clauses.append(f"partitioned by ({', '.join(_name(column['Name']) for column in keys)})")
    clauses.append(f"location {_literal(storage['Location'])}")
    return " ".join(clauses)


def _provider(storage: Mapping[str, Any], parameters: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Spark's data source for a storage descriptor, with its options."""
    serde = storage.get("SerdeInfo", {})
    library = serde.get("SerializationLibrary", "")
    settings = {**parameters, **serde.get("Parameters", {})}
    if library == _PARQUET:
        return "parquet", {}
    if library == _ORC:
        return "orc", {}
    if library in _JSON:
        return "json", {}
    if library not in (_CSV, _TEXT):
        raise UnsupportedTableError(f"its format ({library or 'none named'}) is not supported by this server")
    skipped = settings.get("skip.header.line.count", "0")
    if skipped not in ("0", "1"):
        raise UnsupportedTableError(f"skipping {skipped} lines of a file is not supported by this server")
    options = {"header": "true" if skipped == "1" else "false"}
    if library == _CSV:
        options["sep"] = settings.get("separatorChar", ",")
        options["quote"] = settings.get("quoteChar", '"')
        options["escape"] = settings.get("escapeChar", "\\")
        options["multiLine"] = "false"
    else:
        options["sep"] = settings.get("field.delim", settings.get("serialization.format", "\x01"))
        options["nullValue"] = settings.get("serialization.null.format", "\\N")
        options["quote"] = ""
    return "csv", options


def _table_input(name: str, table: Any) -> dict[str, Any]:
    """Glue's TableInput for a table of Spark's catalog (a Scala CatalogTable).

    Raises:
        UnsupportedTableError: it is no table of files in S3.
    """
    provider = str(table.provider().getOrElse(None) or "").lower()
    location = str(table.storage().locationUri().getOrElse(None) or "")
    if provider not in _STORED_AS:
        raise UnsupportedTableError(
            f"table {name}: format {provider or 'hive'} is not supported by this server"
        )
    if not location.startswith(("s3://", "s3a://")):
        raise UnsupportedTableError(f"table {name}: its location {location} is not in S3")
    library, reads, writes = _STORED_AS[provider]
    fields = json.loads(table.schema().json())["fields"]
    keys = _lines(table.partitionColumnNames())
    columns = {field["name"]: _column(field) for field in fields}
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {
            "EXTERNAL": "TRUE",
            "classification": provider,
            "spark.sql.sources.provider": provider,
        },
        "PartitionKeys": [columns[key] for key in keys],
        "StorageDescriptor": {
            "Columns": [column for column_name, column in columns.items() if column_name not in keys],
            "Location": "s3" + location.removeprefix("s3a").removeprefix("s3"),
            "InputFormat": reads,
            "OutputFormat": writes,
            "SerdeInfo": {"SerializationLibrary": library, "Parameters": {"serialization.format": "1"}},
        },
    }


def _column(field: Mapping[str, Any]) -> dict[str, str]:
    from pyspark.sql.types import StructField

    column = {
        "Name": str(field["name"]).lower(),
        "Type": StructField.fromJson(dict(field)).dataType.simpleString(),
    }
    comment = field.get("metadata", {}).get("comment")
    return {**column, "Comment": comment} if comment else column


def _lines(scala_sequence: Any) -> list[str]:
    text = str(scala_sequence.mkString("\n"))
    return text.split("\n") if text else []


def _name(*parts: str) -> str:
    return ".".join(f"`{part.replace('`', '``')}`" for part in parts)


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _partition_name(keys: list[str], values: list[str]) -> str:
    """`a=1/b=2`, as Spark and Hive name a partition and its folder."""
    return "/".join(f"{key}={_escaped(value)}" for key, value in zip(keys, values, strict=True))


def _partition_values(name: str) -> list[tuple[str, str]]:
    pairs = (part.partition("=") for part in name.split("/"))
    return [(key, unquote(value)) for key, _, value in pairs]


def _is_named(values: list[str], name: str) -> bool:
    """Whether Spark's name means the partition that has these values in Glue, `08` being `8` to Spark."""
    shown = [value for _, value in _partition_values(name)]
    return len(shown) == len(values) and all(map(_is_same, shown, values))


def _is_same(shown: str, value: str) -> bool:
    return shown == value or (value.isdecimal() and shown.isdecimal() and int(shown) == int(value))


def _partition_clause(name: str) -> str:
    values = ", ".join(f"{_name(key)} = {_literal(value)}" for key, value in _partition_values(name))
    return f"partition ({values})"


# Hive's escaping of folder names (FileUtils.escapePathName): control characters and these.
_ESCAPED = frozenset("\"#%'*/:=?\\\x7f{[]^")


def _escaped(value: str) -> str:
    return "".join(f"%{ord(c):02X}" if c in _ESCAPED or ord(c) < 32 else c for c in value)
