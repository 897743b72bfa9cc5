import pytest

from athena_sandbox.glue.errors import AlreadyExistsError, EntityNotFoundError


def create(glue, name, database="sales"):
    glue(
        "CreateUserDefinedFunction",
        DatabaseName=database,
        FunctionInput={"FunctionName": name, "ClassName": "C"},
    )


def names(answer):
    return [function["FunctionName"] for function in answer["UserDefinedFunctions"]]


def test_functions_are_found_by_pattern_in_one_database_or_in_all(glue):
    glue.database("other")
    create(glue, "Trino__f1")
    create(glue, "trino__f2", "other")
    create(glue, "g")
    assert names(glue("GetUserDefinedFunctions", DatabaseName="sales", Pattern="trino__.*")) == ["trino__f1"]
    assert names(glue("GetUserDefinedFunctions", Pattern="trino__.*")) == ["trino__f2", "trino__f1"]


def test_a_function_can_be_replaced_and_deleted(glue):
    create(glue, "f")
    function = {"DatabaseName": "sales", "FunctionName": "f"}
    glue("UpdateUserDefinedFunction", **function, FunctionInput={"ClassName": "D"})
    glue.restart()
    assert glue("GetUserDefinedFunction", **function)["UserDefinedFunction"]["ClassName"] == "D"
    glue("DeleteUserDefinedFunction", **function)
    with pytest.raises(EntityNotFoundError):
        glue("GetUserDefinedFunction", **function)


def test_a_second_function_of_the_name_is_refused(glue):
    create(glue, "f")
    with pytest.raises(AlreadyExistsError):
        create(glue, "F")
