"""Tables of their own to migrate on the sandbox: planted rows in JSON files, and the migration of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import yaml
from tests.support.sandbox import ROOT, Sandbox

from lakehouse.athena.client import AthenaClient
from lakehouse.athena.statements import Statements
from lakehouse.dbt.macros import load_macros
from lakehouse.migration.config import MigrationConfig, TableConfig, load_config
from lakehouse.migration.context import Migration
from lakehouse.records.ledger import Entry, Ledger
from lakehouse.records.objects import Location

BRONZE, SILVER = "acme-lakehouse-bronze", "acme-lakehouse-silver"


@dataclass(frozen=True)
class Ground:
    """A database with tables to migrate, and the file that says how. `name` is the database's and the
    migration's."""

    sandbox: Sandbox
    name: str
    config_file: Path
    migration: Migration

    @property
    def table(self) -> TableConfig:
        return self.migration.config.tables[0]

    def put(self, table: str, file: str, rows: Iterable[Mapping[str, Any]]) -> str:
        """Put a file of JSON lines where a table (its bare name) has its files; return its path."""
        body = "".join(json.dumps(row) + "\n" for row in rows).encode()
        key = f"{self.name}/{table}/{file}"
        self.sandbox.client("s3").put_object(Bucket=BRONZE, Key=key, Body=body)
        return f"s3://{BRONZE}/{key}"

    def create(self, table: str, columns: str, partitioned_by: str = "") -> None:
        """Make a table over its files; its partitions are those that lie there."""
        partitions = f"partitioned by ({partitioned_by}) " if partitioned_by else ""
        self.sandbox.sql(
            f"create external table {self.name}.{table} ({columns}) {partitions}"
            f"row format serde 'org.openx.data.jsonserde.JsonSerDe' location 's3://{BRONZE}/{self.name}/{table}/'"
        )
        if partitioned_by:
            self.register(table)

    def register(self, table: str) -> None:
        """Register the partitions whose files arrived since."""
        self.sandbox.sql(f"msck repair table {self.name}.{table}")

    def checksum(self, table: str) -> list[list[str | None]]:
        """Rows of a table and an order-independent checksum over all of its columns."""
        listed = self.sandbox.sql(f"show columns in {self.name}.{table}")
        names = ", ".join(f'"{row[0].strip()}"' for row in listed if row[0])
        return self.sandbox.sql(
            f"select count(*), to_hex(checksum(cast(row({names}) as json))) from {self.name}.{table}"
        )


class Silent:
    """Progress that nobody is told."""

    def start(self, steps: int, done: int) -> None: ...

    def advance(self, steps: int, rows: int, size: int) -> None: ...


def prepare(sandbox: Sandbox, directory: Path, name: str, tables: list[dict[str, Any]]) -> Ground:
    """A database of that name and a migration of the tables; a source's name may leave it out."""
    sandbox.sql(f"create database if not exists {name}")
    config_file = directory / f"{name}.yml"
    config_file.write_text(
        yaml.safe_dump(
            {
                "name": name,
                "location": f"s3://{SILVER}/migrations/{name}/",
                "data": f"s3://{SILVER}/migrated/{name}/",
                "tables": [
                    table if "." in table["source"] else {**table, "source": f"{name}.{table['source']}"}
                    for table in tables
                ],
            }
        )
    )
    return Ground(sandbox, name, config_file, migration_of(sandbox.session(), load_config(config_file)))


class SharedLedger(Ledger):
    """A ledger to which the commands of other processes add while a test looks at it."""

    def entries(
        self, step: str | None = None, table: str | None = None, event: str | None = None
    ) -> list[Entry]:
        self.refresh()
        return super().entries(step, table, event)


def migration_of(session: boto3.Session, config: MigrationConfig) -> Migration:
    """A migration on the sandbox of a session, without the command line around it."""
    s3 = session.client("s3")
    client = AthenaClient(session, "primary", "s3://acme-lakehouse-results/tests/")
    ledger = SharedLedger(s3, Location.of(config.location))
    return Migration(config, ROOT, session.client("glue"), s3, Statements(client), ledger, load_macros(ROOT))
