"""CreateDatabase, GetDatabase(s), UpdateDatabase, DeleteDatabase.

A database has a LocationUri only if its creator gave one, as in Glue: a table created in it must then have a
location of its own.

A database with the parameter `HIDDEN` is in no list: it is a tool's workplace, not the user's. It can be read
by its name.

Source: botocore 1.43's model of Glue, November 2026; texts of refusals: moto 5.2 where it has one (November
2026), otherwise no source is recorded.
"""

from athena_sandbox.glue import ACCOUNT_ID
from athena_sandbox.glue.catalog import Catalog, Database, Json
from athena_sandbox.glue.effects import DropDatabase, PutDatabase
from athena_sandbox.glue.errors import AlreadyExistsError
from athena_sandbox.glue.operations.call import Call, Operation, Outcome, fold
from athena_sandbox.glue.paging import page

HIDDEN = "athena-sandbox.hidden"


def create_database(call: Call) -> Outcome:
    given = call.request["DatabaseInput"]
    name = fold(given["Name"])
    if name in call.catalog.databases:
        raise AlreadyExistsError("Database already exists.")
    return Outcome(effects=[PutDatabase(name, given, call.now)])


def get_database(call: Call) -> Outcome:
    return Outcome({"Database": _described(call.catalog.database(call.name("Name")))})


def get_databases(call: Call) -> Outcome:
    databases = listed_databases(call.catalog)
    shown, token = page(databases, lambda database: database.name, call.request, default=100)
    return Outcome({"DatabaseList": [_described(database) for database in shown], **token})


def update_database(call: Call) -> Outcome:
    database = call.catalog.database(call.name("Name"))
    return Outcome(effects=[PutDatabase(database.name, call.request["DatabaseInput"], database.created)])


def delete_database(call: Call) -> Outcome:
    return Outcome(effects=[DropDatabase(call.catalog.database(call.name("Name")).name)])


def listed_databases(catalog: Catalog) -> list[Database]:
    """The databases that lists show, by name."""
    databases = [catalog.databases[name] for name in sorted(catalog.databases)]
    return [d for d in databases if HIDDEN not in (d.input.get("Parameters") or {})]


def _described(database: Database) -> Json:
    return {
        **database.input,
        "Name": database.name,
        "CreateTime": database.created,
        "CatalogId": ACCOUNT_ID,
    }


OPERATIONS: dict[str, Operation] = {
    "CreateDatabase": create_database,
    "GetDatabase": get_database,
    "GetDatabases": get_databases,
    "UpdateDatabase": update_database,
    "DeleteDatabase": delete_database,
}
