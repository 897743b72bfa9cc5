"""The Glue endpoint as its clients meet it: through boto3 and, by way of Athena, through Trino.

The tests of `process` start an endpoint of their own, since they kill it; the others use the running sandbox
and find it through the AWS configuration only.
"""

import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from athena_sandbox.stack.ports import choose

BUCKET = "s3://acme-lakehouse-silver"


class Process:
    """`python -m athena_sandbox.glue` on a free port and a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.start()

    def start(self) -> None:
        self._port = choose()
        command = [sys.executable, "-m", "athena_sandbox.glue"]
        self._process = subprocess.Popen(
            [*command, "--port", str(self._port), "--data-dir", str(self._directory)]
        )
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/health", timeout=1).close()  # noqa: S310
                return
            except OSError:
                assert time.monotonic() < deadline, "the Glue endpoint did not become healthy"
                assert self._process.poll() is None, "the Glue endpoint ended"
                time.sleep(0.05)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def client(self, service: str = "glue") -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="eu-central-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    running = Process(tmp_path / "glue")
    yield running
    running.kill()


def test_boto3_meets_the_exceptions_of_its_own_model(process: Process) -> None:
    glue = process.client()
    glue.create_database(DatabaseInput={"Name": "d"})
    glue.create_table(DatabaseName="d", TableInput={"Name": "t"})
    with pytest.raises(glue.exceptions.AlreadyExistsException):
        glue.create_table(DatabaseName="d", TableInput={"Name": "T"})
    with pytest.raises(glue.exceptions.EntityNotFoundException, match="Entity Not Found"):
        glue.get_table(DatabaseName="d", Name="nosuch")
    with pytest.raises(glue.exceptions.ConcurrentModificationException):
        glue.update_table(DatabaseName="d", TableInput={"Name": "t"}, VersionId="5")
    with pytest.raises(
        glue.exceptions.OperationNotSupportedException, match="glue:StartColumnStatisticsTaskRun"
    ):
        glue.start_column_statistics_task_run(DatabaseName="d", TableName="t", Role="r")


def test_paginators_see_every_table(process: Process) -> None:
    glue = process.client()
    glue.create_database(DatabaseInput={"Name": "d"})
    names = [f"t{number:03}" for number in range(230)]
    for name in names:
        glue.create_table(DatabaseName="d", TableInput={"Name": name})
    pages = glue.get_paginator("get_tables").paginate(DatabaseName="d")
    assert [table["Name"] for page in pages for table in page["TableList"]] == names


def test_sts_and_lake_formation_answer_on_the_same_port(process: Process) -> None:
    assert process.client("sts").get_caller_identity()["Account"] == "000000000000"
    assert "DataLakeSettings" in process.client("lakeformation").get_data_lake_settings()


def test_statistics_keep_every_type_of_value_across_a_kill(process: Process) -> None:
    glue = process.client()
    columns = [{"Name": "price", "Type": "decimal(10,2)"}, {"Name": "day", "Type": "date"}]
    glue.create_database(DatabaseInput={"Name": "d"})
    glue.create_table(DatabaseName="d", TableInput={"Name": "t", "StorageDescriptor": {"Columns": columns}})
    analyzed = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
    statistics = [
        {
            "ColumnName": "price",
            "ColumnType": "decimal(10,2)",
            "AnalyzedTime": analyzed,
            "StatisticsData": {
                "Type": "DECIMAL",
                "DecimalColumnStatisticsData": {
                    "MinimumValue": {"UnscaledValue": b"\x00\xff", "Scale": 2},
                    "NumberOfNulls": 0,
                    "NumberOfDistinctValues": 4,
                },
            },
        },
        {
            "ColumnName": "day",
            "ColumnType": "date",
            "AnalyzedTime": analyzed,
            "StatisticsData": {
                "Type": "DATE",
                "DateColumnStatisticsData": {
                    "MaximumValue": datetime(2025, 1, 1, tzinfo=UTC),
                    "NumberOfNulls": 1,
                    "NumberOfDistinctValues": 2,
                },
            },
        },
    ]
    table = {"DatabaseName": "d", "TableName": "t"}
    glue.update_column_statistics_for_table(**table, ColumnStatisticsList=statistics)
    process.kill()
    process.start()
    read = process.client().get_column_statistics_for_table(**table, ColumnNames=["price", "day"])
    assert read["ColumnStatisticsList"] == statistics


def test_one_of_many_commits_on_the_same_version_wins(process: Process) -> None:
    process.client().create_database(DatabaseInput={"Name": "d"})
    process.client().create_table(DatabaseName="d", TableInput={"Name": "t"})

    def commit(number: int) -> bool:
        glue = process.client()
        try:
            given = {"Name": "t", "Parameters": {"writer": str(number)}}
            glue.update_table(DatabaseName="d", TableInput=given, VersionId="0")
        except glue.exceptions.ConcurrentModificationException:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = [number for number, success in enumerate(pool.map(commit, range(24))) if success]
    table = process.client().get_table(DatabaseName="d", Name="t")["Table"]
    assert [table["Parameters"]["writer"]] == [str(number) for number in won]
    assert table["VersionId"] == "1"


def test_kill_9_under_load_loses_no_answered_call(process: Process) -> None:
    process.client().create_database(DatabaseInput={"Name": "d"})
    answered: dict[str, int] = {}
    attempted: dict[str, int] = {}

    def write(worker: int) -> None:
        glue, name = process.client(), f"t{worker}"
        try:
            glue.create_table(DatabaseName="d", TableInput={"Name": name})
            for number in range(10_000):
                attempted[name] = number + 1
                glue.update_table(DatabaseName="d", TableInput={"Name": name}, VersionId=str(number))
                answered[name] = number + 1
        except BotoCoreError:
            return

    for _ in range(3):
        answered.clear()
        attempted.clear()
        writers = [threading.Thread(target=write, args=(worker,)) for worker in range(4)]
        for writer in writers:
            writer.start()
        # The kill comes in the middle of the work, however slow the machine.
        while not answered:
            time.sleep(0.05)
        time.sleep(0.5)
        process.kill()
        for writer in writers:
            writer.join()
        process.start()
        glue = process.client()
        assert answered
        for name, count in answered.items():
            version = int(glue.get_table(DatabaseName="d", Name=name)["Table"]["VersionId"])
            # The call that the kill cut off may have been made: the client cannot know.
            assert count <= version <= attempted[name]
            glue.delete_table(DatabaseName="d", Name=name)


@pytest.fixture
def database(sandbox: Any) -> Iterator[str]:
    """A database of this test's own, dropped afterwards with its tables."""
    name = f"glue_{uuid.uuid4().hex[:8]}"
    glue = sandbox.client("glue")
    glue.create_database(DatabaseInput={"Name": name, "LocationUri": f"{BUCKET}/{name}/"})
    yield name
    glue.delete_database(Name=name)


def test_parallel_iceberg_inserts_lose_no_row(sandbox: Any, database: str) -> None:
    """Every INSERT is a commit on one Glue table; without compare and swap most of them vanish unseen."""
    sandbox.sql(
        f"create table {database}.shared (id int) location '{BUCKET}/{database}/shared/' "
        "tblproperties ('table_type'='ICEBERG')"
    )

    def insert(number: int) -> int | None:
        try:
            sandbox.sql(f"insert into {database}.shared values ({number})")
        except AssertionError:
            return None
        return number

    with ThreadPoolExecutor(6) as pool:
        accepted = [number for number in pool.map(insert, range(30)) if number is not None]
    assert accepted
    rows = sandbox.sql(f"select id from {database}.shared order by id")
    assert [int(row[0]) for row in rows] == accepted


def test_a_view_has_its_columns_in_glue_and_can_be_read(sandbox: Any, database: str) -> None:
    sandbox.sql(
        f"create view {database}.v as select 1 as id, cast(null as uuid) as token, "
        "timestamp '2025-01-01 00:00:00 UTC' as seen, cast(row('x', 1.5e0) as row(a varchar, b double)) as r"
    )
    table = sandbox.client("glue").get_table(DatabaseName=database, Name="v")["Table"]
    assert [(column["Name"], column["Type"]) for column in table["StorageDescriptor"]["Columns"]] == [
        ("id", "int"),
        ("token", "uuid"),
        ("seen", "timestamp with time zone"),
        ("r", "struct<a:string,b:double>"),
    ]
    assert sandbox.sql(f"select id, r.a from {database}.v") == [["1", "x"]]


def test_a_hive_ctas_leaves_partitions_that_filters_find(sandbox: Any, database: str) -> None:
    sandbox.sql(
        f"create table {database}.daily with (external_location = '{BUCKET}/{database}/daily/', "
        "partitioned_by = array['city', 'day']) as "
        "select * from (values (1, 'it''s', date '2025-01-01'), (7, 'it''s', date '2025-01-01'), "
        "(3, 'b', date '2025-01-02')) as t (amount, city, day)"
    )
    glue, daily = sandbox.client("glue"), {"DatabaseName": database, "TableName": "daily"}
    found = glue.get_partitions(**daily, Expression="day < '2025-01-02'")["Partitions"]
    assert [partition["Values"] for partition in found] == [["it's", "2025-01-01"]]
    assert sandbox.sql(f"select sum(amount) from {database}.daily where city = 'it''s'") == [["8"]]


def test_the_catalog_survives_a_kill_of_its_process(sandbox: Any, database: str) -> None:
    glue = sandbox.client("glue")
    glue.create_table(DatabaseName=database, TableInput={"Name": "kept", "Parameters": {"a": "b"}})
    before = glue.get_table(DatabaseName=database, Name="kept")["Table"]
    process = psutil.Process(sandbox.state["parts"]["glue"]["process"]["pid"])
    process.kill()
    process.wait()
    sandbox.run("athena-sandbox", "up")
    assert sandbox.client("glue").get_table(DatabaseName=database, Name="kept")["Table"] == before
