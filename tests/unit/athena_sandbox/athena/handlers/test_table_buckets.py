"""S3 Tables catalogs: names in a statement, the Trino catalogs made for them, and what is refused there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpcore
import pytest
from botocore.exceptions import ClientError
from tests.unit.athena_sandbox.athena.conftest import FakeTrino, body_of

from athena_sandbox.athena.engine.client import EngineError, EngineStatement
from athena_sandbox.athena.engine.federated import FederatedTrino, TableBuckets
from athena_sandbox.athena.errors import MalformedQueryError, StatementFailedError
from athena_sandbox.athena.executions.failures import user_message
from athena_sandbox.athena.executions.model import Request
from athena_sandbox.athena.executions.outcome import Run
from athena_sandbox.athena.handlers.ctas import create_text, plan_table
from athena_sandbox.athena.handlers.table_buckets import check_statement
from athena_sandbox.athena.statements import ast
from athena_sandbox.athena.statements.parser import parse
from athena_sandbox.athena.statements.table_buckets import alias_of, bucket_of, with_aliases, with_true_names

CATALOG = "s3tablescatalog/my-bucket"
ALIAS = "s3tablescatalog_my_bucket"


@pytest.mark.parametrize(
    ("catalog", "bucket"),
    [
        (CATALOG, "my-bucket"),
        ("S3TablesCatalog/My-Bucket", "my-bucket"),
        ("awsdatacatalog", None),
        ("s3tablescatalog", None),
        ("s3tablescatalog/x", None),
        ("s3tablescatalog/a/b", None),
        ("s3tablescatalog/under_score", None),
        (None, None),
    ],
)
def test_a_catalog_name_says_its_bucket(catalog: str | None, bucket: str | None) -> None:
    assert bucket_of(catalog) == bucket


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (f'select * from "{CATALOG}".ns.t', f'select * from "{ALIAS}".ns.t'),
        (f'select * from "{CATALOG.upper()}" . "ns"."t"', f'select * from "{ALIAS}" . "ns"."t"'),
        (f'select 1 as "{CATALOG}"', None),
        (f'select t."{CATALOG}".x from t', None),
        (f"select '\"{CATALOG}\".ns.t'", None),
        (f'select 1 -- "{CATALOG}".ns.t', None),
        (f"select '{CATALOG}'", None),
        (
            f"select 1 from \"{CATALOG}\".information_schema.tables where table_catalog = '{CATALOG}'",
            f"select 1 from \"{ALIAS}\".information_schema.tables where table_catalog = '{ALIAS}'",
        ),
        (
            f"EXECUTE IMMEDIATE 'select ''it'', a from \"{CATALOG}\".ns.t where a = ?' USING 1",
            f"EXECUTE IMMEDIATE 'select ''it'', a from \"{ALIAS}\".ns.t where a = ?' USING 1",
        ),
    ],
)
def test_names_of_catalogs_and_nothing_else_become_aliases(sql: str, expected: str | None) -> None:
    translated, buckets = with_aliases(sql)
    assert translated == (expected or sql)
    assert buckets == ({"my-bucket"} if expected else set())
    # Positions in Trino's messages are positions in the user's text.
    assert len(translated) == len(sql)


def test_a_message_names_catalogs_as_users_do() -> None:
    assert with_true_names(f"Table '{ALIAS}.ns.t' does not exist") == f"Table '{CATALOG}.ns.t' does not exist"
    assert user_message(f"line 1:15: Catalog '{ALIAS}' not found") == (
        f"line 1:15: Catalog '{CATALOG}' does not exist"
    )


class Buckets:
    """The s3tables client, as far as the engine asks it."""

    def __init__(self, *names: str) -> None:
        self.names = set(names)

    def get_table_bucket(self, tableBucketARN: str) -> dict[str, Any]:  # noqa: N803 - botocore's name
        if tableBucketARN.rpartition("/")[2] in self.names:
            return {}
        raise ClientError({"Error": {"Code": "NotFoundException"}}, "GetTableBucket")


def federated(trino: FakeTrino, buckets: Buckets | None) -> FederatedTrino:
    places = (
        TableBuckets(buckets, "http://tables", "http://s3", "eu-central-1", "000000000000")  # type: ignore[arg-type]
        if buckets
        else None
    )
    return FederatedTrino("http://trino", trino, places, patience=0.0)


def statements(trino: FakeTrino) -> list[str]:
    """What Trino was asked, CREATE CATALOG without its properties."""
    return [sql.partition(" USING ")[0] for sql in trino.statements]


def test_a_catalog_is_made_once_for_statements_that_need_it(
    trino: FakeTrino, run_async: Callable[[Any], Any]
) -> None:
    async def go() -> None:
        engine = federated(trino, Buckets("my-bucket"))
        await engine.run(EngineStatement("select 1"))
        await engine.run(EngineStatement(f'select * from "{CATALOG}".ns.t'))
        await engine.run(EngineStatement("select * from t", catalog=CATALOG, schema="ns"))

    run_async(go())
    create = f'CREATE CATALOG IF NOT EXISTS "{ALIAS}"'
    assert statements(trino) == ["select 1", create, f'select * from "{ALIAS}".ns.t', "select * from t"]
    assert "arn:aws:s3tables:eu-central-1:000000000000:bucket/my-bucket" in trino.statements[1]
    assert "'http://tables/iceberg'" in trino.statements[1]
    assert trino.headers[3]["x-trino-catalog"] == ALIAS


def test_session_properties_of_a_catalog_go_to_its_alias(
    trino: FakeTrino, run_async: Callable[[Any], Any]
) -> None:
    statement = EngineStatement(
        f'create table "{CATALOG}".ns.t as select 1 a',
        session={f"{CATALOG}.compression_codec": "ZSTD", "task_max_writer_count": "1"},
    )
    run_async(federated(trino, Buckets("my-bucket")).run(statement))
    assert trino.headers[-1]["x-trino-session"] == f"{ALIAS}.compression_codec=ZSTD,task_max_writer_count=1"


def test_a_catalog_that_the_engine_has_lost_is_made_again(
    trino: FakeTrino, run_async: Callable[[Any], Any]
) -> None:
    insert = f'insert into "{ALIAS}".ns.t values (1)'
    trino.rows("SHOW CATALOGS", [("Catalog", "varchar")], [["awsdatacatalog"], ["system"]])

    async def go() -> None:
        engine = federated(trino, Buckets("my-bucket"))
        await engine.run(EngineStatement(f'select * from "{CATALOG}".ns.t'))
        trino.error(insert, "TABLE_NOT_FOUND", f"line 1:1: Table '{ALIAS}.ns.t' does not exist")
        answers = trino.answers

        def restarted() -> None:
            answers.pop(insert)

        trino.on_create = restarted  # type: ignore[attr-defined]
        await engine.run(EngineStatement(insert.replace(ALIAS, CATALOG)))

    original = trino.handle_async_request

    async def handle(request: httpcore.Request) -> httpcore.Response:
        creating = request.method == b"POST" and b"CREATE CATALOG" in await body_of(request)
        if creating and hasattr(trino, "on_create"):
            trino.on_create()
        return await original(request)

    trino.handle_async_request = handle  # type: ignore[method-assign]
    run_async(go())
    create = f'CREATE CATALOG IF NOT EXISTS "{ALIAS}"'
    assert statements(trino)[2:] == [insert, "SHOW CATALOGS", create, insert]


def test_a_table_that_is_missing_in_a_catalog_that_is_there_is_an_error_at_once(
    trino: FakeTrino, run_async: Callable[[Any], Any]
) -> None:
    select = f'select * from "{ALIAS}".ns.no'
    trino.rows("SHOW CATALOGS", [("Catalog", "varchar")], [[ALIAS]])
    trino.error(select, "TABLE_NOT_FOUND", f"line 1:15: Table '{ALIAS}.ns.no' does not exist")
    with pytest.raises(EngineError):
        run_async(federated(trino, Buckets("my-bucket")).run(EngineStatement(select.replace(ALIAS, CATALOG))))
    assert statements(trino).count(select) == 1


def test_no_catalog_stays_for_a_bucket_that_is_gone(
    trino: FakeTrino, run_async: Callable[[Any], Any]
) -> None:
    buckets = Buckets("my-bucket")

    async def go() -> None:
        engine = federated(trino, buckets)
        await engine.run(EngineStatement(f'select * from "{CATALOG}".ns.t'))
        buckets.names.clear()
        await engine.run(EngineStatement(f'select * from "{CATALOG}".ns.t'))

    run_async(go())
    assert statements(trino)[2:] == [f'DROP CATALOG IF EXISTS "{ALIAS}"', f'select * from "{ALIAS}".ns.t']


def test_without_s3_tables_their_catalogs_are_refused_by_name(
    trino: FakeTrino, run_async: Callable[[Any], Any]
) -> None:
    with pytest.raises(EngineError, match="S3 Tables catalogs are not supported by this server"):
        run_async(federated(trino, None).run(EngineStatement(f'select * from "{CATALOG}".ns.t')))
    assert trino.statements == []


def check(sql: str, *, catalog: str | None = CATALOG) -> None:
    request = Request(sql, "primary", "s3://b/", catalog=catalog, database="ns")
    check_statement(parse(sql), Run("id", request, engine=None))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        # Texts and their order: aoyagikouhei/athena-local, measured on Athena on 2026-09-26 and 27.
        (
            "create table t (n int) location 's3://b/p/'",
            "Table location can not be specified for tables hosted in S3 table buckets",
        ),
        (
            "create external table awsdatacatalog.db.t (n int) location 's3://b/p/'",
            "Table location can not be specified for tables hosted in S3 table buckets",
        ),
        (
            "create external table awsdatacatalog.db.t (n int)",
            "External keyword not supported for table type ICEBERG",
        ),
        (
            "create external table t (n int) stored as parquet",
            "External keyword not supported for table type ICEBERG",
        ),
        (
            "CREATE TABLE awsdatacatalog.ns.t (n int) STORED AS PARQUET",
            "Unsupported ddl with 2 catalogs: CREATE TABLE awsdatacatalog.ns.t (n int) STORED AS PARQUET",
        ),
        (
            "drop table awsdatacatalog.ns.t",
            "Unsupported ddl with 2 catalogs: drop table awsdatacatalog.ns.t",
        ),
        (f'describe "{CATALOG}"."ns"."t"', "Unsupported DDL with 2 catalogs"),
        (f'show columns from "{CATALOG}".ns.t', "Unsupported DDL with 2 catalogs"),
    ],
)
def test_a_request_is_refused_in_athenas_words(sql: str, text: str) -> None:
    with pytest.raises(MalformedQueryError) as caught:
        check(sql)
    assert caught.value.message == text


@pytest.mark.parametrize(
    ("clauses", "text", "error_type"),
    [
        (
            "clustered by (n) into 4 buckets row format serde 'x' stored as parquet",
            "Iceberg create table statement does not allow CLUSTERED BY",
            1200,
        ),
        (
            "row format delimited fields terminated by ',' stored as textfile",
            "Iceberg create table statement does not allow ROW FORMAT",
            1200,
        ),
        (
            "partitioned by (p string) stored as parquet",
            "Iceberg create table statement does not allow STORED AS/BY",
            1200,
        ),
        (
            "partitioned by (p int) tblproperties ('a'='b')",
            "Invalid PARTITIONED BY clause in Iceberg create table statement",
            1006,
        ),
    ],
)
def test_hive_clauses_fail_in_athenas_order(clauses: str, text: str, error_type: int) -> None:
    with pytest.raises(StatementFailedError) as caught:
        check(f"create table t (n int) {clauses}")
    failure = caught.value.failure
    assert (failure.reason, failure.category, failure.error_type) == (text, 2, error_type)


def test_a_table_without_columns_fails() -> None:
    with pytest.raises(StatementFailedError) as caught:
        check("create table t")
    assert caught.value.failure.reason == "At least one column is required for Iceberg create table statement"
    assert caught.value.failure.error_type == 1006


@pytest.mark.parametrize(
    "sql",
    [
        "alter table t rename to u",
        "create view v as select 1 a",
        f'create or replace view "{CATALOG}".ns.v as select 1 a',
        "alter database ns set dbproperties ('a'='b')",
        "optimize t rewrite data using bin_pack",
        "vacuum t",
        "create database d comment 'x'",
        "create table t (n int) tblproperties ('table_type'='HIVE')",
    ],
)
def test_what_s3_tables_lack_is_refused_by_name(sql: str) -> None:
    with pytest.raises(StatementFailedError, match=r"^NOT_SUPPORTED: .*S3 Tables catalog"):
        check(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "create table t (n int)",
        "create table ns.t (n int) partitioned by (bucket(4, n)) tblproperties ('table_type'='ICEBERG')",
        "alter table t add columns (m int)",
        "drop table if exists t",
        "show tables",
        "describe t",
        "insert into t values (1)",
        # A view of the Data Catalog over a table of a table bucket.
        "create view awsdatacatalog.db.v as select * from t",
        "create table awsdatacatalog.db.t as select 1 n",
    ],
)
def test_what_athena_takes_there_passes(sql: str) -> None:
    check(sql)


@pytest.mark.parametrize("sql", ["vacuum t", "alter table t rename to u", "create view v as select 1 a"])
def test_other_catalogs_are_not_checked(sql: str) -> None:
    check(sql, catalog="AwsDataCatalog")


def test_a_table_bucket_named_in_ddl_of_another_catalog_is_refused() -> None:
    sql = f"drop table `{CATALOG}`.ns.t"
    with pytest.raises(MalformedQueryError, match="Unsupported ddl with 2 catalogs: drop table"):
        check(sql, catalog="AwsDataCatalog")


def test_ctas_leaves_the_place_to_the_table_bucket() -> None:
    properties = {
        "table_type": "iceberg",
        "is_external": False,
        "location": "s3://b/x/",
        "format": "parquet",
        "write_compression": "ZSTD",
        "partitioning": ("day(at)",),
    }
    plan = plan_table(properties, "s3://results/", CATALOG)
    statement = ast.CreateTableAs(ast.Name("t", "ns", CATALOG), (), "select 1 a")
    assert create_text(plan, "ns", statement) == (
        f'CREATE TABLE "{CATALOG}"."ns"."t" WITH (format = \'PARQUET\', partitioning = ARRAY[\'day(at)\'], '
        "extra_properties = MAP(ARRAY['write_compression'], ARRAY['ZSTD'])) AS\nselect 1 a"
    )
    assert plan.session == {f"{CATALOG}.compression_codec": "ZSTD", "task_max_writer_count": "1"}
    assert plan.location is None


def test_ctas_without_properties_has_no_with_clause() -> None:
    plan = plan_table({}, "s3://results/", CATALOG)
    statement = ast.CreateTableAs(ast.Name("t"), (), "select 1 a")
    assert create_text(plan, "ns", statement) == f'CREATE TABLE "{CATALOG}"."ns"."t" AS\nselect 1 a'


def test_an_alias_has_the_length_of_its_name() -> None:
    for catalog in (CATALOG, "s3tablescatalog/a1-b2-c3"):
        assert len(alias_of(catalog)) == len(catalog)
        assert with_true_names(alias_of(catalog)) == catalog
    assert alias_of("awsdatacatalog") == "awsdatacatalog"
