"""Sections 3.2 to 4.6: refusals, limits, timestamps, Iceberg's own rules, and the forms that errors take."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass

import pytest

from .conftest import Athena


@dataclass(frozen=True)
class Failing:
    """A statement that fails when it is executed: how its reason begins, and the numbers of its error."""

    sql: str
    reason: str
    category: int | None = None
    error_type: int | None = None


UNSUPPORTED_FOR_ICEBERG = "Query type not supported by Athena Iceberg at this time"
DDL_TASK = "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
ICEBERG = "table_type = 'ICEBERG', is_external = false, location = '{place}/'"
FAILING = [
    # 4.6, engine path
    Failing("select nope from hive", "COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved", 2, 1006),
    Failing(
        "select * from nothing",
        "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.{db}.nothing' does not exist",
        2,
        1301,
    ),
    Failing("select * from no_db.t", "SCHEMA_NOT_FOUND: line 1:15: Schema 'no_db' does not exist", 2, 1301),
    Failing(
        "select no_function(1)",
        "FUNCTION_NOT_FOUND: line 1:8: Function 'no_function' not registered",
        2,
        1303,
    ),
    Failing("select 1 / 0", "DIVISION_BY_ZERO: Division by zero", 2, 1001),
    Failing("select cast('abc' as int)", "INVALID_CAST_ARGUMENT: Cannot cast 'abc' to INT", 2, 1100),
    Failing("select 1 + 'a'", "TYPE_MISMATCH: line 1:10: ", 2, 1002),
    Failing("insert into hive values ('a', 'b', 'c')", "TYPE_MISMATCH: ", 2, 1002),
    Failing("select tinyint '127' + tinyint '1'", "NUMERIC_VALUE_OUT_OF_RANGE: ", 2, 1100),
    Failing("select sequence(1, 100000)", "INVALID_FUNCTION_ARGUMENT: ", 2, 1106),
    Failing(
        "create table hive as select 1 as a",
        "TABLE_ALREADY_EXISTS: line 1:1: Destination table 'awsdatacatalog.{db}.hive' already exists",
        2,
        1110,
    ),
    Failing("create table x as select 1", "MISSING_COLUMN_NAME: ", 2, 1100),
    Failing("create table x (a) as select 1 as b", "MISSING_COLUMN_NAME: ", 2, 1100),
    # 4.6, Hive path
    Failing(
        "drop table nothing", "FAILED: SemanticException [Error 10001]: Table not found {db}.nothing", 2, 1006
    ),
    Failing(
        "create database {db}",
        DDL_TASK + "Database {db} already exists",
    ),
    Failing(
        "create external table hive (n int) location '{place}/'",
        DDL_TASK + "AlreadyExistsException(message:Table hive already exist)",
        2,
        1006,
    ),
    *(
        Failing(sql, DDL_TASK + "MetaException(message:s3a://b/t is not a valid S3 location)")
        for sql in (
            "create external table x (n int) location 's3a://b/t'",
            "create table x (n int) location 's3a://b/t' tblproperties ('table_type' = 'ICEBERG')",
            "create database x location 's3a://b/t'",
            "alter table hive set location 's3a://b/t'",
            "alter table hive add partition (p = 'z') location 's3a://b/t'",
            "alter table hive partition (p = 'x') set location 's3a://b/t'",
        )
    ),
    *(
        Failing(sql, "INVALID_TABLE_PROPERTY: External location is not a valid file system URI: s3a://b/t")
        for sql in (
            "create table x with (external_location = 's3a://b/t') as select 1 as a",
            "unload (select 1 as a) to 's3a://b/t' with (format = 'PARQUET')",
        )
    ),
    Failing("alter table hive drop column n", "FAILED: ParseException ", 1, 1003),
    Failing("alter table hive rename to other", "FAILED: ", 2, 1006),
    *(
        Failing(
            f"/* why */ {sql}", "FAILED: ParseException line 1:0 cannot recognize input near '/' '*'", 1, 1003
        )
        for sql in ("show create table hive", "msck repair table hive", "describe hive")
    ),
    # 3.2 to 3.4, Iceberg
    Failing("msck repair table ice", UNSUPPORTED_FOR_ICEBERG, 2, 1200),
    Failing("alter table ice replace columns (x int)", UNSUPPORTED_FOR_ICEBERG, 2, 1200),
    Failing("alter table ice set location '{place}/'", UNSUPPORTED_FOR_ICEBERG, 2, 1200),
    Failing("show partitions ice", UNSUPPORTED_FOR_ICEBERG, 2, 1200),
    Failing("alter table ice add partition (s = 'a')", UNSUPPORTED_FOR_ICEBERG, 2, 1200),
    Failing(
        "alter table ice set tblproperties ('comment' = 'x')",
        "Unsupported table property key: comment",
        2,
        1200,
    ),
    Failing(
        "create table x (n int) location '{place}' tblproperties ('table_type' = 'ICEBERG', 'comment' = 'x')",
        "Unsupported table property key: comment",
        2,
        1200,
    ),
    # 3.7 and 4.3, types
    Failing("create table x as select uuid() as u", "NOT_SUPPORTED: Unsupported Hive type: uuid", 2, 1200),
    Failing(
        "create table x as select time '01:02:03' as t", "NOT_SUPPORTED: Unsupported Hive type: time", 2, 1200
    ),
    Failing("create table x as select json '1' as j", "NOT_SUPPORTED: Unsupported Hive type: json", 2, 1200),
    Failing(
        "create table x as select interval '1' day as i",
        "NOT_SUPPORTED: Unsupported Hive type: interval day to second",
        2,
        1200,
    ),
    Failing(
        f"create table x with ({ICEBERG}) as select json '1' as j",
        "NOT_SUPPORTED: Type not supported for Iceberg: json",
        2,
        1200,
    ),
    Failing(
        "create table x as select timestamp '2020-01-01 00:00:00.123456' as t",
        "NOT_SUPPORTED: Incorrect timestamp precision for timestamp(6); "
        "the configured precision is MILLISECONDS",
        2,
        1200,
    ),
    # 4.1 and 4.2
    Failing("insert into bucketed values (1)", "NOT_SUPPORTED: ", 2, 1200),
    Failing("update hive set n = 1", "NOT_SUPPORTED: ", 2, 1200),
    Failing("delete from hive where p = 'x'", "NOT_SUPPORTED: ", 2, 1200),
    Failing(
        "select n from hive order by n limit 2147483648",
        "NOT_SUPPORTED: ORDER BY LIMIT > 2147483647 is not supported",
        2,
        1200,
    ),
    Failing("select concat('a')", ""),
    Failing(
        "select greatest(" + ", ".join(str(n) for n in range(128)) + ")", "TOO_MANY_ARGUMENTS: ", None, None
    ),
]


@pytest.mark.parametrize("case", FAILING, ids=lambda case: case.sql[:60])
def test_a_statement_fails_in_athenas_words(athena: Athena, case: Failing) -> None:
    words = {"db": athena.database, "place": athena.place}
    ended = athena.run(case.sql.replace("{db}", athena.database).replace("{place}", words["place"]))
    assert ended.state == "FAILED"
    assert ended.reason.startswith(case.reason.format(**words)), ended.reason
    if case.error_type is not None:
        assert (ended.error["ErrorCategory"], ended.error["ErrorType"]) == (case.category, case.error_type)
    assert ended.error["Retryable"] is False


# Refused by StartQueryExecution.
REFUSED = [
    # 3.2
    ("create table x (n int)", "No location was specified for table. An S3 location must be specified"),
    ("create table x (n int) location 's3://a/b/'", "External keyword required for table type HIVE"),
    (
        "create external table x (n int) location 's3://a/b/' tblproperties ('table_type' = 'ICEBERG')",
        "External keyword not supported for table type ICEBERG",
    ),
    ("create external table x (n int not null) location 's3://a/b/'", "no viable alternative at input"),
    ("create table x (n int) with (format = 'PARQUET')", "no viable alternative at input"),
    ("create external table x (n int) stored as ion location 's3://a/b/'", "not supported"),
    # 3.4
    ("alter table hive add column x int", "no viable alternative at input"),
    ("alter table ice rename column n to m", "no viable alternative at input"),
    ("alter table ice set properties format = 'ORC'", "no viable alternative at input"),
    ("alter table ice execute optimize", "no viable alternative at input"),
    ("alter table if exists ice add columns (x int)", "no viable alternative at input"),
    # 4.4
    ("select * from ice for system_time as of current_timestamp", "mismatched input 'system_time'"),
]
# 4.1, and forms of 3.5 that this server leaves out.
UNSUPPORTED = [
    "grant select on hive to x",
    "revoke select on hive from x",
    "create role r",
    "start transaction",
    "commit",
    "rollback",
    "lock table hive shared",
    "show grants",
    "show roles",
    "show locks",
    "show transactions",
    "show stats for hive",
    "show session",
    "create table x like hive",
    "create index i on table hive (n)",
    "create macro m(x int) x + 1",
    "export table hive to 's3://a/b/'",
    "import from 's3://a/b/'",
    "describe database x",
    "describe input p",
    "describe output p",
    "call awsdatacatalog.system.sync_partition_metadata('a', 'b', 'ADD')",
    "insert overwrite table hive select 1",
    "truncate table hive",
    "create materialized view m as select 1",
    "create or replace table x as select 1",
    "set session a = 1",
    "create or replace protected multi dialect view x security definer as select 1",
    "alter view v add dialect as select 1",
    "using external function f(x int) returns int lambda 'l' select f(1)",
]


@pytest.mark.parametrize(("sql", "message"), REFUSED, ids=lambda text: text[:60])
def test_a_statement_is_refused_at_once(athena: Athena, sql: str, message: str) -> None:
    assert message in athena.refusal(sql)["Message"]


@pytest.mark.parametrize("sql", UNSUPPORTED, ids=lambda text: text[:60])
def test_what_athena_does_not_take(athena: Athena, sql: str) -> None:
    error = athena.refusal(sql)
    assert error["Error"]["Code"] == "InvalidRequestException"
    words = ("Queries of this type are not supported", "mismatched input", "no viable alternative")
    assert any(word in error["Message"] for word in words), error["Message"]


@pytest.mark.parametrize(
    "action",
    [
        "touch",
        "archive partition (p = 'x')",
        "concatenate",
        "compact 'major'",
        "set fileformat orc",
        "set serdeproperties ('a' = 'b')",
        "skewed by (n) on (1)",
        "exchange partition (p = 'x') with table ice",
    ],
)
def test_alterations_that_athena_does_not_take(athena: Athena, action: str) -> None:
    assert athena.refusal(f"alter table hive {action}")["Error"]["Code"] == "InvalidRequestException"


# -- 4.2 limits -----------------------------------------------------------------------------------


def test_the_longest_statement(athena: Athena) -> None:
    text = "select '" + "x" * (262_144 - 9) + "'"
    assert len(text) == 262_144
    assert athena.run(text).state == "SUCCEEDED"
    assert "less than or equal to 262144" in athena.refusal(text + " ")["Message"]


def test_one_hundred_and_twenty_seven_arguments(athena: Athena) -> None:
    numbers = ", ".join(str(number) for number in range(127))
    assert athena.do(f"select greatest({numbers}) as x").rows == [["x"], ["126"]]


def test_two_hundred_and_fifty_four_elements(athena: Athena) -> None:
    numbers = ", ".join(str(number) for number in range(254))
    assert athena.do(f"select cardinality(array[{numbers}]) as x").rows == [["x"], ["254"]]


@pytest.mark.parametrize(
    "sql",
    [
        "create database {name}",
        "create external table {name} (n int) location 's3://acme-lakehouse-silver/long/'",
        "create external table t_{name} ({name} int) location 's3://acme-lakehouse-silver/long/'",
    ],
)
def test_names_have_at_most_255_characters(athena: Athena, sql: str) -> None:
    text = sql.format(name="n" * 256)
    assert athena.problem(text)


# -- 4.4 Iceberg ----------------------------------------------------------------------------------


@pytest.fixture
def versions(athena: Athena) -> tuple[str, str]:
    """An Iceberg table that had a row 1, then a row 2 beside it; and the id of the first snapshot."""
    name = f"t_{uuid.uuid4().hex}"
    athena.do(
        f"create table {name} (n int) location '{athena.place}' tblproperties ('table_type' = 'ICEBERG')"
    )
    athena.do(f"insert into {name} values (1)")
    rows = athena.do(f'select snapshot_id from "{name}$snapshots" order by committed_at desc limit 1').rows
    athena.do(f"insert into {name} values (2)")
    assert rows is not None
    return name, str(rows[1][0])


def test_time_travel(athena: Athena, versions: tuple[str, str]) -> None:
    table, snapshot = versions
    assert athena.do(f"select n from {table} for version as of {snapshot}").rows == [["n"], ["1"]]
    time.sleep(1.1)
    moment = "(current_timestamp - interval '1' second)"
    now = athena.do(f"select n from {table} for timestamp as of {moment} order by n").rows
    assert now == [["n"], ["1"], ["2"]]


@pytest.mark.parametrize("suffix", ["files", "manifests", "history", "partitions", "snapshots", "refs"])
def test_metadata_tables(athena: Athena, versions: tuple[str, str], suffix: str) -> None:
    rows = athena.do(f'select * from "{versions[0]}${suffix}"').rows
    assert rows is not None
    assert len(rows) > 1


def test_metadata_table_of_a_hive_table(athena: Athena) -> None:
    rows = athena.do('select p from "hive$partitions" order by p').rows
    assert rows == [["p"], ["x"], ["y"]]


def test_the_path_is_a_hidden_column_of_both(athena: Athena) -> None:
    for table in ("hive", "ice"):
        rows = athena.do(f'select "$path" from {table} limit 1').rows
        assert rows is not None
        assert str(rows[1][0]).startswith("s3://")


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [("int", "bigint", "1"), ("float", "double", "1.0"), ("decimal(5,2)", "decimal(10,2)", "1.00")],
)
def test_types_are_promoted(athena: Athena, old: str, new: str, value: str) -> None:
    name = f"t_{uuid.uuid4().hex}"
    athena.do(
        f"create table {name} (a {old}) location '{athena.place}' tblproperties ('table_type' = 'ICEBERG')"
    )
    athena.do(f"insert into {name} values (cast(1 as {old.replace('float', 'real')}))")
    athena.do(f"alter table {name} change column a a {new}")
    assert athena.do(f"select a from {name}").rows == [["a"], [value]]


@pytest.mark.parametrize(
    "key",
    [
        "write_compression",
        "compression_level",
        "write_target_data_file_size_bytes",
        "optimize_rewrite_min_data_file_size_bytes",
        "optimize_rewrite_max_data_file_size_bytes",
        "optimize_rewrite_data_file_threshold",
        "optimize_rewrite_delete_file_threshold",
        "vacuum_min_snapshots_to_keep",
        "vacuum_max_snapshot_age_seconds",
        "vacuum_max_metadata_files_to_keep",
    ],
)
def test_properties_are_set_and_unset(athena: Athena, key: str) -> None:
    value = "gzip" if key == "write_compression" else "3"
    athena.do(f"alter table ice set tblproperties ('{key}' = '{value}')")
    assert f"{key}\t{value}" in athena.do("show tblproperties ice").lines
    athena.do(f"alter table ice unset tblproperties ('{key}')")
    assert [line for line in athena.do("show tblproperties ice").lines if str(line).startswith(key)] == []
    # The table is still what it was, and takes commits.
    athena.do("insert into ice values (77, 'u', null)")
    athena.do("delete from ice where n = 77")


def test_an_uncast_current_timestamp_fails_in_iceberg_ctas(athena: Athena) -> None:
    """It is a timestamp(3) with time zone; the same cast to timestamp(6) is what every model writes."""
    table = f"t_{uuid.uuid4().hex}"
    made = f"create table {table} with ({ICEBERG.format(place=athena.place)})"
    athena.do(f"{made} as select cast(current_timestamp as timestamp(6)) as t")
    assert athena.do(f"select typeof(t) as t from {table}").rows == [["t"], ["timestamp(6)"]]


def test_a_vacuum_keeps_the_current_rows(athena: Athena, versions: tuple[str, str]) -> None:
    table, snapshot = versions
    athena.do(f"alter table {table} set tblproperties ('vacuum_max_snapshot_age_seconds' = '0')")
    athena.do(f"vacuum {table}")
    assert athena.do(f"select n from {table} order by n").rows == [["n"], ["1"], ["2"]]
    assert athena.run(f"select n from {table} for version as of {snapshot}").state == "FAILED"
