"""Policies: which entry a table takes, and what is wrong with a file, in which line."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.sandbox import ROOT

from lakehouse.errors import UsageError
from lakehouse.s3tables.iceberg import IcebergTables
from lakehouse.s3tables.maintenance.plans import wanted_of_policy
from lakehouse.s3tables.maintenance.policy import load_dbt_policies, load_policy, table_wanted
from lakehouse.s3tables.maintenance.service import Target
from lakehouse.s3tables.maintenance.settings import Compaction, SettingKind, Snapshots, UnreferencedFiles
from lakehouse.s3tables.names import TableBucket, TableName

BUCKET = TableBucket("aws", "eu-central-1", "123456789012", "tables")


@pytest.fixture
def policy_file(tmp_path: Path) -> Any:
    def write(text: str) -> Path:
        file = tmp_path / "policy.yml"
        file.write_text(text)
        return file

    return write


FILE = """\
version: 1
buckets:
  tables:
    unreferenced_files: {unreferenced_days: 7}
    tables:
      "*": {snapshots: {min_snapshots_to_keep: 2, max_snapshot_age_hours: 48}}
      "sales.*": {compaction: {target_file_size_mb: 128}}
      sales.daily: {snapshots: {max_snapshot_age_hours: 24}}
"""


def test_a_table_takes_every_entry_that_fits_later_ones_over_earlier_ones(policy_file: Any) -> None:
    policy = load_policy(policy_file(FILE)).buckets["tables"]
    assert table_wanted(policy, TableName("sales", "daily")) == {
        SettingKind.SNAPSHOTS: Snapshots(min_snapshots_to_keep=2, max_snapshot_age_hours=24),
        SettingKind.COMPACTION: Compaction(target_file_size_mb=128),
    }
    assert table_wanted(policy, TableName("other", "t")) == {
        SettingKind.SNAPSHOTS: Snapshots(min_snapshots_to_keep=2, max_snapshot_age_hours=48)
    }


def test_the_example_is_taken() -> None:
    policy = load_policy(ROOT / "examples" / "s3tables" / "maintenance.yml")
    [bucket] = policy.buckets.values()
    assert table_wanted(bucket, TableName("default", "user_events"))[SettingKind.COMPACTION] == Compaction(
        target_file_size_mb=128, strategy="binpack"
    )


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "the file: "),
        ("[", "is not YAML"),
        ("version: 2\nbuckets: {}", ":1: version: "),
        ("version: 1", "buckets: is missing"),
        (
            "version: 1\nbuckets:\n  tables:\n    compaction: {}",
            ":4: buckets.tables.compaction: compaction is not a setting",
        ),
        ("version: 1\nbuckets:\n  A_B: {}", ":3: 'A_B' is not a valid table bucket name"),
        ("version: 1\nbuckets:\n  tables: {}\n  tables: {}", ":4: tables appears twice"),
        ("version: 1\nversion: 1\nbuckets: {}", ":2: version appears twice"),
        (
            FILE + "      x.y: {compaction: {target_file_size_mb: 32}}\n",
            ":9: .*must be 64 or greater, not 32",
        ),
        (FILE + "      x.y: {compaction: {target_file_size_mb: '64'}}\n", ":9: .*must be a whole number"),
        (FILE + "      x.y: {compaction: {strategy: zorder}}\n", ":9: .*'z-order'"),
        (FILE + "      x.y:\n        snapshots:\n          keep: 3\n", ":11: .*keep is not a setting"),
        (
            FILE + "      x.y: {snapshots: {history.expire.max-snapshot-age-ms: 1}}\n",
            ":9: .*turns snapshot management off",
        ),
        ("a: " * 3, "is not YAML"),
        ("[" * 20_000, "is nested too deeply"),
        ("# " * 600_000, "larger than 1.0 MB"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(policy_file: Any, text: str, part: str) -> None:
    with pytest.raises(UsageError, match=part) as caught:
        load_policy(policy_file(text))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read as a policy: No such file"):
        load_policy(tmp_path / "nothing.yml")


def model(name: str, meta: Any, database: str = "s3tablescatalog/tables") -> dict[str, Any]:
    """A model as dbt's manifest has it."""
    return {
        "resource_type": "model",
        "name": name,
        "alias": name,
        "schema": "marts",
        "database": database,
        "original_file_path": f"models/{name}.sql",
        "config": {"meta": meta},
    }


def manifest(tmp_path: Path, *nodes: dict[str, Any]) -> Path:
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps({"nodes": {node["name"]: node for node in nodes}}))
    return file


def test_models_say_what_they_want_in_their_meta(tmp_path: Path) -> None:
    wanted = {"compaction": {"target_file_size_mb": 64}}
    nodes = (model("sales", {"s3tables": wanted}), model("other", {"owner": "me"}), model("none", None))
    [found] = load_dbt_policies(manifest(tmp_path, *nodes))
    assert (found.bucket, found.table) == ("tables", TableName("marts", "sales"))
    assert found.policy.wanted() == {SettingKind.COMPACTION: Compaction(target_file_size_mb=64)}


@pytest.mark.parametrize(
    ("node", "part"),
    [
        (
            model("m", {"s3tables": {"snapshots": {"max_snapshot_age_hours": 0}}}),
            r"model m \(models/m.sql\): .*1",
        ),
        (model("m", {"s3tables": {"vacuum": {}}}), "vacuum is not a setting"),
        (model("m", {"s3tables": "yes"}), "meta.s3tables"),
        (model("m", {"s3tables": {}}, database="awsdatacatalog"), "for models in a table bucket"),
    ],
)
def test_a_model_that_says_it_wrongly_is_named(tmp_path: Path, node: dict[str, Any], part: str) -> None:
    with pytest.raises(UsageError, match=part):
        load_dbt_policies(manifest(tmp_path, node))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"nodes": []}'])
def test_what_is_no_manifest_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "manifest.json"
    file.write_text(text)
    with pytest.raises(UsageError, match="is not a dbt manifest"):
        load_dbt_policies(file)


def test_models_go_over_the_file_and_what_is_missing_is_named(tmp_path: Path, policy_file: Any) -> None:
    import boto3

    tables = IcebergTables(boto3.Session(), "https://nowhere.invalid", BUCKET)
    policy = load_policy(policy_file(FILE)).buckets["tables"]
    models = load_dbt_policies(
        manifest(
            tmp_path,
            model("a", {"s3tables": {"snapshots": {"min_snapshots_to_keep": 9}}}),
            model("gone", {"s3tables": {"snapshots": {"min_snapshots_to_keep": 9}}}),
        )
    )
    wanted, missing = wanted_of_policy(tables, [TableName("marts", "a")], policy, models)
    assert wanted == {
        Target(BUCKET): {SettingKind.UNREFERENCED_FILES: UnreferencedFiles(unreferenced_days=7)},
        Target(BUCKET, TableName("marts", "a")): {
            SettingKind.SNAPSHOTS: Snapshots(min_snapshots_to_keep=9, max_snapshot_age_hours=48)
        },
    }
    assert missing == ["marts.gone", "sales.daily"]
