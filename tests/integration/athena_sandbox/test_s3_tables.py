"""S3 Tables catalogs through the Athena and Glue APIs, on the real engine."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from tests.support.sandbox import Sandbox
from tests.support.table_buckets import TableBucket

DEFAULT = {"catalog": "AwsDataCatalog", "database": "default"}


@pytest.fixture(scope="module")
def bucket(sandbox: Sandbox) -> Iterator[TableBucket]:
    made = TableBucket.make(sandbox, f"tables-{uuid.uuid4().hex[:8]}")
    yield made
    made.remove()


@pytest.fixture(scope="module")
def database(sandbox: Sandbox) -> Iterator[str]:
    """A database of the Data Catalog, to join with."""
    name = f"beside_{uuid.uuid4().hex[:8]}"
    sandbox.sql(f"create database {name}")
    yield name
    sandbox.sql(f"drop database {name} cascade")


@pytest.fixture
def table(bucket: TableBucket) -> Iterator[str]:
    """A table with the rows (1, 'a') and (2, 'b'), made again for each test, as dbt-athena makes one."""
    name = f"t_{uuid.uuid4().hex[:8]}"
    bucket.run(
        f'create table "{bucket.catalog}"."ns"."{name}" with (table_type=\'iceberg\', is_external=false, '
        "format='parquet', partitioning=ARRAY['bucket(4, id)']) as select id, name, "
        "cast(timestamp '2025-01-01 12:00:00.123456' as timestamp(6)) as at "
        "from (values (1, 'a'), (2, 'b')) as t (id, name)",
        **DEFAULT,
    )
    yield name
    bucket.run(f"drop table if exists {name}")


def test_rows_are_changed_by_every_verb(bucket: TableBucket, table: str) -> None:
    bucket.run(f"insert into {table} values (3, 'c', null)")
    bucket.run(f"update {table} set name = 'B' where id = 2")
    bucket.run(f"delete from {table} where id = 1")
    bucket.run(
        f"merge into {table} t using (values (3, 'C'), (4, 'd')) as s (id, name) on t.id = s.id "
        "when matched then update set name = s.name when not matched then insert (id, name) "
        "values (s.id, s.name)"
    )
    expected = [["2", "B"], ["3", "C"], ["4", "d"]]
    assert bucket.rows(f"select id, name from {table} order by id") == expected
    by_name = f'select id, name from "{bucket.catalog}".ns.{table} order by id'
    assert bucket.rows(by_name, **DEFAULT) == expected


def test_timestamps_keep_their_microseconds(bucket: TableBucket, table: str) -> None:
    assert bucket.rows(f"select at from {table} where id = 1") == [["2025-01-01 12:00:00.123456"]]


def test_both_catalogs_are_joined_in_one_statement(bucket: TableBucket, table: str, database: str) -> None:
    bucket.run(f"create table awsdatacatalog.{database}.names as select 2 as id, 'two' as word")
    query = f"select word, name from {table} join awsdatacatalog.{database}.names using (id)"
    assert bucket.rows(query) == [["two", "b"]]
    moved = f"create table awsdatacatalog.{database}.copy as select id from {table}"
    assert bucket.run(moved)["StatementType"] == "DDL"
    back = f'insert into "{bucket.catalog}".ns.{table} (id) select id + 10 from copy'
    bucket.run(back, catalog="AwsDataCatalog", database=database)
    assert bucket.rows(f"select count(*) from {table}") == [["4"]]


def test_a_view_of_the_data_catalog_may_read_a_table_bucket(
    bucket: TableBucket, table: str, database: str
) -> None:
    bucket.run(f"create or replace view awsdatacatalog.{database}.v as select id from {table}")
    view = f"select id from awsdatacatalog.{database}.v order by 1"
    assert bucket.rows(view, **DEFAULT) == [["1"], ["2"]]
    # The engine loses catalogs made by SQL when it is restarted, and the statement names only the view.
    _drop_catalog(bucket)
    assert bucket.rows(view, **DEFAULT) == [["1"], ["2"]]
    _drop_catalog(bucket)
    bucket.run(f"insert into {table} values (9, 'i', null)")
    assert bucket.rows(view, **DEFAULT) == [["1"], ["2"], ["9"]]


def _drop_catalog(bucket: TableBucket) -> None:
    """What a restart of the engine does to the bucket's catalog, in a fraction of the time."""
    bucket.sandbox.engine_rows(f'drop catalog "{bucket.catalog.replace("/", "_").replace("-", "_")}"')


def test_columns_and_properties_are_altered(bucket: TableBucket, table: str) -> None:
    bucket.run(f"alter table {table} add columns (extra int comment 'more', tags map<string,int>)")
    bucket.run(f"alter table {table} change column extra extra_id bigint")
    bucket.run(f"alter table {table} drop column tags")
    bucket.run(f"alter table {table} set tblproperties ('write_target_data_file_size_bytes'='1000')")
    lines = [row[0] for row in bucket.rows(f"describe {table}")]
    assert lines[2:6] == ["id\tint\t", "name\tstring\t", "at\ttimestamp\t", "extra_id\tbigint\tmore"]
    assert lines[-1] == "id_bucket\tbucket[4]\tid"
    properties = [row[0] for row in bucket.rows(f"show tblproperties {table}")]
    assert "write_target_data_file_size_bytes\t1000" in properties


def test_show_answers_from_the_context(bucket: TableBucket, table: str) -> None:
    assert [table] in bucket.rows("show tables")
    assert bucket.rows("show databases") == [["ns"]]
    assert bucket.rows(f"show columns in {table}") == [["id"], ["name"], ["at"]]
    assert bucket.rows(f"show create table {table}")[0] == [f"CREATE TABLE ns.{table} ("]
    assert bucket.rows("show views") == []


def test_information_schema_and_plans_name_the_catalog(bucket: TableBucket, table: str) -> None:
    query = (
        f'select table_catalog, table_name from "{bucket.catalog}".information_schema.tables '
        f"where table_catalog = '{bucket.catalog}' and table_name = '{table}'"
    )
    assert bucket.rows(query) == [[bucket.catalog, table]]
    plan = "\n".join(row[0] or "" for row in bucket.rows(f"explain select * from {table}"))
    assert f"{bucket.catalog}:ns.{table}" in plan


def test_a_dropped_table_takes_its_objects_and_a_new_one_starts_empty(
    bucket: TableBucket, table: str
) -> None:
    location = _glue_table(bucket, table)["StorageDescriptor"]["Location"]
    bucket.run(f"drop table {table}")
    s3 = bucket.sandbox.client("s3")
    assert location.removeprefix("s3://") not in {one["Name"] for one in s3.list_buckets()["Buckets"]}
    bucket.run(f"create table {table} (n int)")
    assert bucket.rows(f"select count(*) from {table}") == [["0"]]
    assert _glue_table(bucket, table)["StorageDescriptor"]["Location"] != location


def _glue_table(bucket: TableBucket, table: str) -> dict[str, object]:
    glue = bucket.sandbox.client("glue")
    return glue.get_table(CatalogId=bucket.catalog_id, DatabaseName="ns", Name=table)["Table"]


def test_a_namespace_is_made_and_dropped_by_sql(bucket: TableBucket) -> None:
    bucket.run("create database made")
    bucket.run("create table made.t (n int)")
    assert bucket.rows("show tables", database="made") == [["t"]]
    text, category, kind = bucket.failure("drop database made")
    assert "is not empty" in text
    assert (category, kind) == (2, 1006)
    bucket.run("drop database made cascade")
    assert bucket.rows("show databases") == [["ns"]]


def test_what_is_missing_fails_in_athenas_words(bucket: TableBucket) -> None:
    assert bucket.failure("create table nowhere.t (n int)") == (
        "Cannot find or access the specified table",
        2,
        1100,
    )
    assert bucket.failure(f'select * from   "{bucket.catalog}".ns.nope') == (
        f"TABLE_NOT_FOUND: line 1:17: Table '{bucket.catalog}.ns.nope' does not exist",
        2,
        1301,
    )
    missing = "CATALOG_NOT_FOUND: line 1:15: Catalog 's3tablescatalog/not-there' does not exist"
    assert bucket.failure('select * from "s3tablescatalog/not-there".ns.t') == (missing, 2, 1006)
    assert bucket.failure("select * from t", catalog="s3tablescatalog/not-there") == (missing, 2, 1006)
    text, category, kind = bucket.failure("create table nowhere.t as select 1 n")
    assert text.startswith("NOT_FOUND: Schema nowhere not found")
    assert (category, kind) == (2, 1300)


def test_refusals_are_athenas(bucket: TableBucket) -> None:
    assert bucket.refusal("create table t (n int) location 's3://b/p/'") == (
        "MALFORMED_QUERY",
        "Table location can not be specified for tables hosted in S3 table buckets",
    )
    assert bucket.failure("create table t (n int) stored as parquet") == (
        "Iceberg create table statement does not allow STORED AS/BY",
        2,
        1200,
    )
    for statement in ("vacuum t", "optimize t rewrite data using bin_pack", "alter table t rename to u"):
        text, category, kind = bucket.failure(statement)
        assert text.endswith("is not supported in S3 Tables catalogs")
        assert (category, kind) == (2, 1200)


def test_glue_describes_a_table_as_dbt_reads_it(bucket: TableBucket, table: str) -> None:
    found = _glue_table(bucket, table)
    assert (found["TableType"], found["CatalogId"]) == ("customer", bucket.catalog_id)
    assert found["Parameters"]["table_type"] == "ICEBERG"
    columns = [(column["Name"], column["Type"]) for column in found["StorageDescriptor"]["Columns"]]
    assert columns == [("id", "int"), ("name", "string"), ("at", "timestamp")]
    glue = bucket.sandbox.client("glue")
    listed = glue.get_tables(CatalogId=bucket.catalog_id, DatabaseName="ns", Expression=f"{table}|x")
    assert [one["Name"] for one in listed["TableList"]] == [table]
    assert glue.get_database(CatalogId=bucket.catalog_id, Name="ns")["Database"]["Name"] == "ns"
    glue.delete_table(CatalogId=bucket.catalog_id, DatabaseName="ns", Name=table)
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        _glue_table(bucket, table)


def test_glue_knows_the_catalogs_and_athena_no_data_catalog(bucket: TableBucket) -> None:
    glue = bucket.sandbox.client("glue")
    children = glue.get_catalogs(ParentCatalogId="s3tablescatalog")["CatalogList"]
    assert bucket.name in {child["Name"] for child in children}
    found = glue.get_catalog(CatalogId=bucket.catalog_id)["Catalog"]
    assert found["FederatedCatalog"]["Identifier"] == bucket.arn
    athena = bucket.sandbox.client("athena")
    with pytest.raises(ClientError, match="was not found"):
        athena.get_data_catalog(Name=bucket.catalog)


def test_athenas_metadata_operations_take_the_catalog(bucket: TableBucket, table: str) -> None:
    athena = bucket.sandbox.client("athena")
    names = {"CatalogName": bucket.catalog, "DatabaseName": "ns"}
    assert [one["Name"] for one in athena.list_databases(CatalogName=bucket.catalog)["DatabaseList"]] == [
        "ns"
    ]
    assert athena.get_database(**names)["Database"]["Name"] == "ns"
    listed = athena.list_table_metadata(**names)["TableMetadataList"]
    assert table in {one["Name"] for one in listed}
    one = athena.get_table_metadata(**names, TableName=table)["TableMetadata"]
    assert [column["Name"] for column in one["Columns"]] == ["id", "name", "at"]
    with pytest.raises(athena.exceptions.MetadataException):
        athena.list_databases(CatalogName="s3tablescatalog/not-there")


def test_parallel_inserts_lose_no_row(bucket: TableBucket, table: str) -> None:
    athena = bucket.sandbox.client("athena")
    ids = [
        athena.start_query_execution(
            QueryString=f"insert into {table} values ({100 + number}, 'p', null)",
            QueryExecutionContext={"Catalog": bucket.catalog, "Database": "ns"},
            ResultConfiguration={"OutputLocation": "s3://acme-lakehouse-results/tests/"},
        )["QueryExecutionId"]
        for number in range(6)
    ]
    states: list[str] = []
    while len(states) < len(ids):
        found = athena.batch_get_query_execution(QueryExecutionIds=ids)["QueryExecutions"]
        states = [
            one["Status"]["State"] for one in found if one["Status"]["State"] not in ("QUEUED", "RUNNING")
        ]
    inserted = bucket.rows(f"select count(*) from {table} where id >= 100")
    # An insert that lost against four others may fail, by name; none that succeeded may be gone.
    assert inserted == [[str(states.count("SUCCEEDED"))]]
    assert states.count("SUCCEEDED") > 1


def test_one_address_serves_every_service(bucket: TableBucket, table: str) -> None:
    address = f"http://127.0.0.1:{bucket.sandbox.state['parts']['storage']['port']}"
    session = bucket.sandbox.session()
    glue = session.client("glue", endpoint_url=address)
    assert (
        glue.get_table(CatalogId=bucket.catalog_id, DatabaseName="ns", Name=table)["Table"]["Name"] == table
    )
    assert session.client("athena", endpoint_url=address).get_work_group(WorkGroup="primary")
    assert session.client("sts", endpoint_url=address).get_caller_identity()["Account"] == "000000000000"
