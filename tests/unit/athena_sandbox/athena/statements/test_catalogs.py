"""Names of catalogs that exist at the engine only, and the default one's disappearance from the echo."""

from __future__ import annotations

import pytest

from athena_sandbox.athena.statements.catalogs import find_internal_catalog
from athena_sandbox.athena.statements.echo import echoed
from athena_sandbox.athena.statements.parser import parse


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("select * from iceberg.db.t", ("iceberg", 1, 15)),
        ('select *\nfrom "ICEBERG" . "db" . t', ("iceberg", 2, 6)),
        ("select 1 from a.b.c, system.runtime.nodes", ("system", 1, 22)),
        ("insert into iceberg.db.t select 1", ("iceberg", 1, 13)),
        ("select * from db.iceberg", None),
        ("select * from iceberg.t", None),
        ("select system.info.name from t as system", None),
        ("select 'iceberg.db.t' as x -- iceberg.db.t", None),
        ("select * from awsdatacatalog.system.t", None),
    ],
)
def test_a_name_of_three_parts_that_begins_with_an_internal_catalog(
    sql: str, found: tuple[str, int, int] | None
) -> None:
    assert find_internal_catalog(sql) == found


@pytest.mark.parametrize(
    ("sql", "shown"),
    [
        ("describe awsdatacatalog.db.t", "describe db.t"),
        ("SHOW COLUMNS IN AwsDataCatalog.db.t", "SHOW COLUMNS IN db.t"),
        ("show create table `awsdatacatalog`.`db`.`t`", "show create table `db`.`t`"),
        ("show tables in awsdatacatalog.db", "show tables in db"),
        ("show tblproperties awsdatacatalog.db.t", "show tblproperties db.t"),
        ("alter table awsdatacatalog.db.t drop column c", "alter table db.t drop column c"),
        ("drop table if exists awsdatacatalog.db.t", "drop table if exists db.t"),
        ("msck repair table awsdatacatalog.db.t", "msck repair table db.t"),
        ("select * from awsdatacatalog.db.t", "select * from awsdatacatalog.db.t"),
        ("describe db.awsdatacatalog", "describe db.awsdatacatalog"),
    ],
)
def test_the_default_catalog_is_left_out_where_athena_leaves_it_out(sql: str, shown: str) -> None:
    assert echoed(sql, parse(sql)) == shown
