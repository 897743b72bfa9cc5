"""The six bronze tables as they are after a migration, beside those of the other tests: types and views.

`typed_telemetry.telemetry_v2` is typed, `typed_telemetry.telemetry` the view that answers for the old table,
and so on. They are made here in the plainest way and not by the code under test: one statement a table, one
copy a key.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.support.sandbox import ROOT, Sandbox

from lakehouse.dbt.macros import load_macros
from lakehouse.migration.config import TableConfig, load_config
from lakehouse.telemetry.tables import BRONZE_TABLES, BronzeTable, partition_keys

DATABASES = {"acme_telemetry.": "typed_telemetry.", "acme_streaming_data.": "typed_streaming."}
CONFIG = load_config(ROOT / "migrations" / "acme_telemetry.yml")
# What dbt's telemetry_v2 has in another type than its source.
_DECIMALS = {"completion_percentage": "decimal(5, 2)", "bandwidth_mbps": "decimal(10, 2)"}


def in_typed_copies(sql: str) -> str:
    """A statement for the old or the new tables, on the copies."""
    for old, new in DATABASES.items():
        sql = sql.replace(old, new).replace(f'"{old[:-1]}".', f'"{new[:-1]}".')
    return sql


def make_typed_copies(sandbox: Sandbox) -> None:
    """Make the tables and the views; needs bronze data."""
    for database in DATABASES.values():
        sandbox.sql(f"create database if not exists {database.removesuffix('.')}")
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(lambda table: _make(sandbox, table), BRONZE_TABLES))


def _make(sandbox: Sandbox, table: BronzeTable) -> None:
    config = CONFIG.table(table.full_name)
    target = in_typed_copies(config.target)
    sandbox.sql(f"drop table if exists {target}")
    location = f"s3://acme-lakehouse-silver/typed_copies/{target.replace('.', '/')}/"
    sandbox.sql(
        f"create table {target} "
        f"with (table_type = 'ICEBERG', is_external = false, location = '{location}') as "
        f"select {', '.join(_columns(table))}, _source_path from ({_copies(table, config)}) where copy = 1"
    )
    view = in_typed_copies(table.full_name)
    sandbox.sql(f"create or replace view {view} as select {_legacy_columns(table, config)} from {target}")


def _columns(table: BronzeTable) -> list[str]:
    return [*(column.name for column in table.columns), *partition_keys(table)]


def _copies(table: BronzeTable, config: TableConfig) -> str:
    macros = load_macros(ROOT)
    typed = []
    for name in _columns(table):
        if name in config.columns:
            typed.append(f"{macros.parsed(name, config.columns[name])} as {name}")
        elif config.dbt_model and name in _DECIMALS:
            typed.append(f"cast({name} as {_DECIMALS[name]}) as {name}")
        else:
            typed.append(name)
    key = config.key[0]
    parsed = macros.parsed(config.partition_by.column, config.columns[config.partition_by.column])
    return (
        f'select {", ".join(typed)}, "$path" as _source_path, '
        f'row_number() over (partition by {key} order by "$path" desc, {config.partition_by.column}) as copy '
        f"from {table.full_name} where {parsed} is not null and {key} is not null"
    )


def _legacy_columns(table: BronzeTable, config: TableConfig) -> str:
    legacy = []
    for name in _columns(table):
        if name in config.columns:
            legacy.append(f"cast({name} as varchar) as {name}")
        elif config.dbt_model and name in _DECIMALS:
            legacy.append(f"cast({name} as double) as {name}")
        else:
            legacy.append(name)
    return ", ".join(legacy)
