import pytest

from athena_sandbox.glue.errors import AlreadyExistsError, EntityNotFoundError, InvalidInputError

DAILY = {"DatabaseName": "sales", "TableName": "daily"}
KEYS = [{"Name": "year", "Type": "int"}, {"Name": "day", "Type": "date"}]


@pytest.fixture
def daily(glue):
    """A table `daily` partitioned by year and day, with three partitions."""
    glue.table("daily", PartitionKeys=KEYS)
    for day in ("2025-01-02", "2024-12-31", "2025-01-01"):
        glue.partition(day[:4], day, table="daily", Parameters={"of": day})
    return glue


def values(answer):
    return [partition["Values"][1] for partition in answer["Partitions"]]


def errors(answer):
    return [error["ErrorDetail"]["ErrorCode"] for error in answer.get("Errors", [])]


def test_partitions_are_listed_sorted_with_their_table(daily):
    answer = daily("GetPartitions", **DAILY)
    assert values(answer) == ["2024-12-31", "2025-01-01", "2025-01-02"]
    assert answer["Partitions"][0] == {
        "Values": ["2024", "2024-12-31"],
        "DatabaseName": "sales",
        "TableName": "daily",
        "Parameters": {"of": "2024-12-31"},
        "CreationTime": 1_700_000_000.0,
        "CatalogId": "000000000000",
    }


def test_expression_pages_and_segments_select(daily):
    assert values(daily("GetPartitions", **DAILY, Expression="year = 2025")) == ["2025-01-01", "2025-01-02"]
    first = daily("GetPartitions", **DAILY, MaxResults=2)
    assert values(daily("GetPartitions", **DAILY, NextToken=first["NextToken"])) == ["2025-01-02"]
    segments = [
        values(daily("GetPartitions", **DAILY, Segment={"SegmentNumber": number, "TotalSegments": 2}))
        for number in (0, 1)
    ]
    assert sorted(segments[0] + segments[1]) == ["2024-12-31", "2025-01-01", "2025-01-02"]


def test_the_column_schema_can_be_left_out(daily):
    columns = [{"Name": "id", "Type": "int"}]
    daily.partition(
        "2026", "2026-01-01", table="daily", StorageDescriptor={"Columns": columns, "Location": "s3://b/p"}
    )
    wanted = {**DAILY, "Expression": "year = 2026"}
    whole = daily("GetPartitions", **wanted)["Partitions"][0]
    bare = daily("GetPartitions", **wanted, ExcludeColumnSchema=True)["Partitions"][0]
    assert whole["StorageDescriptor"]["Columns"] == columns
    assert bare["StorageDescriptor"] == {"Columns": [], "Location": "s3://b/p"}


def test_one_partition_or_the_words_of_glue(daily):
    found = daily("GetPartition", **DAILY, PartitionValues=["2024", "2024-12-31"])["Partition"]
    assert found["Parameters"] == {"of": "2024-12-31"}
    with pytest.raises(EntityNotFoundError, match=r"^Cannot find partition\.$"):
        daily("GetPartition", **DAILY, PartitionValues=["2024", "2024-12-30"])


def test_batch_get_leaves_out_the_absent(daily):
    wanted = [{"Values": ["2024", "2024-12-31"]}, {"Values": ["1999", "1999-01-01"]}]
    assert values(daily("BatchGetPartition", **DAILY, PartitionsToGet=wanted)) == ["2024-12-31"]


def test_values_must_match_the_keys_in_number(daily):
    with pytest.raises(InvalidInputError, match="number of partition keys do not match"):
        daily.partition("2025", table="daily")


def test_a_partition_cannot_be_created_twice(daily):
    with pytest.raises(AlreadyExistsError, match=r"^Partition already exists\.$"):
        daily.partition("2024", "2024-12-31", table="daily")


def test_batch_create_creates_the_new_and_reports_the_rest(daily):
    given = [
        {"Values": ["2024", "2024-12-31"]},
        {"Values": ["2026", "2026-01-01"]},
        {"Values": ["2026", "2026-01-01"]},
        {"Values": ["2026"]},
    ]
    answer = daily("BatchCreatePartition", **DAILY, PartitionInputList=given)
    assert errors(answer) == ["AlreadyExistsException", "AlreadyExistsException", "InvalidInputException"]
    assert answer["Errors"][0]["PartitionValues"] == ["2024", "2024-12-31"]
    assert len(daily("GetPartitions", **DAILY)["Partitions"]) == 4


def test_update_can_move_a_partition_to_other_values(daily):
    daily.now += 60
    daily(
        "UpdatePartition",
        **DAILY,
        PartitionValueList=["2024", "2024-12-31"],
        PartitionInput={"Values": ["2024", "2024-12-30"]},
    )
    moved = daily("GetPartition", **DAILY, PartitionValues=["2024", "2024-12-30"])["Partition"]
    assert moved["CreationTime"] == 1_700_000_000.0
    assert values(daily("GetPartitions", **DAILY)) == ["2024-12-30", "2025-01-01", "2025-01-02"]


def test_update_does_not_overwrite_another_partition(daily):
    with pytest.raises(AlreadyExistsError):
        daily(
            "UpdatePartition",
            **DAILY,
            PartitionValueList=["2024", "2024-12-31"],
            PartitionInput={"Values": ["2025", "2025-01-01"]},
        )
    assert len(daily("GetPartitions", **DAILY)["Partitions"]) == 3


def test_batch_update_and_batch_delete_report_the_absent(daily):
    gone = ["1999", "1999-01-01"]
    there = ["2024", "2024-12-31"]
    entries = [
        {"PartitionValueList": gone, "PartitionInput": {"Values": gone}},
        {"PartitionValueList": there, "PartitionInput": {"Values": there, "Parameters": {"of": "new"}}},
    ]
    answer = daily("BatchUpdatePartition", **DAILY, Entries=entries)
    assert (errors(answer), answer["Errors"][0]["PartitionValueList"]) == (["EntityNotFoundException"], gone)
    found = daily("GetPartition", **DAILY, PartitionValues=there)["Partition"]
    assert found["Parameters"] == {"of": "new"}
    answer = daily("BatchDeletePartition", **DAILY, PartitionsToDelete=[{"Values": gone}, {"Values": there}])
    assert (errors(answer), answer["Errors"][0]["PartitionValues"]) == (["EntityNotFoundException"], gone)
    assert values(daily("GetPartitions", **DAILY)) == ["2025-01-01", "2025-01-02"]
