"""The whole life of tables in a table bucket, by `lakehouse s3tables` and by Athena on the same sandbox."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.support.sandbox import ROOT, Sandbox
from tests.support.table_buckets import ACCOUNT, TableBucket

from lakehouse.cli import main
from lakehouse.s3tables.creating import apply_create, plan_create
from lakehouse.s3tables.ddl.statement import parse_ddl
from lakehouse.s3tables.errors import ChangedMeanwhileError
from lakehouse.s3tables.grants.access import BUCKET_ACTIONS, TABLE_ACTIONS, Access
from lakehouse.s3tables.grants.documents import add_grant
from lakehouse.s3tables.grants.service import read_policy, write_policy
from lakehouse.s3tables.grants.statements import Grant, Scope
from lakehouse.s3tables.iceberg import IcebergTables
from lakehouse.s3tables.maintenance.plans import apply_plan, plan_target
from lakehouse.s3tables.maintenance.service import Target
from lakehouse.s3tables.maintenance.settings import SettingKind, Snapshots
from lakehouse.s3tables.names import TableName, parse_bucket_arn

SCHEMAS = ROOT / "examples" / "s3tables" / "schemas"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/analyst"
FOREIGN = {
    "Sid": "Audit",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3tables:DeleteTable",
    "Resource": "*",
    "Condition": {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}},
}


@dataclass(frozen=True)
class Done:
    """What a command left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Lakehouse = Callable[..., Done]


@pytest.fixture(scope="module")
def bucket(sandbox: Sandbox) -> Iterator[TableBucket]:
    made = TableBucket.make(sandbox, f"life-{uuid.uuid4().hex[:8]}")
    yield made
    made.remove()


@pytest.fixture
def lakehouse(
    bucket: TableBucket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Lakehouse:
    """`lakehouse s3tables ...` on the bucket, in this process: a process of its own takes a second more."""
    for name in ("AWS_CONFIG_FILE", "AWS_PROFILE"):
        monkeypatch.setenv(name, bucket.sandbox.env[name])
    monkeypatch.setenv("LAKEHOUSE_TABLE_BUCKET", bucket.name)
    monkeypatch.setenv("LAKEHOUSE_TABLE_NAMESPACE", "ns")

    def run(*arguments: str, code: int = 0) -> Done:
        capsys.readouterr()
        done = Done(main(["s3tables", *arguments]), *capsys.readouterr())
        assert done.code == code, done
        assert "Traceback" not in done.err
        return done

    return run


@pytest.fixture
def table(lakehouse: Lakehouse, bucket: TableBucket) -> Iterator[str]:
    """A table with one row in one snapshot."""
    name = f"t_{uuid.uuid4().hex[:8]}"
    lakehouse("create", "--sql", f"create table {name} (id long not null, at timestamp) sorted by (id)")
    bucket.run(f"insert into {name} values (1, timestamp '2025-01-01 00:00:00')")
    yield name
    bucket.run(f"drop table if exists {name}")


@pytest.fixture
def tables(bucket: TableBucket) -> IcebergTables:
    endpoint = bucket.sandbox.client("s3tables").meta.endpoint_url
    return IcebergTables(bucket.sandbox.session(), endpoint, parse_bucket_arn(bucket.arn))


def test_a_table_lives_from_its_ddl_to_its_end(lakehouse: Lakehouse, bucket: TableBucket) -> None:
    done = lakehouse("create", "-b", bucket.name, "-s", str(SCHEMAS / "daily_sales.sql"))
    assert "ns.daily_sales created" in done.out
    bucket.run(
        "insert into daily_sales values "
        "(date '2025-01-05', 'books', 7, 3, 29.97, null), (date '2025-02-05', 'films', 8, 1, 9.99, null)"
    )
    bucket.run("delete from daily_sales where product_id = 8")
    assert bucket.rows("select sale_date, sales_amount from daily_sales") == [["2025-01-05", "29.97"]]

    listed = lakehouse("list", "--rows", "--json").json["tables"]
    assert [one["rows"] for one in listed if one["name"] == "daily_sales"] == [1]

    shown = lakehouse("snapshots", "-t", "daily_sales", "--json").json["snapshots"]
    by_athena = bucket.rows(
        'select cast(snapshot_id as varchar), operation from "daily_sales$snapshots" '
        "order by committed_at desc"
    )
    assert [[str(one["id"]), one["operation"]] for one in shown] == by_athena
    # A created table is empty: its first snapshot comes with its first rows.
    assert [one["rows"] for one in shown][-1] == 2
    assert [one["fate"] for one in shown] == ["current", "expires"]
    committed, expires = (datetime.fromisoformat(shown[1][key]) for key in ("committed_at", "expires_at"))
    assert expires - committed == timedelta(hours=120)
    assert datetime.fromisoformat(shown[1]["deleted_at"]) - expires == timedelta(days=10)

    lakehouse("maintenance", "set", "-t", "daily_sales", "--min-snapshots-to-keep", "2", "--apply")
    kept = lakehouse("snapshots", "-t", "daily_sales", "--json").json["snapshots"]
    assert [(one["fate"], one["expires_at"]) for one in kept] == [("current", None), ("kept", None)]

    bucket.run("drop table daily_sales")
    assert "daily_sales" not in lakehouse("list").out
    assert "there is no table ns.daily_sales" in lakehouse("snapshots", "-t", "daily_sales", code=2).err


def test_the_example_schemas_are_what_athena_sees(lakehouse: Lakehouse, bucket: TableBucket) -> None:
    for name in ("users", "events"):
        lakehouse("create", "-t", name, "-s", str(SCHEMAS / f"{name}-schema.json"))
    lakehouse("create", "-s", str(SCHEMAS / "user_events.sql"))
    columns = {
        name: [row[0] for row in bucket.rows(f"describe {name}")]
        for name in ("users", "events", "user_events")
    }
    assert [line.split("\t")[:2] for line in columns["users"][2:8]] == [
        ["id", "bigint"],
        ["name", "string"],
        ["email", "string"],
        ["is_active", "boolean"],
        ["credit_limit", "decimal(10, 2)"],
        ["created_at", "timestamp"],
    ]
    assert ["labels", "array<string>"] in [line.split("\t")[:2] for line in columns["events"]]
    assert columns["user_events"][-2:] == [
        "occurred_at_day\tday\toccurred_at",
        "user_id_bucket\tbucket[8]\tuser_id",
    ]
    bucket.run(
        "insert into user_events (event_id, user_id, event_type, occurred_at, device) values "
        "('e', 'u', 'start', timestamp '2025-01-01 12:00:00 Europe/Berlin', row('m', 'os', row(3, 4)))"
    )
    assert bucket.rows("select device.screen.height, occurred_at at time zone 'UTC' from user_events") == [
        ["4", "2025-01-01 11:00:00.000000 UTC"]
    ]


def test_every_type_is_written_and_read_by_athena(lakehouse: Lakehouse, bucket: TableBucket) -> None:
    done = lakehouse(
        "create",
        "--sql",
        "create table every (a string, b varchar(3), c int, d long, e float, f double, g boolean, h date, "
        "i timestamp, j timestamptz, k decimal(10,2), l binary, m uuid, n array<int>, o map<string,int>, "
        "p struct<q: int>)",
    )
    assert "column of type uuid" in done.err
    bucket.run(
        "insert into every values ('a', 'b', 1, 2, real '1.5', 2.5e0, true, date '2025-01-02', "
        "timestamp '2025-01-02 03:04:05.123456', timestamp '2025-01-02 03:04:05.123456 UTC', 12.34, X'0AFF', "
        "uuid '12151fd2-7586-11e9-8f9e-2a86e4085a59', array[1, 2], map(array['x'], array[1]), row(7))"
    )
    assert bucket.rows("select * from every") == [
        [
            *("a", "b", "1", "2", "1.5", "2.5", "true", "2025-01-02", "2025-01-02 03:04:05.123456"),
            *("2025-01-02 03:04:05.123456 UTC", "12.34", "0a ff", "12151fd2-7586-11e9-8f9e-2a86e4085a59"),
            *("[1, 2]", "{x=1}", "{q=7}"),
        ]
    ]


def test_a_dry_run_prints_what_is_sent_and_sends_nothing(lakehouse: Lakehouse, bucket: TableBucket) -> None:
    sql = "create table ns.planned (id int) partitioned by (bucket(4, id))"
    request = lakehouse("create", "--sql", sql, "--dry-run", "-v").json
    assert "planned" not in lakehouse("list").out
    # What was printed is taken by the API as it is.
    client = bucket.sandbox.client("s3tables")
    client.create_table(**request)
    assert "as defined" in lakehouse("create", "--sql", sql).err
    assert [row[0] for row in bucket.rows("describe planned")][-1] == "id_bucket\tbucket[4]\tid"


def test_a_table_that_is_there_is_compared_and_left_alone(lakehouse: Lakehouse, table: str) -> None:
    other = f"create table {table} (id int not null, more string) partitioned by (id)"
    done = lakehouse("create", "--sql", other, "--json", code=4)
    assert done.json["action"] == "different"
    assert {one["where"]: (one["wanted"], one["found"]) for one in done.json["differences"]} == {
        "column id": ("int NOT NULL", "long NOT NULL"),
        "column more": ("string", None),
        "column at": (None, "timestamp"),
        "partitions": ("id", None),
        "sort order": (None, "id ASC NULLS FIRST"),
    }
    assert "exists already and differs; it was not changed" in done.err
    same = f"create table if not exists ns.{table} (id long not null, at timestamp) sorted by (id)"
    assert lakehouse("create", "--sql", same, "--json").json["action"] == "unchanged"


def test_of_two_people_who_create_a_table_the_second_is_told(
    bucket: TableBucket, tables: IcebergTables
) -> None:
    client = bucket.sandbox.client("s3tables")
    definition = parse_ddl("create table twice (id int)")
    plan = plan_create(client, tables, definition, "ns")
    apply_create(client, tables.bucket, plan)
    with pytest.raises(ChangedMeanwhileError, match="somebody else has just created"):
        apply_create(client, tables.bucket, plan)


def test_settings_are_planned_applied_and_their_drift_is_told(
    lakehouse: Lakehouse, bucket: TableBucket, table: str, tmp_path: Any
) -> None:
    policy = tmp_path / "maintenance.yml"
    policy.write_text(
        f"version: 1\nbuckets:\n  {bucket.name}:\n    unreferenced_files: {{unreferenced_days: 7}}\n"
        f"    tables:\n      ns.{table[:4]}*: {{compaction: {{strategy: sort}}}}\n"
        f"      ns.{table}: {{snapshots: {{max_snapshot_age_hours: 48}}}}\n"
    )
    client = bucket.sandbox.client("s3tables")
    plan = lakehouse("maintenance", "plan", "-p", str(policy), "--json", code=4).json
    assert [(one["of"], one["maintenance"]) for one in plan["changes"]] == [
        (f"bucket {bucket.name}", "unreferenced_files"),
        (f"ns.{table}", "compaction"),
        (f"ns.{table}", "snapshots"),
    ]
    assert "--apply" in lakehouse("maintenance", "apply", "-p", str(policy)).err
    assert _of_table(client, bucket, table)["icebergCompaction"]["strategy"] == "auto"

    lakehouse("maintenance", "apply", "-p", str(policy), "--apply")
    assert _of_table(client, bucket, table) == {
        "icebergCompaction": {"targetFileSizeMB": 512, "strategy": "sort"},
        "icebergSnapshotManagement": {"minSnapshotsToKeep": 1, "maxSnapshotAgeHours": 48},
    }
    assert "as wanted" in lakehouse("maintenance", "plan", "-p", str(policy)).err

    _put_snapshots(client, bucket, table, 5, 999)
    drift = lakehouse("maintenance", "plan", "-p", str(policy), "--json", code=4).json
    assert [(one["before"], one["after"]["max_snapshot_age_hours"]) for one in drift["changes"]] == [
        ({"enabled": True, "min_snapshots_to_keep": 5, "max_snapshot_age_hours": 999}, 48)
    ]
    # What the policy does not say was somebody's choice and stays.
    lakehouse("maintenance", "apply", "-p", str(policy), "--apply")
    assert _of_table(client, bucket, table)["icebergSnapshotManagement"]["minSnapshotsToKeep"] == 5


def test_what_silently_stops_maintenance_is_told_and_refused(
    lakehouse: Lakehouse, table: str, tables: IcebergTables
) -> None:
    loaded = tables._catalog.load_table(("ns", table))
    with loaded.transaction() as transaction:
        transaction.set_properties({"history.expire.max-snapshot-age-ms": "604800000"})
    loaded.manage_snapshots().create_tag(loaded.current_snapshot().snapshot_id, "release").commit()
    shown = lakehouse("maintenance", "show", "-t", table)
    assert "history.expire.max-snapshot-age-ms turns snapshot management off" in shown.err
    assert "branches or tags: drop release" in shown.err
    change = ("maintenance", "set", "-t", table, "--max-snapshot-age-hours", "24", "--apply")
    assert "was not written: property history.expire" in lakehouse(*change, code=3).err
    assert lakehouse("maintenance", "show", "-t", table, "--json").json[0]["settings"]["snapshots"] == {
        "enabled": True,
        "min_snapshots_to_keep": 1,
        "max_snapshot_age_hours": 120,
    }


def test_of_two_people_who_change_a_setting_the_second_is_told(
    bucket: TableBucket, table: str, tables: IcebergTables
) -> None:
    client = bucket.sandbox.client("s3tables")
    target = Target(tables.bucket, TableName("ns", table))
    plan = plan_target(client, tables, target, {SettingKind.SNAPSHOTS: Snapshots(max_snapshot_age_hours=24)})
    _put_snapshots(client, bucket, table, 9, 90)
    with pytest.raises(ChangedMeanwhileError, match="max_snapshot_age_hours 90"):
        apply_plan(client, plan, lambda _: None)
    kept = {"minSnapshotsToKeep": 9, "maxSnapshotAgeHours": 90}
    assert _of_table(client, bucket, table)["icebergSnapshotManagement"] == kept


def test_a_write_at_the_very_same_time_is_told(
    bucket: TableBucket, table: str, tables: IcebergTables
) -> None:
    # One of its own: what is registered here must not happen to the clients that tests share.
    client, other = bucket.sandbox.session().client("s3tables"), bucket.sandbox.client("s3tables")
    client.meta.events.register(
        "after-call.s3tables.PutTableMaintenanceConfiguration",
        lambda **_: _put_snapshots(other, bucket, table, 9, 90),
    )
    target = Target(tables.bucket, TableName("ns", table))
    plan = plan_target(client, tables, target, {SettingKind.SNAPSHOTS: Snapshots(max_snapshot_age_hours=24)})
    with pytest.raises(ChangedMeanwhileError, match="at the same time"):
        apply_plan(client, plan, lambda _: None)


def test_settings_are_asked_for_one_by_one(
    lakehouse: Lakehouse, bucket: TableBucket, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    # Compaction as it is but 32 MB, which is out of range, then 256; snapshots off; yes, write it.
    monkeypatch.setattr("sys.stdin", io.StringIO("\n32\n256\n\nno\ny\n"))
    done = lakehouse("maintenance", "set", "-t", table, "-i")
    assert "'32' is not 64 to 512 MB" in done.err
    client = bucket.sandbox.client("s3tables")
    assert _of_table(client, bucket, table)["icebergCompaction"]["targetFileSizeMB"] == 256
    shown = lakehouse("maintenance", "show", "-t", table, "--json").json[0]
    assert shown["settings"]["snapshots"]["enabled"] is False
    assert [job["status"] for job in shown["jobs"]] == ["Not_Yet_Run"] * 3


def test_grants_come_and_go_beside_what_others_wrote(
    lakehouse: Lakehouse, bucket: TableBucket, table: str
) -> None:
    client = bucket.sandbox.client("s3tables")
    where = {"tableBucketARN": bucket.arn, "namespace": "ns", "name": table}
    client.put_table_policy(
        **where, resourcePolicy=json.dumps({"Version": "2012-10-17", "Id": "kept", "Statement": FOREIGN})
    )
    add = ("grants", "add", "-t", table, "-r", "analyst", "-a", "read")
    assert "--apply" in lakehouse(*add).err
    assert json.loads(client.get_table_policy(**where)["resourcePolicy"])["Statement"] == FOREIGN

    lakehouse(*add, "--apply")
    document = json.loads(client.get_table_policy(**where)["resourcePolicy"])
    assert document["Id"] == "kept"
    assert document["Statement"][0] == FOREIGN
    assert {key: value for key, value in document["Statement"][1].items() if key != "Sid"} == {
        "Effect": "Allow",
        "Principal": {"AWS": ROLE},
        "Action": ["s3tables:GetTable", "s3tables:GetTableData", "s3tables:GetTableMetadataLocation"],
        "Resource": client.get_table(**where)["tableARN"],
    }
    assert "nothing to do" in lakehouse(*add, "--apply").err
    shown = lakehouse("grants", "show", "-t", table, "--json").json["statements"]
    assert [one["ours"] for one in shown] == [False, True]

    lakehouse("grants", "remove", *add[2:], "--apply")
    assert json.loads(client.get_table_policy(**where)["resourcePolicy"])["Statement"] == [FOREIGN]


def test_a_grant_on_a_namespace_is_narrowed_to_it_and_goes_without_a_trace(
    lakehouse: Lakehouse, bucket: TableBucket
) -> None:
    client = bucket.sandbox.client("s3tables")
    add = ("grants", "add", "-n", "ns", "-r", ROLE, "-a", "write", "--apply")
    written = lakehouse(*add, "--json").json["added"]
    assert [one["Resource"] for one in written] == [bucket.arn, f"{bucket.arn}/table/*"]
    assert written[1]["Condition"] == {"StringEquals": {"s3tables:namespace": "ns"}}
    lakehouse("grants", "remove", *add[2:])
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_table_bucket_policy(tableBucketARN=bucket.arn)


def test_of_two_people_who_change_a_policy_the_second_is_told(bucket: TableBucket) -> None:
    client = bucket.sandbox.client("s3tables")
    scope = Scope(parse_bucket_arn(bucket.arn))
    change = add_grant(read_policy(client, scope), Grant(ROLE, Access.READ, scope))
    theirs = json.dumps({"Version": "2012-10-17", "Statement": [FOREIGN]})
    client.put_table_bucket_policy(tableBucketARN=bucket.arn, resourcePolicy=theirs)
    with pytest.raises(ChangedMeanwhileError, match="somebody else has changed the policy of"):
        write_policy(client, scope, change)
    assert read_policy(client, scope) == theirs
    client.delete_table_bucket_policy(tableBucketARN=bucket.arn)


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (("list", "-b", "not-there"), 2, "there is no table bucket not-there"),
        (("list", "-b", "Not_There"), 2, "is not a valid table bucket name"),
        (
            ("list", "-b", "arn:aws:s3tables:us-east-1:000000000000:bucket/there"),
            2,
            "is in us-east-1, but the session",
        ),
        (("list", "-n", "nowhere"), 2, "there is no namespace nowhere"),
        (("maintenance", "show", "-t", "nope"), 2, "there is no table ns.nope"),
        (("maintenance", "set", "-t", "nope", "--no-compaction"), 2, "there is no table ns.nope"),
        (("grants", "add", "-t", "nope", "-r", "r", "-a", "read"), 2, "there is no table ns.nope"),
        (("snapshots", "-t", "a.b.c"), 2, "is not a valid table name"),
        (("create", "--sql", "create table t (a int"), 2, "--sql:1:16: ( is opened here"),
    ],
)
def test_what_is_wrong_is_one_line(
    lakehouse: Lakehouse, arguments: tuple[str, ...], code: int, part: str
) -> None:
    done = lakehouse(*arguments, code=code)
    assert part in done.err
    assert done.err.count("\n") == 1
    assert done.out == ""


def test_the_templates_make_a_bucket_and_roles(lakehouse: Lakehouse, sandbox: Sandbox, tmp_path: Any) -> None:
    name = f"stack-{uuid.uuid4().hex[:8]}"
    bucket = {"TableBucketName": name, "UnreferencedDays": "5", "ModelsNamespace": "marts"}
    outputs = _deploy(sandbox, "table-bucket", name, bucket)
    assert outputs["AthenaCatalog"] == f"s3tablescatalog/{name}"
    shown = lakehouse("maintenance", "show", "-b", outputs["TableBucketARN"], "--json").json
    assert shown[0]["settings"]["unreferenced_files"] == {
        "enabled": True,
        "unreferenced_days": 5,
        "non_current_days": 10,
    }
    assert lakehouse("list", "-b", name, "--json").json["namespaces"] == ["default", "marts"]

    roles = {"TableBucketName": name, "ProjectName": name}
    outputs = _deploy(sandbox, "basic-s3tables-role", f"{name}-roles", roles)
    assert outputs["ReaderRoleArn"].endswith(f":role/{name}-dev-s3tables-reader")
    # IAM is none of the services that the sandbox announces; it answers at the storage part's address.
    iam = sandbox.session().client("iam", endpoint_url=sandbox.client("s3tables").meta.endpoint_url)
    document = iam.get_role_policy(RoleName=f"{name}-dev-s3tables-reader", PolicyName="tables")[
        "PolicyDocument"
    ]
    granted = {one["Resource"]: one["Action"] for one in document["Statement"]}
    arn = f"arn:aws:s3tables:eu-central-1:{ACCOUNT}:bucket/{name}"
    assert granted == {
        arn: sorted(BUCKET_ACTIONS[Access.READ]),
        f"{arn}/table/*": sorted(TABLE_ACTIONS[Access.READ]),
    }

    # The stack refuses what is there already, and a bucket outlives its stack.
    again = _deploy(sandbox, "table-bucket", f"{name}-again", bucket, expected="ROLLBACK_COMPLETE")
    assert again == {}
    cloudformation = sandbox.client("cloudformation")
    for stack in (f"{name}-roles", f"{name}-again", name):
        cloudformation.delete_stack(StackName=stack)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    assert lakehouse("list", "-b", name, "--json").json["namespaces"] == ["default", "marts"]


def _deploy(
    sandbox: Sandbox, template: str, stack: str, parameters: dict[str, str], expected: str = "CREATE_COMPLETE"
) -> dict[str, str]:
    """Make a stack of a template and return its outputs."""
    client = sandbox.client("cloudformation")
    client.create_stack(
        StackName=stack,
        TemplateBody=(ROOT / "infra" / "cloudformation" / f"{template}.yaml").read_text(),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    while (found := client.describe_stacks(StackName=stack)["Stacks"][0])["StackStatus"].endswith("PROGRESS"):
        time.sleep(0.1)
    assert found["StackStatus"] == expected, found
    return {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}


def _of_table(client: Any, bucket: TableBucket, table: str) -> dict[str, Any]:
    """Every setting of a table, as the API tells it."""
    answer = client.get_table_maintenance_configuration(tableBucketARN=bucket.arn, namespace="ns", name=table)
    return {kind: told["settings"][kind] for kind, told in answer["configuration"].items()}


def _put_snapshots(client: Any, bucket: TableBucket, table: str, least: int, hours: int) -> None:
    """What another person does."""
    kind = "icebergSnapshotManagement"
    setting = {"minSnapshotsToKeep": least, "maxSnapshotAgeHours": hours}
    client.put_table_maintenance_configuration(
        tableBucketARN=bucket.arn,
        namespace="ns",
        name=table,
        type=kind,
        value={"status": "enabled", "settings": {kind: setting}},
    )
