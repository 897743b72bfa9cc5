ICEBERG = {"Parameters": {"table_type": "ICEBERG", "metadata_location": "s3://b/t/metadata/0.json"}}


def columns(glue, name):
    return glue("GetTable", DatabaseName="sales", Name=name)["Table"]["StorageDescriptor"]["Columns"]


def test_columns_of_an_iceberg_table_are_marked_as_current(glue):
    given = [{"Name": "id", "Type": "int", "Parameters": {"trino_type_id": "integer"}}]
    glue.table("ice", StorageDescriptor={"Columns": given}, **ICEBERG)
    assert columns(glue, "ice") == [
        {
            "Name": "id",
            "Type": "int",
            "Parameters": {"iceberg.field.current": "true", "trino_type_id": "integer"},
        }
    ]


def test_a_mark_that_the_writer_made_stays(glue):
    given = [{"Name": "old", "Type": "int", "Parameters": {"iceberg.field.current": "false"}}]
    glue.table("ice", StorageDescriptor={"Columns": given}, **ICEBERG)
    assert columns(glue, "ice") == given


def test_columns_of_other_tables_are_stored_as_sent(glue):
    assert columns(glue, "orders") == [{"Name": "id", "Type": "int"}, {"Name": "city", "Type": "string"}]
