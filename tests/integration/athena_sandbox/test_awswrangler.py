"""awswrangler (AWS SDK for pandas) as its documentation uses it: reading, tables, Iceberg, catalog.

The values are written out: they are what the literals say, in the pandas types that awswrangler documents.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import awswrangler as wr
import boto3
import pandas as pd
import pytest
from tests.support.sandbox import Sandbox

DATABASE = "awswrangler_tests"
RESULTS = "s3://acme-lakehouse-results/awswrangler"
DATA = "s3://acme-lakehouse-silver/awswrangler"
MANY = "select x from unnest(sequence(1, 10)) as t (x) order by x"

# Name, expression, and the value that is read in every way.
TYPES: list[tuple[str, str, Any]] = [
    ("boolean", "true", True),
    ("tinyint_", "tinyint '-128'", -128),
    ("smallint_", "smallint '32767'", 32767),
    ("integer_", "-2147483648", -2147483648),
    ("bigint_", "bigint '9223372036854775807'", 9223372036854775807),
    ("double_", "1e300", 1e300),
    ("infinity", "1 / 0.0", float("inf")),
    ("decimal_", "decimal '12345678901234567890.12'", Decimal("12345678901234567890.12")),
    ("text", "'it''s \"quoted\", ünïcode 🦆'", 'it\'s "quoted", ünïcode 🦆'),
    ("binary_", "X'00ff10'", b"\x00\xff\x10"),
    ("day", "date '2020-02-29'", datetime.date(2020, 2, 29)),
    ("moment", "timestamp '2020-02-29 12:34:56.789'", pd.Timestamp("2020-02-29 12:34:56.789")),
]
ALL_TYPES = "select " + ", ".join(f"{expression} as {name}" for name, expression, _ in TYPES)
EXPECTED = {name: value for name, _, value in TYPES}
# Ways of reading that write Parquet on the way, in their own types, and one that reads the CSV file.
WAYS: dict[str, dict[str, Any]] = {
    "csv": {"ctas_approach": False},
    "ctas": {"ctas_approach": True},
    "unload": {"ctas_approach": False, "unload_approach": True},
}


class Wrangler:
    """awswrangler on the sandbox: the arguments that all of its calls share."""

    def __init__(self, session: boto3.Session) -> None:
        self.session = session

    @property
    def place(self) -> str:
        """An empty place for results: UNLOAD refuses an occupied one."""
        return f"{RESULTS}/{uuid.uuid4().hex}/"

    def read(self, sql: str, way: str = "csv", **more: Any) -> pd.DataFrame:
        frame = wr.athena.read_sql_query(
            sql, database=DATABASE, s3_output=self.place, boto3_session=self.session, **WAYS[way], **more
        )
        assert isinstance(frame, pd.DataFrame)
        return frame

    def run(self, sql: str) -> dict[str, Any]:
        query = wr.athena.start_query_execution(
            sql, database=DATABASE, s3_output=self.place, boto3_session=self.session
        )
        return wr.athena.wait_query(str(query), boto3_session=self.session)


@pytest.fixture(scope="module")
def wrangler(sandbox: Sandbox) -> Iterator[Wrangler]:
    session = sandbox.session()
    wr.catalog.create_database(DATABASE, exist_ok=True, boto3_session=session)
    yield Wrangler(session)
    sandbox.sql(f"drop database {DATABASE} cascade")


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": pd.array([1, 2, 3], dtype="Int64"),
            "name": ["a", None, ""],
            "at": pd.to_datetime(["2020-01-01 00:00:00.123", "2020-01-02 00:00:00.000", None]),
            "part": ["x", "y", "y"],
        }
    )


@pytest.fixture
def table(wrangler: Wrangler, frame: pd.DataFrame) -> Iterator[str]:
    """A partitioned Hive table that awswrangler wrote."""
    name = f"t_{uuid.uuid4().hex}"
    wr.s3.to_parquet(
        frame,
        path=f"{DATA}/{name}/",
        dataset=True,
        database=DATABASE,
        table=name,
        partition_cols=["part"],
        boto3_session=wrangler.session,
    )
    yield name
    wr.catalog.delete_table_if_exists(DATABASE, name, boto3_session=wrangler.session)


# -- reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_every_type_is_read(wrangler: Wrangler, way: str) -> None:
    # From CSV awswrangler hands on the printed bytes, of Athena's files too.
    expected = {**EXPECTED, "binary_": b"00 ff 10"} if way == "csv" else EXPECTED
    assert wrangler.read(ALL_TYPES, way).to_dict("records") == [expected]


@pytest.mark.parametrize(("way", "empty"), [("csv", None), ("ctas", ""), ("unload", "")])
def test_null_and_the_empty_text(wrangler: Wrangler, way: str, empty: str | None) -> None:
    """The CSV way loses the difference, of Athena's files too: pandas reads both as missing."""
    row = wrangler.read(
        "select cast(null as varchar) as missing, '' as empty, cast(null as integer) as n", way
    )
    assert row["missing"].isna().to_list() == [True]
    assert row["n"].isna().to_list() == [True]
    assert (None if pd.isna(row["empty"][0]) else row["empty"][0]) == empty


@pytest.mark.parametrize("way", ["ctas", "unload"])
def test_nested_values_are_read_through_parquet(wrangler: Wrangler, way: str) -> None:
    row = wrangler.read(
        "select array[1, 2] as numbers, map(array['a'], array[1]) as entries, "
        "cast(row(1, 'x') as row(id integer, name varchar)) as record",
        way,
    ).iloc[0]
    assert list(row["numbers"]) == [1, 2]
    assert list(row["entries"]) == [("a", 1)]
    assert row["record"] == {"id": 1, "name": "x"}


@pytest.mark.parametrize("way", WAYS)
def test_chunks(wrangler: Wrangler, way: str) -> None:
    chunks = wr.athena.read_sql_query(
        MANY,
        database=DATABASE,
        s3_output=wrangler.place,
        chunksize=4,
        boto3_session=wrangler.session,
        **WAYS[way],
    )
    assert [chunk["x"].to_list() for chunk in chunks] == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]]


@pytest.mark.parametrize("way", WAYS)
def test_no_rows(wrangler: Wrangler, way: str) -> None:
    statement = "select 1 as a, 'x' as b where false"
    if way == "unload":
        # No file was written, so the types are unknown, as on Athena.
        with pytest.raises(wr.exceptions.EmptyDataFrame):
            wrangler.read(statement, way)
    else:
        assert len(wrangler.read(statement, way)) == 0


def test_named_parameters(wrangler: Wrangler) -> None:
    row = wrangler.read(
        "select :number + 1 as a, :word as b, :day as c",
        params={"number": 41, "word": "it's", "day": datetime.date(2020, 2, 29)},
    )
    assert row.to_dict("records") == [{"a": 42, "b": "it's", "c": datetime.date(2020, 2, 29)}]


def test_positional_parameters(wrangler: Wrangler) -> None:
    row = wrangler.read("select ? + 1 as a, ? as b", params=["41", "'it''s'"], paramstyle="qmark")
    assert row.to_dict("records") == [{"a": 42, "b": "it's"}]


@pytest.mark.parametrize("way", ["csv", "ctas"])
def test_the_cache_answers_with_the_earlier_result(wrangler: Wrangler, way: str) -> None:
    text = f"select '{uuid.uuid4()}' as x"
    first = wrangler.read(text, way, athena_cache_settings={"max_cache_seconds": 900})
    wr.config.reset()
    second = wrangler.read(text, way, athena_cache_settings={"max_cache_seconds": 900})
    assert second["x"].to_list() == first["x"].to_list()
    ids = wr.athena.list_query_executions(boto3_session=wrangler.session)
    executions = wr.athena.get_query_executions(ids[:10], boto3_session=wrangler.session)
    assert isinstance(executions, pd.DataFrame)
    assert sum(text in query for query in executions["Query"]) == 1


def test_a_table_is_read_whole(wrangler: Wrangler, table: str, frame: pd.DataFrame) -> None:
    for way in WAYS:
        read = wr.athena.read_sql_table(
            table, DATABASE, s3_output=wrangler.place, boto3_session=wrangler.session, **WAYS[way]
        ).sort_values("id")
        assert read["id"].to_list() == [1, 2, 3], way
        assert read["part"].to_list() == ["x", "y", "y"], way
        assert read["at"].to_list()[0] == pd.Timestamp("2020-01-01 00:00:00.123"), way
        assert read["at"].isna().to_list() == [False, False, True], way


def test_the_default_bucket_is_made(wrangler: Wrangler) -> None:
    """Without an output location awswrangler makes `aws-athena-query-results-ACCOUNT-REGION`."""
    read = wr.athena.read_sql_query(
        "select 1 as x", database=DATABASE, ctas_approach=False, boto3_session=wrangler.session
    )
    assert read["x"].to_list() == [1]


@pytest.mark.parametrize(
    ("sql", "error", "message"),
    [
        ("select 1 as a, 2 as a", wr.exceptions.InvalidCtasApproachQuery, "distinct names"),
        ("select 1", wr.exceptions.InvalidArgumentValue, "define all columns names"),
        ("select null as x", wr.exceptions.InvalidArgumentValue, "undefined columns types"),
    ],
)
def test_the_words_that_awswrangler_looks_for(
    wrangler: Wrangler, sql: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        wrangler.read(sql, "ctas")


# -- executions -----------------------------------------------------------------------------------


def test_an_execution_is_started_waited_for_and_read(wrangler: Wrangler) -> None:
    execution = wrangler.run("select 1 as a, 'x' as b")
    assert execution["Status"]["State"] == "SUCCEEDED"
    query = execution["QueryExecutionId"]
    read = wr.athena.get_query_results(query, boto3_session=wrangler.session)
    assert read.to_dict("records") == [{"a": 1, "b": "x"}]
    wr.athena.stop_query_execution(query, boto3_session=wrangler.session)
    assert query in wr.athena.list_query_executions(boto3_session=wrangler.session)
    types = wr.athena.get_query_columns_types(query, boto3_session=wrangler.session)
    assert types == {"a": "integer", "b": "varchar"}


def test_a_failed_query_says_why(wrangler: Wrangler) -> None:
    with pytest.raises(wr.exceptions.QueryFailed, match="COLUMN_NOT_FOUND: line 1:8: Column 'nope'"):
        wrangler.run("select nope")


def test_prepared_statements(wrangler: Wrangler) -> None:
    name, session = f"p_{uuid.uuid4().hex}", wrangler.session
    wr.athena.create_prepared_statement("select ? as x", name, boto3_session=session)
    wr.athena.create_prepared_statement("select ? + 1 as x", name, boto3_session=session)
    listed = wr.athena.list_prepared_statements(boto3_session=session)
    assert name in [statement["StatementName"] for statement in listed]
    assert wrangler.read(f'execute "{name}"', params=["41"], paramstyle="qmark")["x"].to_list() == [42]
    wr.athena.delete_prepared_statement(name, boto3_session=session)
    listed = wr.athena.list_prepared_statements(boto3_session=session)
    assert name not in [statement["StatementName"] for statement in listed]


# -- tables ---------------------------------------------------------------------------------------


def test_a_table_is_made_by_ctas(wrangler: Wrangler, table: str) -> None:
    name = f"c_{uuid.uuid4().hex}"
    made = wr.athena.create_ctas_table(
        f"select id, name, part from {table}",
        database=DATABASE,
        ctas_table=name,
        s3_output=wrangler.place,
        storage_format="orc",
        write_compression="zlib",
        partitioning_info=["part"],
        wait=True,
        boto3_session=wrangler.session,
    )
    assert made["ctas_table"] == name
    read = wrangler.read(f"select * from {name} order by id")
    assert read["part"].to_list() == ["x", "y", "y"]
    partitions = wr.catalog.get_partitions(DATABASE, name, boto3_session=wrangler.session)
    assert sorted(partitions.values()) == [["x"], ["y"]]


def test_a_table_is_described_shown_and_repaired(wrangler: Wrangler, table: str) -> None:
    options: dict[str, Any] = {
        "database": DATABASE,
        "s3_output": wrangler.place,
        "boto3_session": wrangler.session,
    }
    described = wr.athena.describe_table(table, **options)
    assert described[["Column Name", "Type", "Partition"]].values.tolist() == [
        ["id", "bigint", False],
        ["name", "string", False],
        ["at", "timestamp", False],
        ["part", "string", True],
    ]
    shown = wr.athena.show_create_table(table, **options)
    # Named as the client's statement names it.
    assert shown.startswith(f"CREATE EXTERNAL TABLE `{table}`(")
    assert wr.athena.generate_create_query(table, DATABASE, boto3_session=wrangler.session).startswith(
        "CREATE"
    )
    wr.catalog.delete_all_partitions(table, DATABASE, boto3_session=wrangler.session)
    assert wr.athena.repair_table(table, **options) == "SUCCEEDED"
    assert len(wrangler.read(f"select * from {table}")) == 3


def test_the_catalog_knows_the_table(wrangler: Wrangler, table: str) -> None:
    session = wrangler.session
    types = {"id": "bigint", "name": "string", "at": "timestamp", "part": "string"}
    assert wr.catalog.get_table_types(DATABASE, table, boto3_session=session) == types
    assert wr.catalog.does_table_exist(DATABASE, table, boto3_session=session)
    assert not wr.catalog.does_table_exist(DATABASE, "nothing", boto3_session=session)
    assert table in list(wr.catalog.tables(database=DATABASE, boto3_session=session)["Table"])
    listed = list(wr.catalog.databases(boto3_session=session)["Database"])
    assert DATABASE in listed
    assert [name for name in listed if name.startswith("athena_sandbox")] == []


def test_a_table_is_registered_with_its_partitions(wrangler: Wrangler, table: str) -> None:
    session, name = wrangler.session, f"r_{uuid.uuid4().hex}"
    place = f"{DATA}/{table}"
    wr.catalog.create_parquet_table(
        database=DATABASE,
        table=name,
        path=f"{place}/",
        columns_types={"id": "bigint", "name": "string"},
        partitions_types={"part": "string"},
        boto3_session=session,
    )
    wr.catalog.add_parquet_partitions(DATABASE, name, {f"{place}/part=y/": ["y"]}, boto3_session=session)
    read = wrangler.read(f"select id, part from {name} order by id")
    assert read.values.tolist() == [[2, "y"], [3, "y"]]
    wr.catalog.add_column(
        DATABASE, name, "extra", column_type="int", column_comment="new", boto3_session=session
    )
    assert wrangler.read(f"select extra from {name}")["extra"].isna().all()


# -- Iceberg --------------------------------------------------------------------------------------


def to_iceberg(wrangler: Wrangler, frame: pd.DataFrame, table: str, **more: Any) -> None:
    wr.athena.to_iceberg(
        frame,
        database=DATABASE,
        table=table,
        temp_path=f"{DATA}/staged-{uuid.uuid4().hex}/",
        s3_output=wrangler.place,
        boto3_session=wrangler.session,
        **more,
    )


def test_an_iceberg_table_is_made_merged_evolved_and_thinned(wrangler: Wrangler) -> None:
    name = f"i_{uuid.uuid4().hex}"
    first = pd.DataFrame({"id": [1, 2], "name": ["a", None], "at": pd.to_datetime(["2020-01-01"] * 2)})
    to_iceberg(wrangler, first, name, table_location=f"{DATA}/{name}/", partition_cols=["day(at)"])
    more = pd.DataFrame({"id": [2, 3], "name": ["b", "c"], "at": pd.to_datetime(["2020-01-02"] * 2)})
    to_iceberg(wrangler, more, name, merge_cols=["id"])
    evolved = pd.DataFrame({"id": [4], "name": ["d"], "at": pd.to_datetime(["2020-01-03"]), "price": [1.5]})
    to_iceberg(wrangler, evolved, name, schema_evolution=True, fill_missing_columns_in_df=True)
    wr.athena.delete_from_iceberg_table(
        pd.DataFrame({"id": [1]}),
        database=DATABASE,
        table=name,
        merge_cols=["id"],
        temp_path=f"{DATA}/staged-{uuid.uuid4().hex}/",
        s3_output=wrangler.place,
        boto3_session=wrangler.session,
    )
    read = wrangler.read(f"select id, name, cast(at as date) as day, price from {name} order by id")
    assert read["id"].to_list() == [2, 3, 4]
    assert read["name"].to_list() == ["b", "c", "d"]
    assert read["day"].to_list() == [datetime.date(2020, 1, day) for day in (2, 2, 3)]
    assert read["price"].to_list()[2] == 1.5


def test_reading_iceberg_timestamps_by_ctas_fails_as_on_athena(wrangler: Wrangler) -> None:
    """Its CTAS is a Hive table, which holds milliseconds, and Iceberg's timestamps are microseconds."""
    with pytest.raises(wr.exceptions.QueryFailed, match="Incorrect timestamp precision for timestamp"):
        wrangler.read("select timestamp '2020-01-01 00:00:00.123456' as at", "ctas")


def test_managed_results_are_read(wrangler: Wrangler, sandbox: Sandbox) -> None:
    """awswrangler asks the work group, and then sends no location and reads rows by the API."""
    athena = sandbox.client("athena")
    name = f"managed-{uuid.uuid4().hex[:8]}"
    managed = {"ManagedQueryResultsConfiguration": {"Enabled": True}}
    athena.create_work_group(Name=name, Configuration=managed)
    read = wrangler.read("select 1 as x, 'a' as y", workgroup=name)
    assert read.to_dict("records") == [{"x": 1, "y": "a"}]
    athena.delete_work_group(WorkGroup=name, RecursiveDeleteOption=True)
