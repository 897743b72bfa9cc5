"""Column statistics: what Glue is asked for, what is shown of its runs, what is refused.

botocore's stubber plays Glue: the sandbox has no such task.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest
from botocore.stub import Stubber

from lakehouse.cli import main
from lakehouse.errors import UsageError
from lakehouse.migration.column_statistics import StatisticsRun, find_statistics, newest_run, start_run
from lakehouse.migration.config import MigrationConfig
from lakehouse.migration.context import Migration
from lakehouse.records.ledger import Ledger

CONFIG = MigrationConfig.model_validate(
    {
        "name": "shop",
        "location": "s3://migrations/acme/",
        "data": "s3://migrations/new/",
        "tables": [
            {
                "source": "shop.t",
                "columns": {"at": {"type": "timestamp"}},
                "partition_by": {"column": "at"},
            }
        ],
    }
)
NAMES = {"DatabaseName": "shop", "TableName": "t_v2"}
ROLE = "arn:aws:iam::123456789012:role/statistics"
LONG_AGO, LONG_AFTER = datetime(2024, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def glue() -> Iterator[Stubber]:
    client: Any = boto3.client(
        "glue", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def migration(ledger: Ledger, glue: Stubber) -> Migration:
    """A migration whose only table was backfilled."""
    current = ledger.append("plan", "creating", "shop.t").id
    ledger.append("plan", "applied", "shop.t", plan="p1", generation=current)
    ledger.append("backfill", "done", "shop.t", plan="p1", generation=current)
    client = cast(Any, glue).client
    return cast(Migration, SimpleNamespace(config=CONFIG, ledger=ledger, glue=client, s3=ledger.s3))


def answer_table(glue: Stubber, nested: bool = False, times: int = 2, **parameters: str) -> None:
    columns = [{"Name": "id", "Type": "string"}, {"Name": "at", "Type": "timestamp"}]
    columns += [{"Name": "tags", "Type": "array<string>"}] if nested else []
    table = {
        "DatabaseName": "shop",
        "Name": "t_v2",
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"table_type": "ICEBERG", **parameters},
        "StorageDescriptor": {"Columns": columns, "Location": "s3://migrations/new/t_v2/"},
    }
    for _ in range(times):
        glue.add_response("get_table", {"Table": table}, {"DatabaseName": "shop", "Name": "t_v2"})


def answer_runs(glue: Stubber, *runs: dict[str, Any]) -> None:
    glue.add_response("get_column_statistics_task_runs", {"ColumnStatisticsTaskRuns": list(runs)}, NAMES)


def run(number: int, created: datetime, state: str = "SUCCEEDED", **more: str) -> dict[str, Any]:
    return {"ColumnStatisticsTaskRunId": f"r{number}", "CreationTime": created, "Status": state, **more}


def test_the_newest_run_is_found_on_any_page(glue: Stubber) -> None:
    second, third = datetime(2025, 8, 2, tzinfo=UTC), datetime(2025, 8, 3, tzinfo=UTC)
    first_page = {"ColumnStatisticsTaskRuns": [run(2, second)], "NextToken": "more"}
    second_page = [run(3, third, "FAILED", ErrorMessage="no access"), run(1, LONG_AGO)]
    glue.add_response("get_column_statistics_task_runs", first_page, NAMES)
    glue.add_response(
        "get_column_statistics_task_runs",
        {"ColumnStatisticsTaskRuns": second_page},
        {**NAMES, "NextToken": "more"},
    )
    found = newest_run(cast(Any, glue).client, "shop", "t_v2")
    assert found == StatisticsRun("r3", "FAILED", third, "no access")


def test_a_table_without_a_run_has_no_newest(migration: Migration, glue: Stubber) -> None:
    answer_table(glue)
    answer_runs(glue)
    (found,) = find_statistics(migration, CONFIG.tables)
    assert (found.newest, found.is_under_way, found.is_used, found.is_outdated) == (None, False, False, False)


@pytest.mark.parametrize(("created", "is_outdated"), [(LONG_AGO, True), (LONG_AFTER, False)])
def test_rows_that_were_written_after_the_run_make_it_outdated(
    migration: Migration, glue: Stubber, created: datetime, is_outdated: bool
) -> None:
    answer_table(glue, use_iceberg_statistics="true")
    answer_runs(glue, run(1, created))
    (found,) = find_statistics(migration, CONFIG.tables)
    assert (found.is_used, found.is_outdated) == (True, is_outdated)


@pytest.mark.parametrize("state", ["STARTING", "RUNNING"])
def test_a_run_that_goes_on_is_told(migration: Migration, glue: Stubber, state: str) -> None:
    answer_table(glue)
    answer_runs(glue, run(1, LONG_AGO, state))
    (found,) = find_statistics(migration, CONFIG.tables)
    assert found.is_under_way


@pytest.mark.parametrize(("nested", "columns"), [(False, {}), (True, {"ColumnNameList": ["id", "at"]})])
def test_a_run_is_of_all_rows_and_of_every_column_that_glue_supports(
    migration: Migration, glue: Stubber, nested: bool, columns: dict[str, Any]
) -> None:
    answer_table(glue, nested)
    answer_runs(glue)
    (found,) = find_statistics(migration, CONFIG.tables)
    glue.add_response(
        "start_column_statistics_task_run",
        {"ColumnStatisticsTaskRunId": "r7"},
        {**NAMES, "Role": ROLE, **columns},
    )
    assert start_run(migration, found, ROLE) == "r7"
    entry = migration.ledger.last("statistics", "started", "shop.t")
    assert entry is not None
    assert entry.detail == {"run": "r7", "role": ROLE}


def test_a_table_that_was_never_filled_is_refused(migration: Migration, glue: Stubber) -> None:
    # A new target: what was backfilled is another one.
    migration.ledger.append("plan", "creating", "shop.t")
    answer_table(glue, times=1)
    with pytest.raises(UsageError, match=r"before the backfill of shop\.t: run `lakehouse migrate backfill`"):
        find_statistics(migration, CONFIG.tables)


def test_without_a_role_nothing_is_started(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAKEHOUSE_STATISTICS_ROLE", raising=False)
    assert main(["migrate", "statistics", "--apply"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "lakehouse: name the IAM role that Glue assumes: --role arn:aws:iam::123456789012:role/NAME, "
        "or set LAKEHOUSE_STATISTICS_ROLE"
    ]
