"""Models in S3 Tables by way of the project's own catalogs.yml: built, again, merged, tested, documented.

A project of two models, with this project's macros and catalogs.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.dbt_projects import write_project
from tests.support.sandbox import ROOT, Sandbox
from tests.support.table_buckets import TableBucket

NAMESPACE = "local_tables"

TITLES = """
{{ config(materialized="table", catalog_name="table_bucket", schema="tables") }}
select number as title_id, 'title ' || cast(number as varchar) as title
from unnest(sequence(1, {{ var("last") }})) as numbers (number)
"""

VIEWS = """
{{
    config(
        materialized="incremental",
        incremental_strategy="merge",
        unique_key="title_id",
        catalog_name="table_bucket",
        schema="tables",
        partitioned_by=["bucket(title_id, 4)"],
        meta={"s3tables": {"snapshots": {"max_snapshot_age_hours": 48}}},
    )
}}
select title_id, cast({{ var("last") }} as integer) as counted
from {{ ref("titles") }}
{% if is_incremental() %} where title_id > 1 {% endif %}
"""

SCHEMA = """
models:
  - name: titles
    columns:
      - name: title_id
        data_tests: [unique, not_null]
  - name: views
    columns:
      - name: title_id
        data_tests:
          - relationships:
              arguments: {to: ref('titles'), field: title_id}
"""


class Project:
    """The project in a directory of its own, on a table bucket of its own."""

    def __init__(self, sandbox: Sandbox, directory: Path) -> None:
        self.bucket = TableBucket.make(sandbox, f"dbt-{uuid.uuid4().hex[:8]}")
        self.sandbox = replace(sandbox, env={**sandbox.env, "LAKEHOUSE_TABLE_BUCKET": self.bucket.name})
        sandbox.client("s3tables").create_namespace(tableBucketARN=self.bucket.arn, namespace=[NAMESPACE])
        self.directory = directory
        self.place = write_project(
            directory,
            {
                "models/titles.sql": TITLES,
                "models/views.sql": VIEWS,
                "models/schema.yml": SCHEMA,
                "catalogs.yml": (ROOT / "catalogs.yml").read_text(),
            },
            with_macros=True,
            flags={"use_catalogs_v2": True},
            vars={"last": 2},
        )

    @property
    def target(self) -> Path:
        return self.directory / "target"

    def dbt(self, *arguments: str, check: bool = True) -> str:
        return self.sandbox.run("dbt", *arguments, *self.place, check=check).stdout

    def rows(self, sql: str) -> list[list[str | None]]:
        return self.bucket.rows(sql, database=NAMESPACE)


@pytest.fixture(scope="module")
def project(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    made = Project(sandbox, tmp_path_factory.mktemp("table_bucket") / "project")
    yield made
    made.bucket.remove()


def test_it_is_built_tested_and_built_again(project: Project) -> None:
    project.dbt("build")
    assert project.rows("select title_id, title from titles order by 1") == [
        ["1", "title 1"],
        ["2", "title 2"],
    ]
    assert project.rows("select title_id, counted from views order by 1") == [["1", "2"], ["2", "2"]]
    tables = project.sandbox.client("s3tables").list_tables(
        tableBucketARN=project.bucket.arn, namespace=NAMESPACE
    )["tables"]
    assert sorted(table["name"] for table in tables) == ["titles", "views"]
    project.dbt("build", "--vars", "{last: 3}")
    assert project.rows("select count(*) from titles") == [["3"]]
    # Merged: title 1 was not read again.
    assert project.rows("select title_id, counted from views order by 1") == [
        ["1", "2"],
        ["2", "3"],
        ["3", "3"],
    ]


def test_maintenance_follows_the_meta_of_a_model(project: Project) -> None:
    manifest = ("--dbt-manifest", str(project.target / "manifest.json"))
    done = project.sandbox.run(
        "lakehouse", "s3tables", "maintenance", "apply", *manifest, "--apply", "--json"
    )
    [change] = json.loads(done.stdout)["written"]
    assert (change["of"], change["maintenance"]) == (f"{NAMESPACE}.views", "snapshots")
    client = project.sandbox.client("s3tables")
    told = client.get_table_maintenance_configuration(
        tableBucketARN=project.bucket.arn, namespace=NAMESPACE, name="views"
    )["configuration"]["icebergSnapshotManagement"]
    assert told["settings"]["icebergSnapshotManagement"] == {
        "minSnapshotsToKeep": 1,
        "maxSnapshotAgeHours": 48,
    }


def test_the_projects_own_mart_is_built_there(built: Sandbox, project: Project, tmp_path: Path) -> None:
    bucket = project.bucket
    built.client("s3tables").create_namespace(tableBucketARN=bucket.arn, namespace=["local_marts"])
    place = ("--target-path", str(tmp_path))
    project.sandbox.run("dbt", "build", "--select", "title_demand_by_day", *place)
    totals = "sum(playback_starts), sum(watch_duration_seconds)"
    found = bucket.rows(f"select count(*), {totals} from title_demand_by_day", database="local_marts")
    assert found == built.sql(
        "select count(distinct row(event_date, title_id)), count_if(event_type = 'start'), "
        "sum(watch_duration_seconds) from local_marts.fct_playback_events where title_id is not null"
    )


def test_a_full_refresh_of_the_incremental_model_fails_and_keeps_its_rows(project: Project) -> None:
    # dbt-athena 1.11.1 swaps by ALTER TABLE RENAME, which S3 Tables don't have.
    before = project.rows("select title_id, counted from views order by 1")
    output = project.dbt("run", "--select", "views", "--full-refresh", check=False)
    assert f"Table not found {NAMESPACE}.views" in output
    assert project.rows("select title_id, counted from views order by 1") == before


def test_a_test_that_finds_rows_fails(project: Project) -> None:
    project.bucket.run("insert into titles values (1, 'again')", database=NAMESPACE)
    assert "FAIL 1 unique_titles_title_id" in project.dbt("test", check=False)


def test_the_docs_have_its_columns(project: Project) -> None:
    project.dbt("docs", "generate")
    catalog = json.loads((project.target / "catalog.json").read_text())
    found = catalog["nodes"]["model.lakehouse.views"]
    assert found["metadata"]["database"] == project.bucket.catalog
    assert {name: column["type"] for name, column in found["columns"].items()} == {
        "title_id": "bigint",
        "counted": "int",
    }
