"""Rules of work groups, prepared statements, named queries, catalogs, and of paging."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from athena_sandbox.athena.errors import InvalidRequestError, ResourceNotFoundError
from athena_sandbox.athena.resources.catalogs import DataCatalogs
from athena_sandbox.athena.resources.documents import DocumentStore
from athena_sandbox.athena.resources.named import NamedQueries
from athena_sandbox.athena.resources.paging import page_of
from athena_sandbox.athena.resources.prepared import PreparedStatements
from athena_sandbox.athena.resources.workgroups import WorkGroups

OUT = {"ResultConfiguration": {"OutputLocation": "s3://b/wg"}}


@pytest.fixture
def documents(tmp_path: Path) -> DocumentStore:
    return DocumentStore(tmp_path / "r.sqlite")


def test_primary_exists_and_does_not_enforce(documents: DocumentStore) -> None:
    group = WorkGroups(documents, lambda: 7.0).get("primary")
    assert (group["State"], group["CreationTime"]) == ("ENABLED", 7.0)
    assert group["Configuration"]["EnforceWorkGroupConfiguration"] is False
    assert group["Configuration"]["EngineVersion"]["EffectiveEngineVersion"] == "Athena engine version 3"


def test_no_output_location_anywhere_is_refused(documents: DocumentStore) -> None:
    with pytest.raises(InvalidRequestError, match=r"^No output location provided\."):
        WorkGroups(documents).rules("primary", {})


@pytest.mark.parametrize(
    ("enforced", "requested", "prefix"),
    [
        (True, "s3://mine/x/", "s3://b/wg/"),
        (False, "s3://mine/x", "s3://mine/x/"),
        (False, None, "s3://b/wg/"),
    ],
)
def test_an_enforcing_group_replaces_the_clients_location(
    documents: DocumentStore, enforced: bool, requested: str | None, prefix: str
) -> None:
    groups = WorkGroups(documents)
    groups.create("w", {**OUT, "EnforceWorkGroupConfiguration": enforced}, None)
    rules = groups.rules("w", {"OutputLocation": requested} if requested else {})
    assert (rules.output_prefix, rules.enforced) == (prefix, enforced)


SSE_S3 = {"EncryptionConfiguration": {"EncryptionOption": "SSE_S3"}}
SSE_KMS = {"EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": "k"}}


@pytest.mark.parametrize(
    ("enforced", "asked", "settings"),
    [
        (True, {"OutputLocation": "s3://mine/x/", **SSE_KMS}, SSE_S3),
        (False, {"OutputLocation": "s3://mine/x/", **SSE_KMS}, SSE_KMS),
        (False, {"OutputLocation": "s3://mine/x/"}, {}),
        (False, {}, SSE_S3),
        (False, SSE_KMS, SSE_KMS),
    ],
)
def test_encryption_is_the_groups_where_it_enforces_or_the_client_says_nothing(
    documents: DocumentStore, enforced: bool, asked: dict[str, Any], settings: dict[str, Any]
) -> None:
    groups = WorkGroups(documents)
    results = {"ResultConfiguration": {"OutputLocation": "s3://b/wg/", **SSE_S3}}
    groups.create("w", {**results, "EnforceWorkGroupConfiguration": enforced}, None)
    assert groups.rules("w", asked).result_settings == settings


def test_a_disabled_group_takes_no_queries(documents: DocumentStore) -> None:
    groups = WorkGroups(documents)
    groups.create("w", OUT, None)
    groups.update("w", {}, state="DISABLED")
    with pytest.raises(InvalidRequestError, match="disabled"):
        groups.rules("w", {})


def test_updates_merge_and_remove(documents: DocumentStore) -> None:
    groups = WorkGroups(documents)
    groups.create("w", {**OUT, "BytesScannedCutoffPerQuery": 10_000_000}, "d")
    groups.update(
        "w",
        {
            "RemoveBytesScannedCutoffPerQuery": True,
            "RequesterPaysEnabled": True,
            "ResultConfigurationUpdates": {"RemoveOutputLocation": True, "ExpectedBucketOwner": "0" * 12},
        },
    )
    configuration = groups.get("w")["Configuration"]
    assert "BytesScannedCutoffPerQuery" not in configuration
    assert configuration["RequesterPaysEnabled"] is True
    assert configuration["ResultConfiguration"] == {"ExpectedBucketOwner": "0" * 12}


def test_group_refusals(documents: DocumentStore) -> None:
    groups = WorkGroups(documents)
    with pytest.raises(InvalidRequestError, match=r"^WorkGroup is not found"):
        groups.get("nope")
    with pytest.raises(InvalidRequestError, match="primary"):
        groups.delete("primary")
    with pytest.raises(InvalidRequestError, match="already"):
        groups.create("primary", {}, None)
    with pytest.raises(InvalidRequestError, match="not a valid S3 path"):
        groups.create("w", {"ResultConfiguration": {"OutputLocation": "/tmp"}}, None)  # noqa: S108


def test_groups_survive_a_restart(tmp_path: Path) -> None:
    WorkGroups(DocumentStore(tmp_path / "r.sqlite")).create("w", OUT, None)
    names = [group["Name"] for group in WorkGroups(DocumentStore(tmp_path / "r.sqlite")).list()]
    assert names == ["primary", "w"]


def test_prepared_statements_belong_to_a_group(documents: DocumentStore) -> None:
    prepared = PreparedStatements(documents, lambda: 7.0)
    prepared.create("primary", "P1", "select ?", "d")
    assert prepared.get("primary", "p1") == {
        "StatementName": "P1",
        "QueryStatement": "select ?",
        "WorkGroupName": "primary",
        "Description": "d",
        "LastModifiedTime": 7.0,
    }
    assert prepared.find("other", "p1") is None
    with pytest.raises(InvalidRequestError, match="already exists"):
        prepared.create("primary", "p1", "select 1")
    prepared.update("primary", "p1", "select 2", None)
    assert prepared.get("primary", "p1")["Description"] == "d"
    prepared.delete("primary", "p1")
    with pytest.raises(ResourceNotFoundError) as caught:
        prepared.get("primary", "p1")
    assert caught.value.members == {"ResourceName": "p1"}


def test_a_named_query_is_created_once_per_token(documents: DocumentStore) -> None:
    named = NamedQueries(documents)
    query = {"Name": "n", "Database": "d", "QueryString": "select 1", "WorkGroup": "primary"}
    first = named.create(query, "token")
    assert named.create(query, "token") == first
    assert named.create(query, None) != first
    assert named.get(first)["NamedQueryId"] == first
    assert len(named.ids("primary")) == 2


def test_the_default_catalog_is_always_there_and_fixed(documents: DocumentStore) -> None:
    catalogs = DataCatalogs(documents, "000000000000")
    assert catalogs.get("awsdatacatalog")["Type"] == "GLUE"
    catalogs.create({"Name": "other", "Type": "HIVE", "Parameters": {"metadata-function": "x"}})
    assert [catalog["Name"] for catalog in catalogs.list()] == ["AwsDataCatalog", "other"]
    with pytest.raises(InvalidRequestError, match="cannot be changed"):
        catalogs.delete("AwsDataCatalog")


def test_pages_end_without_a_token() -> None:
    first, token = page_of([1, 2, 3], 2, None)
    assert first == [1, 2]
    assert page_of([1, 2, 3], 2, token) == ([3], None)
    assert page_of([1, 2], 2, None) == ([1, 2], None)


@pytest.mark.parametrize("token", ["x", "cGFnZTp4", ""])
def test_a_foreign_page_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"^The nextPageToken is malformed: "):
        page_of([1], 1, token)


def test_managed_results_need_no_location_and_take_none(documents: DocumentStore) -> None:
    workgroups = WorkGroups(documents)
    workgroups.create("managed", {"ManagedQueryResultsConfiguration": {"Enabled": True}}, None)
    assert workgroups.rules("managed", {}).managed
    refusal = "ManagedQueryResultsConfiguration and ResultConfiguration cannot be set together"
    with pytest.raises(InvalidRequestError, match=refusal):
        workgroups.rules("managed", {"OutputLocation": "s3://b/"})
    with pytest.raises(InvalidRequestError, match=refusal):
        workgroups.update("managed", {"ResultConfigurationUpdates": {"OutputLocation": "s3://b/"}})
    workgroups.update("managed", {"ManagedQueryResultsConfigurationUpdates": {"Enabled": False}})
    assert workgroups.rules("managed", {"OutputLocation": "s3://b/"}).output_prefix == "s3://b/"


SPARK = {
    **OUT,
    "EngineVersion": {"SelectedEngineVersion": "PySpark engine version 3"},
    "ExecutionRole": "arn:aws:iam::123456789012:role/spark",
}


def test_a_spark_group_takes_sessions_and_no_queries(documents: DocumentStore) -> None:
    groups = WorkGroups(documents)
    groups.create("s", SPARK, None)
    rules = groups.spark_rules("s")
    assert (rules.output_prefix, rules.execution_role) == ("s3://b/wg/", SPARK["ExecutionRole"])
    assert groups.get("s")["Configuration"]["EngineVersion"] == {
        "SelectedEngineVersion": "PySpark engine version 3",
        "EffectiveEngineVersion": "PySpark engine version 3",
    }
    with pytest.raises(InvalidRequestError, match="Apache Spark"):
        groups.rules("s", {"OutputLocation": "s3://b/x/"})


# The two texts are those of the service: hashicorp/terraform-provider-aws issue 28386 and
# ministryofjustice/analytical-platform pull request 7001.
def test_a_spark_group_needs_a_role(documents: DocumentStore) -> None:
    with pytest.raises(InvalidRequestError, match=r"^executionRole is null or empty$"):
        WorkGroups(documents).create("s", {key: SPARK[key] for key in SPARK if key != "ExecutionRole"}, None)


def test_a_group_of_sql_takes_no_sessions(documents: DocumentStore) -> None:
    with pytest.raises(InvalidRequestError, match=r"^Workgroup EngineVersion is not Spark\.$"):
        WorkGroups(documents).spark_rules("primary")


def test_an_engine_that_is_not_there_is_refused_by_name(documents: DocumentStore) -> None:
    with pytest.raises(InvalidRequestError, match=r"Apache Spark version 3\.5 is not supported"):
        WorkGroups(documents).create(
            "s", {**SPARK, "EngineVersion": {"SelectedEngineVersion": "Apache Spark version 3.5"}}, None
        )


def test_a_group_does_not_change_between_sql_and_spark(documents: DocumentStore) -> None:
    groups = WorkGroups(documents)
    groups.create("s", SPARK, None)
    groups.update("s", {}, description="kept")
    groups.spark_rules("s")
    with pytest.raises(InvalidRequestError, match="can't be changed"):
        groups.update("s", {"EngineVersion": {"SelectedEngineVersion": "AUTO"}})
