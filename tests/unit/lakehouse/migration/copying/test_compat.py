"""The types of the view that answers old queries: what other views stored of the old table still fits."""

from __future__ import annotations

import pytest

from lakehouse.catalog.tables import Column, Table, TableKind
from lakehouse.migration.config import TableConfig
from lakehouse.migration.copying.compat import compat_view


@pytest.mark.parametrize(
    ("parsed", "was", "becomes"),
    [
        # 2025-08-13 06:08:46.600648 has 26 characters.
        ("timestamp", "varchar(26)", "varchar(26)"),
        ("timestamp", "varchar(25)", "string"),
        ("timestamp", "string", "string"),
        ("timestamp", "char(40)", "string"),
        ("date", "varchar(10)", "varchar(10)"),
        ("date", "varchar(9)", "string"),
        # -0.99 of a decimal(2,2), -12345.67 of a decimal(7,2).
        ("decimal(2,2)", "varchar(5)", "varchar(5)"),
        ("decimal(7,2)", "varchar(10)", "varchar(10)"),
        ("decimal(7,2)", "varchar(9)", "string"),
    ],
)
def test_a_text_keeps_its_length_where_every_value_fits(parsed: str, was: str, becomes: str) -> None:
    config = TableConfig.model_validate(
        {
            "source": "raw.events",
            "columns": {"at": {"type": "timestamp"}, "text": {"type": parsed}},
            "partition_by": {"column": "at"},
        }
    )
    columns = (Column("at", "string"), Column("text", was))
    source = Table("raw", "events", TableKind.HIVE, columns, (), "s3://bronze/events/", {})
    view = compat_view(config, source)
    assert view.columns[1].glue_type == becomes
    assert view.columns[1].type == ("varchar" if becomes == "string" else becomes)
    assert f'cast("text" as {view.columns[1].type}) as "text"' in view.sql


def test_a_field_that_is_called_as_a_type_stays_a_field() -> None:
    config = TableConfig.model_validate(
        {
            "source": "raw.events",
            "columns": {"at": {"type": "timestamp"}},
            "partition_by": {"column": "at"},
        }
    )
    nested = Column("s", "struct<timestamp:string,smallint:int>")
    times = Column("t", "struct<varchar:timestamp,x:smallint>")
    source = Table(
        "raw", "events", TableKind.HIVE, (Column("at", "string"), nested, times), (), "s3://bronze/e/", {}
    )
    view = compat_view(config, source)
    assert [column.type for column in view.columns] == [
        "varchar",
        'row("timestamp" varchar, "smallint" integer)',
        'row("varchar" timestamp(3), "x" smallint)',
    ]
    assert (
        view.sql
        == """\
select
    cast("at" as varchar) as "at",
    "s",
    cast("t" as row("varchar" timestamp(3), "x" smallint)) as "t"
from "raw"."events_v2\""""
    )
