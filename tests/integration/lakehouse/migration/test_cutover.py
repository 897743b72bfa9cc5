"""Backup, cutover and rollback on the sandbox: what the old name answers before, between and after."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.cut_over import OLD, TYPED, Life, begin_life, no_unloaded_files, put_rows
from tests.support.deaths import Killed
from tests.support.sandbox import Sandbox

from lakehouse.catalog.planned_calls import apply_calls
from lakehouse.errors import RefusedError
from lakehouse.migration.state import standing_cutover
from lakehouse.migration.switching.backup import load_backup, take_backup
from lakehouse.migration.switching.cutover import apply_cutover, plan_cutover
from lakehouse.migration.switching.restore import plan_restore

LATER = ("d", "2026-02-03 04:05:06", 4, 2026)
WRITTEN = ("w", "2025-06-07 08:09:10.000011", 5, 2025)
ANALYST = {"DataLakePrincipalIdentifier": "arn:aws:iam::000000000000:role/analyst"}


@pytest.fixture(scope="module")
def life(sandbox: Sandbox) -> Life:
    """A table whose migration goes on from test to test, as it does in life."""
    return begin_life(sandbox, f"cutover_{uuid.uuid4().hex[:8]}")


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
    update(life, {**life.entry()["Parameters"], "owner_team": "delivery"})
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
    apply_calls(life.clients, plan.calls)

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


def test_a_view_that_would_fail_holds_back_the_cutover(life: Life) -> None:
    database, source = life.table.source_name[0], life.table.source
    life.sandbox.sql(f"create view {database}.times as select event_timestamp as at from {source} as e")
    life.sandbox.sql(f'create view {database}.files as select "$path" as file from {source}')
    life.ready()
    with pytest.raises(RefusedError, match=r"files would fail: .*'\$path' cannot be resolved") as refused:
        life.cut_over()
    assert "times" not in str(refused.value)
    assert "by_day" not in str(refused.value)
    life.sandbox.sql(
        f'create or replace view {database}.files as select "$path" as file from {life.table.legacy}'
    )


def test_the_old_name_answers_typed_data_after_the_cutover(life: Life) -> None:
    life.ready()
    life.cut_over()
    assert life.rows() == TYPED
    # It has stored the old column as varchar(40).
    times = life.sandbox.sql(f"select at from {life.table.source_name[0]}.times")
    assert {row[0] for row in times} == {row[1] for row in TYPED}
    assert len(life.sandbox.sql(f"select file from {life.table.source_name[0]}.files")) == len(OLD)
    assert standing_cutover(life.migration.ledger, life.table.source) is not None
    assert life.rows(life.table.legacy) == OLD
    columns = {each["Name"]: each for each in life.entry()["StorageDescriptor"]["Columns"]}
    assert columns["event_id"]["Comment"] == "who"
    granted = life.clients.lakeformation.list_permissions(
        Resource={"Table": {"DatabaseName": life.table.target_name[0], "Name": life.table.target_name[1]}}
    )["PrincipalResourcePermissions"]
    assert [(each["Principal"], each["Permissions"]) for each in granted] == [(ANALYST, ["SELECT"])]


def test_a_cutover_is_rolled_back_with_what_arrived_since(life: Life) -> None:
    life.deliver(2026, "later", [("d", "2026-02-03 04:05:06", 4)], entry=life.table.legacy)
    assert life.roll_back() == 0
    assert life.rows() == OLD | {LATER}
    assert standing_cutover(life.migration.ledger, life.table.source) is None


@pytest.mark.parametrize("dropped", [False, True], ids=["view there", "view dropped"])
def test_a_projection_that_was_widened_since_the_cutover_is_kept(sandbox: Sandbox, dropped: bool) -> None:
    other = begin_life(sandbox, f"projected_{uuid.uuid4().hex[:8]}")
    projection = {"projection.enabled": "true", "projection.year.type": "integer"}
    for name in (other.table.source, other.table.legacy):
        narrow = {**other.entry(name)["Parameters"], **projection, "projection.year.range": "2024,2025"}
        update(other, narrow, name)
    other.ready()
    other.cut_over()
    put_rows(sandbox, other.table.source, 2026, "later", [("d", "2026-02-03 04:05:06", 4)])
    widened = {**other.entry(other.table.legacy)["Parameters"], "projection.year.range": "2024,2026"}
    update(other, widened, other.table.legacy)
    if dropped:
        other.glue.delete_table(DatabaseName=other.table.source_name[0], Name=other.table.source_name[1])
    other.roll_back()
    assert other.rows() == OLD | {LATER}
    assert other.roll_back() == 0


def test_rows_written_to_the_new_table_go_back_as_text_or_stop_the_rollback(life: Life) -> None:
    life.ready()
    life.cut_over()
    life.write_directly("w", "2025-06-07 08:09:10.000011", 5, 2025)
    with pytest.raises(RefusedError, match=r"1 row written to .* directly"):
        life.roll_back()
    assert life.rows() == TYPED | {WRITTEN}, "a refusal changes nothing"
    assert life.roll_back(keep_written=True) == 1
    assert life.rows() == OLD | {LATER, WRITTEN}
    assert WRITTEN not in life.rows(life.table.target)


def test_a_definition_that_somebody_changed_is_not_overwritten(life: Life) -> None:
    life.ready()
    plan = plan_cutover(life.migration, life.clients, life.table, no_unloaded_files)
    changed = dict(life.entry()["Parameters"], owner_team="somebody else")
    update(life, changed)
    with pytest.raises(RefusedError, match="somebody has changed the definition since it was read"):
        apply_cutover(life.migration, life.clients, plan)
    assert life.entry()["Parameters"] == changed
    with pytest.raises(RefusedError, match="its definition differs from its newest backup"):
        life.cut_over()
    assert life.rows() == OLD | {LATER, WRITTEN}


def test_a_cutover_that_died_at_any_point_ends_in_the_same_state(life: Life) -> None:
    """It is killed before each of its changes in turn, and run again."""
    died, old = [], life.entry()
    for name in ("times", "by_day", "over_view"):
        # Trying them takes a query each time.
        life.glue.delete_table(DatabaseName=life.table.source_name[0], Name=name)
    for number in itertools.count(1):
        life.ready()
        died.append(died_at(life, number, life.cut_over))
        life.cut_over()
        assert life.entry()["TableType"] == "VIRTUAL_VIEW"
        assert life.rows() == TYPED
        assert standing_cutover(life.migration.ledger, life.table.source) is not None
        life.roll_back()
        assert without_times(life.entry()) == without_times(old)
        if died[-1] is None:
            break
    # The baseline of queries, the ledger, the definition, the ledger.
    assert died == ["PutObject", "PutObject", "UpdateTable", "PutObject", None]


def test_a_rollback_that_died_at_any_point_ends_in_the_same_state(life: Life) -> None:
    """The same for a rollback that moves a row; another one is written between its death and the next run."""
    died, old, kept = [], life.entry(), life.rows()
    for number in itertools.count(1):
        life.ready()
        life.cut_over()
        first, second = ((f"{kind}{number}", "2025-06-07 08:09:10.000000", number, 2025) for kind in "vw")
        kept = kept | {first}
        life.write_directly(*first)
        died.append(died_at(life, number, lambda: life.roll_back(keep_written=True)))
        if died[-1] is not None:
            kept = kept | {second}
            life.write_directly(*second)
            life.roll_back(keep_written=True)
        assert without_times(life.entry()) == without_times(old)
        assert life.rows() == kept
        assert life.rows(life.table.target) == TYPED
        if died[-1] is None:
            break
    # Twice the ledger, the insert, the merge that takes them out, the definition, the ledger.
    writes = ["StartQueryExecution", "StartQueryExecution"]
    assert died == ["PutObject", "PutObject", *writes, "UpdateTable", "PutObject", None]


def died_at(life: Life, number: int, command: Callable[[], object]) -> str | None:
    """The change before which the command died; None if it came to its end."""
    life.deaths.die_before(number)
    try:
        command()
    except Killed as death:
        return str(death)
    finally:
        life.deaths.live()
    return None


def update(life: Life, parameters: dict[str, str], name: str = "") -> None:
    """Change an entry (the source's) as somebody else would."""
    entry = life.entry(name)
    kept = ("Name", "StorageDescriptor", "PartitionKeys", "TableType")
    life.glue.update_table(
        DatabaseName=entry["DatabaseName"],
        TableInput={key: entry[key] for key in kept} | {"Parameters": parameters},
    )
