"""The state after a kill -9 and a new start."""

import errno
import json
import os

import pytest

from athena_sandbox.glue.errors import DataDirectoryError, EntityNotFoundError, InternalError
from athena_sandbox.glue.journal import Journal


def everything(glue):
    """All that the API shows of the catalog `sales`."""
    tables = glue("GetTables", DatabaseName="sales")["TableList"]
    return {
        "databases": glue("GetDatabases"),
        "tables": tables,
        "versions": [
            glue("GetTableVersions", DatabaseName="sales", TableName=table["Name"]) for table in tables
        ],
        "partitions": [
            glue("GetPartitions", DatabaseName="sales", TableName=table["Name"]) for table in tables
        ],
    }


@pytest.fixture
def busy(glue):
    """A catalog with some of everything, made at different times."""
    glue.table("daily", PartitionKeys=[{"Name": "day", "Type": "date"}])
    for day in ("2025-01-02", "2025-01-01"):
        glue.now += 1.25
        glue.partition(day, table="daily", Parameters={"grüße": "“quoted”\n\u2028"})
    for number in range(5):
        glue.now += 1
        skip = number == 3
        given = {"Name": "orders", "Parameters": {"n": str(number)}}
        glue("UpdateTable", DatabaseName="sales", TableInput=given, SkipArchive=skip)
    glue("DeleteTableVersion", DatabaseName="sales", TableName="orders", VersionId="1")
    glue.database("second", Description="another")
    return glue


def test_a_restart_changes_nothing_that_can_be_seen(busy):
    before = everything(busy)
    busy.now += 1000
    busy.restart()
    assert everything(busy) == before
    busy.restart()
    assert everything(busy) == before


def test_a_torn_last_line_is_dropped_and_the_calls_before_it_stay(busy):
    before = everything(busy)
    whole = busy.journal.read_bytes()
    busy.table("late")
    late = busy.journal.read_bytes()[len(whole) :]
    for cut in (1, len(late) // 2, len(late) - 1):
        busy.service.close()
        busy.journal.write_bytes(whole + late[:cut])
        busy.restart()
        assert everything(busy) == before


def test_a_refused_call_leaves_no_line(glue):
    size = glue.journal.stat().st_size
    with pytest.raises(EntityNotFoundError):
        glue("DeleteTable", DatabaseName="sales", Name="nosuch")
    glue("GetTable", DatabaseName="sales", Name="orders")
    assert glue.journal.stat().st_size == size


def test_a_batch_is_one_line_so_that_it_is_all_or_nothing(glue):
    for name in ("a", "b"):
        glue.table(name)
    lines = glue.journal.read_bytes().count(b"\n")
    glue("BatchDeleteTable", DatabaseName="sales", TablesToDelete=["a", "b", "nosuch"])
    assert glue.journal.read_bytes().count(b"\n") == lines + 1


def test_a_call_that_cannot_be_written_is_refused_and_has_no_effect(glue, monkeypatch):
    before = everything(glue)
    content = glue.journal.read_bytes()
    real_write = os.write
    calls = []

    def no_space_after_ten_bytes(file, data):
        calls.append(1)
        if len(calls) == 1:
            return real_write(file, data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", no_space_after_ten_bytes)
        with pytest.raises(InternalError, match="No space left on device"):
            glue.table("unlucky")
    assert glue.journal.read_bytes() == content
    assert everything(glue) == before
    glue.table("lucky")
    glue.restart()
    assert [table["Name"] for table in everything(glue)["tables"]] == ["lucky", "orders"]


def test_start_keeps_what_is_live_and_forgets_history(glue):
    for _ in range(50):
        glue.table("passing", PartitionKeys=[{"Name": "k", "Type": "string"}])
        glue.partition("v", table="passing")
        glue("DeleteTable", DatabaseName="sales", Name="passing")
        glue.database("passing")
        glue("DeleteDatabase", Name="passing")
    grown = glue.journal.stat().st_size
    glue.restart()
    # The format, both databases and the table.
    assert len(glue.journal.read_text().splitlines()) == 4
    assert glue.journal.stat().st_size < grown / 50


def test_a_start_that_dies_while_compacting_loses_nothing(busy, monkeypatch):
    before = everything(busy)
    busy.service.close()
    content = busy.journal.read_bytes()

    def killed(file):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", killed)
        journal = Journal(busy.directory)
        with pytest.raises(DataDirectoryError, match="Input/output error"):
            journal.load()
        journal.close()
    assert busy.journal.read_bytes() == content
    assert sorted(path.name for path in busy.directory.iterdir()) == ["catalog.jsonl", "lock"]
    busy.restart()
    assert everything(busy) == before


def test_the_leftover_of_a_killed_compaction_is_ignored(busy):
    before = everything(busy)
    (busy.directory / "catalog.new").write_text("half of")
    busy.restart()
    assert everything(busy) == before


@pytest.mark.parametrize(
    "damage", [b"{not json\n", b'["eu-central-1",[["NoSuchKind",{}]]]\n', b'["x",[["DropTable"]]]\n']
)
def test_a_damaged_line_is_refused_with_its_number_and_left_alone(glue, damage):
    glue.service.close()
    lines = glue.journal.read_bytes().splitlines(keepends=True)
    content = b"".join([*lines[:2], damage, *lines[2:]])
    glue.journal.write_bytes(content)
    journal = Journal(glue.directory)
    with pytest.raises(
        DataDirectoryError, match=r"catalog\.jsonl is damaged in line 3; restore it, or move it away"
    ):
        journal.load()
    journal.close()
    assert glue.journal.read_bytes() == content
    glue.journal.write_bytes(b"".join(lines))
    glue.restart()


def test_another_format_is_refused(glue):
    glue.service.close()
    content = glue.journal.read_bytes()
    glue.journal.write_text(json.dumps(["glue-catalog", 2]) + "\n")
    journal = Journal(glue.directory)
    with pytest.raises(DataDirectoryError, match="damaged in line 1"):
        journal.load()
    journal.close()
    glue.journal.write_bytes(content)
    glue.restart()


def test_a_second_process_on_the_directory_is_refused(glue):
    with pytest.raises(DataDirectoryError, match="in use by another Glue process"):
        Journal(glue.directory)


def test_a_directory_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataDirectoryError, match="cannot use"):
        Journal(tmp_path / "file" / "glue")


def test_regions_are_apart_and_all_survive(glue):
    there = json.dumps({"DatabaseInput": {"Name": "elsewhere"}}).encode()
    glue.service.answer("us-east-1", "CreateDatabase", there)
    glue.restart()
    listed = glue.service.answer("us-east-1", "GetDatabases", b"{}")["DatabaseList"]
    assert [database["Name"] for database in listed] == ["default", "elsewhere"]
    assert [database["Name"] for database in glue("GetDatabases")["DatabaseList"]] == ["default", "sales"]
