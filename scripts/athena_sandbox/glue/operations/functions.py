"""{Create,Get,Update,Delete}UserDefinedFunction and GetUserDefinedFunctions.

Trino keeps its SQL functions here, and asks for functions whenever it meets a name it does not know.

Source: botocore 1.43's model of Glue, November 2026; what Trino 476 asks for, November 2026.
"""

from athena_sandbox.glue import ACCOUNT_ID
from athena_sandbox.glue.catalog import Database, Function, Json
from athena_sandbox.glue.effects import DropFunction, PutFunction
from athena_sandbox.glue.errors import AlreadyExistsError, EntityNotFoundError, InvalidInputError
from athena_sandbox.glue.names import compile_pattern
from athena_sandbox.glue.operations.call import Call, Operation, Outcome, fold
from athena_sandbox.glue.paging import page


def create_function(call: Call) -> Outcome:
    database = call.catalog.database(call.name("DatabaseName"))
    given = call.request["FunctionInput"]
    if not given.get("FunctionName"):
        raise InvalidInputError("FunctionName must not be null.")
    name = fold(given["FunctionName"])
    if name in database.functions:
        raise AlreadyExistsError("Function already exists.")
    return Outcome(effects=[PutFunction(database.name, name, given, call.now)])


def get_function(call: Call) -> Outcome:
    database, function = _function(call)
    return Outcome({"UserDefinedFunction": _described(database, function)})


def get_functions(call: Call) -> Outcome:
    """Without a DatabaseName: of every database."""
    if "DatabaseName" in call.request:
        databases = [call.catalog.database(call.name("DatabaseName"))]
    else:
        databases = [call.catalog.databases[name] for name in sorted(call.catalog.databases)]
    matches = compile_pattern(call.request["Pattern"])
    found = [
        (database, database.functions[name])
        for database in databases
        for name in sorted(database.functions)
        if matches(name)
    ]
    shown, token = page(found, lambda pair: [pair[0].name, pair[1].name], call.request, default=100)
    return Outcome({"UserDefinedFunctions": [_described(*pair) for pair in shown], **token})


def update_function(call: Call) -> Outcome:
    database, function = _function(call)
    given = call.request["FunctionInput"]
    return Outcome(effects=[PutFunction(database.name, function.name, given, function.created)])


def delete_function(call: Call) -> Outcome:
    database, function = _function(call)
    return Outcome(effects=[DropFunction(database.name, function.name)])


def _function(call: Call) -> tuple[Database, Function]:
    database = call.catalog.database(call.name("DatabaseName"))
    name = call.name("FunctionName")
    if name not in database.functions:
        raise EntityNotFoundError(f"Function {name} not found.")
    return database, database.functions[name]


def _described(database: Database, function: Function) -> Json:
    return {
        **function.input,
        "FunctionName": function.name,
        "DatabaseName": database.name,
        "CreateTime": function.created,
        "CatalogId": ACCOUNT_ID,
    }


OPERATIONS: dict[str, Operation] = {
    "CreateUserDefinedFunction": create_function,
    "GetUserDefinedFunction": get_function,
    "GetUserDefinedFunctions": get_functions,
    "UpdateUserDefinedFunction": update_function,
    "DeleteUserDefinedFunction": delete_function,
}
