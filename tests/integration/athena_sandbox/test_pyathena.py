"""PyAthena as its documentation uses it: every kind of cursor, parameters, caching, cancelling, SQLAlchemy.

The values are written out: they are what the literals say, in the Python types that PyAthena documents.
"""

from __future__ import annotations

import asyncio
import datetime
import functools
import threading
import time
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote_plus

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.fs
import pyathena
import pytest
import sqlalchemy as sa
from pyathena.arrow.async_cursor import AsyncArrowCursor
from pyathena.arrow.cursor import ArrowCursor
from pyathena.async_cursor import AsyncCursor, AsyncDictCursor
from pyathena.connection import Connection
from pyathena.cursor import DictCursor
from pyathena.pandas.async_cursor import AsyncPandasCursor
from pyathena.pandas.cursor import PandasCursor
from pyathena.polars.cursor import PolarsCursor
from pyathena.s3fs.cursor import S3FSCursor
from tests.support.sandbox import Sandbox

DATABASE = "pyathena_tests"
STAGING = "s3://acme-lakehouse-results/pyathena/"
DATA = "s3://acme-lakehouse-silver/pyathena"
INFINITY = float("inf")

# Name, expression, and the value that the default cursor gives for it. Inside maps and rows PyAthena leaves
# texts as Athena prints them, unless it is given type hints.
TYPES: list[tuple[str, str, Any]] = [
    ("boolean", "true", True),
    ("tinyint", "tinyint '-128'", -128),
    ("smallint", "smallint '32767'", 32767),
    ("integer", "-2147483648", -2147483648),
    ("bigint", "bigint '9223372036854775807'", 9223372036854775807),
    ("real", "real '1.5'", 1.5),
    ("double", "1e300", 1e300),
    ("infinity", "1 / 0.0", INFINITY),
    ("minus_infinity", "-1 / 0.0", -INFINITY),
    ("decimal", "decimal '12345678901234567890.12'", Decimal("12345678901234567890.12")),
    ("text", "'it''s \"quoted\", comma\nnewline ünïcode 🦆'", 'it\'s "quoted", comma\nnewline ünïcode 🦆'),
    ("empty", "''", ""),
    ("missing", "cast(null as varchar)", None),
    ("missing_number", "cast(null as integer)", None),
    ("fixed", "cast('ab' as char(4))", "ab  "),
    ("binary", "X'00ff10'", b"\x00\xff\x10"),
    ("day", "date '0001-01-01'", datetime.date(1, 1, 1)),
    ("moment", "timestamp '2020-02-29 12:34:56.789'", datetime.datetime(2020, 2, 29, 12, 34, 56, 789000)),
    (
        "micros",
        "timestamp '2020-02-29 12:34:56.789123'",
        datetime.datetime(2020, 2, 29, 12, 34, 56, 789123),
    ),
    ("numbers", "array[1, 2, 3]", [1, 2, 3]),
    ("entries", "map(array['a', 'b'], array[1, 2])", {"a": "1", "b": "2"}),
    ("record", "cast(row(1, 'x') as row(id integer, name varchar))", {"id": "1", "name": "x"}),
    ("document", "json '{\"a\": [1, null]}'", {"a": [1, None]}),
]
ALL_TYPES = "select " + ", ".join(f"{expression} as {name}" for name, expression, _ in TYPES)
EXPECTED = {name: value for name, _, value in TYPES}
# Columns that every data frame library reads into types of its own that we can write down.
FRAME = "select 1 as number, 'a' as word, decimal '1.50' as price, true as flag, 1.5 as ratio"
MANY = "select x from unnest(sequence(1, 25)) as t (x)"


@pytest.fixture(scope="module")
def database(sandbox: Sandbox) -> Iterator[str]:
    sandbox.sql(f"create database if not exists {DATABASE}")
    yield DATABASE
    sandbox.sql(f"drop database {DATABASE} cascade")


@pytest.fixture
def connection(sandbox: Sandbox, database: str) -> Iterator[Connection[Any]]:
    with connect(sandbox) as opened:
        yield opened


def connect(sandbox: Sandbox, **options: Any) -> Connection[Any]:
    session = sandbox.session()
    # polars' object store takes the region from the connection only.
    options.setdefault("region_name", session.region_name)
    settings = {"s3_staging_dir": STAGING, "schema_name": DATABASE, "poll_interval": 0.05, **options}
    return pyathena.connect(session=session, **settings)


@pytest.fixture
def storage_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> str:
    """Set what polars' object store needs besides the AWS profile; returns the S3 address."""
    url = str(sandbox.client("s3").meta.endpoint_url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    return url


@pytest.fixture
def arrow_storage(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The endpoint for pyarrow, which PyAthena has no argument for.

    pyarrow's S3FileSystem takes neither the profile's endpoint nor AWS_ENDPOINT_URL (apache/arrow#49643), and
    ArrowCursor makes one without `endpoint_override`.
    """
    url = sandbox.client("s3").meta.endpoint_url
    told = functools.partial(pyarrow.fs.S3FileSystem, endpoint_override=url)
    monkeypatch.setattr(pyarrow.fs, "S3FileSystem", told)


@pytest.fixture
def managed(sandbox: Sandbox) -> Iterator[str]:
    """A work group with managed query results: clients read rows by the API, not from S3."""
    athena = sandbox.client("athena")
    name = f"managed-{uuid.uuid4().hex[:8]}"
    athena.create_work_group(Name=name, Configuration={"ManagedQueryResultsConfiguration": {"Enabled": True}})
    yield name
    athena.delete_work_group(WorkGroup=name, RecursiveDeleteOption=True)


# -- the default cursor ---------------------------------------------------------------------------


def test_every_type_arrives_as_its_python_value(connection: Connection[Any]) -> None:
    row = connection.cursor(DictCursor).execute(ALL_TYPES).fetchone()
    assert row == EXPECTED


def test_type_hints_reach_into_maps_and_rows(connection: Connection[Any]) -> None:
    cursor = connection.cursor().execute(
        "select map(array['a'], array[1]) as entries, "
        "cast(row(1, 'x') as row(id integer, name varchar)) as record",
        result_set_type_hints={"entries": "map(varchar, integer)", "record": "row(id integer, name varchar)"},
    )
    assert cursor.fetchall() == [({"a": 1}, {"id": 1, "name": "x"})]


def test_not_a_number_arrives(connection: Connection[Any]) -> None:
    (value,) = connection.cursor().execute("select nan()").fetchone()
    assert value != value


def test_the_description_names_athenas_types(connection: Connection[Any]) -> None:
    cursor = connection.cursor().execute("select 1 as a, cast('x' as varchar) as b, decimal '1.50' as c")
    assert [(column[0], column[1], column[4], column[5]) for column in cursor.description] == [
        ("a", "integer", 10, 0),
        ("b", "varchar", 2147483647, 0),
        ("c", "decimal", 3, 2),
    ]


def test_rows_are_fetched_one_some_and_all(connection: Connection[Any]) -> None:
    cursor = connection.cursor().execute(f"{MANY} order by x")
    assert cursor.fetchone() == (1,)
    assert cursor.fetchmany(3) == [(2,), (3,), (4,)]
    assert cursor.fetchall() == [(x,) for x in range(5, 26)]
    assert cursor.fetchone() is None


def test_more_rows_than_a_page_arrive_once_each(connection: Connection[Any]) -> None:
    cursor = connection.cursor().execute("select x from unnest(sequence(1, 2500)) as t (x) order by x")
    assert [row[0] for row in cursor] == list(range(1, 2501))


def test_a_value_equal_to_the_column_name_is_a_row(connection: Connection[Any]) -> None:
    assert connection.cursor().execute("select 'a' as a").fetchall() == [("a",)]


@pytest.mark.parametrize(
    ("style", "text", "values"),
    [
        ("pyformat", "select %(a)s + 1, %(b)s, %(c)s", {"a": 41, "b": "it's", "c": None}),
        ("qmark", "select ? + 1, ?, ?", ["41", "'it''s'", "null"]),
    ],
)
def test_both_parameter_styles(connection: Connection[Any], style: str, text: str, values: Any) -> None:
    assert connection.cursor().execute(text, values, paramstyle=style).fetchall() == [(42, "it's", None)]


def test_parameters_carry_dates_decimals_and_lists(connection: Connection[Any]) -> None:
    cursor = connection.cursor().execute(
        "select %(day)s, %(price)s, 2 in %(numbers)s",
        {"day": datetime.date(2020, 2, 29), "price": Decimal("1.50"), "numbers": [1, 2]},
    )
    assert cursor.fetchall() == [(datetime.date(2020, 2, 29), Decimal("1.50"), True)]


def test_executemany_runs_each_and_changes_are_counted(connection: Connection[Any]) -> None:
    cursor = connection.cursor()
    location = f"{DATA}/{uuid.uuid4().hex}"
    cursor.execute(
        f"create table many (id int, name string) location '{location}' "
        "tblproperties ('table_type' = 'ICEBERG')"
    )
    cursor.executemany(
        "insert into many values (%(id)s, %(name)s)", [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]
    )
    assert cursor.execute("select * from many order by id").fetchall() == [(1, "a"), (2, "b")]
    assert cursor.execute("insert into many values (3, 'c'), (4, 'd')").rowcount == 2
    assert cursor.execute("update many set name = 'z' where id > 2").rowcount == 2
    assert cursor.execute("delete from many where id = 1").rowcount == 1
    cursor.execute("drop table many")


def test_errors_carry_athenas_words(connection: Connection[Any]) -> None:
    with pytest.raises(pyathena.error.OperationalError, match="COLUMN_NOT_FOUND: line 1:8: Column 'nope'"):
        connection.cursor().execute("select nope")
    with pytest.raises(pyathena.error.DatabaseError, match="mismatched input 'selec'"):
        connection.cursor().execute("selec 1")


def test_the_cache_finds_the_earlier_execution(connection: Connection[Any]) -> None:
    text = f"select '{uuid.uuid4()}'"
    first = connection.cursor().execute(text)
    second = connection.cursor().execute(text, cache_size=50)
    third = connection.cursor().execute(text, cache_size=50, cache_expiration_time=3600)
    assert second.query_id == third.query_id == first.query_id
    assert second.fetchall() == first.fetchall()


def test_result_reuse_may_be_asked_for(connection: Connection[Any]) -> None:
    cursor = connection.cursor().execute("select 1", result_reuse_enable=True, result_reuse_minutes=60)
    assert cursor.fetchall() == [(1,)]


def test_a_query_is_cancelled_from_another_thread(connection: Connection[Any]) -> None:
    cursor = connection.cursor()
    started = threading.Event()
    caught: list[BaseException] = []

    def run() -> None:
        try:
            cursor.execute(slow(), on_start_query_execution=lambda query_id: started.set())
        except pyathena.error.OperationalError as error:
            caught.append(error)

    worker = threading.Thread(target=run)
    worker.start()
    assert started.wait(20)
    cursor.cancel()
    worker.join(20)
    assert not worker.is_alive()
    assert "Query cancelled by user" in str(caught[0])


def slow() -> str:
    """A query that runs for minutes, and is like no other."""
    return (
        "select count(*) from unnest(sequence(1, 10000)) as a (x) "
        "cross join unnest(sequence(1, 10000)) as b (x) cross join unnest(sequence(1, 10000)) as c (x) "
        f"where a.x + b.x + c.x = {uuid.uuid4().int % 10**9}"
    )


def test_an_interrupt_stops_the_query(sandbox: Sandbox, database: str, monkeypatch: Any) -> None:
    """kill_on_interrupt: Ctrl-C while PyAthena waits cancels the query before it is passed on."""
    with connect(sandbox, kill_on_interrupt=True, poll_interval=0.2) as opened:
        cursor = opened.cursor()
        ids: list[str] = []
        polls = iter([False, True])

        def sleep(seconds: float) -> None:
            if next(polls, True):
                raise KeyboardInterrupt

        monkeypatch.setattr("pyathena.common.time.sleep", sleep)
        # After the cancelling PyAthena waits for the end once more and reports it.
        with pytest.raises((pyathena.error.OperationalError, KeyboardInterrupt)):
            cursor.execute(slow(), on_start_query_execution=ids.append)
        monkeypatch.undo()
    athena = sandbox.client("athena")
    deadline = time.monotonic() + 20
    while (state := state_of(athena, ids[0])) == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert state == "CANCELLED"


def state_of(athena: Any, query_id: str) -> str:
    execution = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
    return str(execution["Status"]["State"])


def test_metadata_calls(connection: Connection[Any]) -> None:
    cursor = connection.cursor()
    cursor.execute(f"create external table described (a int, b array<string>) location '{DATA}/described/'")
    assert DATABASE in [found.name for found in cursor.list_databases("awsdatacatalog")]
    metadata = cursor.get_table_metadata("described")
    assert [(column.name, column.type) for column in metadata.columns] == [
        ("a", "int"),
        ("b", "array<string>"),
    ]
    assert "described" in [table.name for table in cursor.list_table_metadata()]
    cursor.execute("drop table described")


def test_the_place_where_unload_works_is_in_no_list(connection: Connection[Any]) -> None:
    connection.cursor(PandasCursor, unload=True).execute("select 1 as a")
    listed = connection.cursor().list_databases("awsdatacatalog")
    assert [found.name for found in listed if found.name.startswith("athena_sandbox")] == []
    shown = connection.cursor().execute("show databases").fetchall()
    assert [name for (name,) in shown if name.startswith("athena_sandbox")] == []


# -- asynchronous cursors -------------------------------------------------------------------------


def test_async_cursors_run_side_by_side(connection: Connection[Any]) -> None:
    cursor = connection.cursor(AsyncCursor)
    futures = [cursor.execute(f"select {number} as n")[1] for number in range(5)]
    assert [future.result(60).fetchall() for future in futures] == [[(number,)] for number in range(5)]
    cursor.close()
    rows = connection.cursor(AsyncDictCursor)
    assert rows.execute("select 1 as n")[1].result(60).fetchall() == [{"n": 1}]
    rows.close()


def test_an_async_query_is_cancelled(connection: Connection[Any]) -> None:
    cursor = connection.cursor(AsyncCursor)
    query_id, future = cursor.execute(slow())
    cursor.cancel(query_id).result(60)
    assert future.result(60).state == "CANCELLED"
    cursor.close()


def test_async_pandas(connection: Connection[Any]) -> None:
    cursor = connection.cursor(AsyncPandasCursor)
    frame = cursor.execute(FRAME)[1].result(60).as_pandas()
    assert frame.to_dict("records") == [
        {"number": 1, "word": "a", "price": Decimal("1.50"), "flag": True, "ratio": 1.5}
    ]
    cursor.close()


def test_asyncio_connection(sandbox: Sandbox, database: str) -> None:
    async def read() -> list[Any]:
        async with await pyathena.aio_connect(
            session=sandbox.session(), s3_staging_dir=STAGING, schema_name=DATABASE, poll_interval=0.05
        ) as opened:
            cursor = opened.cursor()
            await cursor.execute("select 1 as a, 'x' as b")
            return list(await cursor.fetchall())

    assert asyncio.run(read()) == [(1, "x")]


# -- pandas ---------------------------------------------------------------------------------------


def test_pandas_reads_the_csv_file(connection: Connection[Any]) -> None:
    frame = connection.cursor(PandasCursor).execute(ALL_TYPES).as_pandas()
    row = frame.iloc[0]
    exact = ["boolean", "tinyint", "smallint", "integer", "bigint", "real", "double", "infinity", "decimal"]
    exact += ["text", "fixed", "binary"]
    assert {name: row[name] for name in exact} == {name: EXPECTED[name] for name in exact}
    assert row["micros"] == pd.Timestamp("2020-02-29 12:34:56.789123")
    assert row["numbers"] == "[1, 2, 3]"
    assert row["document"] == {"a": [1, None]}
    # pandas reads NULL and '' alike, of Athena's files too.
    assert pd.isna(row["missing"])
    assert pd.isna(row["empty"])


def test_pandas_keeps_the_empty_text_when_asked_to(connection: Connection[Any]) -> None:
    cursor = connection.cursor(PandasCursor).execute(
        "select '' as empty", keep_default_na=False, na_values=None
    )
    assert cursor.fetchall() == [("",)]


def test_pandas_in_chunks(connection: Connection[Any]) -> None:
    frames = connection.cursor(PandasCursor, chunksize=10).execute(f"{MANY} order by x").as_pandas()
    assert [list(frame["x"]) for frame in frames] == [
        list(range(1, 11)),
        list(range(11, 21)),
        list(range(21, 26)),
    ]


def test_pandas_by_unload(connection: Connection[Any]) -> None:
    cursor = connection.cursor(PandasCursor, unload=True)
    text = (
        "select 1 as number, cast(null as varchar) as missing, '' as empty, X'00ff' as binary_value, "
        "decimal '1.50' as price, array[1, 2] as numbers, date '2020-02-29' as day"
    )
    row = cursor.execute(text).as_pandas().iloc[0]
    assert (row["number"], row["missing"], row["empty"]) == (1, None, "")
    assert (row["binary_value"], row["price"]) == (b"\x00\xff", Decimal("1.50"))
    assert list(row["numbers"]) == [1, 2]
    assert row["day"] == datetime.date(2020, 2, 29)


def test_pandas_writes_with_to_sql(
    sandbox: Sandbox, connection: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pyathena.pandas.util import to_sql

    # It makes a session of its own, which finds the sandbox as any client does.
    for name in ("AWS_CONFIG_FILE", "AWS_PROFILE"):
        monkeypatch.setenv(name, sandbox.env[name])
    frame = pd.DataFrame({"id": [1, 2], "name": ["a", None]})
    to_sql(
        frame, "frame", connection, f"{DATA}/frame-{uuid.uuid4().hex}/", schema=DATABASE, if_exists="replace"
    )
    assert connection.cursor().execute("select * from frame order by id").fetchall() == [(1, "a"), (2, None)]


# -- arrow and polars -----------------------------------------------------------------------------


def test_arrow_reads_managed_results_without_s3(sandbox: Sandbox, database: str, managed: str) -> None:
    with connect(sandbox, s3_staging_dir=None, work_group=managed) as opened:
        table = opened.cursor(ArrowCursor).execute(FRAME).as_arrow()
        rows = opened.cursor(S3FSCursor).execute(FRAME).fetchall()
    assert table.to_pylist() == [
        {"number": 1, "word": "a", "price": Decimal("1.50"), "flag": True, "ratio": 1.5}
    ]
    assert rows == [(1, "a", Decimal("1.50"), True, 1.5)]


@pytest.mark.usefixtures("arrow_storage")
def test_arrow_reads_csv_and_unload_once_it_knows_the_endpoint(connection: Connection[Any]) -> None:
    row = {"number": 1, "word": "a", "price": Decimal("1.50"), "flag": True, "ratio": 1.5}
    # From CSV the cursor reads decimals as texts.
    from_csv = connection.cursor(ArrowCursor).execute(FRAME).as_arrow().to_pylist()
    assert from_csv == [{**row, "price": "1.50"}]
    unloaded = connection.cursor(ArrowCursor, unload=True).execute(FRAME).as_arrow()
    assert unloaded.schema.field("number").type == pa.int32()
    assert unloaded.schema.field("price").type == pa.decimal128(3, 2)
    assert unloaded.to_pylist() == [row]
    asynchronous = connection.cursor(AsyncArrowCursor)
    assert asynchronous.execute(MANY)[1].result(60).as_arrow().num_rows == 25
    asynchronous.close()


def test_polars_reads_the_csv_file(connection: Connection[Any]) -> None:
    frame = connection.cursor(PolarsCursor).execute(FRAME).as_polars()
    assert frame.schema["price"] == pl.Decimal(3, 2)
    assert frame.rows() == [(1, "a", Decimal("1.50"), True, 1.5)]


@pytest.mark.usefixtures("storage_environment")
def test_polars_by_unload(connection: Connection[Any]) -> None:
    frame = connection.cursor(PolarsCursor, unload=True).execute(FRAME).as_polars()
    assert frame.rows() == [(1, "a", Decimal("1.50"), True, 1.5)]


def test_s3fs_reads_rows_from_the_file(connection: Connection[Any]) -> None:
    text = "select 1 as a, cast(null as varchar) as b, '' as c, array[1, 2] as d"
    assert connection.cursor(S3FSCursor).execute(text).fetchall() == [(1, None, "", [1, 2])]
    many = connection.cursor(S3FSCursor).execute(f"{MANY} order by x").fetchall()
    assert many == [(x,) for x in range(1, 26)]


def test_the_file_system_lists_and_writes(connection: Connection[Any]) -> None:
    from pyathena.filesystem.s3 import S3FileSystem

    files = S3FileSystem(connection=connection)
    path = f"s3://acme-lakehouse-silver/pyathena/fs-{uuid.uuid4().hex}/a.txt"
    with files.open(path, "wb") as handle:
        handle.write(b"hello")
    assert files.cat(path) == b"hello"
    assert [entry.endswith("a.txt") for entry in files.ls(path.rpartition("/")[0])] == [True]
    files.rm(path)
    assert not files.exists(path)


# -- SQLAlchemy -----------------------------------------------------------------------------------


@pytest.fixture
def engine(sandbox: Sandbox, database: str) -> Iterator[sa.Engine]:
    made = sa.create_engine(url(), connect_args={"session": sandbox.session()})
    yield made
    made.dispose()


def url(driver: str = "rest", **more: str) -> str:
    query = {"s3_staging_dir": STAGING, "poll_interval": "0.05", **more}
    arguments = "&".join(f"{key}={quote_plus(value)}" for key, value in query.items())
    return f"awsathena+{driver}://:@athena.eu-central-1.amazonaws.com:443/{DATABASE}?{arguments}"


def test_sqlalchemy_creates_fills_and_reflects_a_table(engine: sa.Engine) -> None:
    table = sa.Table(
        "orders",
        sa.MetaData(),
        sa.Column("id", sa.Integer, comment="order's number"),
        sa.Column("name", sa.String),
        sa.Column("amount", sa.Numeric(10, 2)),
        sa.Column("at", sa.TIMESTAMP),
        schema=DATABASE,
        awsathena_location=f"{DATA}/orders-{uuid.uuid4().hex}/",
        awsathena_file_format="PARQUET",
    )
    row = (1, "a'b", Decimal("1.50"), datetime.datetime(2020, 1, 1, 2, 3, 4, 5000))
    table.create(engine)
    with engine.connect() as opened:
        opened.execute(sa.insert(table).values(row))
        assert opened.execute(sa.select(table).where(table.c.name == "a'b")).fetchall() == [row]
    inspector = sa.inspect(engine)
    assert [
        (column["name"], str(column["type"])) for column in inspector.get_columns("orders", DATABASE)
    ] == [
        ("id", "INTEGER"),
        ("name", "VARCHAR"),
        ("amount", "DECIMAL(10, 2)"),
        ("at", "TIMESTAMP"),
    ]
    assert inspector.get_columns("orders", DATABASE)[0]["comment"] == "order's number"
    assert inspector.has_table("orders", DATABASE)
    assert not inspector.has_table("nothing", DATABASE)
    table.drop(engine)
    assert not sa.inspect(engine).has_table("orders", DATABASE)


def test_sqlalchemy_reflects_views(engine: sa.Engine) -> None:
    with engine.connect() as opened:
        opened.exec_driver_sql("create or replace view ones as select 1 as one")
        inspector = sa.inspect(engine)
        assert inspector.get_view_names(DATABASE) == ["ones"]
        assert "ones" not in inspector.get_table_names(DATABASE)
        assert inspector.get_view_definition("ones", DATABASE).splitlines()[0] == (
            f"CREATE VIEW {DATABASE}.ones AS"
        )
        assert [column["name"] for column in inspector.get_columns("ones", DATABASE)] == ["one"]
        opened.exec_driver_sql("drop view ones")


def test_sqlalchemy_makes_iceberg_tables(engine: sa.Engine) -> None:
    table = sa.Table(
        "events",
        sa.MetaData(),
        sa.Column("id", sa.Integer),
        sa.Column("at", sa.TIMESTAMP, awsathena_partition=True, awsathena_partition_transform="day"),
        schema=DATABASE,
        awsathena_location=f"{DATA}/events-{uuid.uuid4().hex}/",
        awsathena_tblproperties={"table_type": "ICEBERG"},
    )
    table.create(engine)
    # PyAthena writes literals of milliseconds.
    moment = datetime.datetime(2020, 1, 1, 2, 3, 4, 123000)
    with engine.connect() as opened:
        opened.execute(sa.insert(table).values(id=1, at=moment))
        assert opened.execute(sa.select(table)).fetchall() == [(1, moment)]
        described = opened.exec_driver_sql("describe events").fetchall()
    assert ("at_day\tday\tat",) in [tuple(row) for row in described]
    table.drop(engine)


def test_sqlalchemy_binds_parameters(engine: sa.Engine) -> None:
    with engine.connect() as opened:
        row = opened.execute(sa.text("select :a + 1, :b"), {"a": 41, "b": "it's 100%"}).one()
    assert tuple(row) == (42, "it's 100%")


def test_pandas_goes_through_sqlalchemy(sandbox: Sandbox, engine: sa.Engine) -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": [1.5, np.nan]})
    place = f"{DATA}/frame-{uuid.uuid4().hex}/"
    writer = sa.create_engine(
        url(location=place, file_format="parquet"), connect_args={"session": sandbox.session()}
    )
    frame.to_sql("through", writer, schema=DATABASE, index=False, if_exists="replace", method="multi")
    with engine.connect() as opened:
        read = pd.read_sql("select * from through order by a", opened)
    assert read["a"].to_list() == [1, 2]
    assert read["b"].to_list() == ["x", None]
    assert read["c"].isna().to_list() == [False, True]
    assert len(pd.read_sql_table("through", engine, schema=DATABASE)) == 2
    writer.dispose()


@pytest.mark.parametrize("driver", ["pandas", "s3fs", "polars"])
def test_the_other_dialects(sandbox: Sandbox, database: str, driver: str) -> None:
    made = sa.create_engine(url(driver), connect_args={"session": sandbox.session()})
    with made.connect() as opened:
        assert [tuple(row) for row in opened.exec_driver_sql("select 1 as x, 'a' as y")] == [(1, "a")]
    made.dispose()
