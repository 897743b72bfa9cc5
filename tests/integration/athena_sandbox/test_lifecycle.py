"""The real stack through its life: started, queried, killed part by part, stopped, started again, removed.

It has a state directory of its own, so it runs beside the sandbox of the other tests. Each test leaves the
stack up; the order is that of the file.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest

pytestmark = pytest.mark.takes_minutes

PARTS = ("trino", "storage", "glue", "athena")
BUCKET = "lifecycle"
TABLE = '"s3tablescatalog/lifecycle-tables"."ns"."kept"'


class Stack:
    """The command `athena-sandbox` on one state directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._session = boto3.Session(region_name="eu-central-1")

    def run(self, *arguments: str, code: int = 0, **environ: str) -> str:
        """stdout of a command that has to end with `code`."""
        done = subprocess.run(
            [sys.executable, "-m", "athena_sandbox", *arguments],
            env=os.environ | {"ATHENA_SANDBOX_STATE": str(self.root)} | environ,
            capture_output=True,
            text=True,
            # Beyond the longest time that `up` gives a part.
            timeout=330,
        )
        assert done.returncode == code, done.stderr
        return done.stdout

    def status(self, code: int = 0) -> dict[str, dict[str, Any]]:
        return {part["name"]: part for part in json.loads(self.run("status", "--json", code=code))["parts"]}

    def client(self, service: str) -> Any:
        state = json.loads((self.root / "state.json").read_text())
        port = state["parts"]["athena" if service == "athena" else "storage"]["port"]
        return self._session.client(
            service,
            endpoint_url=f"http://127.0.0.1:{port}",
            aws_access_key_id=state["access_key"],
            aws_secret_access_key="any",
        )

    def start(self, sql: str) -> str:
        started = self.client("athena").start_query_execution(
            QueryString=sql, ResultConfiguration={"OutputLocation": f"s3://{BUCKET}/results/"}
        )
        return started["QueryExecutionId"]

    def ended(self, query_id: str) -> dict[str, Any]:
        """Wait for the end of a query; its Status."""
        athena = self.client("athena")
        while True:
            status = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]
            if status["State"] not in ("QUEUED", "RUNNING"):
                return status
            time.sleep(0.05)

    def query(self, sql: str) -> list[list[str]]:
        athena = self.client("athena")
        query_id = self.start(sql)
        status = self.ended(query_id)
        assert status["State"] == "SUCCEEDED", status
        rows = athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"]
        return [[column.get("VarCharValue") for column in row["Data"]] for row in rows]

    def processes(self) -> list[psutil.Process]:
        """Found the hard way: by what their environment says."""
        found = []
        for process in psutil.process_iter():
            try:
                environ: Mapping[str, str] = process.environ()
            except psutil.Error:
                continue
            if environ.get("ATHENA_SANDBOX_STATE") == str(self.root) and "ATHENA_SANDBOX_PART" in environ:
                found.append(process)
        return found


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("lifecycle") / "state")
    try:
        running.run("up", "--bucket", BUCKET, "--bucket", "lifecycle-empty")
        running.query("create schema lifecycle")
        running.query(
            "create table lifecycle.kept with (table_type = 'ICEBERG', is_external = false, "
            f"location = 's3://{BUCKET}/kept/') as select 1 as number"
        )
        _make_table_bucket(running)
        yield running
    finally:
        running.run("down", "--clean")
    assert running.processes() == []
    assert not running.root.exists()


def _make_table_bucket(stack: Stack) -> None:
    s3tables = stack.client("s3tables")
    arn = s3tables.create_table_bucket(name="lifecycle-tables")["arn"]
    s3tables.create_namespace(tableBucketARN=arn, namespace=["ns"])
    stack.query(f"create table {TABLE} as select 1 as number")


def _assert_data_is_there(stack: Stack) -> None:
    assert stack.query("select number from lifecycle.kept") == [["number"], ["1"]]
    assert stack.query(f"select number from {TABLE}") == [["number"], ["1"]]
    names = {bucket["Name"] for bucket in stack.client("s3").list_buckets()["Buckets"]}
    assert {BUCKET, "lifecycle-empty"} <= names


def test_every_part_is_up(stack: Stack) -> None:
    status = stack.status()
    assert {name: part["condition"] for name, part in status.items()} == dict.fromkeys(PARTS, "up")
    assert all(part["memory_bytes"] > 10_000_000 for part in status.values())


def test_a_spark_session_goes_with_the_stack(stack: Stack) -> None:
    stack.run("up", "--spark-workgroup", f"spark=s3://{BUCKET}/spark/")
    athena = stack.client("athena")
    engine = {"CoordinatorDpuSize": 1, "MaxConcurrentDpus": 2, "DefaultExecutorDpuSize": 1}
    session = athena.start_session(WorkGroup="spark", EngineConfiguration=engine)["SessionId"]
    while athena.get_session_status(SessionId=session)["Status"]["State"] != "IDLE":
        time.sleep(0.1)
    before = stack.processes()
    # The worker and its JVM, beside the parts.
    assert len(before) >= len(PARTS) + 2
    connections = [one for process in before for one in process.net_connections(kind="inet")]
    listening = {one.laddr.ip for one in connections if one.status == psutil.CONN_LISTEN}
    assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}
    stack.run("down")
    assert stack.processes() == []
    stack.run("up", "--spark-workgroup", f"spark=s3://{BUCKET}/spark/")
    ended = stack.client("athena").get_session_status(SessionId=session)["Status"]
    assert (ended["State"], ended["StateChangeReason"]) == ("TERMINATED", "The service was stopped.")
    # A group that is there with another place for its results is not passed over in silence.
    stack.run("up", "--spark-workgroup", f"spark=s3://{BUCKET}/elsewhere/", code=1)
    group = stack.client("athena").get_work_group(WorkGroup="spark")["WorkGroup"]
    assert group["Configuration"]["ResultConfiguration"]["OutputLocation"] == f"s3://{BUCKET}/spark/"


def test_it_listens_on_the_loopback_address_and_its_four_ports_only(stack: Stack) -> None:
    listening = [
        connection.laddr
        for process in stack.processes()
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN or connection.type != 1
    ]
    assert {address.ip.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}
    assert {address.port for address in listening} == {part["port"] for part in stack.status().values()}


def test_up_again_changes_nothing(stack: Stack) -> None:
    before = stack.status()
    stack.run("up")
    after = stack.status()
    assert {name: part["pid"] for name, part in after.items()} == {
        name: part["pid"] for name, part in before.items()
    }


def test_clients_need_the_two_variables_only(stack: Stack) -> None:
    script = (
        "import boto3; print(boto3.client('athena').list_work_groups()['WorkGroups'][0]['Name'], "
        "boto3.client('sts').get_caller_identity()['Account'], "
        "'lifecycle' in [b['Name'] for b in boto3.client('s3').list_buckets()['Buckets']], "
        "boto3.client('glue').get_database(Name='lifecycle')['Database']['Name'])"
    )
    printed = stack.run(
        "exec", "--", sys.executable, "-c", script, AWS_REGION="us-west-2", AWS_ACCESS_KEY_ID="x"
    )
    assert printed == "primary 000000000000 True lifecycle\n"


def test_an_object_outlives_a_kill_right_after_it_was_stored(stack: Stack) -> None:
    body = os.urandom(1_000_000)
    pid = stack.status()["storage"]["pid"]
    stack.client("s3").put_object(Bucket=BUCKET, Key="fresh", Body=body)
    os.kill(pid, signal.SIGKILL)
    stack.run("up")
    assert stack.client("s3").get_object(Bucket=BUCKET, Key="fresh")["Body"].read() == body


def test_what_s3_tables_acknowledged_outlives_a_kill_right_after(stack: Stack) -> None:
    s3tables = stack.client("s3tables")
    arn = s3tables.create_table_bucket(name="lifecycle-fresh")["arn"]
    s3tables.create_namespace(tableBucketARN=arn, namespace=["empty"])
    removal = {"icebergUnreferencedFileRemoval": {"unreferencedDays": 9, "nonCurrentDays": 9}}
    pid = stack.status()["storage"]["pid"]
    s3tables.put_table_bucket_maintenance_configuration(
        tableBucketARN=arn,
        type="icebergUnreferencedFileRemoval",
        value={"status": "enabled", "settings": removal},
    )
    stack.query(f"insert into {TABLE} values (2)")
    os.kill(pid, signal.SIGKILL)
    stack.run("up")
    s3tables = stack.client("s3tables")
    assert s3tables.list_namespaces(tableBucketARN=arn)["namespaces"][0]["namespace"] == ["empty"]
    kept = s3tables.get_table_bucket_maintenance_configuration(tableBucketARN=arn)["configuration"]
    assert kept["icebergUnreferencedFileRemoval"]["settings"] == removal
    assert stack.query(f"select count(*) from {TABLE}") == [["_col0"], ["2"]]
    stack.query(f"delete from {TABLE} where number = 2")
    # A bucket that lost its empty S3 bucket with the process takes tables all the same.
    stack.query('create table "s3tablescatalog/lifecycle-fresh"."empty"."t" as select 1 as n')
    assert stack.query('select n from "s3tablescatalog/lifecycle-fresh"."empty"."t"') == [["n"], ["1"]]


@pytest.mark.parametrize("victims", [("storage",), ("glue",), ("athena",), PARTS], ids="+".join)
def test_killed_parts_are_reported_and_up_restarts_them_alone(stack: Stack, victims: tuple[str, ...]) -> None:
    before = stack.status()
    for name in victims:
        os.kill(before[name]["pid"], signal.SIGKILL)
    conditions = {name: part["condition"] for name, part in stack.status(code=3).items()}
    assert tuple(name for name in PARTS if conditions[name] == "dead") == victims
    stack.run("up")
    after = stack.status()
    assert tuple(name for name in PARTS if after[name]["pid"] != before[name]["pid"]) == victims
    assert [after[part]["port"] for part in PARTS] == [before[part]["port"] for part in PARTS]
    _assert_data_is_there(stack)


def test_a_killed_engine_fails_what_runs_as_retryable_and_restarts_automatically(stack: Stack) -> None:
    before = stack.status()
    running = stack.start(
        "select count(*) from unnest(sequence(1, 10000)) a(x) "
        "cross join unnest(sequence(1, 10000)) b(y) cross join unnest(sequence(1, 10000)) c(z)"
    )
    athena = stack.client("athena")
    while (
        athena.get_query_execution(QueryExecutionId=running)["QueryExecution"]["Status"]["State"] == "QUEUED"
    ):
        time.sleep(0.05)
    os.kill(before["trino"]["pid"], signal.SIGKILL)
    _assert_data_is_there(stack)
    status = stack.ended(running)
    assert status["State"] == "FAILED"
    assert status["AthenaError"]["Retryable"] is True
    # Waits for the one that is just finishing, and changes nothing.
    stack.run("up")
    after = stack.status()
    assert [name for name in PARTS if after[name]["pid"] != before[name]["pid"]] == ["trino"]


def test_two_stacks_run_side_by_side(stack: Stack, tmp_path: Path) -> None:
    other = Stack(tmp_path / "other")
    try:
        other.run("up", "--memory", "1G", "--bucket", BUCKET)
        assert other.query(
            "select count(*) from information_schema.tables where table_schema = 'lifecycle'"
        ) == [
            ["_col0"],
            ["0"],
        ]
        _assert_data_is_there(stack)
    finally:
        other.run("down", "--clean")
    assert other.processes() == []
    _assert_data_is_there(stack)


def test_data_and_ports_outlive_down_and_up(stack: Stack) -> None:
    before = stack.status()
    stack.run("down")
    assert stack.processes() == []
    assert {part["condition"] for part in stack.status(code=3).values()} == {"stopped"}
    stack.run("env", code=3)
    stack.run("up")
    assert [part["port"] for part in stack.status().values()] == [part["port"] for part in before.values()]
    _assert_data_is_there(stack)
