"""Athena's statements on the real engine, through boto3 only: what each does and what it answers."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.support.sandbox import Sandbox

BUCKET = "acme-lakehouse-silver"
RESULTS = "s3://acme-lakehouse-results/tests/"


@dataclass(frozen=True)
class Database:
    """A database of this run, dropped at the end; `place` is its directory in S3."""

    sandbox: Sandbox
    name: str

    @property
    def place(self) -> str:
        return f"s3://{BUCKET}/tests/{self.name}"

    def execute(self, sql: str, **more: Any) -> dict[str, Any]:
        """The ended QueryExecution."""
        athena = self.sandbox.client("athena")
        execution_id = athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Catalog": "AwsDataCatalog", "Database": self.name},
            ResultConfiguration={"OutputLocation": RESULTS},
            **more,
        )["QueryExecutionId"]
        while True:
            execution = athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return dict(execution)
            time.sleep(0.02)

    def run(self, sql: str, **more: Any) -> dict[str, Any]:
        execution = self.execute(sql, **more)
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
        return execution

    def failure(self, sql: str) -> tuple[str, int, int]:
        status = self.execute(sql)["Status"]
        assert status["State"] == "FAILED", status
        error = status["AthenaError"]
        return status["StateChangeReason"], error["ErrorCategory"], error["ErrorType"]

    def refusal(self, sql: str) -> str:
        with pytest.raises(ClientError) as caught:
            self.execute(sql)
        assert caught.value.response["Error"]["Code"] == "InvalidRequestException"
        return str(caught.value.response["Error"]["Message"])

    def results(self, sql: str, **more: Any) -> dict[str, Any]:
        execution = self.run(sql, **more)
        athena = self.sandbox.client("athena")
        return dict(athena.get_query_results(QueryExecutionId=execution["QueryExecutionId"]))

    def rows(self, sql: str, **more: Any) -> list[list[str | None]]:
        """All rows as GetQueryResults gives them, the header among them."""
        rows = self.results(sql, **more)["ResultSet"]["Rows"]
        return [[datum.get("VarCharValue") for datum in row["Data"]] for row in rows]

    def lines(self, sql: str) -> list[str | None]:
        return [row[0] for row in self.rows(sql)]


@pytest.fixture(scope="module")
def db(sandbox: Sandbox) -> Iterator[Database]:
    database = Database(sandbox, f"statements_{uuid.uuid4().hex[:8]}")
    database.run(f"create schema if not exists `{database.name}`")
    yield database
    database.run(f"drop schema if exists `{database.name}` cascade")


@pytest.fixture(scope="module")
def hive(db: Database) -> str:
    """A partitioned Hive table with two rows."""
    db.run(
        f'create table "awsdatacatalog"."{db.name}"."hive" with (table_type=\'hive\', is_external=true, '
        f"external_location='{db.place}/hive', format='parquet', write_compression='snappy', "
        "partitioned_by=ARRAY['day']) as select * from "
        "(values (1, 1.5, '2025-01-01'), (2, 2.5, '2025-01-02')) as t (id, price, day)"
    )
    return "hive"


@pytest.fixture
def iceberg(db: Database) -> Iterator[str]:
    """An Iceberg table with two rows, made again for each test."""
    name = f"ice_{uuid.uuid4().hex[:8]}"
    db.run(
        f'create table "awsdatacatalog"."{db.name}"."{name}" with (table_type=\'iceberg\', '
        f"is_external=false, location='{db.place}/{name}', format='parquet', "
        "partitioning=ARRAY['day(at)', 'bucket(4, id)']) as select id, name, "
        "cast(timestamp '2025-01-01 12:00:00' as timestamp(6)) as at from (values (1, 'a'), (2, 'b')) "
        "as t (id, name)"
    )
    yield name
    db.run(f"drop table if exists `{db.name}`.`{name}`")


def test_a_csv_table_is_read_with_its_serde(db: Database) -> None:
    db.sandbox.client("s3").put_object(
        Bucket=BUCKET, Key=f"tests/{db.name}/seed/x.csv", Body=b'id,text\n1,"a,b"\n2,\n'
    )
    execution = db.run(
        f"create external table `{db.name}`.`seed` (`id` string, `text` string) "
        "row format serde 'org.apache.hadoop.hive.serde2.OpenCSVSerde' "
        f"location '{db.place}/seed/' tblproperties ('skip.header.line.count'='1')"
    )
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DDL", "CREATE_TABLE")
    assert db.rows("select * from seed order by id") == [["id", "text"], ["1", "a,b"], ["2", ""]]


def test_a_delimited_table_takes_inserts(db: Database) -> None:
    db.run(
        "create external table plain (id int, name string) row format delimited fields terminated by '|' "
        f"location '{db.place}/plain/'"
    )
    assert db.results("insert into plain values (1, 'a'), (2, null)")["UpdateCount"] == 2
    assert db.rows("select * from plain order by id") == [["id", "name"], ["1", "a"], ["2", None]]


def test_partition_projection_comes_from_the_properties(db: Database) -> None:
    db.sandbox.client("s3").put_object(
        Bucket=BUCKET, Key=f"tests/{db.name}/projected/year=2025/month=08/x.json", Body=b'{"id": 7}\n'
    )
    db.run(
        "create external table projected (id int) partitioned by (year int, month int) "
        "row format serde 'org.openx.data.jsonserde.JsonSerDe' "
        f"location '{db.place}/projected/' tblproperties ("
        "'projection.enabled'='true', 'projection.year.type'='integer', 'projection.year.range'='2024,2026', "
        "'projection.month.type'='integer', 'projection.month.range'='1,12', 'projection.month.digits'='2', "
        f"'storage.location.template'='{db.place}/projected/year=${{year}}/month=${{month}}')"
    )
    assert db.rows("select id, year, month from projected where year = 2025") == [
        ["id", "year", "month"],
        ["7", "2025", "8"],
    ]


def test_ctas_reports_rows_and_a_manifest(db: Database) -> None:
    execution = db.run("create table counted as select * from (values 1, 2, 3) as t (x)")
    assert execution["SubstatementType"] == "CREATE_TABLE_AS_SELECT"
    place = execution["ResultConfiguration"]["OutputLocation"]
    assert place == f"{RESULTS}tables/{execution['QueryExecutionId']}"
    manifest = execution["Statistics"]["DataManifestLocation"]
    assert manifest == f"{place}-manifest.csv"
    bucket, key = manifest.removeprefix("s3://").split("/", 1)
    body = db.sandbox.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    assert [line.startswith(f"{place}/") for line in body.splitlines()] == [True]
    assert db.rows("select sum(x) from counted") == [["_col0"], ["6"]]


def test_ctas_into_an_occupied_place_is_refused(db: Database, hive: str) -> None:
    reason, category, _ = db.failure(
        f"create table other with (external_location='{db.place}/hive') as select 1 as x"
    )
    assert reason.startswith(
        f"HIVE_PATH_ALREADY_EXISTS: Target directory for table '{db.name}.other' already exists: "
    )
    assert category == 2


def test_ctas_over_an_existing_table_is_refused(db: Database, hive: str) -> None:
    reason, category, kind = db.failure("create table hive as select 1 as x")
    assert reason.startswith(
        f"TABLE_ALREADY_EXISTS: line 1:1: Destination table 'awsdatacatalog.{db.name}.hive' already exists"
    )
    assert (category, kind) == (2, 1110)


def test_timestamps_in_hive_tables_are_milliseconds(db: Database) -> None:
    reason, _, kind = db.failure("create table fine as select cast(now() as timestamp(6)) as at")
    assert reason.startswith("NOT_SUPPORTED: Incorrect timestamp precision for timestamp(6)")
    assert kind == 1200


def test_one_hundred_partitions_are_the_limit(db: Database) -> None:
    reason, _, _ = db.failure(
        "create table many with (partitioned_by=ARRAY['p']) as select 1 as x, p from "
        "unnest(sequence(1, 101)) as t (p)"
    )
    assert "TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers" in reason


def test_merge_update_and_delete_change_iceberg_rows(db: Database, iceberg: str) -> None:
    merge = (
        f'merge into "awsdatacatalog"."{db.name}"."{iceberg}" t using (values (2, \'B\'), (3, \'c\')) '
        "as s (id, name) on t.id = s.id when matched then update set name = s.name "
        "when not matched then insert (id, name) values (s.id, s.name)"
    )
    assert db.results(merge)["UpdateCount"] == 2
    assert db.results(f"update {iceberg} set name = 'z' where id = 1")["UpdateCount"] == 1
    assert db.results(f"delete from {iceberg} where id = 3")["UpdateCount"] == 1
    assert db.rows(f"select id, name from {iceberg} order by id") == [["id", "name"], ["1", "z"], ["2", "B"]]
    assert int(db.rows(f'select count(*) from "{iceberg}$snapshots"')[1][0] or 0) == 4


def test_rows_of_hive_tables_are_not_changed(db: Database, hive: str) -> None:
    reason, category, kind = db.failure(f"delete from {hive} where day = '2025-01-01'")
    assert reason.startswith("NOT_SUPPORTED: ")
    assert (category, kind) == (2, 1200)


def test_iceberg_columns_and_names_change(db: Database, iceberg: str) -> None:
    table = f"`{db.name}`.`{iceberg}`"
    db.run(f"alter table {table} add columns (`note` string, n int)")
    db.run(f"alter table awsdatacatalog.{db.name}.{iceberg} change column n amount bigint")
    db.run(f"alter table {table} drop column note")
    db.run(f"alter table {table} rename to `{db.name}`.`{iceberg}_new`")
    try:
        assert db.rows(f"select * from {iceberg}_new where id = 1") == [
            ["id", "name", "at", "amount"],
            ["1", "a", "2025-01-01 12:00:00.000000", None],
        ]
    finally:
        db.run(f"alter table `{db.name}`.`{iceberg}_new` rename to {table}")


def test_iceberg_properties_outlive_a_commit(db: Database, iceberg: str) -> None:
    db.run(f"alter table {iceberg} set tblproperties ('vacuum_min_snapshots_to_keep'='3')")
    db.run(f"insert into {iceberg} values (9, 'i', null)")
    assert "vacuum_min_snapshots_to_keep\t3" in db.lines(f"show tblproperties {iceberg}")
    assert db.failure(f"alter table {iceberg} set tblproperties ('comment'='x')") == (
        "Unsupported table property key: comment",
        2,
        1200,
    )


def test_optimize_and_vacuum(db: Database, iceberg: str) -> None:
    db.run(f"insert into {iceberg} values (1, 'more', timestamp '2025-01-01 13:00:00')")
    table = f"awsdatacatalog.{db.name}.{iceberg}"
    optimize = db.run(f"OPTIMIZE {table} REWRITE DATA USING BIN_PACK")
    assert (optimize["StatementType"], optimize["SubstatementType"]) == ("DDL", "CREATE_TABLE_AS_SELECT")
    vacuum = db.run(f"VACUUM {table}")
    assert (vacuum["StatementType"], vacuum["SubstatementType"]) == ("DML", "VACUUM_TABLE")
    assert db.rows(f"select count(*) from {iceberg}") == [["_col0"], ["3"]]


def test_iceberg_ddl_with_transforms_is_described(db: Database) -> None:
    db.run(
        "create table spec (id bigint comment 'key', at timestamp, tags array<string>) "
        f"partitioned by (day(at), bucket(4, id)) location '{db.place}/spec/' "
        "tblproperties ('table_type'='ICEBERG', 'format'='parquet')"
    )
    assert db.lines("describe spec") == [
        "# Table schema:\t\t",
        "# col_name\tdata_type\tcomment",
        "id\tbigint\tkey",
        "at\ttimestamp\t",
        "tags\tarray<string>\t",
        "\t\t",
        "# Partition spec:\t\t",
        "# field_name\tfield_transform\tcolumn_name",
        "at_day\tday\tat",
        "id_bucket\tbucket[4]\tid",
    ]
    assert db.lines("show create table spec")[:6] == [
        f"CREATE TABLE {db.name}.spec (",
        "  id bigint COMMENT 'key',",
        "  at timestamp,",
        "  tags array<string>)",
        "PARTITIONED BY (day(`at`), bucket(4, `id`))",
        f"LOCATION '{db.place}/spec'",
    ]


def test_partitions_are_shown_added_dropped_and_repaired(db: Database, hive: str) -> None:
    assert sorted(db.lines(f"show partitions {hive}")) == ["day=2025-01-01", "day=2025-01-02"]  # type: ignore[type-var]
    db.run(f"alter table {hive} add if not exists partition (day='2025-01-03')")
    assert "day=2025-01-03" in db.lines(f"show partitions {hive}")
    db.run(f"alter table {hive} drop partition (day='2025-01-03'), partition (day='2025-01-02')")
    assert db.lines(f"show partitions {hive}") == ["day=2025-01-01"]
    assert db.lines(f"msck repair table {hive}") == [
        f"Partitions not in metastore:\t{hive}:day=2025-01-02",
        f"Repair: Added partition to metastore {hive}:day=2025-01-02",
    ]
    assert db.failure(f"alter table {hive} drop partition (day='1999-01-01')")[0].startswith(
        "FAILED: SemanticException [Error 10006]: Partition not found"
    )


def test_hive_columns_and_properties_change(db: Database) -> None:
    db.run(f"create external table altered (a int) stored as parquet location '{db.place}/altered/'")
    db.run("alter table altered add columns (b string)")
    db.run("alter table altered change a z bigint after b")
    db.run("alter table altered set tblproperties ('classification'='parquet')")
    assert db.lines("show columns in altered") == ["b".ljust(20), "z".ljust(20)]
    assert "classification\tparquet" in db.lines("show tblproperties altered")
    db.run("alter table altered replace columns (only_one double)")
    assert db.lines("describe altered") == [
        "only_one            \tdouble              \t                    "
    ]
    db.run("drop table altered")
    assert db.lines("show tables 'alt*'") == []


def test_views_are_read_shown_and_dropped(db: Database, iceberg: str) -> None:
    name = f"awsdatacatalog.{db.name}.seen"
    db.run(
        f'create or replace view "awsdatacatalog"."{db.name}"."seen" as select id, 1.5 as x from {iceberg}'
    )
    assert db.rows("select * from seen order by id") == [["id", "x"], ["1", "1.5"], ["2", "1.5"]]
    columns = db.sandbox.client("glue").get_table(DatabaseName=db.name, Name="seen")["Table"]
    assert [(c["Name"], c["Type"]) for c in columns["StorageDescriptor"]["Columns"]] == [
        ("id", "int"),
        ("x", "double"),
    ]
    assert db.lines("show views") == ["seen"]
    assert (db.lines("show create view seen")[0]) == f"CREATE VIEW {db.name}.seen AS"
    db.run("drop view seen")
    assert db.failure("drop view seen") == (
        f"TABLE_NOT_FOUND: line 1:1: View '{name}' does not exist",
        2,
        1301,
    )


def test_without_a_row_the_manifest_is_empty(db: Database, hive: str) -> None:
    query = f"select * from {hive} where false"
    unload = db.run(f"unload ({query}) to '{db.place}/none/' with (format = 'PARQUET')")
    ctas = db.run(f"create table none_of_it with (external_location = '{db.place}/none_of_it/') as {query}")
    for execution in (unload, ctas):
        manifest = execution["Statistics"]["DataManifestLocation"]
        bucket, key = manifest.removeprefix("s3://").split("/", 1)
        assert db.sandbox.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read() == b""


def test_unload_leaves_files_and_a_manifest(db: Database, hive: str) -> None:
    execution = db.run(
        f"unload (select id, price from {hive}) to '{db.place}/unloaded/' "
        "with (format='json', compression='none')"
    )
    manifest = execution["Statistics"]["DataManifestLocation"]
    assert manifest == f"{RESULTS}{execution['QueryExecutionId']}-manifest.csv"
    s3 = db.sandbox.client("s3")
    bucket, key = manifest.removeprefix("s3://").split("/", 1)
    files = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode().split()
    assert files
    text = ""
    for file in files:
        bucket, key = file.removeprefix("s3://").split("/", 1)
        text += s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    assert sorted(text.split()) == ['{"id":1,"price":1.5}', '{"id":2,"price":2.5}']


def test_parameters_and_prepared_statements(db: Database) -> None:
    assert db.rows("select ?, ?", ExecutionParameters=["1.5", "a b"]) == [["_col0", "_col1"], ["1.5", "a b"]]
    db.run("prepare squares from select x * x from unnest(sequence(1, ?)) as t (x)")
    assert db.rows("execute squares using 3") == [["_col0"], ["1"], ["4"], ["9"]]
    prepared = db.sandbox.client("athena").get_prepared_statement(
        StatementName="squares", WorkGroup="primary"
    )
    assert prepared["PreparedStatement"]["QueryStatement"].startswith("select x * x")
    db.run("deallocate prepare squares")
    assert db.failure("execute squares using 3")[1:] == (2, 1300)


def test_explain_is_one_column_of_lines(db: Database) -> None:
    rows = db.rows("explain select 1.5")
    assert rows[0] == ["Query Plan"]
    assert all(len(row) == 1 for row in rows)
    assert any("Output" in (row[0] or "") for row in rows)


def test_the_dbt_header_stays_in_the_query(db: Database) -> None:
    execution = db.run('-- /* {"app": "dbt"} */\nselect 1;')
    assert execution["Query"] == '-- /* {"app": "dbt"} */\nselect 1'


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("selec 1", "line 1:1: mismatched input 'selec'. Expecting: 'ALTER',"),
        ("select 1; select 2", "Only one sql statement is allowed. Got: select 1; select 2"),
        ("grant select on t to u", "Queries of this type are not supported"),
        ("describe nothing_here", "Entity Not Found (Service: AmazonDataCatalog; Status Code: 400;"),
        ('describe "quoted"', "line 1:10: no viable alternative at input 'describe \"quoted\"'"),
    ],
)
def test_refusals_come_at_once(db: Database, sql: str, message: str) -> None:
    assert db.refusal(sql).startswith(message)


@pytest.mark.parametrize(
    ("sql", "reason", "category", "kind"),
    [
        ("select x", "COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved", 2, 1006),
        ("select 1 / 0", "DIVISION_BY_ZERO: Division by zero", 2, 1001),
        ("select cast('a' as integer)", "INVALID_CAST_ARGUMENT: Cannot cast 'a' to INT", 2, 1100),
        ("select nope(1)", "FUNCTION_NOT_FOUND: line 1:8: Function 'nope' not registered", 2, 1303),
        ("select 1.5, x", "COLUMN_NOT_FOUND: line 1:13: Column 'x' cannot be resolved", 2, 1006),
    ],
)
def test_failures_name_what_is_wrong(db: Database, sql: str, reason: str, category: int, kind: int) -> None:
    assert db.failure(sql) == (reason, category, kind)


def test_a_missing_table_is_named_as_the_user_knows_it(db: Database) -> None:
    assert db.failure("select * from nope")[0] == (
        f"TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.{db.name}.nope' does not exist"
    )
