"""What old queries are run on: what a cutover will publish, whatever view has the compat view's name."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from lakehouse.catalog.tables import Column, Table, TableKind
from lakehouse.migration.config import TableConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.validation.relations import Scope
from lakehouse.migration.validation.run import view_query

# dbt keeps a view of the compatibility view's name, over a table of its own.
DBTS_VIEW = {"DatabaseName": "db", "Name": "t_compat", "TableType": "VIRTUAL_VIEW"}


def scope(**more: Any) -> Scope:
    config = {
        "source": "db.t",
        "columns": {"at": {"type": "timestamp"}},
        "partition_by": {"column": "at"},
        **more,
    }
    columns = (Column("id", "string"), Column("at", "string"))
    source = Table("db", "t", TableKind.HIVE, columns, (), "s3://b/t/", {})
    target = Table("db", "t_v2", TableKind.ICEBERG, columns, (), "s3://b/t_v2/", {})
    return Scope(TableConfig.model_validate(config), source, target, None)


def migration() -> Migration:
    glue = SimpleNamespace(get_table=lambda **_: {"Table": DBTS_VIEW})
    return cast(Migration, SimpleNamespace(glue=glue))


def test_a_table_of_the_migrations_own_is_read_from_its_target() -> None:
    assert view_query(migration(), scope()) == (
        'select "id", cast("at" as varchar) as "at"\nfrom "db"."t_v2"'
    )


def test_a_table_that_dbt_writes_is_read_through_dbts_view() -> None:
    assert view_query(migration(), scope(dbt_model="t_v2")) == 'select *\nfrom "db"."t_compat"'
