import base64
import json

import pytest

DUMMY = [{"Name": "dummy", "Type": "string"}]


def view(definition, **members):
    text = base64.b64encode(json.dumps(definition).encode()).decode()
    return {
        "TableType": "VIRTUAL_VIEW",
        "ViewOriginalText": f"/* Presto View: {text} */",
        "ViewExpandedText": "/* Presto View */",
        "StorageDescriptor": {"Columns": DUMMY, "Location": ""},
        **members,
    }


DEFINITION = {
    "originalSql": "select ...",
    "columns": [
        {"name": "id", "type": "integer"},
        {"name": "seen", "type": "timestamp(3) with time zone", "comment": "last seen"},
    ],
}


def columns(glue, **options):
    table = glue("GetTable", DatabaseName="sales", Name="v", **options)["Table"]
    return table["StorageDescriptor"]["Columns"]


def test_a_view_has_its_own_columns_in_hive_types(glue):
    glue.table("v", **view(DEFINITION))
    assert columns(glue) == [
        {"Name": "id", "Type": "int"},
        {"Name": "seen", "Type": "timestamp with time zone", "Comment": "last seen"},
    ]


def test_a_replaced_view_has_its_new_columns(glue):
    glue.table("v", **view(DEFINITION))
    replaced = view({"columns": [{"name": "total", "type": "decimal(10,2)"}]})
    glue("UpdateTable", DatabaseName="sales", TableInput={"Name": "v", **replaced})
    assert columns(glue) == [{"Name": "total", "Type": "decimal(10,2)"}]


def test_columns_that_a_client_sends_for_a_view_are_stored_as_sent(glue):
    sent = [
        {"Name": "id", "Type": "int", "Comment": "who"},
        {"Name": "seen", "Type": "timestamp with time zone"},
    ]
    glue.table("v", **view(DEFINITION, StorageDescriptor={"Columns": sent, "Location": ""}))
    assert columns(glue) == sent


def test_the_rest_of_the_view_is_stored_as_sent(glue):
    given = view(DEFINITION)
    glue.table("v", **given)
    table = glue("GetTable", DatabaseName="sales", Name="v")["Table"]
    assert table["ViewOriginalText"] == given["ViewOriginalText"]
    assert table["ViewExpandedText"] == "/* Presto View */"
    assert table["StorageDescriptor"]["Location"] == ""


def test_an_engine_with_hives_type_parser_gets_types_it_can_parse(glue):
    glue.table("v", **view(DEFINITION))
    assert [column["Type"] for column in columns(glue, hive_reader=True)] == ["int", "string"]
    listed = glue("GetTables", DatabaseName="sales", Expression="v", hive_reader=True)["TableList"][0]
    assert [column["Type"] for column in listed["StorageDescriptor"]["Columns"]] == ["int", "string"]


def test_an_engine_knows_its_view_by_the_comment_that_a_description_replaced(glue):
    # As dbt's persist_docs leaves a view: Trino 476 would answer that the view does not exist.
    described = {
        "Description": "sales by day",
        "Parameters": {"comment": "sales by day", "presto_view": "true"},
    }
    glue.table("v", **view(DEFINITION, **described))
    seen = glue("GetTable", DatabaseName="sales", Name="v", hive_reader=True)["Table"]
    assert seen["Parameters"]["comment"] == "Presto View"
    assert "Description" not in seen
    stored = glue("GetTable", DatabaseName="sales", Name="v")["Table"]
    assert (stored["Description"], stored["Parameters"]["comment"]) == ("sales by day", "sales by day")


def test_a_descriptor_always_has_columns(glue):
    glue.table("t", StorageDescriptor={"Location": "s3://b/t/"})
    assert glue("GetTable", DatabaseName="sales", Name="t")["Table"]["StorageDescriptor"]["Columns"] == []


@pytest.mark.parametrize(
    "changed",
    [
        {"ViewOriginalText": "/* Presto View: !!! */"},
        {"ViewOriginalText": "/* Presto View: bm90IGpzb24= */"},
        {"ViewOriginalText": "select 1"},
        {"TableType": "EXTERNAL_TABLE"},
    ],
)
def test_a_view_that_is_not_readable_is_stored_as_sent(glue, changed):
    glue.table("v", **{**view(DEFINITION), **changed})
    assert columns(glue) == DUMMY


def test_a_view_with_an_unknown_type_is_stored_as_sent(glue):
    glue.table("v", **view({"columns": [{"name": "x", "type": "array("}]}))
    assert columns(glue) == DUMMY
