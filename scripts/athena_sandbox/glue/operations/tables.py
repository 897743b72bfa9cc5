"""CreateTable, GetTable(s), UpdateTable, DeleteTable, BatchDeleteTable.

UpdateTable with a VersionId is compare and swap: Iceberg commits rest on it. Without a VersionId Glue does
not check, and the last writer wins. A new table has version 0.

Source: botocore 1.43's model of Glue, November 2026; texts of refusals: moto 5.2 where it has one (November
2026), otherwise no source is recorded.
"""

from athena_sandbox.glue import ACCOUNT_ID
from athena_sandbox.glue.catalog import Json, Table, Version
from athena_sandbox.glue.effects import DropTable, Effect, PutVersion
from athena_sandbox.glue.engine_tables import for_engine, from_engine
from athena_sandbox.glue.errors import (
    AlreadyExistsError,
    ConcurrentModificationError,
    EntityNotFoundError,
    InvalidInputError,
    NotServedError,
)
from athena_sandbox.glue.iceberg_fields import with_current_fields
from athena_sandbox.glue.names import compile_pattern
from athena_sandbox.glue.operations.call import Call, Operation, Outcome, each, fold
from athena_sandbox.glue.paging import page
from athena_sandbox.glue.views import for_hive_reader, with_view_columns

CREATED_BY = f"arn:aws:iam::{ACCOUNT_ID}:root"


def create_table(call: Call) -> Outcome:
    given = _table_input(call.request)
    database = call.catalog.database(call.name("DatabaseName"))
    name = fold(given["Name"])
    if name in database.tables:
        raise AlreadyExistsError("Table already exists.")
    return Outcome(effects=[PutVersion(database.name, name, 0, given, call.now, call.now)])


def get_table(call: Call) -> Outcome:
    database = call.catalog.database(call.name("DatabaseName"))
    table = database.tables.get(call.name("Name"))
    if table is None:
        # GetTable is the one operation whose text does not name what is missing.
        raise EntityNotFoundError("Entity Not Found")
    described = describe(call, database.name, table, table.latest)
    return Outcome({"Table": for_engine(described) if call.engine else described})


def get_tables(call: Call) -> Outcome:
    database = call.catalog.database(call.name("DatabaseName"))
    matches = compile_pattern(call.request.get("Expression"))
    tables = [database.tables[name] for name in sorted(database.tables) if matches(name)]
    shown, token = page(tables, lambda table: table.name, call.request, default=100)
    described = [describe(call, database.name, table, table.latest) for table in shown]
    return Outcome({"TableList": described, **token})


def update_table(call: Call) -> Outcome:
    given = _table_input(call.request)
    database = call.name("DatabaseName")
    table = call.catalog.table(database, fold(given["Name"]))
    expected = call.request.get("VersionId")
    if expected is not None and expected != str(table.current):
        raise ConcurrentModificationError("Update table failed due to concurrent modifications.")
    if call.engine:
        given = from_engine(given, table.latest.input)
    archive = not call.request.get("SkipArchive", False)
    version = PutVersion(
        database, table.name, table.current + 1, given, table.created, call.now, archive=archive
    )
    return Outcome(effects=[version])


def delete_table(call: Call) -> Outcome:
    database = call.name("DatabaseName")
    return Outcome(effects=[DropTable(database, call.catalog.table(database, call.name("Name")).name)])


def batch_delete_table(call: Call) -> Outcome:
    database = call.name("DatabaseName")
    tables = set(call.catalog.database(database).tables)

    def plan(name: str) -> Effect:
        if fold(name) not in tables:
            raise EntityNotFoundError("Table not found")
        tables.remove(fold(name))
        return DropTable(database, fold(name))

    return each(call.request["TablesToDelete"], plan, blame=lambda name: {"TableName": name})


def describe(call: Call, database: str, table: Table, version: Version) -> Json:
    """The `Table` structure of an answer, as the version had it."""
    described = {
        "Retention": 0,
        "PartitionKeys": [],
        **version.input,
        "Name": table.name,
        "DatabaseName": database,
        "CreateTime": table.created,
        "UpdateTime": version.updated,
        "CreatedBy": CREATED_BY,
        "IsRegisteredWithLakeFormation": False,
        "CatalogId": ACCOUNT_ID,
        "VersionId": str(version.number),
    }
    # Clients read the columns unguarded: Glue sends the list whenever there is a descriptor.
    if (descriptor := described.get("StorageDescriptor")) is not None:
        described["StorageDescriptor"] = {"Columns": [], **descriptor}
    return for_hive_reader(described) if call.hive_reader else described


def _table_input(request: Json) -> Json:
    for member in ("OpenTableFormatInput", "UpdateOpenTableFormatInput"):
        if member in request:
            # Glue would write the Iceberg metadata file itself; without one the table doesn't exist.
            raise NotServedError(
                f"{member} is not served by the sandbox: create Iceberg tables through Athena."
            )
    given: Json | None = request.get("TableInput")
    if given is None:
        raise InvalidInputError("TableInput must not be null.")
    return with_current_fields(with_view_columns(given))


OPERATIONS: dict[str, Operation] = {
    "CreateTable": create_table,
    "GetTable": get_table,
    "GetTables": get_tables,
    "UpdateTable": update_table,
    "DeleteTable": delete_table,
    "BatchDeleteTable": batch_delete_table,
}
