import pytest

from athena_sandbox.glue.errors import AlreadyExistsError, EntityNotFoundError


def test_names_are_folded_to_lower_case_everywhere(glue):
    glue.database("Mixed")
    assert glue("GetDatabase", Name="MIXED")["Database"]["Name"] == "mixed"
    with pytest.raises(AlreadyExistsError, match=r"^Database already exists\.$"):
        glue.database("mIXED")


def test_a_database_has_no_location_unless_given_one(glue):
    glue.database("placed", LocationUri="s3://bucket/placed/")
    assert "LocationUri" not in glue("GetDatabase", Name="sales")["Database"]
    assert glue("GetDatabase", Name="placed")["Database"]["LocationUri"] == "s3://bucket/placed/"


def test_get_databases_is_sorted_and_paged(glue):
    for name in ("b", "a", "c"):
        glue.database(name)
    first = glue("GetDatabases", MaxResults=3)
    assert [database["Name"] for database in first["DatabaseList"]] == ["a", "b", "c"]
    second = glue("GetDatabases", MaxResults=3, NextToken=first["NextToken"])
    assert [database["Name"] for database in second["DatabaseList"]] == ["default", "sales"]
    assert "NextToken" not in second


def test_update_replaces_the_input_and_keeps_tables_and_creation(glue):
    glue.now += 60
    glue("UpdateDatabase", Name="sales", DatabaseInput={"Name": "sales", "Description": "all of it"})
    database = glue("GetDatabase", Name="sales")["Database"]
    assert (database["Description"], database["CreateTime"]) == ("all of it", 1_700_000_000.0)
    assert glue("GetTable", DatabaseName="sales", Name="orders")


def test_delete_takes_the_tables_along(glue):
    glue("DeleteDatabase", Name="sales")
    glue.database()
    assert glue("GetTables", DatabaseName="sales")["TableList"] == []


def test_an_absent_database_is_named(glue):
    with pytest.raises(EntityNotFoundError, match=r"^Database nosuch not found\.$"):
        glue("DeleteDatabase", Name="nosuch")


def test_a_new_catalog_has_the_database_default_and_may_lose_it(glue):
    assert glue("GetDatabase", Name="default")["Database"]["Name"] == "default"
    glue("DeleteDatabase", Name="default")
    glue.restart()
    assert [found["Name"] for found in glue("GetDatabases")["DatabaseList"]] == ["sales"]


def test_another_catalog_is_not_this_one(glue):
    assert glue("GetDatabase", CatalogId="000000000000", Name="sales")
    with pytest.raises(EntityNotFoundError, match="Catalog 111122223333 not found"):
        glue("GetDatabase", CatalogId="111122223333", Name="sales")


def test_a_hidden_database_is_in_no_list_and_found_by_its_name(glue):
    glue.database("workplace", Parameters={"athena-sandbox.hidden": "true"})
    assert [found["Name"] for found in glue("GetDatabases")["DatabaseList"]] == ["default", "sales"]
    assert glue("GetDatabase", Name="workplace")["Database"]["Name"] == "workplace"
