"""Backup, cutover and rollback on the sandbox: what the old name answers before, between and after."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from tests.support.cut_over import OLD, TYPED, Life, begin_life, no_unloaded_files
from tests.support.sandbox import Sandbox

from lakehouse.errors import RefusedError
from lakehouse.migration.backup import load_backup, take_backup
from lakehouse.migration.calls import make
from lakehouse.migration.cutover import apply_cutover, plan_cutover
from lakehouse.migration.restore import plan_restore
from lakehouse.migration.rollback import apply_rollback, plan_rollback
from lakehouse.migration.state import standing_cutover

ANALYST = {"DataLakePrincipalIdentifier": "arn:aws:iam::000000000000:role/analyst"}


@pytest.fixture(scope="module")
def life(sandbox: Sandbox) -> Life:
    """A table whose migration goes on from test to test, as it does in life."""
    return begin_life(sandbox, f"cutover_{uuid.uuid4().hex[:8]}")


def cut_over(life: Life) -> None:
    plan = plan_cutover(life.migration, life.clients, life.table, no_unloaded_files)
    apply_cutover(life.migration, life.clients, plan)


def roll_back(life: Life, *, keep_written: bool = False) -> int:
    plan = plan_rollback(life.migration, life.clients, life.table)
    return apply_rollback(life.migration, life.clients, plan, keep_written=keep_written)


def without_times(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in entry.items()
        if name not in ("CreateTime", "CreationTime", "UpdateTime", "VersionId")
    }


def test_everything_dropped_comes_back_from_the_backup(life: Life) -> None:
    database, name = life.table.source_name
    life.sandbox.sql(f"create view {database}.by_day as select event_id from {life.table.source}")
    life.sandbox.sql(f"create view {database}.over_view as select count(*) as c from {database}.by_day")
    entry = life.entry()
    table_input = {key: entry[key] for key in ("Name", "StorageDescriptor", "PartitionKeys", "TableType")} | {
        "Parameters": {**entry["Parameters"], "owner_team": "delivery"}
    }
    life.glue.update_table(DatabaseName=database, TableInput=table_input)
    life.glue.update_column_statistics_for_table(
        DatabaseName=database,
        TableName=name,
        ColumnStatisticsList=[
            {
                "ColumnName": "n",
                "ColumnType": "int",
                "AnalyzedTime": 1_750_000_000,
                "StatisticsData": {
                    "Type": "LONG",
                    "LongColumnStatisticsData": {"NumberOfNulls": 0, "NumberOfDistinctValues": 3},
                },
            }
        ],
    )
    life.clients.lakeformation.grant_permissions(
        Principal=ANALYST,
        Resource={"Table": {"DatabaseName": database, "Name": name}},
        Permissions=["SELECT"],
    )
    names = [name, f"{name}_legacy", "by_day", "over_view"]
    before = [without_times(life.entry(f"{database}.{each}")) for each in names]
    partitions = life.glue.get_partitions(DatabaseName=database, TableName=name)["Partitions"]
    versions = life.glue.get_table_versions(DatabaseName=database, TableName=name)["TableVersions"]
    backup = take_backup(life.migration, life.clients, life.table)
    for each in names:
        life.glue.delete_table(DatabaseName=database, Name=each)

    plan = plan_restore(life.migration, life.clients, life.table, load_backup(life.migration, life.table))
    make(life.clients, plan.calls)

    assert [without_times(life.entry(f"{database}.{each}")) for each in names] == before
    restored = life.glue.get_partitions(DatabaseName=database, TableName=name)["Partitions"]
    assert [without_times(dict(each)) for each in restored] == [
        without_times(dict(each)) for each in partitions
    ]
    again = life.glue.get_table_versions(DatabaseName=database, TableName=name)["TableVersions"]
    assert [without_times(dict(each["Table"])) for each in again] == [
        without_times(dict(each["Table"])) for each in versions
    ]
    assert len(again) == 2
    assert life.rows() == OLD
    assert life.sandbox.sql(f"select c from {database}.over_view") == [["3"]]
    assert plan_restore(life.migration, life.clients, life.table, backup).calls == ()


def test_the_old_name_answers_typed_data_after_the_cutover(life: Life) -> None:
    life.validated()
    cut_over(life)
    assert life.rows() == TYPED
    assert standing_cutover(life.migration.ledger, life.table.source) is not None
    assert life.rows(life.table.legacy) == OLD


def test_a_cutover_is_rolled_back_with_what_arrived_since(life: Life) -> None:
    life.deliver(2026, "later", [("d", "2026-02-03 04:05:06", 4)], entry=life.table.legacy)
    assert roll_back(life) == 0
    assert life.rows() == OLD | {("d", "2026-02-03 04:05:06", 4, 2026)}
    assert standing_cutover(life.migration.ledger, life.table.source) is None


def test_rows_written_to_the_new_table_go_back_as_text_or_stop_the_rollback(life: Life) -> None:
    life.validated()
    take_backup(life.migration, life.clients, life.table)
    cut_over(life)
    life.sandbox.sql(
        f"insert into {life.table.target} values ('w', timestamp '2025-06-07 08:09:10.000011', 5, 2025, null)"
    )
    with pytest.raises(RefusedError, match=r"1 rows were written to .* directly"):
        roll_back(life)
    assert life.rows() >= TYPED, "nothing was changed by the refusal"
    assert roll_back(life, keep_written=True) == 1
    assert life.rows() == OLD | {
        ("d", "2026-02-03 04:05:06", 4, 2026),
        ("w", "2025-06-07 08:09:10.000011", 5, 2025),
    }
    assert ("w", "2025-06-07 08:09:10.000011", 5, 2025) not in life.rows(life.table.target)
