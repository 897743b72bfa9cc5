"""A small table in the middle of its migration: text times in JSON files, its typed target made by plain SQL.

What these tests hold is what happens to definitions, and to rows by where they lie; so the target is written
here by statements that the migration has no part in.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.support.deaths import Deaths
from tests.support.migration import BRONZE, SILVER, migration_of
from tests.support.sandbox import Sandbox

from lakehouse.catalog.files import SourceFile
from lakehouse.catalog.planned_calls import Clients
from lakehouse.migration.config import MigrationConfig, TableConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.switching.backup import take_backup
from lakehouse.migration.switching.cutover import apply_cutover, plan_cutover
from lakehouse.migration.switching.rollback import apply_rollback, plan_rollback

Row = tuple[str, str, int]
# Partition (year), then rows of its file: id, time as text, how many.
FILES = {
    2024: [("a", "2024-12-31T23:59:59.5Z", 1), ("b", "2024-12-30 08:00:00", 2)],
    2025: [("c", "2025-01-01T01:00:00+01:00", 3)],
}
# The same by the rules of docs/timestamps.md, as the old name answers them once it is a view.
TYPED = {
    ("a", "2024-12-31 23:59:59.500000", 1, 2024),
    ("b", "2024-12-30 08:00:00.000000", 2, 2024),
    ("c", "2025-01-01 00:00:00.000000", 3, 2025),
}
OLD = {(name, time, number, year) for year, rows in FILES.items() for name, time, number in rows}


@dataclass(frozen=True)
class Life:
    """One table of a migration of its own on the sandbox."""

    sandbox: Sandbox
    migration: Migration
    clients: Clients
    deaths: Deaths

    @property
    def table(self) -> TableConfig:
        return self.migration.config.tables[0]

    @property
    def glue(self) -> Any:
        return self.clients.glue

    def entry(self, name: str = "") -> dict[str, Any]:
        database, table = (name or self.table.source).split(".")
        return dict(self.glue.get_table(DatabaseName=database, Name=table)["Table"])

    def rows(self, name: str = "") -> set[tuple[Any, ...]]:
        """Rows of a table or view: id, time, number, year. Each must be there once."""
        found = self.sandbox.sql(
            f"select event_id, event_timestamp, cast(n as varchar), cast(year as varchar) "
            f"from {name or self.table.source}"
        )
        rows = [(row[0], row[1], int(row[2] or 0), int(row[3] or 0)) for row in found]
        assert len(rows) == len(set(rows)), rows
        return set(rows)

    def deliver(self, year: int, name: str, rows: list[Row], entry: str = "") -> None:
        """Put a file of JSON lines into a partition and register that on an entry (the source's)."""
        put_rows(self.sandbox, self.table.source, year, name, rows)
        database, table = (entry or self.table.source).split(".")
        definition = self.entry(f"{database}.{table}")
        descriptor = {
            **definition["StorageDescriptor"],
            "Location": f"{definition['StorageDescriptor']['Location'].rstrip('/')}/year={year}/",
        }
        self.glue.batch_create_partition(
            DatabaseName=database,
            TableName=table,
            PartitionInputList=[{"Values": [str(year)], "StorageDescriptor": descriptor}],
        )

    def ready(self) -> None:
        """A backup, and the record that a green validation leaves."""
        take_backup(self.migration, self.clients, self.table)
        self.migration.ledger.append("validate", "green", self.table.source)

    def cut_over(self) -> None:
        plan = plan_cutover(self.migration, self.clients, self.table, no_unloaded_files)
        apply_cutover(self.migration, self.clients, plan)

    def roll_back(self, *, keep_written: bool = False) -> int:
        plan = plan_rollback(self.migration, self.clients, self.table)
        return apply_rollback(self.migration, self.clients, plan, keep_written=keep_written)

    def write_directly(self, name: str, time: str, number: int, year: int) -> None:
        """A row in the new table that no file holds."""
        self.sandbox.sql(
            f"insert into {self.table.target} values ('{name}', timestamp '{time}', {number}, {year}, null)"
        )


def put_rows(sandbox: Sandbox, source: str, year: int, name: str, rows: list[Row]) -> None:
    lines = [json.dumps({"event_id": i, "event_timestamp": t, "n": n}) for i, t, n in rows]
    key = f"{source.replace('.', '/')}/year={year}/{name}.json"
    sandbox.client("s3").put_object(Bucket=BRONZE, Key=key, Body="\n".join(lines).encode() + b"\n")


def begin_life(sandbox: Sandbox, name: str) -> Life:
    """A source with two partitions, its target and legacy entry with the same rows; an empty ledger."""
    source = f"{name}.events"
    config = MigrationConfig.model_validate(
        {
            "name": name,
            "location": f"s3://{SILVER}/migrations/{name}/",
            "data": f"s3://{SILVER}/migrated/{name}/",
            "tables": [
                {
                    "source": source,
                    "columns": {"event_timestamp": {"type": "timestamp"}},
                    "partition_by": {"column": "event_timestamp"},
                    "key": ["event_id"],
                }
            ],
        }
    )
    sandbox.sql(f"create database if not exists {name}")
    sandbox.sql(
        f"create external table {source} (event_id string comment 'who', event_timestamp varchar(40), n int) "
        f"comment 'events as they came' partitioned by (year int) "
        f"row format serde 'org.openx.data.jsonserde.JsonSerDe' location 's3://{BRONZE}/{name}/events/'"
    )
    session = sandbox.session()
    deaths = Deaths(session)
    migration = migration_of(session, config)
    life = Life(sandbox, migration, Clients(migration.glue, session.client("lakeformation")), deaths)
    for year, rows in FILES.items():
        life.deliver(year, "first", rows)
    _make_target(life)
    _make_legacy(life)
    return life


def no_unloaded_files(_migration: Migration, _table: TableConfig) -> list[SourceFile]:
    return []


def _make_target(life: Life) -> None:
    path = f"s3://{BRONZE}/{life.table.source.replace('.', '/')}"
    values = ", ".join(
        f"('{i}', timestamp '{time}', {n}, {year}, '{path}/year={year}/first.json')"
        for i, time, n, year in sorted(TYPED)
    )
    life.sandbox.sql(
        f"create table {life.table.target} with (table_type = 'ICEBERG', is_external = false, "
        f"location = '{life.migration.config.data}events_v2/', partitioning = array['day(event_timestamp)']) "
        "as select cast(event_id as varchar) as event_id, cast(event_timestamp as timestamp(6)) as "
        "event_timestamp, n, year, cast(_source_path as varchar) as _source_path "
        f"from (values {values}) as t (event_id, event_timestamp, n, year, _source_path)"
    )


def _make_legacy(life: Life) -> None:
    database, name = life.table.source_name
    entry = life.entry()
    kept = ("StorageDescriptor", "PartitionKeys", "TableType", "Parameters", "Description", "Owner")
    life.glue.create_table(
        DatabaseName=database,
        TableInput={"Name": f"{name}_legacy"} | {key: entry[key] for key in kept if key in entry},
    )
    partitions = life.glue.get_partitions(DatabaseName=database, TableName=name)["Partitions"]
    life.glue.batch_create_partition(
        DatabaseName=database,
        TableName=f"{name}_legacy",
        PartitionInputList=[
            {"Values": each["Values"], "StorageDescriptor": each["StorageDescriptor"]} for each in partitions
        ],
    )
