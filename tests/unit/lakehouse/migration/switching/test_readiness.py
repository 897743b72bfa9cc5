"""What stands against a cutover: each reason by itself, in a ledger and a catalogue played by moto."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from lakehouse.athena.client import AthenaClient
from lakehouse.athena.statements import Statements
from lakehouse.catalog.files import SourceFile
from lakehouse.catalog.planned_calls import Clients
from lakehouse.dbt.macros import TimestampMacros
from lakehouse.migration.config import MigrationConfig, TableConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.copying.planfile import Plan, Writer, save_plan
from lakehouse.migration.switching.readiness import problems
from lakehouse.migration.watching.monitor import why_not_comparable
from lakehouse.migration.watching.status import standing
from lakehouse.records.ledger import Ledger

START = datetime(2025, 8, 25, 12, 0, tzinfo=UTC)
COLUMNS = [{"Name": "id", "Type": "string"}, {"Name": "at", "Type": "string"}]


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@dataclass
class Case:
    """A table that is ready to be cut over, and ways to spoil that."""

    migration: Migration
    clients: Clients
    clock: Clock
    unloaded: list[SourceFile] = field(default_factory=list)

    @property
    def table(self) -> TableConfig:
        return self.migration.config.tables[0]

    def problems(self) -> list[str]:
        return problems(self.migration, self.clients, self.table, lambda _migration, _table: self.unloaded)

    def record(self, step: str, event: str, **detail: Any) -> None:
        self.migration.ledger.append(step, event, self.table.source, **detail)


def table_input(name: str, **more: Any) -> dict[str, Any]:
    descriptor = {"Columns": COLUMNS, "Location": "s3://bronze/events/", **more.pop("StorageDescriptor", {})}
    return {"Name": name, "TableType": "EXTERNAL_TABLE", "StorageDescriptor": descriptor, **more}


@pytest.fixture
def case(ledger: Ledger) -> Case:
    session = boto3.Session(region_name="us-east-1")
    glue = session.client("glue")
    glue.create_database(DatabaseInput={"Name": "raw"})
    glue.create_table(DatabaseName="raw", TableInput=table_input("events"))
    glue.create_table(DatabaseName="raw", TableInput=table_input("events_legacy"))
    ledger.s3.put_object(Bucket="migrations", Key="v1.metadata.json", Body=b'{"current-snapshot-id": 7}')
    glue.create_table(
        DatabaseName="raw",
        TableInput=table_input(
            "events_v2",
            Parameters={"table_type": "ICEBERG", "metadata_location": "s3://migrations/v1.metadata.json"},
        ),
    )
    clock = Clock()
    config = MigrationConfig.model_validate(
        {
            "name": "acme",
            "location": str(ledger.location),
            "data": "s3://silver/",
            "tables": [
                {
                    "source": "raw.events",
                    "columns": {"at": {"type": "timestamp"}},
                    "partition_by": {"column": "at"},
                }
            ],
        }
    )
    migration = Migration(
        config,
        project=None,  # type: ignore[arg-type]
        glue=glue,
        s3=ledger.s3,
        statements=Statements(AthenaClient(session, "primary", "s3://results/")),
        ledger=Ledger(ledger.s3, ledger.location, clock),
        macros=TimestampMacros(None),
    )
    ready = Case(migration, Clients(glue, session.client("lakeformation")), clock)
    ready.record("backfill", "batch")
    ready.record("validate", "green", snapshot=7)
    return ready


def test_a_table_that_was_validated_and_left_alone_is_ready(case: Case) -> None:
    assert case.problems() == []


def test_a_red_validation_after_a_green_one_counts(case: Case) -> None:
    case.record("validate", "red")
    [problem] = case.problems()
    assert problem.startswith("its newest validation is red")


def test_a_validation_of_yesterday_is_too_old(case: Case) -> None:
    case.clock.now += timedelta(hours=25)
    assert any("its validation is 25 hours old, more than 24" in problem for problem in case.problems())


@pytest.mark.parametrize(
    ("step", "event"), [("backfill", "batch"), ("dual-write", "increment"), ("plan", "applied")]
)
def test_a_write_of_the_migration_after_the_validation_asks_for_another(
    case: Case, step: str, event: str
) -> None:
    case.record(step, event)
    [problem] = case.problems()
    assert "it was written after its validation (at 2025-08-25 12:00:0" in problem


def test_a_target_at_another_snapshot_than_was_validated_is_not_taken(case: Case) -> None:
    case.migration.s3.put_object(
        Bucket="migrations", Key="v1.metadata.json", Body=b'{"current-snapshot-id": 8}'
    )
    [problem] = case.problems()
    assert "raw.events_v2 is at snapshot 8, its validation saw 7" in problem


def test_files_that_are_not_loaded_are_counted_and_one_is_named(case: Case) -> None:
    case.unloaded = [SourceFile("s3://bronze/events/new.json", 1), SourceFile("s3://bronze/events/z.json", 1)]
    [problem] = case.problems()
    assert problem.startswith("2 files not loaded yet, such as s3://bronze/events/new.json: run")


@pytest.mark.parametrize("name", ["events_legacy", "events_v2"])
def test_what_plan_makes_must_be_there(case: Case, name: str) -> None:
    case.clients.glue.delete_table(DatabaseName="raw", Name=name)
    [problem] = case.problems()
    assert f"raw.{name}" in problem
    assert "lakehouse migrate plan --apply" in problem


def test_a_source_that_got_a_column_since_its_legacy_entry_was_made_is_named(case: Case) -> None:
    wider = table_input("events", StorageDescriptor={"Columns": [*COLUMNS, {"Name": "n", "Type": "int"}]})
    case.clients.glue.update_table(DatabaseName="raw", TableInput=wider)
    [problem] = case.problems()
    assert "raw.events_legacy and raw.events differ in columns, location or format" in problem


def test_a_table_without_any_validation_says_so(case: Case) -> None:
    case.migration.ledger.s3.delete_objects(
        Bucket="migrations",
        Delete={
            "Objects": [
                {"Key": each["Key"]}
                for each in case.migration.s3.list_objects_v2(Bucket="migrations")["Contents"]
                if "~validate~" in each["Key"]
            ]
        },
    )
    case.migration.ledger.refresh()
    [problem] = case.problems()
    assert problem == "it was never validated: run `lakehouse migrate validate --table raw.events`"
    # What comes first is said first: there is nothing to validate without the tables of the plan.
    case.clients.glue.delete_table(DatabaseName="raw", Name="events_legacy")
    first, second = case.problems()
    assert "lakehouse migrate plan --apply" in first
    assert second == problem


def test_status_names_the_backup_before_the_cutover(case: Case) -> None:
    migration = case.migration
    migration.s3.create_bucket(Bucket="bronze")
    plan = Plan(
        id="p1",
        source=case.table.source,
        target=case.table.target,
        writer=Writer.MERGE,
        config="",
        made_at=START,
        batches=(),
        raw_rows=0,
        unplaced_rows=0,
    )
    save_plan(migration.s3, migration.config.location, plan)
    begun = migration.ledger.append("plan", "creating", case.table.source)
    case.record("plan", "applied", plan=plan.id, generation=begun.id)
    case.record("backfill", "done", generation=begun.id)
    case.record("validate", "green", snapshot=7)
    assert standing(migration, case.table).next_command == "lakehouse migrate backup"
    case.record("backup", "done", location="s3://migrations/acme/backups/1.json")
    assert standing(migration, case.table).next_command == "lakehouse migrate cutover"


def test_monitoring_before_the_plan_and_after_the_cleanup_names_what_to_do(case: Case) -> None:
    assert why_not_comparable(case.migration, case.table) is None
    case.migration.glue.delete_table(DatabaseName="raw", Name="events_v2")
    before = why_not_comparable(case.migration, case.table)
    assert before is not None
    assert before.startswith("raw.events: there is no raw.events_v2 yet: run `lakehouse migrate plan --apply")
    case.record("cleanup", "done")
    assert "cleaned up" in (why_not_comparable(case.migration, case.table) or "")
