import pytest

from athena_sandbox.glue.errors import MalformedRequestError, ValidationError
from athena_sandbox.glue.requests import conform, is_operation


def test_missing_members_are_all_named():
    with pytest.raises(ValidationError) as refused:
        conform("GetPartition", {"TableName": "t"})
    assert str(refused.value) == (
        "2 validation errors detected: "
        "Value null at 'databaseName' failed to satisfy constraint: Member must not be null; "
        "Value null at 'partitionValues' failed to satisfy constraint: Member must not be null"
    )


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        (
            "GetTables",
            {"DatabaseName": "d", "MaxResults": 101},
            "Value '101' at 'maxResults' failed to satisfy constraint: "
            "Member must have value less than or equal to 100",
        ),
        (
            "GetTable",
            {"DatabaseName": "", "Name": "t"},
            "Value '' at 'databaseName' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1",
        ),
        (
            "CreateTable",
            {
                "DatabaseName": "d",
                "TableInput": {"Name": "t", "StorageDescriptor": {"Columns": [{"Type": "int"}]}},
            },
            "Value null at 'tableInput.storageDescriptor.columns.1.member.name' failed to satisfy "
            "constraint: Member must not be null",
        ),
    ],
)
def test_violated_constraints_are_reported_in_the_words_of_glue(operation, request_, message):
    with pytest.raises(ValidationError) as refused:
        conform(operation, request_)
    assert str(refused.value) == f"1 validation error detected: {message}"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"DatabaseName": 5}, "NUMBER_VALUE can not be converted to a String"),
        ({"DatabaseName": True}, "BOOLEAN_VALUE can not be converted to a String"),
        ({"DatabaseName": ["d"]}, "Start of structure or map found where not expected."),
        ({"DatabaseName": "d", "MaxResults": "5"}, "STRING_VALUE can not be converted to a Integer"),
        ({"DatabaseName": "d", "MaxResults": True}, "BOOLEAN_VALUE can not be converted to a Integer"),
        ({"DatabaseName": "d", "AttributesToGet": {}}, "Start of list expected, found a dict."),
        ([], "Start of structure expected: the request must be a JSON object."),
        (None, "Start of structure expected: the request must be a JSON object."),
    ],
)
def test_wrong_json_types_are_a_serialization_error(request_, message):
    with pytest.raises(MalformedRequestError) as refused:
        conform("GetTables", request_)
    assert str(refused.value) == message


def test_a_null_item_of_a_list_is_of_a_wrong_type():
    with pytest.raises(
        MalformedRequestError, match=r"^Start of structure or map found where not expected\.$"
    ):
        conform("GetPartition", {"DatabaseName": "d", "TableName": "t", "PartitionValues": ["a", None]})


def test_a_key_of_a_map_is_named():
    request = {"DatabaseInput": {"Name": "d", "Parameters": {"": "v"}}}
    with pytest.raises(ValidationError, match=r"Value '' at 'databaseInput\.parameters\.key' failed"):
        conform("CreateDatabase", request)


def test_unknown_members_and_nulls_are_left_out():
    request = {"DatabaseName": "d", "Name": "t", "CatalogId": None, "Colour": "red"}
    assert conform("GetTable", request) == {"DatabaseName": "d", "Name": "t"}


def test_operations_are_those_of_the_api():
    assert is_operation("GetTable")
    assert is_operation("SearchTables")
    assert not is_operation("GetTabel")
