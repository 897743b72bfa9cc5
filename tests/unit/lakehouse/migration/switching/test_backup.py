"""Backups as files, grants that can't be seen, and changes that somebody else overtook."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from lakehouse.catalog.grants import grant_calls, list_grants, reading_grants_for
from lakehouse.catalog.planned_calls import Clients, apply_calls, glue_call
from lakehouse.catalog.tables import TableKind
from lakehouse.errors import RefusedError, UsageError
from lakehouse.migration.switching.backup import Backup, Definition, decode, encode

ANALYST = {"DataLakePrincipalIdentifier": "arn:aws:iam::123456789012:role/analyst"}
TABLE = {"Table": {"DatabaseName": "raw", "Name": "events"}}


def client(service: str) -> Any:
    return boto3.client(
        service, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )


def test_a_backup_comes_back_as_it_was_with_its_times_and_bytes() -> None:
    statistics = {
        "ColumnName": "price",
        "AnalyzedTime": datetime(2025, 8, 25, 12, 0, 0, 123_000, tzinfo=UTC),
        "StatisticsData": {"DecimalColumnStatisticsData": {"MinimumValue": {"UnscaledValue": b"\x00\xff"}}},
    }
    definition = Definition(
        "raw",
        "events",
        TableKind.HIVE,
        "1",
        ({"Name": "events", "Description": "Größe"}, {"Name": "events"}),
        ({"Values": ["2025"]},),
        (statistics,),
        ({"Values": ["2025"], "Statistics": [statistics]},),
        None,
    )
    taken = Backup(
        "raw.events",
        datetime(2025, 8, 25, tzinfo=UTC),
        ({"Name": "raw"},),
        (definition,),
        '{"Version": "2012-10-17"}',
    )
    assert decode(encode(taken), "s3://b/backup.json") == taken


@pytest.mark.parametrize("content", [b"", b"[]", b'{"format": 2}', b'{"format": 1}', b"\xff"])
def test_what_is_no_backup_is_named(content: bytes) -> None:
    with pytest.raises(UsageError, match=r"s3://b/backup\.json is not a valid backup"):
        decode(content, "s3://b/backup.json")


def test_grants_are_read_to_the_last_page_and_without_the_accounts_number() -> None:
    lakeformation = client("lakeformation")
    resource = {"Table": {"CatalogId": "123456789012", **TABLE["Table"]}}
    page = {
        "PrincipalResourcePermissions": [
            {"Principal": ANALYST, "Resource": resource, "Permissions": ["SELECT", "DESCRIBE", "DROP"]}
        ],
        "NextToken": "more",
    }
    with Stubber(lakeformation) as stub:
        stub.add_response("list_permissions", page, {"Resource": TABLE})
        stub.add_response(
            "list_permissions",
            {"PrincipalResourcePermissions": []},
            {"Resource": TABLE, "NextToken": "more"},
        )
        found = list_grants(lakeformation, "raw.events")
        stub.assert_no_pending_responses()
    assert found == [
        {
            "Principal": ANALYST,
            "Resource": TABLE,
            "Permissions": ["DESCRIBE", "DROP", "SELECT"],
            "PermissionsWithGrantOption": [],
        }
    ]
    # Who reads the view must read what it reads, and needs no more of it.
    needed = reading_grants_for(found, "raw.events_v2")
    assert needed == [
        {
            "Principal": ANALYST,
            "Resource": {"Table": {"DatabaseName": "raw", "Name": "events_v2"}},
            "Permissions": ["DESCRIBE", "SELECT"],
            "PermissionsWithGrantOption": [],
        }
    ]
    assert [call.description for call in grant_calls(needed, [])] == [
        f"grant DESCRIBE, SELECT on raw.events_v2 to {ANALYST['DataLakePrincipalIdentifier']}"
    ]
    assert grant_calls(needed, needed) == []


def test_grants_that_the_operator_may_not_see_are_unknown_and_not_none() -> None:
    lakeformation = client("lakeformation")
    with Stubber(lakeformation) as stub:
        stub.add_client_error("list_permissions", "AccessDeniedException")
        assert list_grants(lakeformation, "raw.events") is None
    assert grant_calls(None, []) == []
    assert reading_grants_for(None, "raw.events_v2") is None


@pytest.mark.parametrize("code", ["ConcurrentModificationException", "VersionMismatchException"])
def test_a_change_that_another_one_overtook_is_refused_and_ends_the_list(code: str) -> None:
    glue = client("glue")
    calls = [
        glue_call("delete_table", "drop raw.a", DatabaseName="raw", Name="a"),
        glue_call("delete_table", "drop raw.b", DatabaseName="raw", Name="b"),
    ]
    with Stubber(glue) as stub:
        stub.add_client_error("delete_table", code)
        with pytest.raises(RefusedError, match=r"this was not done: drop raw\.a\. Run the command again"):
            apply_calls(Clients(glue, client("lakeformation")), calls)


@pytest.mark.parametrize(("code", "refused"), [("AlreadyExistsException", False), ("InternalError", True)])
def test_a_partition_that_is_there_is_well_and_one_that_failed_is_said(code: str, refused: bool) -> None:
    glue = client("glue")
    request = {"DatabaseName": "raw", "TableName": "a", "PartitionInputList": [{"Values": ["1"]}]}
    failed = {"PartitionValues": ["1"], "ErrorDetail": {"ErrorCode": code, "ErrorMessage": "so it is"}}
    with Stubber(glue) as stub:
        stub.add_response("batch_create_partition", {"Errors": [failed]}, request)
        clients = Clients(glue, client("lakeformation"))
        call = glue_call("batch_create_partition", "register 1 partitions of raw.a", **request)
        if not refused:
            assert apply_calls(clients, [call]) == 1
            return
        with pytest.raises(RefusedError, match=r"register 1 partitions of raw\.a: InternalError: so it is"):
            apply_calls(clients, [call])
