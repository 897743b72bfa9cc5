"""Other Iceberg clients on the same tables: pyiceberg over REST, and tables made by the S3 Tables API."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pyarrow as pa
import pytest
from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.exceptions import NoSuchTableError, RESTError
from tests.support.sandbox import Sandbox
from tests.support.table_buckets import TableBucket

ROWS = pa.table({"id": pa.array([1, 2], pa.int64()), "name": ["a", "b"]})


@pytest.fixture(scope="module")
def bucket(sandbox: Sandbox) -> Iterator[TableBucket]:
    made = TableBucket.make(sandbox, f"rest-{uuid.uuid4().hex[:8]}")
    yield made
    made.remove()


@pytest.fixture
def catalog(bucket: TableBucket, monkeypatch: pytest.MonkeyPatch) -> RestCatalog:
    """As AWS documents it for pyiceberg: address, warehouse and signing, nothing else."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", bucket.sandbox.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    s3tables = bucket.sandbox.client("s3tables").meta.endpoint_url
    return RestCatalog(
        "s3tables",
        **{
            "uri": f"{s3tables}/iceberg",
            "warehouse": bucket.arn,
            "rest.sigv4-enabled": "true",
            "rest.signing-name": "s3tables",
            "rest.signing-region": "eu-central-1",
        },
    )


def test_what_pyiceberg_writes_athena_reads_and_the_other_way_round(
    bucket: TableBucket, catalog: RestCatalog
) -> None:
    table = catalog.create_table("ns.shared", schema=ROWS.schema)
    table.append(ROWS)
    assert bucket.rows("select id, name from shared order by id") == [["1", "a"], ["2", "b"]]
    bucket.run("insert into shared values (3, 'c')")
    bucket.run("delete from shared where id = 1")
    table.refresh()
    assert sorted(table.scan().to_arrow()["id"].to_pylist()) == [2, 3]
    catalog.purge_table("ns.shared")
    assert not catalog.table_exists("ns.shared")


def test_a_commit_on_an_old_state_is_refused_and_made_on_the_new_one(
    bucket: TableBucket, catalog: RestCatalog, caplog: pytest.LogCaptureFixture
) -> None:
    first = catalog.create_table("ns.contested", schema=ROWS.schema)
    second = catalog.load_table("ns.contested")
    first.append(ROWS)
    second.append(ROWS)
    assert "Commit failed due to a concurrent update" in caplog.text
    assert bucket.rows("select count(*) from contested") == [["4"]]


def test_old_snapshots_are_expired_for_good(bucket: TableBucket, catalog: RestCatalog) -> None:
    table = catalog.create_table("ns.expired", schema=ROWS.schema)
    table.append(ROWS)
    table.append(ROWS)
    oldest = table.snapshots()[0].snapshot_id
    table.maintenance.expire_snapshots().by_id(oldest).commit()
    assert bucket.rows('select count(*) from "expired$snapshots"') == [["1"]]
    assert bucket.rows("select count(*) from expired") == [["4"]]


def test_refusals_reach_the_client(catalog: RestCatalog) -> None:
    catalog.create_table("ns.refused", schema=ROWS.schema)
    with pytest.raises(RESTError, match="purge"):
        catalog.drop_table("ns.refused")
    with pytest.raises(NoSuchTableError):
        catalog.load_table("ns.no_such_table")


def test_a_table_made_by_the_api_is_a_table_everywhere(bucket: TableBucket, catalog: RestCatalog) -> None:
    s3tables = bucket.sandbox.client("s3tables")
    schema = {"fields": [{"name": "n", "type": "int"}, {"name": "at", "type": "timestamp"}]}
    s3tables.create_table(
        tableBucketARN=bucket.arn,
        namespace="ns",
        name="by_api",
        format="ICEBERG",
        metadata={
            "iceberg": {
                "schema": schema,
                "partitionSpec": {
                    "fields": [{"sourceId": 2, "transform": "day", "name": "at_day"}],
                },
            }
        },
    )
    bucket.run("insert into by_api values (1, timestamp '2025-01-01 00:00:00')")
    assert bucket.rows("select n from by_api") == [["1"]]
    assert bucket.rows("describe by_api")[-1] == ["at_day\tday\tat"]
    assert [field.name for field in catalog.load_table("ns.by_api").schema().fields] == ["n", "at"]
