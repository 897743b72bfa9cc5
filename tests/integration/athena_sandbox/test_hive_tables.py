"""Hive tables that other tools made: projection, properties and bytes that decide which rows are read.

Expected rows are worked out from Athena's guide, never taken from the engine.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.orc
import pyarrow.parquet
import pytest
from tests.support.sandbox import Sandbox

BUCKET = "acme-lakehouse-bronze"


class Tables:
    """A database of the test's own, and a folder of objects in the bronze bucket."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.name = f"hive_tables_{uuid.uuid4().hex[:8]}"
        self.place = f"s3://{BUCKET}/{self.name}"
        self.s3 = sandbox.client("s3")

    def put(self, path: str, body: bytes) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=f"{self.name}/{path}", Body=body)

    def sql(self, statement: str) -> list[list[str | None]]:
        return self.sandbox.sql(statement.replace("{db}", self.name).replace("{place}", self.place))

    def problem(self, statement: str) -> str:
        with pytest.raises(AssertionError) as caught:
            self.sql(statement)
        return str(caught.value).rpartition("\n")[2]

    def create(self, table: str, columns: str, form: str, **properties: str) -> None:
        """An external table over the folder of its name."""
        given = ", ".join(f"'{name}' = '{value}'" for name, value in properties.items())
        self.sql(
            f"create external table {{db}}.{table} {columns} {form} location '{{place}}/{table}/'"
            + (f" tblproperties ({given})" if given else "")
        )


@pytest.fixture(scope="module")
def tables(sandbox: Sandbox) -> Iterator[Tables]:
    made = Tables(sandbox)
    made.sql("create database {db}")
    yield made
    made.sql("drop database {db} cascade")


def project(**columns: dict[str, str]) -> dict[str, str]:
    properties = {"projection.enabled": "true"}
    for column, given in columns.items():
        properties |= {f"projection.{column}.{name.replace('_', '.')}": text for name, text in given.items()}
    return properties


def create_dated(
    tables: Tables, table: str, kind: str, form: str, between: str, interval: str, unit: str
) -> None:
    """A table with one key `p` of dates in a form, projected between two of them."""
    key = {"type": "date", "format": form, "range": between, "interval": interval, "interval_unit": unit}
    tables.create(table, f"(v int) partitioned by (p {kind})", "", **project(p=key))


def test_months_years_and_texts_with_colons_are_projected(tables: Tables) -> None:
    year = datetime.now(UTC).year
    for month in (1, 2, 3, 4):
        tables.put(f"months/p=2017-{month:02d}/a", b"%d\n" % month)
    create_dated(tables, "months", "string", "yyyy-MM", "2017-01,2017-04", "2", "MONTHS")
    assert tables.sql("select v, p from {db}.months order by v") == [["1", "2017-01"], ["3", "2017-03"]]
    for ago in (2, 4):
        tables.put(f"years/p={year - ago}/a", b"%d\n" % ago)
    create_dated(tables, "years", "string", "yyyy", "NOW-3YEARS,NOW", "1", "years")
    assert tables.sql("select v from {db}.years") == [["2"]]
    tables.put("times/p=2024-01-01 01:00:00/a", b"1\n")
    hours = "2024-01-01 00:00:00,2024-01-01 02:00:00"
    create_dated(tables, "times", "timestamp", "yyyy-MM-dd HH:mm:ss", hours, "1", "HOURS")
    assert tables.sql("select v, p from {db}.times where p < timestamp '2024-01-01 02:00:00'") == [
        ["1", "2024-01-01 01:00:00.000"]
    ]


def test_an_enumeration_of_numbers_and_injected_keys(tables: Tables) -> None:
    for path, value in (("5/03/x", 4), ("6/04/x", 5), ("6/04/y", 6), ("7/05/x", 7)):
        tables.put(f"keys/{path}/a", b"%d\n" % value)
    tables.create(
        "keys",
        "(v int) partitioned by (n bigint, h int, id string)",
        "",
        **project(
            n={"type": "Enum", "values": "5,6"},
            h={"type": "integer", "range": "0,5", "digits": "2"},
            id={"type": "injected"},
        ),
        **{"storage.location.template": f"{tables.place}/keys/${{n}}/${{h}}/${{id}}"},
    )
    assert tables.sql("select v from {db}.keys where id = 'x' and n > 5") == [["5"]]
    assert tables.sql("select v from {db}.keys where id in ('x', 'y') and h between 3 and 4 order by 1") == [
        ["4"],
        ["5"],
        ["6"],
    ]
    assert tables.problem("select v from {db}.keys where n = 5") == (
        "CONSTRAINT_VIOLATION: For the injected projected partition column id, the WHERE clause must contain "
        "only static equality conditions, and at least one such condition must be present."
    )
    # What is written goes to where it is read, and nothing is registered.
    tables.sql("insert into {db}.keys values (7, 6, 4, 'x')")
    assert tables.sql("select v from {db}.keys where id = 'x' and n = 6 order by 1") == [["5"], ["7"]]
    assert tables.sql("show partitions {db}.keys") == []


def parquet(columns: dict[str, list[Any]]) -> bytes:
    out = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(columns), out)
    return out.getvalue()


def orc(columns: dict[str, list[Any]]) -> bytes:
    out = io.BytesIO()
    pyarrow.orc.write_table(pa.table(columns), out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("form", "write", "by_default", "name", "refused", "rows"),
    [
        # The files' columns are b, a; the table's a, b. Athena reads ORC by position and Parquet by name.
        ("orc", orc, "true", "orc.column.index.access", "false", [["1", "2"]]),
        ("parquet", parquet, "false", "parquet.column.index.access", "true", [["2", "1"]]),
    ],
)
def test_access_to_columns_is_athenas_default_or_refused_by_name(
    tables: Tables,
    form: str,
    write: Callable[[dict[str, list[Any]]], bytes],
    by_default: str,
    name: str,
    refused: str,
    rows: list[list[str]],
) -> None:
    tables.put(f"by_{form}/a", write({"b": [1], "a": [2]}))
    tables.create(f"by_{form}", "(a bigint, b bigint)", f"stored as {form}", **{name: by_default})
    assert tables.sql(f"select a, b from {{db}}.by_{form}") == rows
    refusal = f"NOT_SUPPORTED: Table property '{name}' = '{refused}' is not served by the sandbox: "
    statement = f"alter table {{db}}.by_{form} set tblproperties ('{name}' = '{refused}')"
    assert tables.problem(statement).startswith(refusal)
    # Through the Glue API, the reader gets the refusal.
    glue = tables.sandbox.client("glue")
    made = glue.get_table(DatabaseName=tables.name, Name=f"by_{form}")["Table"]
    wanted = {key: made[key] for key in ("Name", "TableType", "StorageDescriptor", "Parameters")}
    wanted["StorageDescriptor"]["SerdeInfo"]["Parameters"][name] = refused
    glue.update_table(DatabaseName=tables.name, TableInput=wanted)
    assert tables.problem(f"select a, b from {{db}}.by_{form}").startswith(refusal)


def test_bytes_that_are_not_utf_8_are_replaced(tables: Tables) -> None:
    latin = "caf\xe9|1\n\xffx|2\n".encode("latin-1")
    tables.put("latin/a", latin)
    tables.put("latin_json/a", b'{"s": "caf\xe9", "n": 1}\n')
    tables.put("latin_csv/a", b'"caf\xe9",1\n')
    tables.put("latin_parquet/a", parquet({"s": [b"caf\xe9"], "n": ["1"]}))
    text = "row format delimited fields terminated by '|'"
    tables.create("latin", "(s string, n string)", text)
    tables.create(
        "latin_json", "(s string, n string)", "row format serde 'org.openx.data.jsonserde.JsonSerDe'"
    )
    tables.create(
        "latin_csv", "(s string, n string)", "row format serde 'org.apache.hadoop.hive.serde2.OpenCSVSerde'"
    )
    tables.create("latin_parquet", "(s string, n string)", "stored as parquet")
    assert tables.sql("select s, n from {db}.latin order by n") == [["caf\ufffd", "1"], ["\ufffdx", "2"]]
    for table in ("latin_json", "latin_csv", "latin_parquet"):
        assert tables.sql(f"select s, n from {{db}}.{table}") == [["caf\ufffd", "1"]]
    assert tables.problem(
        "create external table {db}.declared (s string) "
        "row format serde 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe' "
        "with serdeproperties ('serialization.encoding' = 'ISO-8859-1') location '{place}/latin/'"
    ) == (
        "NOT_SUPPORTED: Table property 'serialization.encoding' = 'ISO-8859-1' is not served by the sandbox: "
        "its engine reads text files as UTF-8"
    )
