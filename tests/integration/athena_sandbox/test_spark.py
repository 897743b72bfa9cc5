"""Athena for Apache Spark on real Spark: sessions, calculations, tables both ways, trouble."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from botocore.exceptions import ClientError
from tests.support.sandbox import Sandbox

from athena_sandbox.stack.ports import choose
from athena_sandbox.wire.keys import KEY_VARIABLE

pytestmark = pytest.mark.takes_minutes

SILVER = "s3://acme-lakehouse-silver/tests/spark"
DATABASE = "spark_tests"
# As dbt-athena sends them.
ICEBERG = {
    "spark.sql.catalog.spark_catalog": "org.apache.iceberg.spark.SparkSessionCatalog",
    "spark.sql.catalog.spark_catalog.catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
    "spark.sql.catalog.spark_catalog.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
    "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
}
ENGINE = {"CoordinatorDpuSize": 1, "MaxConcurrentDpus": 2, "DefaultExecutorDpuSize": 1}
PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
DRIVER = "spark/driver/main.py"
# Generous: other work may share the machine.
PATIENCE = 180.0


class Spark:
    """The Spark side of an Athena endpoint, as a client sees it."""

    def __init__(self, athena: Any, s3: Any) -> None:
        self.athena = athena
        self._s3 = s3

    def begin(self, properties: dict[str, str] | None = None, **more: Any) -> str:
        engine = ENGINE | {"SparkProperties": ICEBERG if properties is None else properties}
        started = self.athena.start_session(WorkGroup="spark", EngineConfiguration=engine, **more)
        assert started["State"] == "CREATING"
        return str(started["SessionId"])

    def session_in(self, session: str, *states: str) -> dict[str, Any]:
        return waited(lambda: self.athena.get_session_status(SessionId=session)["Status"], states)

    def session(self, properties: dict[str, str] | None = None, **more: Any) -> str:
        session = self.begin(properties, **more)
        assert self.session_in(session, "IDLE", "FAILED").get("StateChangeReason") is None
        return session

    def calculate(self, session: str, code: str) -> str:
        started = self.athena.start_calculation_execution(SessionId=session, CodeBlock=code)
        return str(started["CalculationExecutionId"])

    def calculation_in(self, calculation: str, *states: str) -> dict[str, Any]:
        waited(
            lambda: self.athena.get_calculation_execution_status(CalculationExecutionId=calculation)[
                "Status"
            ],
            states,
        )
        return dict(self.athena.get_calculation_execution(CalculationExecutionId=calculation))

    def run(self, session: str, code: str) -> str:
        """What the code prints; an AssertionError when it fails."""
        done = self.calculation_in(self.calculate(session, code), "COMPLETED", "FAILED", "CANCELED")
        assert done["Status"]["State"] == "COMPLETED", done["Status"]
        self.session_in(session, "IDLE")
        return self.text(done["Result"]["StdOutS3Uri"])

    def begun(self, session: str, code: str) -> str:
        """A calculation that is running `code`, after what a session does first."""
        mark = f"tests/spark/begun/{uuid.uuid4()}"
        arguments = f"Bucket='acme-lakehouse-results', Key='{mark}', Body=b''"
        note = f"import boto3\nboto3.client('s3').put_object({arguments})\n"
        calculation = self.calculate(session, note + code)
        deadline = time.monotonic() + PATIENCE
        while "Contents" not in self._s3.list_objects_v2(Bucket="acme-lakehouse-results", Prefix=mark):
            assert time.monotonic() < deadline, "the calculation did not begin"
            time.sleep(0.05)
        return calculation

    def text(self, address: str) -> str:
        bucket, key = address.removeprefix("s3://").split("/", 1)
        return str(self._s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode())


def waited(look: Callable[[], dict[str, Any]], states: tuple[str, ...]) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while (status := look())["State"] not in states:
        assert time.monotonic() < deadline, f"{status} never became {states}"
        time.sleep(0.05)
    return status


def workers(parent: int | None = None) -> list[psutil.Process]:
    """Worker processes, of one service or of all."""
    found = []
    for process in psutil.process_iter():
        try:
            if any(DRIVER in argument for argument in process.cmdline()) and parent in (None, process.ppid()):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.fixture(scope="module")
def spark(sandbox: Sandbox) -> Spark:
    sandbox.sql(f"drop database if exists {DATABASE} cascade")
    sandbox.sql(f"create database {DATABASE}")
    return Spark(sandbox.client("athena"), sandbox.client("s3"))


@pytest.fixture(scope="module")
def session(spark: Spark) -> Iterator[str]:
    """One session with Iceberg, for tests that don't harm it."""
    session = spark.session()
    yield session
    spark.athena.terminate_session(SessionId=session)


def test_a_session_describes_itself_and_ends_on_request(spark: Spark) -> None:
    session = spark.session(Description="a test", SessionIdleTimeoutInMinutes=5)
    assert str(uuid.UUID(session)) == session
    described = spark.athena.get_session(SessionId=session)
    assert described["WorkGroup"] == "spark"
    assert described["EngineVersion"] == "PySpark engine version 3"
    assert described["EngineConfiguration"]["MaxConcurrentDpus"] == 2
    assert described["SessionConfiguration"]["SessionIdleTimeoutInMinutes"] == 5
    listed = spark.athena.list_sessions(WorkGroup="spark", StateFilter="IDLE")["Sessions"]
    assert session in {one["SessionId"] for one in listed}
    assert spark.athena.terminate_session(SessionId=session)["State"] == "TERMINATING"
    assert "EndDateTime" in spark.session_in(session, "TERMINATED")
    with pytest.raises(ClientError, match="TERMINATED"):
        spark.calculate(session, "1")


def test_printed_text_and_the_last_value_are_in_s3(spark: Spark, session: str) -> None:
    calculation = spark.calculate(
        session, "import sys\nprint('hello')\nprint('there', file=sys.stderr)\n6 * 7"
    )
    done = spark.calculation_in(calculation, "COMPLETED")
    assert spark.text(done["Result"]["StdOutS3Uri"]) == "hello\n"
    assert spark.text(done["Result"]["StdErrorS3Uri"]) == "there\n"
    assert spark.text(done["Result"]["ResultS3Uri"] + "result.json") == '{"data": {"text/plain": "42"}}'
    assert done["Result"]["ResultType"] == "application/vnd.aws.athena.v1+json"
    assert done["Result"]["StdOutS3Uri"].startswith(done["WorkingDirectory"])
    assert done["Statistics"]["DpuExecutionInMillis"] > 0
    assert done["Statistics"]["Progress"] == "100"
    code = spark.athena.get_calculation_execution_code(CalculationExecutionId=calculation)["CodeBlock"]
    assert code.endswith("6 * 7")


def test_names_live_from_one_calculation_to_the_next(spark: Spark, session: str) -> None:
    spark.run(session, "kept = spark.range(5).count()")
    assert spark.run(session, "print(kept, sc.version)") == "5 3.5.9\n"


def test_an_exception_fails_the_calculation_with_its_traceback(spark: Spark, session: str) -> None:
    calculation = spark.calculate(session, "def f():\n    raise ValueError('no such thing')\nf()")
    failed = spark.calculation_in(calculation, "FAILED")
    text = spark.text(failed["Result"]["StdErrorS3Uri"])
    # As PyAthena's own tests know it from the service.
    assert text == (
        '  File "<stdin>", line 3, in <module>\n  File "<stdin>", line 2, in f\nValueError: no such thing\n'
    )
    assert failed["Status"]["StateChangeReason"] == text
    spark.session_in(session, "IDLE")


def test_an_iceberg_table_goes_from_spark_to_sql_and_back(
    spark: Spark, session: str, sandbox: Sandbox
) -> None:
    table = f"{DATABASE}.round_trip"
    code = f"""
frame = spark.range(3).selectExpr("id", "date'2025-01-31' as day", "array(id, null) as ids",
    "timestamp'2025-01-31 12:00:00.123456' as at", "cast(null as string) as nothing")
frame.createOrReplaceTempView("made")
spark.sql("create table {table} using iceberg location '{SILVER}/{uuid.uuid4()}' "
          "partitioned by (days(at)) as select * from made")
"""
    spark.run(session, code)
    rows = sandbox.sql(f"select id, day, at, ids, nothing from {table} order by id")
    assert rows[1] == ["1", "2025-01-31", "2025-01-31 12:00:00.123456 UTC", "[1, null]", None]
    sandbox.sql(f"insert into {table} (id, nothing) values (77, 'ü')")
    sandbox.sql(f"delete from {table} where id = 0")
    assert (
        spark.run(session, f"print(sorted(r.id for r in spark.table('{table}').collect()))") == "[1, 2, 77]\n"
    )
    spark.run(session, f"spark.sql('update {table} set nothing = upper(nothing) where id = 77')")
    assert sandbox.sql(f"select nothing from {table} where id = 77") == [["Ü"]]
    spark.run(session, f"spark.sql('drop table {table}')")


def test_a_dataframe_saved_as_an_iceberg_table_is_read_by_sql(
    spark: Spark, session: str, sandbox: Sandbox
) -> None:
    table = f"{DATABASE}.saved"
    place = f"{SILVER}/{uuid.uuid4()}"
    spark.run(
        session,
        f"spark.range(3).write.format('iceberg').mode('overwrite').option('path', '{place}')"
        f".saveAsTable('{table}')\nspark.range(3, 5).writeTo('{table}').append()",
    )
    assert sandbox.sql(f"select sum(id) from {table}") == [["10"]]
    spark.run(session, f"spark.sql('drop table {table}')")


def test_a_hive_table_goes_from_spark_to_sql_and_back(spark: Spark, session: str, sandbox: Sandbox) -> None:
    table = f"{DATABASE}.hive_from_spark"
    place = f"{SILVER}/{uuid.uuid4()}"
    spark.run(
        session,
        "spark.range(4).selectExpr('id', \"concat('p:', id % 2) as part\").write.format('parquet')"
        f".mode('overwrite').option('path', '{place}').partitionBy('part').saveAsTable('{table}')",
    )
    assert sandbox.sql(f"select id, part from {table} order by id")[:2] == [["0", "p:0"], ["1", "p:1"]]
    sandbox.sql(f"insert into {table} values (9, 'new')")
    printed = spark.run(session, f"print(sorted((r.id, r.part) for r in spark.table('{table}').collect()))")
    assert printed == "[(0, 'p:0'), (1, 'p:1'), (2, 'p:0'), (3, 'p:1'), (9, 'new')]\n"
    spark.run(session, f"spark.sql('drop table {table}')")
    assert ["hive_from_spark"] not in sandbox.sql(f"show tables in {DATABASE}")


def test_a_calculation_leaves_alone_what_it_does_not_change(
    spark: Spark, session: str, sandbox: Sandbox
) -> None:
    """Spark names the partition `month=08` of an integer column `month=8`."""
    glue = sandbox.client("glue")
    location = f"{SILVER}/padded"
    spark.run(session, f"spark.range(3).write.parquet('{location}/month=08')")
    columns = {"Columns": [{"Name": "id", "Type": "bigint"}], "SerdeInfo": {"SerializationLibrary": PARQUET}}
    glue.create_table(
        DatabaseName=DATABASE,
        TableInput={
            "Name": "padded",
            "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": [{"Name": "month", "Type": "int"}],
            "StorageDescriptor": {**columns, "Location": location},
        },
    )
    glue.create_partition(
        DatabaseName=DATABASE,
        TableName="padded",
        PartitionInput={
            "Values": ["08"],
            "StorageDescriptor": {**columns, "Location": f"{location}/month=08"},
        },
    )
    table = f"{DATABASE}.padded"
    assert spark.run(session, f"print(spark.table('{table}').count())") == "3\n"
    # Once more: what the first calculation left is what the second begins with.
    assert spark.run(session, f"print(spark.table('{table}').where('month = 8').count())") == "3\n"
    [kept] = glue.get_partitions(DatabaseName=DATABASE, TableName="padded")["Partitions"]
    assert kept["Values"] == ["08"]
    assert kept["StorageDescriptor"]["Location"] == f"{location}/month=08"

    spark.run(session, f"spark.sql('alter table {table} drop partition (month = 8)')")
    assert glue.get_partitions(DatabaseName=DATABASE, TableName="padded")["Partitions"] == []
    spark.run(session, f"spark.sql('drop table {table}')")


def test_a_view_of_athena_is_refused_by_name(spark: Spark, session: str, sandbox: Sandbox) -> None:
    sandbox.sql(f"create or replace view {DATABASE}.a_view as select 1 as x")
    calculation = spark.calculate(session, f"spark.table('{DATABASE}.a_view').show()")
    failed = spark.calculation_in(calculation, "FAILED")
    assert "a view of Athena SQL, which Spark can't read" in failed["Status"]["StateChangeReason"]
    spark.session_in(session, "IDLE")


def test_without_icebergs_properties_an_iceberg_table_is_refused_by_name(
    spark: Spark, sandbox: Sandbox
) -> None:
    sandbox.sql(
        f"create table {DATABASE}.iceberg_only with (table_type = 'ICEBERG', is_external = false, "
        f"location = '{SILVER}/{uuid.uuid4()}/') as select 1 as x"
    )
    session = spark.session(properties={})
    calculation = spark.calculate(session, f"spark.table('{DATABASE}.iceberg_only').show()")
    failed = spark.calculation_in(calculation, "FAILED")
    assert "set Iceberg's SparkProperties" in failed["Status"]["StateChangeReason"]
    spark.athena.terminate_session(SessionId=session)


# A JSON line in camel case, which Hive's names can't distinguish from `orderid`.
CAMEL = (
    '{"orderId": 1, "Nested": {"itemName": "x", "Qty": [1, 2]}, "Tags": {"Key": "b"}, "amount": 12.10,'
    ' "at": "2025-01-31 12:00:00.123", "day": "2025-01-31", "isOk": true}\n'
    '{"ORDERID": 2, "nested": null}\n'
)
CAMEL_COLUMNS = (
    "orderid int, nested struct<itemname: string, qty: array<int>>, tags map<string, string>, "
    "amount decimal(10, 2), at timestamp, day date, isok boolean"
)
CAMEL_ROWS = [
    ["1", "{itemname=x, qty=[1, 2]}", "{Key=b}", "12.10", "2025-01-31 12:00:00.123", "2025-01-31", "true"],
    ["2", *[None] * 6],
]
OPENX = "row format serde 'org.openx.data.jsonserde.JsonSerDe'"
DELIMITED = "row format delimited fields terminated by"
# Table by table: columns, the rest of its DDL, its file, its rows as SQL shows them, written by hand.
TEXT_TABLES: dict[str, tuple[str, str, str, list[list[str | None]]]] = {
    "json_of_hive": (
        f"{CAMEL_COLUMNS}, raw binary",
        "row format serde 'org.apache.hive.hcatalog.data.JsonSerDe'",
        CAMEL + '{"raw": "hi"}\n',
        [[*row, None] for row in CAMEL_ROWS] + [[*[None] * 7, "68 69"]],
    ),
    "json_of_openx": (
        f"{CAMEL_COLUMNS}, raw binary",
        OPENX,
        CAMEL + '{"raw": "aGk="}\n',
        [[*row, None] for row in CAMEL_ROWS] + [[*[None] * 7, "68 69"]],
    ),
    "json_mapped": (
        "ts string, a_b string, blob string, at timestamp",
        f"{OPENX} with serdeproperties "
        "('mapping.ts' = 'timeStamp', 'dots.in.keys' = 'true', 'ignore.malformed.json' = 'true')",
        '{"timestamp": "t", "a.b": "dot", "blob": {"X": 1.10, "y": [true]}, '
        '"at": "2025-01-31T12:00:00+01:00"}\n'
        '{"bad\n{"at": 1738324800}\n',
        [
            ["t", "dot", '{"X":1.10,"y":[true]}', "2025-01-31 11:00:00.000"],
            [None] * 4,
            [None, None, None, "2025-01-31 12:00:00.000"],
        ],
    ),
    "json_case_sensitive": (
        "id int, other int",
        f"{OPENX} with serdeproperties ('case.insensitive' = 'false', 'mapping.other' = 'Other')",
        '{"ID": 1, "Other": 2}\n{"id": 3, "other": 4}\n',
        [[None, "2"], ["3", None]],
    ),
    "csv": (
        "a string, b string, c string",
        "row format serde 'org.apache.hadoop.hive.serde2.OpenCSVSerde' with serdeproperties "
        "('separatorChar' = ';', 'quoteChar' = '\\'', 'escapeChar' = '\\\\')",
        "1;'x;y';z\n;'it\\'s';\n3\n",
        [["1", "x;y", "z"], ["", "it's", ""], ["3", None, None]],
    ),
    "delimited": (
        "id int, a array<string>, m map<string, int>, s struct<x: int, y: string>, d decimal(5, 2), "
        "raw binary",
        f"{DELIMITED} '|' collection items terminated by ':' map keys terminated by '=' "
        "null defined as 'NULL'",
        "1|x:y|k=1|7:q|1.5|aGk=\n2|NULL|NULL|NULL|NULL|NULL\nbad|||||\n",
        [
            ["1", "[x, y]", "{k=1}", "{x=7, y=q}", "1.50", "68 69"],
            ["2", *[None] * 5],
            [None, "[]", "{}", "{x=null, y=null}", None, ""],
        ],
    ),
    "escaped": (
        "a string, b string",
        f"{DELIMITED} ',' escaped by '\\\\'",
        "a\\,b,c\\\\d\n",
        [["a,b", "c\\d"]],
    ),
    "regex": (
        "a string, b int",
        "row format serde 'org.apache.hadoop.hive.serde2.RegexSerDe' "
        "with serdeproperties ('input.regex' = '([a-z]+) ([0-9]+)')",
        "abc 12\nother\n",
        [["abc", "12"], [None, None]],
    ),
}
ONE_OF_EACH = """
select
    1 as id, cast(1.5 as decimal(20, 4)) as d, timestamp '2025-01-31 12:00:00.123' as at,
    to_utf8('hi') as raw, date '1900-01-01' as day, array[1, null] as a,
    cast(row(1, 'y') as row(x int, y varchar)) as s,
    cast(map(array['k'], array[2]) as map(varchar, integer)) as m, cast(null as varchar) as n, true as t
"""
ONE_ROW = [
    [
        "1",
        "1.5000",
        "2025-01-31 12:00:00.123",
        "68 69",
        "1900-01-01",
        "[1, null]",
        "{x=1, y=y}",
        "{k=2}",
        None,
        "true",
    ]
]
# What Spark has of a table, as SQL's result files show values.
SHOW = """
import datetime, json
def shown(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytearray):
        return value.hex(" ")
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "milliseconds")
    if hasattr(value, "asDict"):
        value = value.asDict()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}={shown(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(shown, value)) + "]"
    return str(value)
found = {}
for name in NAMES:
    rows = spark.table(name).collect()
    found[name] = [[None if value is None else shown(value) for value in row] for row in rows]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def put(sandbox: Sandbox) -> Callable[[str, str], str]:
    """Puts a file into a folder of its table, and returns the folder's address."""

    def to(path: str, text: str) -> str:
        key = f"{SILVER.removeprefix('s3://acme-lakehouse-silver/')}/{path}"
        sandbox.client("s3").put_object(Bucket="acme-lakehouse-silver", Key=key, Body=text.encode())
        return f"s3://acme-lakehouse-silver/{key.rpartition('/')[0]}/"

    return to


def test_spark_and_sql_read_the_same_rows_of_every_format(
    spark: Spark, session: str, sandbox: Sandbox, put: Callable[[str, str], str]
) -> None:
    wanted = {}
    for name, (columns, rest, text, rows) in TEXT_TABLES.items():
        place = put(f"formats/{name}/file", text)
        sandbox.sql(f"create external table {DATABASE}.{name} ({columns}) {rest} location '{place}'")
        wanted[name] = rows
    for form in ("parquet", "orc", "avro"):
        name = f"all_in_{form}"
        place = f"{SILVER}/formats/{uuid.uuid4()}/"
        sandbox.sql(
            f"create table {DATABASE}.{name} with (format = '{form.upper()}', external_location = '{place}') "
            f"as {ONE_OF_EACH}"
        )
        wanted[name] = ONE_ROW
    by_sql = {name: sandbox.sql(f"select * from {DATABASE}.{name}") for name in wanted}
    assert by_sql == wanted
    printed = spark.run(session, f"NAMES = {[f'{DATABASE}.{name}' for name in wanted]}\n{SHOW}")
    assert json.loads(printed) == {f"{DATABASE}.{name}": rows for name, rows in wanted.items()}


def test_partitions_are_those_of_the_catalog_wherever_they_lie(
    spark: Spark, session: str, sandbox: Sandbox, put: Callable[[str, str], str]
) -> None:
    place = put("parted/none", "")
    sandbox.sql(
        f"create external table {DATABASE}.parted (id int) partitioned by (d string, n int) "
        f"{DELIMITED} ',' location '{place}'"
    )
    partitions = {("a b/c", "08"): "1", ("x=1:2%", "7"): "2", ("ü", "9"): "3"}
    for number, ((d, n), text) in enumerate(partitions.items()):
        at = put(f"parted_{number}/file", f"{text}\n")
        sandbox.sql(f"alter table {DATABASE}.parted add partition (d = '{d}', n = '{n}') location '{at}'")
    rows = sandbox.sql(f"select id, d, n from {DATABASE}.parted order by id")
    assert rows == [["1", "a b/c", "8"], ["2", "x=1:2%", "7"], ["3", "ü", "9"]]
    code = f"""
table = spark.table('{DATABASE}.parted')
print([[str(value) for value in row] for row in table.orderBy('id').collect()])
print(table.where("n = 8 or d = 'ü'").count())
"""
    assert spark.run(session, code) == f"{rows}\n2\n"


@pytest.mark.parametrize(
    ("columns", "rest", "reason"),
    [
        (
            "a string",
            f"{DELIMITED} ',' {{}} tblproperties ('skip.header.line.count' = '1')",
            "skip.header.line.count",
        ),
        (
            "a int",
            "row format serde 'org.apache.hadoop.hive.serde2.OpenCSVSerde' {}",
            "OpenCSVSerde reads texts only, and a is of another type",
        ),
        (
            "a timestamp",
            f"{OPENX} with serdeproperties ('timestamp.formats' = 'yyyy') {{}}",
            "timestamp.formats",
        ),
        (
            "a string",
            "partitioned by (p int) stored as parquet {} tblproperties ('projection.enabled' = 'true', "
            "'projection.p.type' = 'integer', 'projection.p.range' = '1,2')",
            "its partitions are projected",
        ),
    ],
    ids=["header", "typed CSV", "timestamp formats", "projection"],
)
def test_what_spark_would_read_differently_is_refused_by_name(
    spark: Spark, session: str, sandbox: Sandbox, columns: str, rest: str, reason: str
) -> None:
    name = f"refused_{uuid.uuid4().hex}"
    place = rest.format(f"location '{SILVER}/{name}/'")
    sandbox.sql(f"create external table {DATABASE}.{name} ({columns}) {place}")
    failed = spark.calculation_in(spark.calculate(session, f"spark.table('{DATABASE}.{name}')"), "FAILED")
    last = failed["Status"]["StateChangeReason"].splitlines()[-1]
    assert f"Spark can't read {DATABASE}.{name} here: " in last
    assert reason in last
    spark.session_in(session, "IDLE")


def test_a_table_of_hives_own_serdes_is_not_written_and_says_so(
    spark: Spark, session: str, sandbox: Sandbox
) -> None:
    name = f"{DATABASE}.written_{uuid.uuid4().hex}"
    sandbox.sql(f"create external table {name} (a int) {DELIMITED} ',' location '{SILVER}/{name}/'")
    failed = spark.calculation_in(
        spark.calculate(session, f"spark.sql('insert into {name} values (1)')"), "FAILED"
    )
    assert failed["Status"]["StateChangeReason"].endswith("use SQL, or Parquet or ORC.\n")
    spark.session_in(session, "IDLE")


def test_calculations_survive_tables_that_others_drop(spark: Spark, session: str, sandbox: Sandbox) -> None:
    """Another client makes partitioned tables, and drops them, all the while."""
    glue = sandbox.client("glue")
    columns = {"Columns": [{"Name": "id", "Type": "bigint"}], "SerdeInfo": {"SerializationLibrary": PARQUET}}
    table = {
        "Name": "fleeting",
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": "p", "Type": "string"}],
        "StorageDescriptor": {**columns, "Location": f"{SILVER}/fleeting"},
    }
    partitions = [
        {"Values": [str(n)], "StorageDescriptor": {**columns, "Location": f"{SILVER}/fleeting/p={n}"}}
        for n in range(20)
    ]
    over = threading.Event()
    rounds = []

    def make_and_drop() -> None:
        while not over.is_set():
            glue.create_table(DatabaseName=DATABASE, TableInput=table)
            glue.batch_create_partition(
                DatabaseName=DATABASE, TableName="fleeting", PartitionInputList=partitions
            )
            glue.delete_table(DatabaseName=DATABASE, Name="fleeting")
            rounds.append(1)

    other = threading.Thread(target=make_and_drop)
    other.start()
    code = f"""
from pyspark.errors import AnalysisException
missing = 0
for _ in range(20):
    try:
        spark.table('{DATABASE}.fleeting').count()
    except AnalysisException as error:
        assert error.getErrorClass() == 'TABLE_OR_VIEW_NOT_FOUND', error
        missing += 1
spark.sql('show tables in {DATABASE}').count()
print(missing)
"""
    try:
        assert [spark.run(session, "print(1)") for _ in range(5)] == ["1\n"] * 5
        assert 0 <= int(spark.run(session, code)) <= 20
    finally:
        over.set()
        other.join()
    assert len(rounds) > 5


def test_files_are_read_and_written_by_s3_and_s3a_addresses(spark: Spark, session: str) -> None:
    place = f"acme-lakehouse-silver/tests/spark/{uuid.uuid4()}"
    code = f"""
spark.range(3).write.parquet("s3://{place}/parquet")
spark.range(3).write.json("s3a://{place}/json")
print(spark.read.parquet("s3a://{place}/parquet").count(), spark.read.json("s3://{place}/json").count())
"""
    assert spark.run(session, code) == "3 3\n"


def test_pandas_and_python_functions_run(spark: Spark, session: str) -> None:
    code = """
import pandas
from pyspark.sql.functions import pandas_udf, udf
frame = spark.createDataFrame(pandas.DataFrame({"a": [1, 2], "b": ["x", None]}))
doubled = frame.groupBy("b").applyInPandas(lambda group: group.assign(a=group.a * 2), frame.schema)
print(sorted(doubled.toPandas().a), frame.select(udf(lambda a: a + 1, "long")("a")).count())
print(frame.select(pandas_udf(lambda a: a + 1, "long")("a").alias("a")).agg({"a": "sum"}).collect()[0][0])
"""
    assert spark.run(session, code) == "[2, 4] 2\n5\n"


def test_the_sessions_own_java_alone_calls_its_catalog_back(spark: Spark, session: str) -> None:
    code = """
import socket, threading
gateway = sc._gateway
port = gateway._callback_server.port
def asked(command):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(command)
        return line.recv(1000)
known = gateway.gateway_property.pool.dict
[catalog] = [name for name, one in known.items() if type(one).__name__ == "Answers"]
call = f"c\\n{catalog}\\ndatabaseExists\\nsdefault\\ne\\n".encode()
def refused(command):
    try:
        return b"!y" not in asked(command)
    except ConnectionError:
        return True
print(refused(call), refused(b"A\\nwrong\\n" + call))
called = threading.Event()
class Task:
    def run(self):
        called.set()
    class Java:
        implements = ["java.lang.Runnable"]
# A thread of Java's own, which has no connection yet.
spark._jvm.java.lang.Thread(Task()).start()
print(called.wait(10))
"""
    assert spark.run(session, code) == "True True\nTrue\n"


def test_two_sessions_calculate_at_once(spark: Spark, session: str) -> None:
    other = spark.session(properties={})
    meet = f"{uuid.uuid4()}"
    # Each waits for what the other one writes, so neither ends unless both run.
    code = """
import boto3, time
s3 = boto3.client("s3")
s3.put_object(Bucket="acme-lakehouse-results", Key="{meet}/{mine}", Body=b"here")
while "Contents" not in s3.list_objects_v2(Bucket="acme-lakehouse-results", Prefix="{meet}/{theirs}"):
    time.sleep(0.05)
"""
    one = spark.calculate(session, code.format(meet=meet, mine="a", theirs="b"))
    two = spark.calculate(other, code.format(meet=meet, mine="b", theirs="a"))
    spark.calculation_in(one, "COMPLETED")
    spark.calculation_in(two, "COMPLETED")
    spark.athena.terminate_session(SessionId=other)
    spark.session_in(session, "IDLE")


@pytest.mark.parametrize(
    "code",
    [
        "import time\nprint('began')\ntime.sleep(600)",
        "print('began')\nspark.range(10**13).selectExpr('sum(hash(id))').collect()",
    ],
    ids=["in Python", "in Spark"],
)
def test_a_running_calculation_stops(spark: Spark, session: str, code: str) -> None:
    calculation = spark.begun(session, code)
    with pytest.raises(ClientError, match="Session is in the BUSY state; needs to be IDLE"):
        spark.calculate(session, "1")
    # Until Spark has a job that can be cancelled.
    time.sleep(1)
    assert spark.athena.stop_calculation_execution(CalculationExecutionId=calculation)["State"] == "CANCELING"
    canceled = spark.calculation_in(calculation, "CANCELED")
    assert spark.text(canceled["Result"]["StdOutS3Uri"]) == "began\n"
    spark.session_in(session, "IDLE")
    assert spark.run(session, "print(spark.range(3).count())") == "3\n"


def test_a_calculation_that_ignores_the_interrupt_is_ended(spark: Spark) -> None:
    session = spark.session(properties={})
    code = """
import time
while True:
    try:
        time.sleep(600)
    except KeyboardInterrupt:
        pass
"""
    calculation = spark.begun(session, code)
    time.sleep(0.2)
    spark.athena.stop_calculation_execution(CalculationExecutionId=calculation)
    spark.calculation_in(calculation, "CANCELED")
    assert "could not be interrupted" in spark.session_in(session, "FAILED")["StateChangeReason"]


@pytest.mark.parametrize(
    "code",
    [
        "import os, signal\nprint('last words')\nos.kill(os.getpid(), signal.SIGKILL)",
        "print('last words')\nspark._jvm.java.lang.System.exit(3)",
        "print('last words')\nspark._jvm.java.lang.reflect.Array.newInstance("
        "spark._jvm.java.lang.Class.forName('java.lang.Object'), 2**31 - 8)",
    ],
    ids=["kill -9", "System.exit", "out of memory"],
)
def test_a_crash_fails_the_calculation_and_its_session_only(spark: Spark, session: str, code: str) -> None:
    victim = spark.session(properties={})
    calculation = spark.calculate(victim, code)
    failed = spark.calculation_in(calculation, "FAILED")
    assert failed["Status"]["StateChangeReason"]
    assert spark.text(failed["Result"]["StdOutS3Uri"]) == "last words\n"
    assert spark.session_in(victim, "FAILED")["StateChangeReason"].startswith("The session's process ended")
    assert spark.run(session, "print('alive')") == "alive\n"


def test_a_work_group_runs_either_sql_or_spark(spark: Spark, sandbox: Sandbox) -> None:
    with pytest.raises(ClientError, match=r"InvalidRequestException.*Workgroup EngineVersion is not Spark\."):
        spark.athena.start_session(WorkGroup="primary", EngineConfiguration=ENGINE)
    with pytest.raises(ClientError, match="InvalidRequestException"):
        spark.athena.start_query_execution(QueryString="select 1", WorkGroup="spark")
    with pytest.raises(ClientError, match="executionRole is null or empty"):
        spark.athena.create_work_group(
            Name="no-role",
            Configuration={"EngineVersion": {"SelectedEngineVersion": "PySpark engine version 3"}},
        )


def test_what_is_not_there_is_not_found(spark: Spark) -> None:
    for call, member in (
        ("get_session", "SessionId"),
        ("get_session_status", "SessionId"),
        ("terminate_session", "SessionId"),
        ("list_calculation_executions", "SessionId"),
        ("get_calculation_execution", "CalculationExecutionId"),
        ("get_calculation_execution_code", "CalculationExecutionId"),
        ("stop_calculation_execution", "CalculationExecutionId"),
    ):
        with pytest.raises(ClientError) as refused:
            getattr(spark.athena, call)(**{member: str(uuid.uuid4())})
        assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException", call


def test_what_is_not_supported_says_so_by_name(spark: Spark) -> None:
    with pytest.raises(ClientError, match="GetSessionEndpoint is not supported by this server"):
        spark.athena.get_session_endpoint(SessionId=str(uuid.uuid4()))
    with pytest.raises(ClientError, match="CreateNotebook is not supported by this server"):
        spark.athena.create_notebook(WorkGroup="spark", Name="n")
    hudi = {"spark.sql.catalog.spark_catalog": "org.apache.spark.sql.hudi.catalog.HoodieCatalog"}
    with pytest.raises(ClientError, match="HoodieCatalog is not supported by this server"):
        spark.begin(hudi)
    with pytest.raises(ClientError, match="less than or equal to 1"):
        spark.athena.start_session(WorkGroup="spark", EngineConfiguration=ENGINE | {"CoordinatorDpuSize": 2})


class Service:
    """`python -m athena_sandbox.athena` with Spark, on a free port and a directory of its own."""

    def __init__(self, sandbox: Sandbox, directory: Path) -> None:
        process = psutil.Process(sandbox.state["parts"]["athena"]["process"]["pid"])
        arguments = process.cmdline()
        self._command = [sys.executable, *arguments[1:]]
        self._set("--data-dir", str(directory))
        self._sandbox = sandbox
        self._environ = os.environ | {"AWS_REGION": "eu-central-1", KEY_VARIABLE: sandbox.access_key}
        self.start()

    def _set(self, option: str, value: str) -> None:
        self._command[self._command.index(option) + 1] = value

    def start(self) -> None:
        port = choose()
        self._set("--port", str(port))
        self.process = subprocess.Popen(self._command, env=self._environ)
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "the service did not start"
                time.sleep(0.05)
        athena = boto3.client(
            "athena",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="eu-central-1",
            aws_access_key_id=self._sandbox.access_key,
            aws_secret_access_key="any",
        )
        self.spark = Spark(athena, self._sandbox.client("s3"))

    def make_work_group(self) -> None:
        self.spark.athena.create_work_group(
            Name="spark",
            Configuration={
                "EngineVersion": {"SelectedEngineVersion": "PySpark engine version 3"},
                "ResultConfiguration": {"OutputLocation": "s3://acme-lakehouse-results/spark/"},
                "ExecutionRole": "arn:aws:iam::000000000000:role/spark",
            },
        )

    def end(self, number: signal.Signals) -> None:
        self.process.send_signal(number)
        self.process.wait(60)


@pytest.fixture
def service(sandbox: Sandbox, tmp_path: Path) -> Iterator[Service]:
    running = Service(sandbox, tmp_path / "athena")
    running.make_work_group()
    yield running
    running.end(signal.SIGKILL)


@dataclass(frozen=True)
class Idling:
    """A session that was left alone, and its status when it became idle."""

    service: Service
    session: str
    status: dict[str, Any]


@pytest.fixture(scope="module", autouse=True)
def idling(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Idling]:
    """Begun ahead of all tests of this module, so that its minute passes while they run."""
    running = Service(sandbox, tmp_path_factory.mktemp("idling") / "athena")
    running.make_work_group()
    session = running.spark.session(properties={}, SessionIdleTimeoutInMinutes=1)
    yield Idling(running, session, running.spark.session_in(session, "IDLE", "TERMINATED"))
    running.end(signal.SIGKILL)


def gone(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, timeout=20)[1]


def test_a_killed_service_leaves_no_worker_and_knows_its_history(service: Service) -> None:
    session = service.spark.session(properties={})
    kept = service.spark.calculate(session, "print('kept')")
    service.spark.calculation_in(kept, "COMPLETED")
    running = service.spark.calculate(session, "import time\ntime.sleep(600)")
    service.spark.calculation_in(running, "RUNNING")
    family = [one for worker in workers(service.process.pid) for one in (worker, *worker.children(True))]
    assert any("java" in one.name() for one in family)
    service.end(signal.SIGKILL)
    assert gone(family)
    service.start()
    assert service.spark.session_in(session, "FAILED")["StateChangeReason"].startswith(
        "The service was restarted"
    )
    assert service.spark.calculation_in(running, "FAILED")["Status"]["State"] == "FAILED"
    done = service.spark.calculation_in(kept, "COMPLETED")
    assert service.spark.text(done["Result"]["StdOutS3Uri"]) == "kept\n"
    listed = service.spark.athena.list_calculation_executions(SessionId=session)["Calculations"]
    assert [one["CalculationExecutionId"] for one in listed] == [running, kept]


def test_a_stopped_service_ends_its_sessions(service: Service) -> None:
    session = service.spark.session(properties={})
    family = [one for worker in workers(service.process.pid) for one in (worker, *worker.children(True))]
    service.end(signal.SIGTERM)
    assert gone(family)
    service.start()
    assert service.spark.session_in(session, "TERMINATED")["StateChangeReason"] == "The service was stopped."


def test_an_idle_session_ends_after_its_timeout(idling: Idling) -> None:
    spark, idle = idling.service.spark, idling.status
    ended = spark.session_in(idling.session, "TERMINATED")
    assert 60 <= (ended["EndDateTime"] - idle["IdleSinceDateTime"]).total_seconds() < 75
    assert not workers(idling.service.process.pid)


def test_a_session_token_is_used_once(service: Service) -> None:
    token = uuid.uuid4().hex
    service.spark.begin({}, ClientRequestToken=token)
    with pytest.raises(ClientError) as refused:
        service.spark.begin({}, ClientRequestToken=token)
    assert refused.value.response["Error"]["Code"] == "SessionAlreadyExistsException"
