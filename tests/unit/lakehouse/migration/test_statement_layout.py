"""Every statement that a migration sends is laid out for the person who reads it in Athena's history.

The statements are those that the steps send, recorded by an Athena that answers what a step needs to go on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, cast

import boto3
import pytest
import sqlglot
from tests.support.sandbox import ROOT

from lakehouse.athena.client import QueryResult
from lakehouse.athena.statements import Statements, Written
from lakehouse.catalog.files import SourceFile
from lakehouse.catalog.tables import get_table
from lakehouse.catalog.views import View, ViewColumn, view_input
from lakehouse.dbt.build_queries import QueryTotals
from lakehouse.dbt.macros import load_macros
from lakehouse.dbt.summary import ACCOUNTING_MODEL, REJECTS_MODEL, Artifacts, summarise
from lakehouse.migration.analysis.discover import plan_scan
from lakehouse.migration.config import MigrationConfig, TableConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.copying.accounts import balance
from lakehouse.migration.copying.batches import Batch
from lakehouse.migration.copying.compat import compat_view
from lakehouse.migration.copying.cross_partition_copies import remove_cross_partition_copies
from lakehouse.migration.copying.merge import merge_rejects, merge_rows
from lakehouse.migration.copying.plan import make_plan, rows_of
from lakehouse.migration.copying.target import plan_target
from lakehouse.migration.switching.view_check import failing_views
from lakehouse.migration.switching.written_rows import WrittenRows, find_written_rows, move_written_rows
from lakehouse.migration.validation.old_queries import OldQuery
from lakehouse.migration.validation.queries import run_query
from lakehouse.migration.validation.rows import check_rows, tied_days, tied_partitions
from lakehouse.migration.validation.run import Options, open_scope, validate_table, view_query
from lakehouse.migration.watching.ledger_table import ledger_table_ddl
from lakehouse.migration.watching.monitor import count_days, count_errors
from lakehouse.records.ledger import Ledger

LONGEST = 110
TEXT = re.compile(r"'[^']*'")
QUOTED = re.compile(r"\"[^\"]*\"|`[^`]*`|--[^\n]*")
# What begins a line; `with time zone` is a type, and `is distinct from` a comparison.
CLAUSE = re.compile(
    r"\b(with(?! time zone)|select|(?<!distinct )from|where|((left|full|cross) )?join|group by|having|limit"
    r"|order by|union all|when (not )?matched|merge into|insert into|create|partitioned by|location"
    r"|tblproperties)\b",
    re.IGNORECASE,
)
COLUMNS = {
    "event_identifier": "varchar(20)",
    "account": "bigint",
    "event_timestamp": "string",
    "release_date": "string",
    "unit_price": "string",
    "is_trial": "string",
    "share_watched": "string",
    "tags": "array<string>",
    "payload": "struct<device:string,at:timestamp>",
    "last_change": "string",
}
TIMES: dict[str, Any] = {
    "event_timestamp": {"type": "timestamp"},
    "last_change": {"type": "timestamp", "zone": "Europe/Berlin", "formats": ["dmy"]},
    "release_date": {"type": "date", "zone": "America/New_York"},
    "unit_price": {"type": "decimal(12,2)"},
    "is_trial": {"type": "boolean"},
    "share_watched": {"type": "double"},
}
TABLES = {
    "keep first": {"key": ["event_identifier"]},
    "keep latest": {
        "key": ["account", "event_identifier"],
        "keep": "latest",
        "latest_by": "last_change",
    },
    "without a key": {},
}
PATHS = [
    f"s3://bronze/shop/events/year={year}/month={month:02}/part-{number}.json"
    for year in (2024, 2025)
    for month in range(1, 13)
    for number in (0, 1)
]
# What Athena answers, by what a statement holds: the first that is found, else nothing.
ANSWERS: list[tuple[str, list[str], list[tuple[Any, ...]]]] = [
    ("$refs", ["snapshot_id"], [(7,)]),
    ("$files", ["size"], [(1000,)]),
    ("as copied", ["copied"], [(1,)]),
    ("as losing", ["period", "losing"], [(date(2025, 8, 1), 2), (date(2025, 8, 13), 1)]),
    ("as duplicates", ["duplicates"], [(2,)]),
    ("as left_out", ["target", "left_out"], [(1, 0)]),
    ("select cast(max(", ["newest"], [("2025-08-13",)]),
    (
        "as __old_path",
        ["__key0", "__old", "__new", "__old_path", "__new_path", "__copies", "__total"],
        [
            ("1", '{"account": "1", "event_identifier": "a\'b"}', None, "s3://gone", None, 0, 2),
            ("2", None, '{"account": "2", "event_identifier": "c"}', None, "s3://gone", 1, 2),
        ],
    ),
    ("select count(*)\nfrom", ["count"], [(3,)]),
    ("select count(*) from", ["count"], [(3,)]),
    ("\n) = 0", [*COLUMNS, "year", "month", "__path"], [("a", "1", "2025-08-13", *(None,) * 9, PATHS[0])]),
    ("FROM events", ["n"], [(1,)]),
    ('FROM "shop"."events"', ["n"], [(1,)]),
]


@dataclass
class Athena:
    """Records statements, gives the answers above."""

    sent: list[str] = field(default_factory=list)

    def query(self, statement: str, database: str = "", limit: int | None = None) -> QueryResult:
        self.sent.append(statement)
        answers = ((columns, rows) for mark, columns, rows in ANSWERS if mark in statement)
        columns, rows = next(answers, ([], []))
        return QueryResult(columns, ["varchar"] * len(columns), rows, False, "id", 0, 0, 0)

    def rows(self, statement: str, database: str = "") -> list[dict[str, Any]]:
        result = self.query(statement)
        return [dict(zip(result.columns, row, strict=True)) for row in result.rows]

    def write(self, statement: str, purpose: str, database: str = "") -> Written:
        self.sent.append(statement)
        return Written("id", 0, 0, 0)


def entry(name: str, location: str, **more: Any) -> dict[str, Any]:
    columns = [{"Name": column, "Type": kind} for column, kind in COLUMNS.items()]
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "StorageDescriptor": {"Columns": columns, "Location": location},
        **more,
    }


@pytest.fixture
def migration(ledger: Ledger) -> Migration:
    """Three tables over the same files, each with a target; the last without a rejects table."""
    glue = boto3.client("glue", region_name="us-east-1")
    glue.create_database(DatabaseInput={"Name": "shop"})
    ledger.s3.create_bucket(Bucket="bronze")
    for path in PATHS:
        ledger.s3.put_object(Bucket="bronze", Key=path.removeprefix("s3://bronze/"), Body=b"x")
    keys = [{"Name": "year", "Type": "int"}, {"Name": "month", "Type": "string"}]
    tables = []
    for number, options in enumerate(TABLES.values()):
        name = f"events_{number}" if number else "events"
        location = "s3://bronze/shop/events/"
        glue.create_table(DatabaseName="shop", TableInput=entry(name, location, PartitionKeys=keys))
        for path in PATHS[::2]:
            place = path.rsplit("/", 1)[0]
            values = re.findall(r"=(\d+)", place)
            descriptor = {"Values": values, "StorageDescriptor": {"Location": place}}
            glue.create_partition(DatabaseName="shop", TableName=name, PartitionInput=cast(Any, descriptor))
        made = ["v2", "v2_rejects"] if number < 2 else ["v2"]
        for suffix in made:
            iceberg = entry(
                f"{name}_{suffix}", f"s3://silver/{suffix}/", Parameters={"table_type": "ICEBERG"}
            )
            more = [*keys, {"Name": "_source_path", "Type": "string"}]
            iceberg["StorageDescriptor"]["Columns"] += more
            glue.create_table(DatabaseName="shop", TableInput=cast(Any, iceberg))
        by = {"column": "event_timestamp", "transform": "day" if number else "month"}
        tables.append({"source": f"shop.{name}", "columns": TIMES, "partition_by": by, **options})
    config = {"name": "acme", "location": str(ledger.location), "data": "s3://silver/", "tables": tables}
    return Migration(
        MigrationConfig.model_validate(config),
        ROOT,
        glue,
        ledger.s3,
        cast(Statements, Athena()),
        ledger,
        load_macros(ROOT),
    )


def sent_by(migration: Migration, table: TableConfig) -> Iterator[str]:
    """The statements of one table's migration, from the first look to the rollback."""
    athena = cast(Athena, migration.statements)
    source, rows = migration.source(table), rows_of(migration, table)
    yield plan_scan(migration.s3, migration.glue, migration.macros, source, table).statement
    files = [SourceFile(path, 1, (("year", path[28:32]), ("month", path[39:41]))) for path in PATHS]
    plan = make_plan(migration, rows, files, lambda *_: None, 1000, whole_table=False)
    yield rows.scan(tuple(files), ["year", "month"])
    for step in plan_target(migration, rows)[:3]:
        step.run()
    days = tuple(date(2025, 8, day) for day in (1, 2, 13))
    for batch in (
        Batch(0, tuple(files), days, 0),
        Batch(1, tuple(files[:1]), days, 0, part=(days[0], days[-1])),
    ):
        yield merge_rows(rows, batch, within_partitions=True)
        yield merge_rows(rows, batch, within_partitions=False)
        yield merge_rejects(rows, batch)
    remove_cross_partition_copies(migration, rows, "generation")
    with pytest.raises(Exception, match=r"missing|too many"):
        balance(migration, rows, plan)
    validate_table(migration, table, Options(), lambda _: None)
    validate_table(migration, table, Options(days=2), lambda _: None)
    scope = open_scope(migration, table)
    for part in (scope, *type(scope)(table, scope.source, scope.target, 7, parts=2).in_parts()):
        check_rows(part, migration.statements, 10)
        tied_partitions(part, migration.statements)
        tied_days(part, migration.statements)
    old = "with recent as (select event_identifier as n from shop.{0} where year > 2024) select n from recent"
    for sql in (old, "select count(*) as n from shop.{0} where account = 1 group by year"):
        tree = sqlglot.parse_one(sql.format(source.name), dialect="athena")
        query = OldQuery("old", tree, frozenset([table.source]))
        views = {table.source: view_query(migration, scope)}
        run_query(query, {table.source: scope}, views, migration.statements, datetime.now(UTC), 10)
    count_days(migration, table, 30)
    count_errors(migration, table)
    view = compat_view(table, source)
    over = View(
        f"select account from {table.source} where account = 1", (ViewColumn("account", "bigint", ""),)
    )
    name = f"over_{source.name}"
    migration.glue.create_table(DatabaseName="shop", TableInput=view_input(name, over))
    with pytest.raises(ValueError, match="unpack"):
        # This Athena has no types to give.
        list(failing_views(migration, table, view))
    find_written_rows(migration, table, source, 7)
    written = WrittenRows(7, 2, dict.fromkeys(PATHS, 1), 0)
    move_written_rows(migration, table, source, get_table(migration.glue, table.source), written)
    yield from athena.sent


@pytest.mark.parametrize("number", range(3), ids=list(TABLES))
def test_each_clause_begins_a_line_and_no_line_is_long(migration: Migration, number: int) -> None:
    statements = list(sent_by(migration, migration.config.tables[number]))
    # Fewer would mean that a step has stopped before it sent its own.
    assert len(statements) > 50
    assert {place: wrong for place in statements if (wrong := faults(place))} == {}


def test_the_ledgers_table_and_the_summary_of_a_build_too(ledger: Ledger) -> None:
    sent = [ledger_table_ddl(ledger, "shop.ledger")]

    def run_query(statement: str) -> list[Any]:
        sent.append(statement)
        return []

    artifacts = Artifacts(
        {"results": [], "elapsed_time": 1}, {ACCOUNTING_MODEL: "a.b.c", REJECTS_MODEL: "a.b.d"}
    )
    summarise(artifacts, run_query, QueryTotals(0, 0))
    assert [faults(statement) for statement in sent] == [[]] * 3


def faults(statement: str) -> list[str]:
    """Lines that are too long without margin and texts, and those with a clause behind something else."""
    without_texts = TEXT.sub("''", statement)
    too_long = [line for line in without_texts.splitlines() if len(line.strip()) > LONGEST]
    lines = QUOTED.sub("x", without_texts).splitlines()
    return too_long + [
        line for line in lines if any(line[: at.start()].strip() for at in CLAUSE.finditer(line))
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "select a from b",
        "select a\nfrom b where c = 1",
        "select row_number() over (partition by a order by b) as n\nfrom c",
        "select a\nfrom b\nfull join c on a = d\nwhere e = 1 group by f",
        "merge into a when matched then delete",
        f"select {'a' * 111}\nfrom b",
    ],
)
def test_a_statement_that_is_not_laid_out_is_noticed(statement: str) -> None:
    assert faults(statement)


@pytest.mark.parametrize(
    "statement",
    [
        f"select cast(a as timestamp(6) with time zone), '{'a' * 200} from b'\nfrom b",
        'select a is not distinct from b\nfrom "c from d"\ncross join unnest(array[1]) as t (n)',
    ],
)
def test_what_looks_like_a_clause_and_is_not_one_is_left_alone(statement: str) -> None:
    assert faults(statement) == []
