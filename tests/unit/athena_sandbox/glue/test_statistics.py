import pytest

from athena_sandbox.glue.errors import EntityNotFoundError

ORDERS = {"DatabaseName": "sales", "TableName": "orders"}
DAILY = {"DatabaseName": "sales", "TableName": "daily", "PartitionValues": ["2025"]}


def of(column, distinct=3):
    return {
        "ColumnName": column,
        "ColumnType": "int",
        "AnalyzedTime": 1_700_000_000.5,
        "StatisticsData": {
            "Type": "LONG",
            "LongColumnStatisticsData": {
                "MinimumValue": 1,
                "MaximumValue": 9,
                "NumberOfNulls": 0,
                "NumberOfDistinctValues": distinct,
            },
        },
    }


def get(glue, entity="Table", target=ORDERS, columns=("id",)):
    return glue(f"GetColumnStatisticsFor{entity}", **target, ColumnNames=list(columns))


def put(glue, *statistics, entity="Table", target=ORDERS):
    return glue(f"UpdateColumnStatisticsFor{entity}", **target, ColumnStatisticsList=list(statistics))


@pytest.fixture
def daily(glue):
    glue.table("daily", PartitionKeys=[{"Name": "year", "Type": "int"}])
    glue.partition("2025", table="daily")
    return glue


def test_what_was_written_is_read_back(glue):
    assert put(glue, of("id")) == {"Errors": []}
    assert get(glue) == {"ColumnStatisticsList": [of("id")], "Errors": []}


def test_later_statistics_replace_earlier_ones(glue):
    put(glue, of("id", distinct=3))
    put(glue, of("id", distinct=5))
    assert get(glue)["ColumnStatisticsList"] == [of("id", distinct=5)]


def test_columns_without_statistics_are_listed_as_errors(glue):
    put(glue, of("id"))
    answer = get(glue, columns=("id", "city", "nosuch"))
    assert answer["ColumnStatisticsList"] == [of("id")]
    assert [(error["ColumnName"], error["Error"]["ErrorCode"]) for error in answer["Errors"]] == [
        ("city", "EntityNotFoundException"),
        ("nosuch", "EntityNotFoundException"),
    ]


def test_a_column_the_table_lacks_is_refused_and_the_others_are_kept(glue):
    answer = put(glue, of("id"), of("nosuch"))
    assert [error["ColumnStatistics"]["ColumnName"] for error in answer["Errors"]] == ["nosuch"]
    assert get(glue)["ColumnStatisticsList"] == [of("id")]


def test_statistics_without_the_data_of_their_type_are_refused(glue):
    wrong = of("id")
    wrong["StatisticsData"]["Type"] = "STRING"
    answer = put(glue, wrong)
    assert answer["Errors"][0]["Error"]["ErrorCode"] == "InvalidInputException"


def test_statistics_of_a_dropped_column_are_not_shown(glue):
    put(glue, of("id"))
    columns = [{"Name": "city", "Type": "string"}]
    given = {"Name": "orders", "StorageDescriptor": {"Columns": columns}}
    glue("UpdateTable", DatabaseName="sales", TableInput=given)
    answer = get(glue)
    assert answer["ColumnStatisticsList"] == []
    assert answer["Errors"][0]["ColumnName"] == "id"


def test_deleting_is_idempotent(glue):
    put(glue, of("id"))
    for _ in range(2):
        glue("DeleteColumnStatisticsForTable", **ORDERS, ColumnName="id")
    assert get(glue)["ColumnStatisticsList"] == []


def test_statistics_of_an_absent_entity_are_an_error(daily):
    with pytest.raises(EntityNotFoundError, match=r"Table nosuch not found\."):
        get(daily, target={**ORDERS, "TableName": "nosuch"})
    absent = {**DAILY, "PartitionValues": ["1999"]}
    with pytest.raises(EntityNotFoundError, match=r"Cannot find partition\."):
        put(daily, of("id"), entity="Partition", target=absent)


def test_a_partition_has_statistics_of_its_own(daily):
    put(daily, of("id", distinct=7), entity="Partition", target=DAILY)
    assert get(daily, "Partition", DAILY)["ColumnStatisticsList"] == [of("id", distinct=7)]
    table = {"DatabaseName": "sales", "TableName": "daily"}
    assert get(daily, target=table)["ColumnStatisticsList"] == []


def test_they_go_with_the_partition(daily):
    put(daily, of("id"), entity="Partition", target=DAILY)
    daily("DeletePartition", **DAILY)
    daily.partition("2025", table="daily")
    assert get(daily, "Partition", DAILY)["ColumnStatisticsList"] == []


def test_they_go_with_the_table(glue):
    put(glue, of("id"))
    glue("DeleteTable", DatabaseName="sales", Name="orders")
    glue.table()
    assert get(glue)["ColumnStatisticsList"] == []


def test_they_stay_when_the_partition_is_replaced(daily):
    put(daily, of("id"), entity="Partition", target=DAILY)
    daily(
        "UpdatePartition",
        DatabaseName="sales",
        TableName="daily",
        PartitionValueList=["2025"],
        PartitionInput={"Values": ["2025"], "Parameters": {"k": "v"}},
    )
    assert get(daily, "Partition", DAILY)["ColumnStatisticsList"] == [of("id")]


def test_they_survive_a_restart(daily):
    put(daily, of("id"))
    put(daily, of("id", distinct=8), entity="Partition", target=DAILY)
    daily.restart()
    assert get(daily)["ColumnStatisticsList"] == [of("id")]
    assert get(daily, "Partition", DAILY)["ColumnStatisticsList"] == [of("id", distinct=8)]
