"""What the ledger says is loaded: batches, the files that are wholly in, and of which target."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import cast

import pytest

from lakehouse.catalog.files import SourceFile
from lakehouse.errors import ServiceError, UsageError
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.copying.backfill import pending_batches
from lakehouse.migration.copying.batches import Batch
from lakehouse.migration.copying.loaded import applied_plan, loaded_batches, loaded_files, trial_days
from lakehouse.migration.copying.planfile import Plan, Writer, load_plan, save_plan
from lakehouse.migration.validation.run import check_loaded
from lakehouse.records.ledger import Ledger

A, B, C = (SourceFile(f"s3://bronze/t/{name}", size) for name, size in (("a", 1), ("b", 2), ("c", 3)))
DAY = date(2024, 1, 1)
TABLE = TableConfig.model_validate(
    {"source": "shop.t", "columns": {"at": {"type": "timestamp"}}, "partition_by": {"column": "at"}}
)
# Of b both parts must be in.
BATCHES = (
    Batch(0, (A,), (DAY,), 5),
    Batch(1, (B,), (DAY,), 5, part=(DAY, DAY)),
    Batch(2, (B,), (DAY,), 5, part=(DAY, DAY), takes_rejects=False),
    Batch(3, (C,), (), 5),
)


def plan(name: str = "p1") -> Plan:
    return Plan(
        id=name,
        source="shop.t",
        target="shop.t_v2",
        writer=Writer.MERGE,
        config="c",
        made_at=datetime(2024, 1, 1, tzinfo=UTC),
        batches=BATCHES,
        raw_rows=20,
        unplaced_rows=0,
    )


@pytest.fixture
def migration(ledger: Ledger) -> Migration:
    """As far as the ledger and the plans go."""
    config = SimpleNamespace(location=str(ledger.location))
    return cast(Migration, SimpleNamespace(ledger=ledger, s3=ledger.s3, config=config))


def begin(ledger: Ledger, name: str = "p1") -> str:
    """A target is made and a plan applied to it."""
    current = ledger.append("plan", "creating", "shop.t").id
    ledger.append("plan", "applied", "shop.t", plan=name, generation=current)
    return current


def write(ledger: Ledger, current: str, *numbers: int, step: str = "backfill", name: str = "p1") -> None:
    event = "batch" if step == "backfill" else "increment"
    for number in numbers:
        ledger.append(step, event, "shop.t", plan=name, batch=number, generation=current)


def test_a_plan_is_read_as_it_was_written(migration: Migration) -> None:
    uri = save_plan(migration.s3, migration.config.location, plan())
    assert uri == "s3://migrations/acme/plans/shop.t/p1.json"
    assert load_plan(migration.s3, migration.config.location, "shop.t", "p1") == plan()


def test_a_plan_that_is_gone_or_is_none_is_named(migration: Migration) -> None:
    with pytest.raises(ServiceError, match=r"plans/shop\.t/p1\.json isn't there"):
        load_plan(migration.s3, migration.config.location, "shop.t", "p1")
    migration.s3.put_object(Bucket="migrations", Key="acme/plans/shop.t/p1.json", Body=b'{"id": 1}')
    with pytest.raises(ServiceError, match=r"plans/shop\.t/p1\.json is not a valid plan"):
        load_plan(migration.s3, migration.config.location, "shop.t", "p1")


def test_what_is_in_the_ledger_is_not_written_again(migration: Migration) -> None:
    current = begin(migration.ledger)
    write(migration.ledger, current, 0, 2)
    assert [batch.number for batch in pending_batches(migration, TABLE, plan())] == [1, 3]


def test_a_file_is_loaded_when_all_of_its_parts_are(migration: Migration) -> None:
    save_plan(migration.s3, migration.config.location, plan())
    current = begin(migration.ledger)
    write(migration.ledger, current, 0, 1)
    assert loaded_files(migration, TABLE) == {(A.path, 1)}
    write(migration.ledger, current, 2)
    assert loaded_files(migration, TABLE) == {(A.path, 1), (B.path, 2)}


def test_an_increment_counts_like_a_batch(migration: Migration) -> None:
    save_plan(migration.s3, migration.config.location, plan("p2"))
    current = begin(migration.ledger)
    write(migration.ledger, current, 3, step="dual-write", name="p2")
    assert loaded_files(migration, TABLE) == {(C.path, 3)}


def test_a_target_that_was_made_anew_holds_nothing(migration: Migration) -> None:
    write(migration.ledger, begin(migration.ledger), 0, 1, 2, 3)
    assert len(loaded_batches(migration.ledger, "shop.t")) == 4
    # Killed between the entry and the new target: what was applied was to the one before.
    migration.ledger.append("plan", "creating", "shop.t")
    assert loaded_batches(migration.ledger, "shop.t") == set()
    assert applied_plan(migration.ledger, "shop.t") is None


def test_another_table_is_another_table(migration: Migration) -> None:
    current = begin(migration.ledger)
    migration.ledger.append("backfill", "batch", "shop.t2", plan="p1", batch=0, generation=current)
    assert loaded_batches(migration.ledger, "shop.t") == set()


def test_trials_are_told_in_their_order_and_only_those_of_the_target_that_is_there(ledger: Ledger) -> None:
    current = begin(ledger)
    assert trial_days(ledger, "shop.t") is None
    for first, last in (("2024-01-01", "2024-01-01"), ("2024-01-05", "2024-01-07"), ("2024-01-01",) * 2):
        ledger.append("backfill", "days", "shop.t", generation=current, first=first, last=last)
    assert trial_days(ledger, "shop.t") == "2024-01-01, 2024-01-05..2024-01-07"
    begin(ledger)
    assert trial_days(ledger, "shop.t") is None


def test_a_table_is_compared_once_every_batch_is_in(migration: Migration, ledger: Ledger) -> None:
    check_loaded(migration, TABLE)  # no plan of the migration's
    save_plan(migration.s3, migration.config.location, plan())
    current = begin(ledger)
    write(ledger, current, 0, 1, 3)
    with pytest.raises(
        UsageError, match=r"shop\.t_v2 holds only 3 of 4 batches: run `lakehouse migrate backfill"
    ):
        check_loaded(migration, TABLE)
    # Also after a backfill whose accounts don't balance: what differs is what is asked for then.
    write(ledger, current, 2)
    check_loaded(migration, TABLE)
