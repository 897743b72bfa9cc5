"""GetTableVersion(s), DeleteTableVersion, BatchDeleteTableVersion.

Versions are listed newest first. The current version cannot be deleted: the table would be left without one.

Source: botocore 1.43's model of Glue, November 2026; texts of refusals: moto 5.2 where it has one (November
2026), otherwise no source is recorded.
"""

from athena_sandbox.glue.catalog import Json, Table, Version
from athena_sandbox.glue.effects import DropVersion, Effect
from athena_sandbox.glue.errors import EntityNotFoundError, InvalidInputError
from athena_sandbox.glue.operations.call import Call, Operation, Outcome, each
from athena_sandbox.glue.operations.tables import describe
from athena_sandbox.glue.paging import page


def get_table_version(call: Call) -> Outcome:
    table = call.table()
    wanted = call.request.get("VersionId")
    version = table.latest if wanted is None else _version(table, wanted)
    return Outcome({"TableVersion": _described(call, table, version)})


def get_table_versions(call: Call) -> Outcome:
    table = call.table()
    versions = [table.versions[number] for number in sorted(table.versions, reverse=True)]
    shown, token = page(versions, lambda version: -version.number, call.request, default=100)
    return Outcome({"TableVersions": [_described(call, table, version) for version in shown], **token})


def delete_table_version(call: Call) -> Outcome:
    return Outcome(effects=[_plan_drop(call, call.table(), call.request["VersionId"])])


def batch_delete_table_version(call: Call) -> Outcome:
    table = call.table()
    # A version named twice is dropped once; Glue does not say what it does.
    wanted = dict.fromkeys(call.request["VersionIds"])
    return each(
        wanted,
        plan=lambda version_id: _plan_drop(call, table, version_id),
        blame=lambda version_id: {"TableName": table.name, "VersionId": version_id},
    )


def _plan_drop(call: Call, table: Table, version_id: str) -> Effect:
    version = _version(table, version_id)
    if version.number == table.current:
        raise InvalidInputError(f"Version {version_id} is the current version of the table.")
    return DropVersion(call.name("DatabaseName"), table.name, version.number)


def _version(table: Table, version_id: str) -> Version:
    try:
        found = table.versions.get(int(version_id))
    except ValueError:
        raise InvalidInputError(f'For input string: "{version_id}"') from None
    if found is None:
        raise EntityNotFoundError("Version not found.")
    return found


def _described(call: Call, table: Table, version: Version) -> Json:
    described = describe(call, call.name("DatabaseName"), table, version)
    return {"Table": described, "VersionId": described["VersionId"]}


OPERATIONS: dict[str, Operation] = {
    "GetTableVersion": get_table_version,
    "GetTableVersions": get_table_versions,
    "DeleteTableVersion": delete_table_version,
    "BatchDeleteTableVersion": batch_delete_table_version,
}
