"""Whatever a table's partitions look like and wherever they lie: each row that a query sees is migrated."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.migration import BRONZE, SILVER, Ground, Silent, prepare
from tests.support.sandbox import Sandbox

from lakehouse.catalog.files import list_files
from lakehouse.errors import ServiceError
from lakehouse.migration.config import TableConfig
from lakehouse.migration.copying import plan as planning
from lakehouse.migration.copying.accounts import Accounts
from lakehouse.migration.copying.backfill import backfill
from lakehouse.migration.copying.plan import apply_plan, make_plan, plan_table, rows_of
from lakehouse.migration.validation.report import TableReport
from lakehouse.migration.validation.run import Options, validate_table

NAME = "partition_test"
TIMED = {"columns": {"at": {"type": "timestamp"}}, "partition_by": {"column": "at"}}
SOURCES = ("orders", "typed", "hourly")
# Where the partitions of `orders` lie, beginning with the bucket: their values, and how many rows there are.
PLACES = {
    f"{BRONZE}/{NAME}/orders/dt=2025-08-11": (["2025-08-11"], 1),
    f"{BRONZE}/{NAME}/orders_archive/2025-08-12": (["2025-08-12"], 2),
    f"{SILVER}/{NAME}_orders/13": (["2025-08-13"], 1),
    f"{BRONZE}/{NAME}/orders/dt=1999-01-01": (["2025-08-14"], 1),
    # Two partitions over one place give its rows twice, and so does one that lies in another.
    f"{BRONZE}/{NAME}/orders/both": (["2025-08-15", "2025-08-16"], 1),
    f"{BRONZE}/{NAME}/orders/both/inner": (["2025-08-17"], 1),
    f"{BRONZE}/{NAME}/orders/it's 50%25=ü": (["it's 50%=ü"], 1),
    f"{BRONZE}/{NAME}/orders/_unset": (["__HIVE_DEFAULT_PARTITION__"], 1),
    f"{BRONZE}/{NAME}/nothing/here": (["2025-08-18"], 0),
}
# Rows by partition, as a query sees them.
ORDERS = {
    "2025-08-11": 1,
    "2025-08-12": 2,
    "2025-08-13": 1,
    "2025-08-14": 1,
    "2025-08-15": 2,
    "2025-08-16": 2,
    "2025-08-17": 1,
    "it's 50%=ü": 1,
    None: 1,
}
TYPED = [
    ("true", "2025-01-02", "1.50", "ab", "it''s", "007"),
    ("false", "2025-01-03", "-0.25", "abc", "a/b", "-7"),
    tuple(["__HIVE_DEFAULT_PARTITION__"] * 6),
]
KEYS = {
    "flag": "boolean",
    "day": "date",
    "amount": "decimal(5,2)",
    "code": "char(3)",
    "name": "varchar(9)",
    "number": "bigint",
}
SERDE = "row format serde 'org.openx.data.jsonserde.JsonSerDe'"


def put(sandbox: Sandbox, place: str, rows: int = 1, name: str = "a.json") -> None:
    bucket, _, folder = place.partition("/")
    body = "".join(
        json.dumps({"at": f"2025-08-12T0{row}:00:00Z", "text": f"{place}/{row}"}) + "\n"
        for row in range(rows)
    )
    sandbox.client("s3").put_object(Bucket=bucket, Key=f"{folder}/{name}", Body=body.encode())


def create_orders(sandbox: Sandbox) -> None:
    location = f"s3://{BRONZE}/{NAME}/orders"
    # Without a slash at its end: `orders_archive` begins alike, and is not part of it.
    sandbox.sql(
        f"create external table {NAME}.orders (at string, text string) partitioned by (dt string) {SERDE} "
        f"location '{location}'"
    )
    for place, (values, rows) in PLACES.items():
        if rows:
            put(sandbox, place, rows)
        for value in values:
            sandbox.client("glue").create_partition(
                DatabaseName=NAME,
                TableName="orders",
                PartitionInput={"Values": [value], "StorageDescriptor": _descriptor(sandbox, place)},
            )
    # What Athena skips.
    put(sandbox, f"{BRONZE}/{NAME}/orders", name="_SUCCESS")
    put(sandbox, f"{BRONZE}/{NAME}/orders/dt=2025-08-11", name=".part.json")
    put(sandbox, f"{BRONZE}/{NAME}/orders/dt=2025-08-11/_temporary")


def _descriptor(sandbox: Sandbox, place: str) -> dict[str, Any]:
    table = sandbox.client("glue").get_table(DatabaseName=NAME, Name="orders")["Table"]
    return {**table["StorageDescriptor"], "Location": f"s3://{place}"}


def create_typed(sandbox: Sandbox) -> None:
    keys = ", ".join(f"{name} {kind}" for name, kind in KEYS.items())
    sandbox.sql(
        f"create external table {NAME}.typed (at string, text string) partitioned by ({keys}) {SERDE} "
        f"location 's3://{BRONZE}/{NAME}/typed/'"
    )
    for number, values in enumerate(TYPED):
        put(sandbox, f"{BRONZE}/{NAME}/typed/{number}")
        named = ", ".join(f"{key} = '{value}'" for key, value in zip(KEYS, values, strict=True))
        sandbox.sql(
            f"alter table {NAME}.typed add partition ({named}) location 's3://{BRONZE}/{NAME}/typed/{number}/'"
        )


def create_hourly(sandbox: Sandbox) -> None:
    for hour in range(7):
        put(sandbox, f"{BRONZE}/{NAME}_hours/v1/2025/08/12/{hour:02}")
    properties = {
        "projection.enabled": "true",
        "projection.datehour.type": "date",
        "projection.datehour.format": "yyyy/MM/dd/HH",
        "projection.datehour.range": "2025/08/12/00,2025/08/12/23",
        "projection.datehour.interval": "1",
        "projection.datehour.interval.unit": "HOURS",
        "storage.location.template": f"s3://{BRONZE}/{NAME}_hours/v1/${{datehour}}/",
    }
    listed = ", ".join(f"'{name}'='{value}'" for name, value in properties.items())
    sandbox.sql(
        f"create external table {NAME}.hourly (at string, text string) partitioned by (datehour string) "
        f"{SERDE} location 's3://{BRONZE}/{NAME}/hourly/' tblproperties ({listed})"
    )


@pytest.fixture(scope="module")
def ground(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    tables = [{"source": source, **TIMED} for source in SOURCES]
    place = prepare(sandbox, tmp_path_factory.mktemp("migration"), NAME, tables)
    create_orders(sandbox)
    create_typed(sandbox)
    create_hourly(sandbox)
    return place


def config_of(ground: Ground, source: str) -> TableConfig:
    return ground.migration.config.table(f"{NAME}.{source}")


@pytest.fixture(scope="module")
def accounts(ground: Ground) -> dict[str, Accounts | None]:
    done = {}
    for source in SOURCES:
        table = config_of(ground, source)
        apply_plan(ground.migration, plan_table(ground.migration, table, lambda *_: None))
        done[source] = backfill(ground.migration, table, 2, Silent(), print)
    return done


@pytest.mark.parametrize(("source", "rows"), [("orders", 12), ("typed", 3), ("hourly", 7)])
def test_every_row_that_a_query_sees_is_in_the_target(
    ground: Ground, accounts: dict[str, Accounts | None], source: str, rows: int
) -> None:
    assert ground.sandbox.sql(f"select count(*) from {NAME}.{source}") == [[str(rows)]]
    assert accounts[source] == Accounts(raw=rows, target=rows, duplicates=0, left_out=0)


def test_each_row_has_the_value_of_its_partition(
    ground: Ground, accounts: dict[str, Accounts | None]
) -> None:
    found = ground.sandbox.sql(f"select dt, count(*) from {NAME}.orders_v2 group by 1")
    assert {row[0]: int(row[1] or 0) for row in found} == ORDERS
    found = ground.sandbox.sql(f"select datehour from {NAME}.hourly_v2 order by 1")
    assert found == [[f"2025/08/12/{hour:02}"] for hour in range(7)]


def test_partition_keys_keep_their_values_whatever_their_type(
    ground: Ground, accounts: dict[str, Accounts | None]
) -> None:
    found = ground.sandbox.sql(f"select {', '.join(KEYS)} from {NAME}.typed_v2 order by text")
    assert found == [
        ["true", "2025-01-02", "1.50", "ab", "it's", "7"],
        ["false", "2025-01-03", "-0.25", "abc", "a/b", "-7"],
        [None] * 6,
    ]


@pytest.mark.parametrize("source", SOURCES)
def test_old_and_new_agree(ground: Ground, accounts: dict[str, Accounts | None], source: str) -> None:
    report: TableReport = validate_table(ground.migration, config_of(ground, source), Options(), print)
    assert {check.name: check.differences for check in report.checks if not check.is_green} == {}


def test_a_file_that_a_scan_sees_and_the_listing_does_not_is_named(
    ground: Ground, accounts: dict[str, Accounts | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = config_of(ground, "orders")
    rows = rows_of(ground.migration, table)
    files = list_files(ground.migration.s3, ground.migration.glue, rows.source)
    outside = next(file for file in files if "orders_archive" in file.path)
    listed = [file for file in files if file is not outside]
    # One that arrived since is there when it is listed again, and waits for the next increment.
    plan = make_plan(ground.migration, rows, listed, lambda *_: None, 1)
    assert plan.raw_rows == 10
    monkeypatch.setattr(planning, "list_files", lambda *_: listed)
    with pytest.raises(ServiceError, match=f"{NAME}.orders gives rows of {outside.path}.*which is not among"):
        make_plan(ground.migration, rows, listed, lambda *_: None, 1)
