import pytest

from athena_sandbox.glue.errors import (
    AlreadyExistsError,
    EntityNotFoundError,
    InvalidInputError,
    NotServedError,
)


def names(answer):
    return [table["Name"] for table in answer["TableList"]]


def test_get_table_answers_what_was_stored_and_what_glue_adds(glue):
    glue.table("Events", TableType="EXTERNAL_TABLE", Parameters={"EXTERNAL": "TRUE"})
    table = glue("GetTable", DatabaseName="SALES", Name="EVENTS")["Table"]
    assert table == {
        "Name": "events",
        "DatabaseName": "sales",
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE"},
        "StorageDescriptor": {"Columns": [{"Name": "id", "Type": "int"}, {"Name": "city", "Type": "string"}]},
        "PartitionKeys": [],
        "Retention": 0,
        "CreateTime": 1_700_000_000.0,
        "UpdateTime": 1_700_000_000.0,
        "CreatedBy": "arn:aws:iam::000000000000:root",
        "IsRegisteredWithLakeFormation": False,
        "CatalogId": "000000000000",
        "VersionId": "0",
    }


def test_update_moves_the_update_time_only(glue):
    glue.now += 60
    glue("UpdateTable", DatabaseName="sales", TableInput={"Name": "orders"})
    table = glue("GetTable", DatabaseName="sales", Name="orders")["Table"]
    assert (table["CreateTime"], table["UpdateTime"]) == (1_700_000_000.0, 1_700_000_060.0)


def test_absent_entities_are_reported_in_the_words_of_glue(glue):
    with pytest.raises(EntityNotFoundError, match=r"^Entity Not Found$"):
        glue("GetTable", DatabaseName="sales", Name="nosuch")
    with pytest.raises(EntityNotFoundError, match=r"^Table nosuch not found\.$"):
        glue("DeleteTable", DatabaseName="sales", Name="nosuch")
    with pytest.raises(EntityNotFoundError, match=r"^Database nosuch not found\.$"):
        glue("GetTable", DatabaseName="nosuch", Name="orders")


def test_a_second_table_of_the_name_is_refused(glue):
    with pytest.raises(AlreadyExistsError, match=r"^Table already exists\.$"):
        glue.table("ORDERS")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("orders", ["orders"]),
        ("order", []),
        ("orders_.*", ["orders_2024", "orders_2025"]),
        ("orders_*", ["orders_2024", "orders_2025"]),
        ("*2024", ["orders_2024"]),
        ("*s_2*", ["orders_2024", "orders_2025"]),
        ("ORDERS|x", ["orders"]),
        ("orders_202[45]*", ["orders_2024", "orders_2025"]),
    ],
)
def test_get_tables_selects_by_pattern(glue, expression, expected):
    glue.table("orders_2025")
    glue.table("orders_2024")
    assert names(glue("GetTables", DatabaseName="sales", Expression=expression)) == expected


def test_a_broken_pattern_is_invalid_input(glue):
    with pytest.raises(InvalidInputError, match="Invalid pattern"):
        glue("GetTables", DatabaseName="sales", Expression="(")


def test_get_tables_shows_a_hundred_at_a_time_by_default(glue):
    for number in range(101):
        glue.table(f"t{number:03}")
    first = glue("GetTables", DatabaseName="sales")
    assert len(first["TableList"]) == 100
    assert names(glue("GetTables", DatabaseName="sales", NextToken=first["NextToken"])) == ["t099", "t100"]


def test_paging_neither_repeats_nor_skips_when_tables_come_and_go(glue):
    for name in ("b", "d", "f"):
        glue.table(name)
    first = glue("GetTables", DatabaseName="sales", MaxResults=2)
    glue("DeleteTable", DatabaseName="sales", Name="d")
    glue.table("a")
    rest = glue("GetTables", DatabaseName="sales", NextToken=first["NextToken"])
    assert (names(first), names(rest)) == (["b", "d"], ["f", "orders"])


@pytest.mark.parametrize("token", ["!", "bm90IGpzb24=", "W10="])
def test_a_token_from_elsewhere_is_refused(glue, token):
    with pytest.raises(InvalidInputError, match="Invalid NextToken"):
        glue("GetTables", DatabaseName="sales", NextToken=token)


def test_batch_delete_reports_the_absent_and_deletes_the_rest(glue):
    answer = glue("BatchDeleteTable", DatabaseName="sales", TablesToDelete=["nosuch", "Orders", "orders"])
    assert [(error["TableName"], error["ErrorDetail"]["ErrorCode"]) for error in answer["Errors"]] == [
        ("nosuch", "EntityNotFoundException"),
        ("orders", "EntityNotFoundException"),
    ]
    assert names(glue("GetTables", DatabaseName="sales")) == []


def test_iceberg_tables_that_glue_would_make_itself_are_refused_by_name(glue):
    iceberg = {"IcebergInput": {"MetadataOperation": "CREATE"}}
    with pytest.raises(NotServedError, match="OpenTableFormatInput"):
        glue(
            "CreateTable",
            DatabaseName="sales",
            TableInput={"Name": "ice"},
            OpenTableFormatInput=iceberg,
        )


def test_members_that_glue_does_not_know_are_not_stored(glue):
    glue.table("extra", VersionId="7", Nonsense={"a": 1}, Description=None)
    table = glue("GetTable", DatabaseName="sales", Name="extra")["Table"]
    assert table["VersionId"] == "0"
    assert "Nonsense" not in table
    assert "Description" not in table


def test_the_engine_writes_text_through_the_format_it_knows(glue):
    ours = "org.apache.hadoop.hive.ql.io.IgnoreKeyTextOutputFormat"
    glue("CreateDatabase", DatabaseInput={"Name": "text"})
    descriptor = {"Columns": [], "Location": "s3://b/t", "OutputFormat": ours}
    keys = [{"Name": "k", "Type": "string"}]
    table = {"Name": "t", "StorageDescriptor": descriptor, "PartitionKeys": keys}
    of_t = {"DatabaseName": "text", "TableName": "t"}
    glue("CreateTable", DatabaseName="text", TableInput=table)
    glue("CreatePartition", **of_t, PartitionInput={"Values": ["a"], "StorageDescriptor": descriptor})
    seen = glue("GetTable", engine=True, DatabaseName="text", Name="t")["Table"]
    known = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
    assert seen["StorageDescriptor"]["OutputFormat"] == known
    [partition] = glue("GetPartitions", engine=True, **of_t)["Partitions"]
    assert partition["StorageDescriptor"]["OutputFormat"] == known
    changed = {name: seen[name] for name in ("Name", "StorageDescriptor", "PartitionKeys")}
    glue("UpdateTable", engine=True, DatabaseName="text", TableInput=changed | {"Description": "new"})
    kept = glue("GetTable", DatabaseName="text", Name="t")["Table"]
    assert (kept["Description"], kept["StorageDescriptor"]["OutputFormat"]) == ("new", ours)
