"""A table as its crawler left it: names with capitals and blanks, values of every type, nested in each other.

All of it is in the target, `validate` compares all of it, and what is then made wrong is found.
"""

from __future__ import annotations

import io
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.support.migration import BRONZE, Ground, Silent, prepare
from tests.support.sandbox import Sandbox

from lakehouse.cli import main
from lakehouse.errors import ExitCode, ServiceError, UsageError
from lakehouse.migration.config import TableConfig
from lakehouse.migration.copying.backfill import backfill
from lakehouse.migration.copying.plan import apply_plan, plan_table
from lakehouse.migration.validation.run import Options, validate_table

NAME = f"named_{uuid.uuid4().hex[:8]}"
LOCATION = f"s3://{BRONZE}/{NAME}/"
COLUMNS = {
    "OrderId": "string",
    "createdAt": "string",
    "order id": "string",
    "a-b": "int",
    "1st": "double",
    "_x": "float",
    "größe": "string",
    # As the migration's own statements call what they make.
    "column_name": "string",
    "raw_value": "string",
    "reason": "string",
    "occurrences": "int",
    "date": "string",
    "on": "tinyint",
    "Code": "char(5)",
    "Raw": "binary",
    "Big": "decimal(38,0)",
    "Payload": "struct<Payload:binary,timestamp:timestamp,code:char(4),Small:smallint>",
    "tags": "array<binary>",
    "seen": "map<string,timestamp>",
    "byDay": "map<date,string>",
    "money": "struct<amount:decimal(38,10),rate:double,day:date,name:varchar(10)>",
    "deep": "array<struct<inner:map<string,array<struct<raw:binary,at:timestamp>>>>>",
}
SEEN = datetime(2025, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC).replace(tzinfo=None)
FULL: dict[str, Any] = {
    "OrderId": "o1",
    "createdAt": "2025-08-13T06:08:46.600648Z",
    "order id": "x",
    "a-b": 7,
    "1st": 0.1,
    "_x": 0.1,
    "größe": "groß",
    "column_name": "c",
    "raw_value": "v",
    "reason": "r",
    "occurrences": 1,
    "date": "2025-08-13",
    "on": 1,
    "Code": "ab",
    "Raw": b"\x00\xff",
    "Big": Decimal("9" * 38),
    "Payload": {"Payload": b"\x01", "timestamp": SEEN, "code": "c", "Small": 3},
    "tags": [b"\x02", None],
    "seen": [("k", SEEN)],
    "byDay": [(date(2025, 1, 2), "d")],
    "money": {"amount": Decimal("1.5"), "rate": float("nan"), "day": date(2025, 1, 2), "name": "n"},
    "deep": [{"inner": [("k", [{"raw": b"\x03", "at": SEEN}])]}],
}
NOTHING = dict.fromkeys(FULL) | {"OrderId": "o2", "createdAt": "2025-08-14 00:00:00"}
EMPTY = NOTHING | {
    "OrderId": "o3",
    "1st": float("-inf"),
    "_x": -0.0,
    "Code": "",
    "Raw": b"",
    "Payload": dict.fromkeys(FULL["Payload"]),
    "tags": [],
    "seen": [],
    "money": {"amount": None, "rate": -0.0, "day": None, "name": ""},
    "deep": [None, {"inner": None}],
}
UNREADABLE = FULL | {"OrderId": "o4", "createdAt": "soon"}
TYPES = {
    "string": pa.string(),
    "int": pa.int32(),
    "double": pa.float64(),
    "float": pa.float32(),
    "tinyint": pa.int32(),
    "binary": pa.binary(),
    "decimal(38,0)": pa.decimal128(38, 0),
}
AT, RAW = pa.timestamp("ms"), pa.binary()
NESTED = {
    "Code": pa.string(),
    "Payload": pa.struct([("Payload", RAW), ("timestamp", AT), ("code", pa.string()), ("Small", pa.int32())]),
    "tags": pa.list_(RAW),
    "seen": pa.map_(pa.string(), AT),
    "byDay": pa.map_(pa.date32(), pa.string()),
    "money": pa.struct(
        [
            ("amount", pa.decimal128(38, 10)),
            ("rate", pa.float64()),
            ("day", pa.date32()),
            ("name", pa.string()),
        ]
    ),
    "deep": pa.list_(
        pa.struct([("inner", pa.map_(pa.string(), pa.list_(pa.struct([("raw", RAW), ("at", AT)]))))])
    ),
}
TABLE = {
    "columns": {
        "createdAt": {"type": "timestamp"},
        "date": {"type": "date"},
    },
    "partition_by": {"column": "CREATEDAT"},
}


def write(sandbox: Sandbox, table: str, rows: list[dict[str, Any]]) -> None:
    schema = pa.schema([(name, NESTED.get(name) or TYPES[kind]) for name, kind in COLUMNS.items()])
    body = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema), body)
    key = f"{NAME}/{table}/Region=eu/part-0.parquet"
    sandbox.client("s3").put_object(Bucket=BRONZE, Key=key, Body=body.getvalue())


def create(sandbox: Sandbox, table: str, columns: dict[str, str]) -> None:
    """An entry as a crawler makes it, whatever DDL would do to its names."""
    descriptor = {
        "Columns": [{"Name": name, "Type": kind} for name, kind in columns.items()],
        "Location": f"{LOCATION}{table}/",
        "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
    }
    glue = sandbox.client("glue")
    glue.create_table(
        DatabaseName=NAME,
        TableInput={
            "Name": table,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "parquet"},
            "StorageDescriptor": descriptor,
            "PartitionKeys": [{"Name": "Region", "Type": "string"}],
        },
    )
    partition = descriptor | {"Location": f"{LOCATION}{table}/Region=eu/"}
    glue.batch_create_partition(
        DatabaseName=NAME,
        TableName=table,
        PartitionInputList=[{"Values": ["eu"], "StorageDescriptor": partition}],
    )


@pytest.fixture(scope="module")
def ground(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    tables = [
        {"source": f"{NAME}.Orders-1", "key": ["OrderId"], **TABLE},
        {"source": "plain", **TABLE},
        {"source": "broken", **TABLE},
    ]
    place = prepare(sandbox, tmp_path_factory.mktemp("named"), NAME, tables)
    for table in ("orders-1", "plain"):
        write(sandbox, table, [FULL, NOTHING, EMPTY, UNREADABLE])
        create(sandbox, table, COLUMNS)
    for table in place.migration.config.tables[:2]:
        apply_plan(place.migration, plan_table(place.migration, table, lambda *_: None))
        backfill(place.migration, table, 1, Silent(), print)
    return place


def differences(ground: Ground, table: TableConfig) -> dict[str, int]:
    report = validate_table(ground.migration, table, Options(), print)
    return {check.name: check.found for check in report.checks if check.found}


@pytest.mark.parametrize("number", [0, 1], ids=["with a key", "without a key"])
def test_every_name_and_type_is_copied_and_compared(ground: Ground, number: int) -> None:
    table = ground.migration.config.tables[number]
    report = validate_table(ground.migration, table, Options(), print)
    assert [(check.name, check.differences) for check in report.checks if not check.is_green] == []
    [columns] = [check.facts for check in report.checks if check.name == "columns"]
    assert columns == f"{len(COLUMNS) + 1} of {len(COLUMNS) + 1} columns"
    [values] = ground.sandbox.sql(
        'select "order id", "a-b", "1st", "größe", cast("date" as varchar), "on", "code", to_hex("raw"), '
        '"region", '
        'to_hex("payload"."payload"), cast("payload"."timestamp" as varchar), "payload"."code", '
        'to_hex("tags"[1]), cast("seen"[\'k\'] as varchar), "byday"[date \'2025-01-02\'], "money"."rate", '
        'to_hex("deep"[1]."inner"[\'k\'][1]."raw"), "big", cast("createdat" as varchar) '
        f'from "{NAME}"."{table.target.split(".")[1]}" where "orderid" = \'o1\''
    )
    assert values == [
        *("x", "7", "0.1", "groß", "2025-08-13", "1", "ab", "00FF", "eu"),
        *("01", "2025-01-02 03:04:05.678000", "c", "02", "2025-01-02 03:04:05.678000", "d", "NaN"),
        *("03", "9" * 38, "2025-08-13 06:08:46.600648"),
    ]


def test_the_view_has_the_old_names_and_types(ground: Ground) -> None:
    columns = ", ".join(f'typeof("{name}")' for name in [*COLUMNS, "Region"])
    old, new = (
        ground.sandbox.sql(f'select {columns} from "{NAME}"."{name}" limit 1')
        for name in ("plain", "plain_compat")
    )
    assert new == old


def test_a_wrong_nested_value_and_one_under_a_capital_are_found(ground: Ground) -> None:
    table = ground.migration.config.tables[0]
    target = f'"{NAME}"."{table.target.split(".")[1]}"'
    ground.sandbox.sql(
        f"update {target} set \"seen\" = map(array['k'], array[timestamp '2025-01-02 03:04:05.678001']), "
        "\"größe\" = 'klein' where \"orderid\" = 'o1'"
    )
    assert differences(ground, table) == {"checksums": 1, "rows": 2, "sample": 2}


def test_a_column_that_the_target_lacks_is_named_by_every_check_that_leaves_it_out(ground: Ground) -> None:
    table = ground.migration.config.tables[1]
    ground.sandbox.sql(f"alter table {NAME}.plain_v2 drop column `a-b`")
    report = validate_table(ground.migration, table, Options(), print)
    facts = {check.name: check.facts for check in report.checks}
    assert not report.is_green
    assert facts["rows"] == "every row agrees in what was compared: not a-b"
    assert facts["checksums"].endswith(f"{len(COLUMNS)} of {len(COLUMNS) + 1} columns")


def test_columns_that_differ_in_case_alone_are_refused(ground: Ground) -> None:
    create(ground.sandbox, "broken", {"id": "string", "createdAt": "string", "createdat": "string"})
    with pytest.raises(UsageError, match="two columns createdAt and createdat"):
        plan_table(ground.migration, ground.migration.config.tables[2], lambda *_: None)


def test_discover_suggests_what_the_configuration_takes(
    ground: Ground, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_PROFILE"):
        monkeypatch.setenv(name, ground.sandbox.env[name])
    assert main(["migrate", "discover", f"{NAME}.Orders-1", "-f", str(ground.config_file)]) == ExitCode.OK
    printed = capsys.readouterr().out
    assert "  createdat: {type: timestamp}" in printed


def test_a_plan_that_can_not_be_applied_says_what_it_made(
    ground: Ground,
) -> None:
    write(ground.sandbox, "halfway", [FULL])
    create(ground.sandbox, "halfway", COLUMNS)
    table = ground.migration.config.tables[1].model_copy(
        update={"source": f"{NAME}.halfway", "target": f"{NAME}.halfway_v2"}
    )
    planned = plan_table(ground.migration, table, lambda *_: None)
    rejects = planned.steps[1]

    def fail() -> None:
        raise ServiceError("Glue is not reachable")

    steps = [planned.steps[0], replace(rejects, run=fail), *planned.steps[2:]]
    with pytest.raises(ServiceError, match=r"halfway_v2_rejects could not be made: .*kept: \w+\.halfway_v2;"):
        apply_plan(ground.migration, replace(planned, steps=steps))
    # The same command goes on.
    made = apply_plan(ground.migration, planned)
    assert made == [f"{NAME}.halfway_{each}" for each in ("v2_rejects", "compat", "legacy")]
