import pytest

from athena_sandbox.glue.errors import EntityNotFoundError, InvalidInputError

ORDERS = {"DatabaseName": "sales", "TableName": "orders"}


@pytest.fixture
def versions(glue):
    """`orders` with the versions 0, 1, 2, 3, each with its number as comment."""
    for number in (1, 2, 3):
        glue.now += 60
        given = {"Name": "orders", "Parameters": {"comment": str(number)}}
        glue("UpdateTable", DatabaseName="sales", TableInput=given)
    return glue


def listed(glue):
    return [entry["VersionId"] for entry in glue("GetTableVersions", **ORDERS)["TableVersions"]]


def test_versions_are_listed_newest_first_with_their_own_content(versions):
    entries = versions("GetTableVersions", **ORDERS)["TableVersions"]
    assert [entry["VersionId"] for entry in entries] == ["3", "2", "1", "0"]
    assert [entry["Table"]["VersionId"] for entry in entries] == ["3", "2", "1", "0"]
    assert [entry["Table"].get("Parameters", {}).get("comment") for entry in entries] == ["3", "2", "1", None]
    assert [entry["Table"]["UpdateTime"] - 1_700_000_000 for entry in entries] == [180.0, 120.0, 60.0, 0.0]


def test_versions_are_paged(versions):
    first = versions("GetTableVersions", **ORDERS, MaxResults=3)
    second = versions("GetTableVersions", **ORDERS, MaxResults=3, NextToken=first["NextToken"])
    assert [entry["VersionId"] for entry in second["TableVersions"]] == ["0"]


def test_one_version_by_number_or_the_current_one(versions):
    version = versions("GetTableVersion", **ORDERS, VersionId="2")["TableVersion"]
    assert version["Table"]["Parameters"] == {"comment": "2"}
    assert versions("GetTableVersion", **ORDERS)["TableVersion"]["VersionId"] == "3"


def test_deleting_a_version_leaves_the_numbers_of_the_others(versions):
    versions("DeleteTableVersion", **ORDERS, VersionId="1")
    assert listed(versions) == ["3", "2", "0"]
    with pytest.raises(EntityNotFoundError, match=r"^Version not found\.$"):
        versions("GetTableVersion", **ORDERS, VersionId="1")


def test_the_current_version_stays(versions):
    with pytest.raises(InvalidInputError, match="current version"):
        versions("DeleteTableVersion", **ORDERS, VersionId="3")


def test_batch_delete_reports_each_version_it_could_not_delete(versions):
    answer = versions("BatchDeleteTableVersion", **ORDERS, VersionIds=["0", "3", "9", "1"])
    assert [(error["VersionId"], error["ErrorDetail"]["ErrorCode"]) for error in answer["Errors"]] == [
        ("3", "InvalidInputException"),
        ("9", "EntityNotFoundException"),
    ]
    assert listed(versions) == ["3", "2"]


def test_a_version_that_is_not_a_number_is_invalid(versions):
    with pytest.raises(InvalidInputError, match="abc"):
        versions("GetTableVersion", **ORDERS, VersionId="abc")


def test_skip_archive_leaves_no_copy_of_the_version_before(versions):
    versions("UpdateTable", DatabaseName="sales", TableInput={"Name": "orders"}, SkipArchive=True)
    assert listed(versions) == ["4", "2", "1", "0"]


def test_the_newest_hundred_versions_are_kept(versions):
    for _ in range(120):
        versions("UpdateTable", DatabaseName="sales", TableInput={"Name": "orders"})
    assert listed(versions) == [str(number) for number in range(123, 23, -1)]
    assert "NextToken" not in versions("GetTableVersions", **ORDERS)
