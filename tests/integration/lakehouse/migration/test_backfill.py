"""A backfill of planted rows: each is in the target once, a copy of one that is, or among the rejects."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.migration import Ground, Silent, prepare
from tests.support.sandbox import Sandbox

from lakehouse.errors import DifferenceError, RefusedError, UsageError
from lakehouse.migration.config import MigrationConfig
from lakehouse.migration.copying.accounts import Accounts, balance
from lakehouse.migration.copying.backfill import BatchWriter, backfill
from lakehouse.migration.copying.dual_write import increment
from lakehouse.migration.copying.loaded import unloaded_files
from lakehouse.migration.copying.plan import Planned, apply_plan, plan_table, rows_of

NAME = "backfill_test"
Row = dict[str, Any]
EVENTS = {
    "source": "events",
    "key": ["id"],
    "columns": {"at": {"type": "timestamp"}, "price": {"type": "decimal(5,2)"}},
    "partition_by": {"column": "at"},
}
LOGS = {"source": "logs", "columns": {"at": {"type": "timestamp"}}, "partition_by": {"column": "at"}}
PEOPLE = {
    "source": "people",
    "key": ["country", "number"],
    "keep": "latest",
    "latest_by": "changed",
    "columns": {"born": {"type": "date"}, "changed": {"type": "timestamp"}},
    "partition_by": {"column": "born", "transform": "year"},
}


def event(identity: str | None, at: str | None, price: str = "1.50", size: int = 1) -> Row:
    return {"id": identity, "at": at, "price": price, "size": size}


def day(number: int) -> str:
    return f"{date(2024, 1, 1) + timedelta(days=number)}"


# One file that touches more partitions than a statement may write, and a copy of one of its keys far from it.
# Of two copies in a file the one with the smaller text stays.
MANY_DAYS = [event(f"k{number:03}", f"{day(number)}T10:00:00Z") for number in range(100)]
WITHIN_A_FILE = [event("k003", f"{day(99)}T12:00:00Z", size=2)]
LATER_FILE = [
    # Copies of keys of the file before it: on another day, and on the same.
    event("k005", "2024-06-01 08:00:00", size=7),
    event("k006", f"{day(6)} 11:00:00", size=7),
    # Its text is no time, twice the same row; empty in three ways.
    event("r1", "soon"),
    event("r1", "soon"),
    event("r2", "30/02/2024"),
    event("r3", ""),
    event("r4", None),
    event("r5", " N/A "),
    # No key, with and without a time.
    event(None, "2024-06-02 08:00:00"),
    event("  ", "2024-06-02 08:00:00"),
    event("", "never"),
    # In the target, without its price.
    event("p1", "2024-06-03T10:00:00+02:00", price="cheap"),
    event("p2", "2024-06-03T10:00:00.1234567Z", price=""),
]
LEFT_OUT = {
    ("at", "soon", "unknown_format", 2),
    ("at", "30/02/2024", "ambiguous_date", 1),
    ("at", "", "empty", 1),
    ("at", None, "empty", 1),
    ("at", " N/A ", "empty", 1),
    ("id", None, "missing_key", 1),
    ("id", "  ", "missing_key", 1),
    ("at", "never", "unknown_format", 1),
}
REJECTED_VALUES = {("price", "cheap", "not_decimal", 1)}


def expected_events() -> dict[str, tuple[str, int]]:
    """Time and size of each key that has to be in the target."""
    expected = {row["id"]: (f"{row['at'][:10]} 10:00:00.000000", 1) for row in MANY_DAYS}
    expected["p1"] = ("2024-06-03 08:00:00.000000", 1)
    expected["p2"] = ("2024-06-03 10:00:00.123456", 1)
    return expected


@pytest.fixture(scope="module")
def ground(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    place = prepare(sandbox, tmp_path_factory.mktemp("migration"), NAME, [EVENTS, LOGS, PEOPLE])
    place.put("events", "year=2024/a.json", WITHIN_A_FILE + MANY_DAYS)
    place.put("events", "year=2025/b.json", LATER_FILE)
    place.create("events", "id varchar(20), at string, price string, size smallint", "year int")
    # Names that the rejects have too, and that a statement may use for itself.
    same = {"at": "2024-01-01 00:00:00", "column_name": "x", "number": "1"}
    place.put("logs", "a.json", [same, same, same, {"at": "?", "column_name": "y"}])
    place.put("logs", "b.json", [same])
    place.create("logs", "at string, column_name string, number string")
    place.put(
        "people",
        "a.json",
        [
            {"country": "DE", "number": 1, "born": "1990-02-01", "changed": "2024-05-01 00:00:00"},
            {"country": "DE", "number": 2, "born": "1991-02-01", "changed": "2024-01-01 00:00:00"},
            {"country": "DE", "number": 2, "born": "1992-02-01", "changed": "2024-02-01 00:00:00"},
            {"country": "FR", "number": 1, "born": "1990-02-01", "changed": ""},
        ],
    )
    place.put(
        "people",
        "b.json",
        [
            {"country": "DE", "number": 1, "born": "1989-02-01", "changed": "2023-05-01 00:00:00"},
            {"country": "FR", "number": 1, "born": "1993-02-01", "changed": None},
        ],
    )
    place.create("people", "country string, number bigint, born string, changed string")
    return place


@pytest.fixture(scope="module")
def accounts(ground: Ground) -> dict[str, Accounts | None]:
    """What the backfill of each table came to; a batch for each file."""
    done = {}
    for table in ground.migration.config.tables:
        planned = plan_table(ground.migration, table, lambda *_: None, max_bytes=1)
        apply_plan(ground.migration, planned)
        done[table.source] = backfill(ground.migration, table, 2, Silent(), print)
    return done


def planned(ground: Ground, number: int = 0) -> Planned:
    return plan_table(ground.migration, ground.migration.config.tables[number], lambda *_: None)


def test_every_key_is_in_the_target_once_with_the_copy_that_comes_first(
    ground: Ground, accounts: dict[str, Accounts | None]
) -> None:
    found = ground.sandbox.sql(
        f'select id, cast("at" as varchar), cast(size as varchar) from {NAME}.events_v2'
    )
    assert {row[0]: (row[1], int(row[2] or 0)) for row in found} == expected_events()
    assert len(found) == len(expected_events())


def test_every_raw_row_is_accounted_for(ground: Ground, accounts: dict[str, Accounts | None]) -> None:
    found = accounts[f"{NAME}.events"]
    # k003 twice in a file, k005 and k006 again in the next one.
    assert found == Accounts(raw=114, target=102, duplicates=3, left_out=9)


def test_what_could_not_be_read_is_there_with_its_reason(
    ground: Ground, accounts: dict[str, Accounts | None]
) -> None:
    found = ground.sandbox.sql(
        "select column_name, raw_value, reject_reason, cast(occurrences as varchar), raw_row, _source_path "
        f"from {NAME}.events_v2_rejects"
    )
    assert {(row[0], row[1], row[2], int(row[3] or 0)) for row in found} == LEFT_OUT | REJECTED_VALUES
    raw = {row[1]: json.loads(row[4] or "") for row in found}
    assert raw["cheap"] == {
        "id": "p1",
        "at": "2024-06-03T10:00:00+02:00",
        "price": "cheap",
        "size": "1",
        "year": "2025",
    }
    assert {row[5] for row in found} == {f"s3://acme-lakehouse-bronze/{NAME}/events/year=2025/b.json"}


def test_a_value_that_could_not_be_read_leaves_its_row_in_the_target(
    ground: Ground, accounts: dict[str, Accounts | None]
) -> None:
    found = ground.sandbox.sql(f"select id, cast(price as varchar) from {NAME}.events_v2 where id like 'p%'")
    assert sorted(found) == [["p1", None], ["p2", None]]


def test_without_a_key_equal_rows_stay_apart(ground: Ground, accounts: dict[str, Accounts | None]) -> None:
    assert accounts[f"{NAME}.logs"] == Accounts(raw=5, target=4, duplicates=0, left_out=1)
    found = ground.sandbox.sql(f"select _source_path, _row_key from {NAME}.logs_v2")
    assert Counter(str(row[0])[-6:] for row in found) == {"a.json": 3, "b.json": 1}
    assert len({row[1] for row in found}) == 4


def test_the_newest_copy_stays_wherever_it_lies(ground: Ground, accounts: dict[str, Accounts | None]) -> None:
    found = ground.sandbox.sql(
        f"select country, cast(number as varchar), cast(born as varchar) from {NAME}.people_v2"
    )
    # France 1 was never changed: of two copies without a time the one of the greater path.
    assert sorted(found) == [["DE", "1", "1990-02-01"], ["DE", "2", "1992-02-01"], ["FR", "1", "1993-02-01"]]
    assert accounts[f"{NAME}.people"] == Accounts(raw=6, target=3, duplicates=3, left_out=0)


def test_the_compatibility_view_has_the_old_names_types_and_texts(
    ground: Ground, accounts: dict[str, Accounts | None]
) -> None:
    described = ground.sandbox.sql(f"describe {NAME}.events_compat")
    columns = [str(row[0]).split("\t") for row in described]
    assert [[part.strip() for part in column[:2]] for column in columns] == [
        ["id", "varchar(20)"],
        ["at", "varchar"],
        ["price", "varchar"],
        ["size", "smallint"],
        ["year", "integer"],
    ]
    found = ground.sandbox.sql(
        'select "at", year, cast(cast("at" as timestamp) as varchar) '
        f"from {NAME}.events_compat where id = 'p2'"
    )
    assert found == [["2024-06-03 10:00:00.123456", "2025", "2024-06-03 10:00:00.123"]]


def test_the_old_files_are_readable_under_a_second_name(
    ground: Ground, accounts: dict[str, Accounts | None]
) -> None:
    statement = "select count(*), count(distinct year) from {}.{}"
    assert ground.sandbox.sql(statement.format(NAME, "events_legacy")) == [["114", "2"]]


def test_batches_that_are_written_again_change_nothing(
    ground: Ground, accounts: dict[str, Accounts | None]
) -> None:
    for number, table in enumerate(ground.migration.config.tables[:2]):
        target = table.target_name[1]
        before = ground.checksum(target), ground.checksum(f"{target}_rejects")
        found = planned(ground, number)
        # As a command that has no part in the ledger would: its tokens are others, so the statements run.
        writer = BatchWriter(
            ground.migration,
            rows_of(ground.migration, table),
            found.plan,
            "again",
            within_partitions=False,
        )
        for batch in reversed(found.plan.batches):
            writer.write(batch)
        assert (ground.checksum(target), ground.checksum(f"{target}_rejects")) == before


def test_a_plan_that_was_applied_is_shown_and_not_made_again(
    ground: Ground, accounts: dict[str, Accounts | None]
) -> None:
    found = planned(ground)
    assert found.is_applied
    assert [len(batch.partitions) for batch in found.plan.batches] == [95, 5, 4]
    assert apply_plan(ground.migration, found) == []


def test_a_configuration_that_changed_after_its_plan_was_applied_is_refused(
    ground: Ground, accounts: dict[str, Accounts | None]
) -> None:
    changed = MigrationConfig.model_validate(
        {
            **ground.migration.config.model_dump(),
            "tables": [{**EVENTS, "source": f"{NAME}.events", "key": ["size"]}],
        }
    )
    with pytest.raises(RefusedError, match=f"configuration of {NAME}.events changed"):
        plan_table(ground.migration, changed.tables[0], lambda *_: None)


def test_an_increment_before_the_backfill_is_refused(ground: Ground, tmp_path: Path) -> None:
    other = prepare(ground.sandbox, tmp_path, f"{NAME}_early", [LOGS])
    other.put("logs", "a.json", [{"at": "2024-01-01", "line": "x"}])
    other.create("logs", "at string, line string")
    with pytest.raises(UsageError, match="no plan was applied"):
        increment(other.migration, other.table, print)
    apply_plan(other.migration, planned(other))
    with pytest.raises(UsageError, match="isn't backfilled yet"):
        increment(other.migration, other.table, print)


def test_files_that_arrive_later_are_brought_in_and_the_order_of_copies_holds(
    ground: Ground, accounts: dict[str, Accounts | None]
) -> None:
    table = ground.table
    assert unloaded_files(ground.migration, table) == []
    # Its path comes before that of the copies in the target: on the same day and on another one.
    first = ground.put(
        "events",
        "year=2023/0.json",
        [event("k001", f"{day(1)} 09:00:00", size=9), event("k002", "2023-05-05 09:00:00", size=9)],
    )
    last = ground.put(
        "events",
        "year=2025/c.json",
        [event("k004", "2025-01-01 09:00:00", size=9), event("n1", "2025-01-02"), event("n2", "?")],
    )
    ground.register("events")
    assert [file.path for file in unloaded_files(ground.migration, table)] == [first, last]
    found = increment(ground.migration, table, print)
    assert (found.files, found.rows, found.rejects) == (2, 5, 1)
    assert found.lag_seconds is not None
    assert 0 <= found.lag_seconds < 120
    assert unloaded_files(ground.migration, table) == []
    rows = ground.sandbox.sql(
        f'select id, cast("at" as varchar), cast(size as varchar) from {NAME}.events_v2'
    )
    expected = expected_events() | {
        "k001": (f"{day(1)} 09:00:00.000000", 9),
        "k002": ("2023-05-05 09:00:00.000000", 9),
        "n1": ("2025-01-02 00:00:00.000000", 1),
    }
    assert {row[0]: (row[1], int(row[2] or 0)) for row in rows} == expected
    assert len(rows) == len(expected)
    assert increment(ground.migration, table, print).files == 0


@pytest.mark.parametrize(
    ("number", "target", "one_row"),
    [(1, "logs_v2", "_source_path like '%b.json'"), (2, "people_v2", "country = 'FR'")],
)
def test_a_row_that_is_gone_from_the_target_is_missed(
    ground: Ground, accounts: dict[str, Accounts | None], number: int, target: str, one_row: str
) -> None:
    found = planned(ground, number)
    balance(ground.migration, found.rows, found.plan)
    ground.sandbox.sql(f"delete from {NAME}.{target} where {one_row}")
    with pytest.raises(DifferenceError, match="1 missing"):
        balance(ground.migration, found.rows, found.plan)
