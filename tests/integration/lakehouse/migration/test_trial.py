"""A backfill of one day as a trial: what it brings, how the rest is missed, what the rest brings."""

from __future__ import annotations

import json
import uuid
from datetime import date
from pathlib import Path

import pytest
from tests.support.migration import Ground, Silent, prepare
from tests.support.sandbox import Sandbox

from lakehouse.migration.config import TableConfig
from lakehouse.migration.copying.accounts import Accounts
from lakehouse.migration.copying.backfill import Trial, backfill, backfill_days
from lakehouse.migration.copying.periods import parse_days
from lakehouse.migration.copying.plan import apply_plan, plan_table

# Its own name in each run, so that a sandbox can be used again.
NAME = f"trial_{uuid.uuid4().hex[:8]}"
PLAYS = {"key": ["id"], "columns": {"at": {"type": "timestamp"}}, "partition_by": {"column": "at"}}
DAYS = parse_days("2025-08-12")
# Of a key the copy with the smaller path stays.
FILES = {
    "0.json": [("k9", "2025-08-19T01:00:00Z", 0), ("k8", "2025-08-20T02:00:00Z", 0)],
    "a.json": [
        ("k1", "2025-08-12T06:08:46.600648Z", 1),
        ("k2", "2025-08-12 07:00:00", 1),
        ("k2", "2025-08-12 07:00:00", 1),
        ("k3", "2025-08-13T00:00:00Z", 1),
        ("k4", "soon", 1),
    ],
    # Its first time is of the 12th in UTC.
    "b.json": [("k5", "2025-08-13T01:30:00+02:00", 2), ("k9", "2025-08-12 09:00:00", 2)],
    "c.json": [("k2", "2025-08-20 01:00:00", 3), ("k6", "2025-08-21", 3), ("k7", "", 3)],
}
# The raw rows of the day; those beside them in the same files came with them.
OF_THE_DAY = [
    ["k1", "2025-08-12 06:08:46.600648", "1"],
    ["k2", "2025-08-12 07:00:00.000000", "1"],
    ["k5", "2025-08-12 23:30:00.000000", "2"],
    ["k9", "2025-08-12 09:00:00.000000", "2"],
]
CAME_ALONG = [["k3", "2025-08-13 00:00:00.000000", "1"]]
IN_THE_END = [
    *OF_THE_DAY[:2],
    *CAME_ALONG,
    OF_THE_DAY[2],
    ["k6", "2025-08-21 00:00:00.000000", "3"],
    ["k8", "2025-08-20 02:00:00.000000", "0"],
    ["k9", "2025-08-19 01:00:00.000000", "0"],
]
ACCOUNTS = Accounts(raw=12, target=7, duplicates=3, left_out=2)


@pytest.fixture(scope="module")
def ground(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    sources = [{"source": name, **PLAYS} for name in ("tried", "whole")]
    place = prepare(sandbox, tmp_path_factory.mktemp("migration"), NAME, sources)
    for source in ("tried", "whole"):
        for file, rows in FILES.items():
            place.put(source, file, [dict(zip(("id", "at", "size"), row, strict=True)) for row in rows])
        place.create(source, "id string, at string, size int")
    return place


@pytest.fixture(scope="module")
def trial(ground: Ground) -> Trial:
    migration, table = ground.migration, ground.table
    apply_plan(migration, plan_table(migration, table, lambda *_: None, days=DAYS))
    return backfill_days(migration, table, DAYS, 2, Silent(), print)


def rows(ground: Ground, table: TableConfig, where: str = "true") -> list[list[str | None]]:
    return ground.sandbox.sql(
        f'select id, cast("at" as varchar), cast(size as varchar) from {table.target} where {where} '
        "order by id"
    )


def command(ground: Ground, *arguments: str) -> tuple[int, str, str]:
    done = ground.sandbox.run(
        "lakehouse", "migrate", *arguments, "--file", str(ground.config_file), check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_a_trial_holds_the_rows_of_its_day_and_those_of_the_same_files(ground: Ground, trial: Trial) -> None:
    assert rows(ground, ground.table, "cast(\"at\" as date) = date '2025-08-12'") == OF_THE_DAY
    assert rows(ground, ground.table) == sorted([*OF_THE_DAY, *CAME_ALONG])
    # Counted on the raw texts, where the engine reads an offset by itself.
    counted = ground.sandbox.sql(
        "select count(distinct id) from ("
        "select id, coalesce(try(from_iso8601_timestamp(at)), "
        "try_cast(at || ' UTC' as timestamp with time zone)) as t "
        f"from {NAME}.tried) where cast(t at time zone 'UTC' as date) = date '2025-08-12'"
    )
    assert counted == [[str(len(OF_THE_DAY))]]
    assert (trial.raw_rows, trial.batches, trial.pending) == (7, 1, 1)
    assert trial.days == (date(2025, 8, 12), date(2025, 8, 13))


def test_status_says_that_the_rest_is_pending(ground: Ground, trial: Trial) -> None:
    code, told, _ = command(ground, "status", "--json")
    standing = {each["table"]: each for each in json.loads(told)}[ground.table.source]
    assert code == 0
    assert standing["stage"] == "backfill under way"
    assert (standing["batches_done"], standing["batches"], standing["waiting_files"]) == (1, 2, 2)
    assert (standing["trial_days"], standing["next_command"]) == ("2025-08-12", "lakehouse migrate backfill")


def test_a_validation_says_that_only_a_trial_is_in_and_compares_nothing(
    ground: Ground, trial: Trial, tmp_path: Path
) -> None:
    source = ground.table.source
    (tmp_path / "ids.sql").write_text(f"select id from {source}")
    code, told, wrong = command(ground, "validate", "--table", source, "--queries", str(tmp_path))
    assert (code, told) == (2, "")
    assert wrong.splitlines() == [
        f"lakehouse: {source}_v2 holds only a trial of 2025-08-12, 1 of 2 batches: run "
        f"`lakehouse migrate backfill --table {source}` first; until then `lakehouse migrate monitor` "
        "compares counts by day"
    ]


def test_statistics_of_a_part_are_refused(ground: Ground, trial: Trial) -> None:
    code, _, wrong = command(ground, "statistics", "--table", ground.table.source)
    assert (code, len(wrong.splitlines()), f"before the backfill of {NAME}.tried" in wrong) == (2, 1, True)


def test_the_rest_ends_in_the_rows_of_a_backfill_without_a_trial(ground: Ground, trial: Trial) -> None:
    tried, whole = ground.migration.config.tables
    accounts = backfill(ground.migration, tried, 2, Silent(), print)
    apply_plan(ground.migration, plan_table(ground.migration, whole, lambda *_: None))
    assert accounts == backfill(ground.migration, whole, 2, Silent(), print) == ACCOUNTS
    assert rows(ground, tried) == rows(ground, whole) == IN_THE_END
    code, _, wrong = command(ground, "statistics", "--table", tried.source)
    # What the sandbox lacks ends in one line.
    assert (code, len(wrong.splitlines())) == (1, 1)
    assert "skip this step" in wrong
