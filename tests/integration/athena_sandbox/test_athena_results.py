"""Results as clients get them: values, files in S3, pages, PyAthena's cursors."""

from __future__ import annotations

import time
from typing import Any

import pyathena
import pytest
from botocore.exceptions import ClientError
from pyathena.cursor import DictCursor
from tests.support.sandbox import Sandbox

RESULTS = "s3://acme-lakehouse-results/tests/"

# An expression, and ColumnInfo.Type and the text that Athena gives for it.
VALUES = [
    ("true", "boolean", "true"),
    ("tinyint '1'", "tinyint", "1"),
    ("bigint '9223372036854775807'", "bigint", "9223372036854775807"),
    ("1.5", "double", "1.5"),
    ("1e10", "double", "1.0E10"),
    ("1 / 0.0", "double", "Infinity"),
    ("real '1e7'", "float", "1.0E7"),
    ("decimal '1.50'", "decimal", "1.50"),
    ("'it''s'", "varchar", "it's"),
    ("cast('ab' as char(4))", "char", "ab  "),
    ("X'0102'", "varbinary", "01 02"),
    ("date '2020-01-01'", "date", "2020-01-01"),
    ("timestamp '2020-01-01 12:34:56.789123'", "timestamp", "2020-01-01 12:34:56.789123"),
    ("timestamp '2020-01-01 12:34:56'", "timestamp", "2020-01-01 12:34:56.000"),
    (
        "timestamp '2020-01-01 12:34:56.789 UTC'",
        "timestamp with time zone",
        "2020-01-01 12:34:56.789 UTC",
    ),
    ("time '12:34:56.789'", "time", "12:34:56.789"),
    ("time '12:34:56'", "time", "12:34:56"),
    ("st_point(1, 2)", "geometry", "POINT (1 2)"),
    ("bing_tile(10, 20, 12)", "bingtile", "{x=10, y=20, zoom=12}"),
    ("map(array[true, false], array[1, 2])", "map", "{false=2, true=1}"),
    ("map(array[array[1, 2]], array[1])", "map", "{[1, 2]=1}"),
    ("array[1, null, 3]", "array", "[1, null, 3]"),
    ("map(array['l', 'k'], array[2, 1])", "map", "{k=1, l=2}"),
    ("cast(row(1, 'x') as row(id integer, name varchar))", "row", "{id=1, name=x}"),
    ("row(1, 'x')", "row", "{1, x}"),
    ("json '{\"a\":1}'", "json", '{"a":1}'),
    ("uuid '12151fd2-7586-11e9-8f9e-2a86e4085a59'", "uuid", "12151fd2-7586-11e9-8f9e-2a86e4085a59"),
    ("interval '1' day", "interval day to second", "1 00:00:00.000"),
    ("interval '3' month", "interval year to month", "0-3"),
    ("cast(null as varchar)", "varchar", None),
    ("''", "varchar", ""),
]


def execute(sandbox: Sandbox, sql: str) -> dict[str, Any]:
    athena = sandbox.client("athena")
    execution_id = athena.start_query_execution(
        QueryString=sql, ResultConfiguration={"OutputLocation": RESULTS}
    )["QueryExecutionId"]
    while True:
        execution = athena.get_query_execution(QueryExecutionId=execution_id)["QueryExecution"]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
            return dict(execution)
        time.sleep(0.02)


def body(sandbox: Sandbox, uri: str) -> bytes:
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    return bytes(sandbox.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def test_every_type_prints_and_is_named_as_in_athena(sandbox: Sandbox) -> None:
    sql = "select " + ", ".join(f"{expression} as c{i}" for i, (expression, _, _) in enumerate(VALUES))
    athena = sandbox.client("athena")
    answer = athena.get_query_results(QueryExecutionId=execute(sandbox, sql)["QueryExecutionId"])
    columns = answer["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    values = [datum.get("VarCharValue") for datum in answer["ResultSet"]["Rows"][1]["Data"]]
    assert [(column["Type"], value) for column, value in zip(columns, values, strict=True)] == [
        (kind, text) for _, kind, text in VALUES
    ]


def test_the_csv_file_is_quoted_as_athena_quotes(sandbox: Sandbox) -> None:
    sql = "select * from (values ('a\"b', 1), ('', null), (null, 3)) as t (text, n)"
    execution = execute(sandbox, sql)
    uri = execution["ResultConfiguration"]["OutputLocation"]
    assert uri == f"{RESULTS}{execution['QueryExecutionId']}.csv"
    assert body(sandbox, uri) == b'"text","n"\n"a""b","1"\n"",\n,"3"\n'
    assert body(sandbox, f"{uri}.metadata").startswith(b"\x0a\x24" + execution["QueryExecutionId"].encode())


def test_ddl_leaves_an_empty_text_file(sandbox: Sandbox) -> None:
    execution = execute(sandbox, "create schema if not exists results_of_ddl")
    uri = execution["ResultConfiguration"]["OutputLocation"]
    assert uri.endswith(f"{execution['QueryExecutionId']}.txt")
    assert body(sandbox, uri) == b""
    answer = sandbox.client("athena").get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    assert (answer["ResultSet"]["Rows"], "UpdateCount" in answer) == ([], False)
    execute(sandbox, "drop schema results_of_ddl")


def test_pages_cover_a_large_result_exactly_once(sandbox: Sandbox) -> None:
    athena = sandbox.client("athena")
    execution = execute(
        sandbox, "select x, 'row ' || cast(x as varchar) from unnest(sequence(1, 2999)) as t (x)"
    )
    sizes, seen = [], []
    for page in athena.get_paginator("get_query_results").paginate(
        QueryExecutionId=execution["QueryExecutionId"]
    ):
        rows = page["ResultSet"]["Rows"]
        sizes.append(len(rows))
        seen += [row["Data"][0]["VarCharValue"] for row in rows]
    # The header is a row; a full page has a token even when nothing follows.
    assert sizes == [1000, 1000, 1000, 0]
    assert seen == ["x", *map(str, range(1, 3000))]


def test_a_large_result_streams(sandbox: Sandbox) -> None:
    """300,000 rows: written while Trino still gives them, read by pages; the file has every one."""
    execution = execute(
        sandbox,
        "select a.x * 1000 + b.x as n, 'some text to make it longer' as t "
        "from unnest(sequence(0, 299)) as a (x) cross join unnest(sequence(0, 999)) as b (x)",
    )
    content = body(sandbox, execution["ResultConfiguration"]["OutputLocation"])
    assert content.count(b"\n") == 300_001


def test_scanned_bytes_come_from_the_engine(sandbox: Sandbox) -> None:
    execute(sandbox, "create schema if not exists results_scanned")
    execute(sandbox, "create table results_scanned.t as select x from unnest(sequence(1, 1000)) as t (x)")
    scanned = execute(sandbox, "select sum(x) from results_scanned.t")["Statistics"]["DataScannedInBytes"]
    literal = execute(sandbox, "select 1")["Statistics"]["DataScannedInBytes"]
    execute(sandbox, "drop schema results_scanned cascade")
    assert scanned > 0
    assert literal == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"MaxResults": 1001}, "MaxResults is more than maximum allowed length 1000"),
        ({"NextToken": "nonsense"}, "Malformed nextPageToken nonsense"),
    ],
)
def test_bad_pages_are_refused(sandbox: Sandbox, arguments: dict[str, Any], message: str) -> None:
    execution = execute(sandbox, "select 1")
    with pytest.raises(ClientError) as caught:
        sandbox.client("athena").get_query_results(
            QueryExecutionId=execution["QueryExecutionId"], **arguments
        )
    assert caught.value.response["Error"]["Message"] == message


def test_pyathena_reads_types_parameters_and_dictionaries(sandbox: Sandbox) -> None:
    connection = pyathena.connect(s3_staging_dir=RESULTS, session=sandbox.session(), poll_interval=0.05)
    with connection.cursor() as cursor:
        cursor.execute(
            "select 1 as i, 1.5 as d, cast(null as varchar) as n, '' as e, decimal '1.50' as c, "
            "timestamp '2020-01-01 00:00:00' as t, %(p)s as p",
            {"p": "it's"},
        )
        ((i, d, n, e, c, t, p),) = cursor.fetchall()
        assert (i, d, n, e, str(c), t.isoformat(), p) == (
            1, 1.5, None, "", "1.50", "2020-01-01T00:00:00", "it's",
        )  # fmt: skip
        assert cursor.execute("select ?", ["5"], paramstyle="qmark").fetchall() == [(5,)]
        assert cursor.execute("show databases").description[0][0] == "database_name"
    with connection.cursor(DictCursor) as cursor:
        assert cursor.execute("select 1 as a").fetchall() == [{"a": 1}]
    with (
        connection.cursor() as cursor,
        pytest.raises(pyathena.error.OperationalError, match="COLUMN_NOT_FOUND"),
    ):
        cursor.execute("select nope")
