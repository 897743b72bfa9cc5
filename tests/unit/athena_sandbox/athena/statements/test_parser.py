"""Golden cases of the grammar: a statement and the tree that must come of it."""

from __future__ import annotations

import contextlib

import pytest

from athena_sandbox.athena.errors import InvalidRequestError, MalformedQueryError
from athena_sandbox.athena.statements import ast
from athena_sandbox.athena.statements.ast import Column, Name, Transform
from athena_sandbox.athena.statements.classify import classify
from athena_sandbox.athena.statements.hive_types import HiveType
from athena_sandbox.athena.statements.parser import parse

INT, STRING = HiveType("int"), HiveType("string")
T, DT, CDT = Name("t"), Name("t", "d"), Name("t", "d", "c")

CASES = [
    ("create schema if not exists `d`", ast.CreateDatabase("d", if_not_exists=True)),
    (
        "CREATE DATABASE d COMMENT 'x' LOCATION 's3://b/d/' WITH DBPROPERTIES ('k'='v')",
        ast.CreateDatabase("d", False, "x", "s3://b/d/", (("k", "v"),)),
    ),
    ("drop schema if exists `d` cascade", ast.DropDatabase("d", if_exists=True, cascade=True)),
    ("DROP DATABASE d RESTRICT", ast.DropDatabase("d")),
    ("alter database d set dbproperties ('k'='v')", ast.AlterDatabase("d", (("k", "v"),))),
    ("drop table if exists `d`.`t`", ast.DropTable(DT, if_exists=True)),
    ("drop table awsdatacatalog.d.t", ast.DropTable(Name("t", "d", "awsdatacatalog"))),
    ('drop view if exists "c"."d"."t"', ast.DropView(CDT, if_exists=True)),
    ("drop view `d`.`t`", ast.DropView(DT)),
    ("alter table `d`.`t` rename to `d`.`t2`", ast.RenameTable(DT, Name("t2", "d"))),
    (
        "alter table `d`.`t` add columns (`a b` string, n int comment 'it')",
        ast.AddColumns(DT, (Column("a b", STRING), Column("n", INT, "it"))),
    ),
    ("alter table t replace columns (a int)", ast.ReplaceColumns(T, (Column("a", INT),))),
    (
        "alter table c.d.t change column a b string",
        ast.ChangeColumn(CDT, "a", Column("b", STRING)),
    ),
    ("alter table t change a a int after b", ast.ChangeColumn(T, "a", Column("a", INT), after="b")),
    ("alter table t drop column a", ast.DropColumn(T, "a")),
    (
        "alter table t set tblproperties ('classification' = 'parquet')",
        ast.SetProperties(T, (("classification", "parquet"),)),
    ),
    ("alter table t unset tblproperties ('k')", ast.UnsetProperties(T, ("k",))),
    ("alter table t set location 's3://b/x/'", ast.SetLocation(T, "s3://b/x/")),
    (
        "alter table t partition (y='1') set location 's3://b/x/'",
        ast.SetLocation(T, "s3://b/x/", (("y", "1"),)),
    ),
    (
        "alter table t add if not exists partition (y='1', m=2) location 's3://b/1/' partition (y='2', m=3)",
        ast.AddPartitions(
            T, (((("y", "1"), ("m", "2")), "s3://b/1/"), ((("y", "2"), ("m", "3")), None)), True
        ),
    ),
    (
        "alter table t drop if exists partition (y='1'), partition (y='2')",
        ast.DropPartitions(T, ((("y", "1"),), (("y", "2"),)), True),
    ),
    (
        "alter table t partition (y='1') rename to partition (y='2')",
        ast.RenamePartition(T, (("y", "1"),), (("y", "2"),)),
    ),
    ("msck repair table d.t", ast.RepairTable(DT)),
    ("show databases like 'a*'", ast.ShowDatabases("a*")),
    ("show tables in d 'a|b'", ast.ShowTables("d", "a|b")),
    ("show tables", ast.ShowTables()),
    ("show views in d like 'x*'", ast.ShowViews("d", "x*")),
    ("show partitions d.t", ast.ShowPartitions(DT)),
    ("show tblproperties t('k')", ast.ShowProperties(T, "k")),
    ("show columns from t in d", ast.ShowColumns(DT)),
    ("show columns in `d`.`t`", ast.ShowColumns(DT)),
    ('show columns from "d"."t"', ast.ShowColumns(DT)),
    ("show create table `d`.`t`", ast.ShowCreateTable(DT)),
    ('show create view "d"."t"', ast.ShowCreateView(DT)),
    ("describe d.t", ast.Describe(DT)),
    ("desc formatted t", ast.Describe(T, "FORMATTED")),
    ("describe t partition (y='1') c", ast.Describe(T, None, (("y", "1"),), "c")),
    ("describe extended", ast.Describe(Name("extended"))),
    ("optimize c.d.t rewrite data using bin_pack", ast.Optimize(CDT)),
    (
        "OPTIMIZE t REWRITE DATA USING BIN_PACK WHERE day > 1.5",
        ast.Optimize(T, "day > 1.5"),
    ),
    ("vacuum `d`.`t`", ast.Vacuum(DT)),
    ("prepare p from select ? from t", ast.Prepare("p", "select ? from t")),
    ("execute p using 1, f(2, 3), 'a,b'", ast.Execute("p", ("1", "f(2, 3)", "'a,b'"))),
    ("execute p", ast.Execute("p")),
    ("deallocate prepare p", ast.Deallocate("p")),
    (
        "unload (select ')' from t) to 's3://b/x/' with (format='json', partitioned_by=ARRAY['a'])",
        ast.Unload("select ')' from t", "s3://b/x/", (("format", "json"), ("partitioned_by", ("a",)))),
    ),
    (
        'create table if not exists "c"."d"."t" '
        "with (a='x', b=1, c=true, d=0.05, e=ARRAY['p','q']) as\n  select 1",
        ast.CreateTableAs(
            CDT, (("a", "x"), ("b", 1), ("c", True), ("d", 0.05), ("e", ("p", "q"))), "select 1", True
        ),
    ),
    ("create table t as with x as (select 1) table x", ast.CreateTableAs(
        T, (), "with x as (select 1) table x"
    )),
    ("explain select 1", ast.Explain("select 1")),
    ("explain analyze select 1", ast.Explain("select 1", "", True)),
    ("explain (format json, type io) select 1", ast.Explain("select 1", "(format json, type io)")),
    ("select 1", ast.Passthrough("SELECT", "select 1")),
    ("(select 1)", ast.Passthrough("SELECT", "(select 1)")),
    ("with a as (select 1) table a", ast.Passthrough("SELECT", "with a as (select 1) table a")),
    ("insert into d.t values (1)", ast.Passthrough("INSERT", "insert into d.t values (1)", DT)),
    ('delete from "d"."t"', ast.Passthrough("DELETE", 'delete from "d"."t"', DT)),
    ("merge into t using s on true when matched then delete", ast.Passthrough(
        "MERGE", "merge into t using s on true when matched then delete", T
    )),
    ("-- hint\ncreate or replace view v as select 1", ast.Passthrough(
        "CREATE VIEW", "-- hint\ncreate or replace view v as select 1", ast.Name("v")
    )),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "tree"), CASES, ids=[case[0][:50] for case in CASES])
def test_statement_becomes_its_tree(sql: str, tree: ast.Statement) -> None:
    assert parse(sql) == tree


def test_hive_create_table_with_every_clause() -> None:
    statement = parse(
        """
        CREATE EXTERNAL TABLE IF NOT EXISTS `d`.`t` (
          a string COMMENT 'first', `from` array<struct<x:int, `y`:map<string,decimal(3,1)>>>
        )
        COMMENT 'table'
        PARTITIONED BY (year int COMMENT 'y', `month` string)
        CLUSTERED BY (a) SORTED BY (a DESC) INTO 4 BUCKETS
        ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'
        WITH SERDEPROPERTIES ("separatorChar" = "\\t", 'quoteChar' = '\\'')
        STORED AS INPUTFORMAT 'in' OUTPUTFORMAT 'out'
        LOCATION 's3://b/t/'
        TBLPROPERTIES ("skip.header.line.count"="1", 'n' = 5)
        """
    )
    nested = HiveType(
        "array",
        (),
        (
            (
                "",
                HiveType(
                    "struct",
                    (),
                    (
                        ("x", INT),
                        ("y", HiveType("map", (), (("", STRING), ("", HiveType("decimal", (3, 1)))))),
                    ),
                ),
            ),
        ),
    )
    assert statement == ast.CreateTable(
        table=DT,
        columns=(Column("a", STRING, "first"), Column("from", nested)),
        external=True,
        if_not_exists=True,
        comment="table",
        partition_columns=(Column("year", INT, "y"), Column("month", STRING)),
        clustering=ast.Clustering(("a",), 4, (("a", False),)),
        row_format=ast.RowFormat(
            "org.apache.hadoop.hive.serde2.OpenCSVSerde", (("separatorChar", "\t"), ("quoteChar", "'"))
        ),
        stored_as=ast.StoredAs(None, "in", "out"),
        location="s3://b/t/",
        properties=(("skip.header.line.count", "1"), ("n", "5")),
    )


def test_row_format_delimited_becomes_serde_properties() -> None:
    statement = parse(
        "create external table t (a int) row format delimited fields terminated by '\\t' escaped by '\\\\' "
        "collection items terminated by ',' map keys terminated by ':' lines terminated by '\\n' "
        "null defined as 'N' stored as textfile location 's3://b/t/'"
    )
    assert isinstance(statement, ast.CreateTable)
    assert statement.row_format == ast.RowFormat(
        None,
        (
            ("field.delim", "\t"),
            ("serialization.format", "\t"),
            ("escape.delim", "\\"),
            ("collection.delim", ","),
            ("mapkey.delim", ":"),
            ("line.delim", "\n"),
            ("serialization.null.format", "N"),
        ),
    )
    assert statement.stored_as == ast.StoredAs("TEXTFILE")


@pytest.mark.parametrize("bucket", ["bucket(4, id)", "bucket(id, 4)"])
def test_iceberg_partitions_take_transforms_in_both_argument_orders(bucket: str) -> None:
    statement = parse(
        f"create table t (id bigint, ts timestamp) partitioned by (day(ts), {bucket}, c) "
        "location 's3://b/t' tblproperties ('table_type'='ICEBERG')"
    )
    assert isinstance(statement, ast.CreateTable)
    assert statement.is_iceberg
    assert statement.transforms == (
        Transform("ts", "day"),
        Transform("id", "bucket", 4),
        Transform("c"),
    )


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ('describe "t"', "line 1:10: no viable alternative at input 'describe \"t\"'"),
        (
            "alter table t add column (a int)",
            "line 1:19: no viable alternative at input 'alter table t add column'",
        ),
        (
            "create external table t (a uuid) location 's3://b/'",
            "line 1:28: no viable alternative at input 'create external table t (a uuid'",
        ),
        ("drop table a.b.c.d", "Invalid table name a.b.c.d"),
        ("unload (select 1 to 's3://b/'", "line 1:30: mismatched input '<EOF>'. Expecting: ')'"),
        ("alter table t rename column a to b", "line 1:22: no viable alternative"),
        ("create table t (a int) with (x='y')", "line 1:24: no viable alternative"),
        ("create table t (a int not null) location 's3://b/'", "line 1:23: no viable alternative"),
    ],
)
def test_syntax_errors_name_the_place(sql: str, message: str) -> None:
    with pytest.raises(MalformedQueryError) as caught:
        parse(sql)
    assert str(caught.value).startswith(message)
    assert caught.value.code == "MALFORMED_QUERY"


@pytest.mark.parametrize(
    ("sql", "form"),
    [
        ("grant select on t to u", "GRANT"),
        ("create materialized view v as select 1", "CREATE MATERIALIZED VIEW"),
        ("create or replace table t as select 1", "CREATE OR REPLACE TABLE"),
        ("create role r", "CREATE ROLE"),
        ("insert overwrite t select 1", "INSERT OVERWRITE"),
        ("truncate table t", "TRUNCATE"),
        ("call system.x()", "CALL"),
        ("show stats for t", "SHOW STATS"),
        ("start transaction", "START"),
        ("create external table t like u", "CREATE TABLE LIKE"),
        ("describe input p", "DESCRIBE INPUT"),
        ("execute immediate 'select 1'", "EXECUTE IMMEDIATE"),
        ("using external function f(x int) returns int lambda 'l' select f(1)", "USING EXTERNAL FUNCTION"),
    ],
)
def test_what_athena_does_not_take_is_refused_by_name(sql: str, form: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        parse(sql)
    assert str(caught.value) == f"Queries of this type are not supported: {form}"


@pytest.mark.parametrize(
    ("sql", "pair"),
    [
        ("select 1", "DML SELECT"),
        ("values 1", "DML SELECT"),
        ("insert into t select 1", "DML INSERT"),
        ("explain select 1", "DML EXPLAIN"),
        ("vacuum t", "DML VACUUM_TABLE"),
        ("create table t as select 1", "DDL CREATE_TABLE_AS_SELECT"),
        ("optimize t rewrite data using bin_pack", "DDL CREATE_TABLE_AS_SELECT"),
        ("create external table t (a int) location 's3://b/'", "DDL CREATE_TABLE"),
        ("alter table t set tblproperties ('a'='b')", "DDL ALTER_TABLE_PROPERTIES"),
        ("create view v as select 1", "DDL CREATE_VIEW"),
        ("drop view v", "DDL DROP_VIEW"),
        ("msck repair table t", "DDL MSCK_REPAIR"),
        ("show tables", "UTILITY SHOW_TABLES"),
        ("show functions", "UTILITY SHOW_FUNCTIONS"),
        ("describe t", "UTILITY DESCRIBE_TABLE"),
        ("show tblproperties t", "UTILITY SHOW_TABLE_PROPERTIES"),
    ],
)
def test_classification(sql: str, pair: str) -> None:
    kind = classify(parse(sql))
    assert f"{kind.type} {kind.subtype}" == pair


@pytest.mark.parametrize(
    "sql",
    [
        "create external table t (a " + "array<" * 5000 + "int" + ">" * 5000 + ") location 's3://b/'",
        "create table t with (" + "a=" * 1000,
        "unload " + "(" * 20_000,
        "alter table `" + "x" * 100_000,
        "create external table t (" + "a int, " * 10_000 + ")",
        "describe \x00",
        "create schema 💥",
        "show tables in " + "'" * 999,
        "prepare",
        "execute p using",
        "create",
        "drop table",
        "`",
    ],
    ids=lambda sql: sql[:24],
)
def test_hostile_text_ends_in_a_refusal_or_a_tree(sql: str) -> None:
    # Any other exception, above all a RecursionError, fails the test.
    with contextlib.suppress(InvalidRequestError):
        assert isinstance(parse(sql), ast.Statement)
