"""UpdateTable as the compare and swap that Iceberg commits rest on."""

import pytest

from athena_sandbox.glue.errors import ConcurrentModificationError

ORDERS = {"DatabaseName": "sales", "TableInput": {"Name": "orders", "Parameters": {"commit": "x"}}}


def version_of(glue):
    return glue("GetTable", DatabaseName="sales", Name="orders")["Table"]["VersionId"]


def test_a_new_table_has_version_0(glue):
    assert version_of(glue) == "0"


def test_update_with_the_current_version_makes_the_next_one(glue):
    glue("UpdateTable", **ORDERS, VersionId="0")
    assert version_of(glue) == "1"


def test_update_with_a_stale_version_is_refused_and_changes_nothing(glue):
    glue("UpdateTable", **ORDERS, VersionId="0")
    before = glue("GetTable", DatabaseName="sales", Name="orders")
    with pytest.raises(
        ConcurrentModificationError, match=r"^Update table failed due to concurrent modifications\.$"
    ):
        glue("UpdateTable", DatabaseName="sales", TableInput={"Name": "orders"}, VersionId="0")
    assert glue("GetTable", DatabaseName="sales", Name="orders") == before


def test_a_version_from_the_future_is_refused_as_well(glue):
    with pytest.raises(ConcurrentModificationError):
        glue("UpdateTable", **ORDERS, VersionId="1")


def test_update_without_a_version_is_not_checked(glue):
    glue("UpdateTable", **ORDERS)
    glue("UpdateTable", **ORDERS)
    assert version_of(glue) == "2"


def test_versions_do_not_start_again_when_history_was_skipped(glue):
    glue("UpdateTable", **ORDERS, SkipArchive=True, VersionId="0")
    glue.restart()
    with pytest.raises(ConcurrentModificationError):
        glue("UpdateTable", **ORDERS, VersionId="0")
    glue("UpdateTable", **ORDERS, VersionId="1")
    assert version_of(glue) == "2"
