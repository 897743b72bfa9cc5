"""SearchTables; what is found follows the API reference."""

import pytest

from athena_sandbox.glue.errors import InvalidInputError


def found(glue, **request):
    return [table["Name"] for table in glue("SearchTables", **request)["TableList"]]


@pytest.fixture
def shop(glue):
    glue.table("customer-link", Parameters={"classification": "parquet"}, Description="who buys")
    glue.now += 100
    glue.table("xx-link-yy", Owner="shipping")
    glue.now += 100
    glue.table("xxlinkyy", TableType="EXTERNAL_TABLE")
    glue.database("workplace", Parameters={"athena-sandbox.hidden": "true"})
    hidden = {"Name": "link", "Owner": "shipping"}
    glue("CreateTable", DatabaseName="workplace", TableInput=hidden)
    return glue


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("parquet", ["customer-link"]),
        ("PARQ", ["customer-link"]),
        ("classification", ["customer-link"]),
        ("buys", ["customer-link"]),
        ("city", ["customer-link", "orders", "xx-link-yy", "xxlinkyy"]),
        ("sales", ["customer-link", "orders", "xx-link-yy", "xxlinkyy"]),
        ('"orders"', ["orders"]),
        ('"order"', []),
        ("nothing has it", []),
    ],
)
def test_a_text_is_looked_for_in_all_of_the_metadata(shop, text, names):
    assert found(shop, SearchText=text) == names


@pytest.mark.parametrize(
    ("predicates", "names"),
    [
        ([("Name", "link")], ["customer-link", "xx-link-yy"]),
        ([("Name", "xxlinkyy")], ["xxlinkyy"]),
        ([("Name", "link"), ("Owner", "shipping")], ["xx-link-yy"]),
        ([("DatabaseName", "sales"), ("TableType", "external")], ["xxlinkyy"]),
        ([("classification", "parquet")], ["customer-link"]),
        ([("NoSuchProperty", "x")], []),
    ],
)
def test_a_property_has_the_value_as_one_of_its_words(shop, predicates, names):
    filters = [{"Key": key, "Value": value} for key, value in predicates]
    assert found(shop, Filters=filters) == names


@pytest.mark.parametrize(
    ("comparator", "value", "names"),
    [
        ("GREATER_THAN", "1700000100", ["xxlinkyy"]),
        ("GREATER_THAN_EQUALS", "1700000100", ["xx-link-yy", "xxlinkyy"]),
        ("LESS_THAN", "2023-11-14T22:15:00Z", ["customer-link", "orders"]),
        ("EQUALS", "1700000200", ["xxlinkyy"]),
    ],
)
def test_times_are_compared(shop, comparator, value, names):
    condition = {"Key": "CreateTime", "Value": value, "Comparator": comparator}
    assert found(shop, Filters=[condition]) == names


def test_a_text_that_is_not_a_time_is_refused(shop):
    with pytest.raises(InvalidInputError, match="'soon' is not a valid time"):
        found(shop, Filters=[{"Key": "UpdateTime", "Value": "soon"}])


def test_sorted_and_paged(shop):
    criteria = [{"FieldName": "CreateTime", "Sort": "DESC"}]
    first = shop("SearchTables", SortCriteria=criteria, MaxResults=3)
    assert [table["Name"] for table in first["TableList"]] == ["xxlinkyy", "xx-link-yy", "customer-link"]
    assert found(shop, SortCriteria=criteria, MaxResults=3, NextToken=first["NextToken"]) == ["orders"]


def test_nothing_is_shared_by_other_accounts(shop):
    assert found(shop, ResourceShareType="FOREIGN") == []
    assert "orders" in found(shop, ResourceShareType="ALL")
