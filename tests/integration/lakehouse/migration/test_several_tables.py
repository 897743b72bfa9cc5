"""Several tables in one command: all are checked before one is changed. And what no check can have seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.migration import BRONZE, Ground, Silent, prepare
from tests.support.sandbox import Sandbox

from lakehouse.catalog.tables import find_table
from lakehouse.migration.copying.backfill import backfill, check_backfill
from lakehouse.migration.copying.plan import apply_plan, plan_table
from lakehouse.migration.validation.run import Options, validate_table

NAME = "several_test"
TIMED = {"columns": {"at": {"type": "timestamp"}}, "partition_by": {"column": "at"}}
ROW = {"at": "2025-01-01T00:00:00Z", "text": "x"}
SOURCES = ("first", "second", "empty")


@pytest.fixture(scope="module")
def ground(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    place = prepare(
        sandbox,
        tmp_path_factory.mktemp("migration"),
        NAME,
        [{"source": source, **TIMED} for source in SOURCES],
    )
    place.put("first", "a.json", [ROW])
    place.create("first", "at string, text string")
    return place


def command(ground: Ground, *arguments: str) -> tuple[int, str]:
    done = ground.sandbox.run(
        "lakehouse", "migrate", *arguments, "--file", str(ground.config_file), check=False
    )
    return done.returncode, done.stderr


def delete(ground: Ground, path: str) -> None:
    ground.sandbox.client("s3").delete_object(Bucket=BRONZE, Key=path.split("/", 3)[3])


def test_a_plan_makes_nothing_while_one_of_its_tables_is_wrong(ground: Ground) -> None:
    code, told = command(ground, "plan", "--apply")
    assert (code, f"there is no table {NAME}.second" in told) == (2, True)
    assert find_table(ground.migration.glue, f"{NAME}.first_v2") is None


def test_a_backfill_writes_nothing_while_one_of_its_tables_is_wrong(ground: Ground) -> None:
    gone = ground.put("second", "a.json", [ROW])
    ground.put("second", "b.json", [ROW])
    ground.create("second", "at string, text string")
    ground.create("empty", "at string, text string")
    for table in ground.migration.config.tables:
        apply_plan(ground.migration, plan_table(ground.migration, table, lambda *_: None))
    delete(ground, gone)
    code, told = command(ground, "backfill")
    assert (code, f"{gone} is gone or has changed" in told) == (2, True)
    assert ground.sandbox.sql(f"select count(*) from {NAME}.first_v2") == [["0"]]
    ground.put("second", "a.json", [ROW])
    for table in ground.migration.config.tables:
        check_backfill(ground.migration, table)
        backfill(ground.migration, table, 1, Silent(), print)


def test_a_file_that_was_loaded_and_is_gone_is_named(ground: Ground) -> None:
    table = ground.migration.config.table(f"{NAME}.second")
    gone = ground.put("second", "b.json", [ROW])
    delete(ground, gone)
    assert plan_table(ground.migration, table, lambda *_: None).gone == (gone,)
    report = validate_table(ground.migration, table, Options(), print)
    named = [(each.kind, each.path, each.why) for each in report.differences if each.path == gone]
    assert ("file", gone, "loaded, and gone from S3 since") in named
    assert {why for kind, _, why in named if kind == "extra"} == {
        "its file was loaded and is gone from S3 since"
    }


def test_a_table_without_rows_proves_nothing(ground: Ground, tmp_path: Path) -> None:
    # A query of its own: the project's would be compiled by dbt.
    (tmp_path / "texts.sql").write_text(f"select text from {NAME}.empty")
    queries = ("--queries", str(tmp_path))
    code, told = command(ground, "validate", "--table", f"{NAME}.empty", *queries)
    assert (code, f"nothing differs in {NAME}.empty, but a check compared nothing" in told) == (4, True)
    assert "query 1 of 1, texts: no rows on both sides" in told
    assert ground.migration.ledger.last("validate", "green", f"{NAME}.empty") is None
