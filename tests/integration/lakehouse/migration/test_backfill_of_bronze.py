"""A backfill of generated bronze: its counts are those of the generator's manifest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.migration import Ground, Silent, prepare
from tests.support.sandbox import Sandbox

from lakehouse.migration.config import TableConfig
from lakehouse.migration.copying.accounts import Accounts
from lakehouse.migration.copying.backfill import backfill
from lakehouse.migration.copying.dual_write import increment
from lakehouse.migration.copying.loaded import unloaded_files
from lakehouse.migration.copying.plan import apply_plan, plan_table

# A bucket and databases beside those of the other tests.
BUCKET, PREFIX = "migration-bronze", "mig_"
# The legacy one has files in registered partitions, the other in projected ones, by the hour.
SOURCES = ("acme_streaming_data.telemetry", "acme_telemetry.video_telemetry_json")


@pytest.fixture(scope="module")
def manifest(sandbox: Sandbox) -> dict[str, Any]:
    own = ("--bucket", BUCKET, "--database-prefix", PREFIX)
    shape = ("--days", "2", "--scale", "0.02", "--dirt", "0.1", "--seed", "3")
    sandbox.run("lakehouse", "telemetry", "generate", *own, *shape)
    stored = sandbox.client("s3").get_object(Bucket=BUCKET, Key="_manifests/telemetry.json")
    return json.loads(stored["Body"].read())["tables"]


@pytest.fixture(scope="module")
def ground(sandbox: Sandbox, manifest: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Ground:
    tables = [
        {
            "source": f"{PREFIX}{source}",
            "key": ["event_id"],
            "columns": {"event_timestamp": {"type": "timestamp"}},
            "partition_by": {"column": "event_timestamp"},
        }
        for source in SOURCES
    ]
    return prepare(sandbox, tmp_path_factory.mktemp("migration"), "bronze_test", tables)


@pytest.fixture(scope="module")
def accounts(ground: Ground) -> dict[str, Accounts | None]:
    found = {}
    for table in ground.migration.config.tables:
        apply_plan(ground.migration, plan_table(ground.migration, table, lambda *_: None))
        found[table.source.removeprefix(PREFIX)] = backfill(ground.migration, table, 2, Silent(), print)
    return found


def config_of(ground: Ground, source: str) -> TableConfig:
    return ground.migration.config.table(f"{PREFIX}{source}")


@pytest.mark.parametrize("source", SOURCES)
def test_each_event_with_a_readable_time_is_there_once_on_its_day(
    ground: Ground, manifest: dict[str, Any], accounts: dict[str, Accounts | None], source: str
) -> None:
    truth = manifest[source]["total"]
    found = accounts[source]
    assert found is not None
    assert (found.raw, found.target) == (truth["rows"], truth["distinct_parsed_ids"])
    by_day = ground.sandbox.sql(
        "select cast(cast(event_timestamp as date) as varchar), cast(count(*) as varchar) "
        f"from {config_of(ground, source).target} group by 1"
    )
    expected = {day: count for day, count in truth["new_parsed_by_event_day"].items() if count}
    assert {day: int(count or 0) for day, count in by_day} == expected


@pytest.mark.parametrize("source", SOURCES)
def test_every_text_that_is_no_time_is_among_the_rejects(
    ground: Ground, manifest: dict[str, Any], accounts: dict[str, Accounts | None], source: str
) -> None:
    truth = manifest[source]["total"]
    texts = truth["columns"]["event_timestamp"]
    found = ground.sandbox.sql(
        "select reject_reason, cast(sum(occurrences) as varchar) "
        f"from {config_of(ground, source).rejects} group by reject_reason"
    )
    counts = {reason: int(count or 0) for reason, count in found}
    without_key = counts.pop("missing_key", 0)
    assert counts == texts["reasons"] | {"empty": texts["empty"]}
    # A row that has neither key nor time counts for its time.
    assert without_key <= truth["missing_keys"]
    account = accounts[source]
    assert account is not None
    assert account.left_out == texts["empty"] + texts["rejected"] + without_key


def test_a_file_outside_the_projection_is_told_of_and_stays_unloaded(
    ground: Ground, accounts: dict[str, Accounts | None], tmp_path: Path
) -> None:
    table = config_of(ground, SOURCES[1])
    key = "acme_telemetry/video_telemetry_json/year=2031/month=01/day=01/hour=00/part-0.json.gz"
    s3 = ground.sandbox.client("s3")
    assert unloaded_files(ground.migration, table) == []
    some = s3.list_objects_v2(Bucket=BUCKET, Prefix="acme_telemetry/video_telemetry_json/", MaxKeys=1)
    s3.copy_object(Bucket=BUCKET, Key=key, CopySource={"Bucket": BUCKET, "Key": some["Contents"][0]["Key"]})
    path = f"s3://{BUCKET}/{key}"
    found = increment(ground.migration, table, print)
    assert (found.files, found.unseen) == (0, (path,))
    assert [file.path for file in unloaded_files(ground.migration, table)] == [path]
