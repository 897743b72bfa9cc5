"""The calls of the S3 Tables API that touch tables' data; ministack answers the others as they are.

- CreateTable writes the metadata file that its `metadata` describes (AWS does; ministack keeps a sketch).
- GetTable, GetTableMetadataLocation and UpdateTableMetadataLocation agree on a version token, and the update
  is refused with another token: an Iceberg commit over this API loses no rows.
- CreateTableBucket and CreateNamespace take the names that AWS takes.
- Lists are filtered by prefix and come in pages; a body must fit the operation's model.
- RenameTable is refused with another version token than the table's.
- DeleteTable deletes the objects; DeleteNamespace and DeleteTableBucket refuse what isn't empty.

Source: botocore 1.43's model of S3 Tables, November 2026; the S3 User Guide's pages on S3 Tables, read by
November 2026.
"""

import base64
import json

from athena_sandbox.s3tables.errors import InvalidError, TablesError
from athena_sandbox.s3tables.names import TableName, check_bucket_name, check_name, parse_bucket
from athena_sandbox.s3tables.tables import Tables
from athena_sandbox.s3tables.validation import check_request
from athena_sandbox.s3tables.wire import Answer, Json, Request, member

# Of entries, by the limits of each list's `max...` parameter.
_LONGEST_PAGE = 1000


class ControlPlane:
    """Answers the requests that need more than ministack."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def answer(self, request: Request) -> Answer | None:
        """The answer, refusals included; None to let ministack answer."""
        try:
            return await self._route(request)
        except TablesError as error:
            return refusal(error)

    async def _route(self, request: Request) -> Answer | None:
        check_request(request)
        match request.method, request.segments:
            case "GET", ("buckets",):
                return _page(
                    request, "tableBuckets", "maxBuckets", await self._tables.buckets(request.region)
                )
            case "GET", ("namespaces", arn):
                found = await self._tables.namespace_entries(parse_bucket(arn, request.region))
                return _page(request, "namespaces", "maxNamespaces", found)
            case "GET", ("tables", arn):
                bucket = parse_bucket(arn, request.region)
                found = await self._tables.table_entries(bucket, request.query.get("namespace"))
                return _page(request, "tables", "maxTables", found)
            case "GET", ("get-table",):
                return await self._get_table(request)
            case "PUT", ("tables", arn, namespace):
                return await self._create_table(arn, namespace, request)
            case "DELETE", ("tables", arn, namespace, name):
                table = _table(request, arn, namespace, name)
                await self._tables.drop(table, request.query.get("versionToken"))
                return Answer(204, changed=True)
            case method, ("tables", arn, namespace, name, "metadata-location"):
                return await self._metadata_location(method, _table(request, arn, namespace, name), request)
            case "PUT", ("tables", arn, namespace, name, "rename"):
                return await self._rename(_table(request, arn, namespace, name), request.json)
            case "PUT", ("buckets",):
                check_bucket_name(member(request.json, "name", str))
            case "PUT", ("namespaces", _):
                levels = member(request.json, "namespace", list)
                check_name("namespace", str(levels[0]) if len(levels) == 1 else "")
            case "DELETE", ("namespaces", arn, namespace):
                await self._tables.drop_namespace(parse_bucket(arn, request.region), namespace)
                return Answer(204, changed=True)
            case "DELETE", ("buckets", arn):
                await self._tables.require_empty_bucket(parse_bucket(arn, request.region))
        return None

    async def _get_table(self, request: Request) -> Answer:
        if arn := request.query.get("tableArn"):
            return Answer(body=await self._tables.entry_of_arn(arn, request.region))
        names = [request.query.get(key, "") for key in ("tableBucketARN", "namespace", "name")]
        return Answer(body=await self._tables.entry(_table(request, *names)))

    async def _create_table(self, arn: str, namespace: str, request: Request) -> Answer:
        body = request.json
        table = _table(request, arn, namespace, member(body, "name", str))
        return Answer(body=await self._tables.create_by_api(table, body), changed=True)

    async def _metadata_location(self, method: str, table: TableName, request: Request) -> Answer | None:
        if method == "GET":
            return Answer(body=_location(await self._tables.entry(table)))
        if method != "PUT":
            return None
        body = request.json
        location, token = member(body, "metadataLocation", str), member(body, "versionToken", str)
        entry = await self._tables.swap(table, location, token)
        names = {key: entry[key] for key in ("name", "tableARN", "namespace")}
        return Answer(body={**names, **_location(entry)}, changed=True)

    async def _rename(self, table: TableName, body: Json) -> Answer:
        namespace, name = body.get("newNamespaceName"), body.get("newName")
        token = body.get("versionToken")
        await self._tables.rename(table, namespace or table.namespace, name or table.name, token)
        return Answer(204, changed=True)


def _page(request: Request, member_name: str, limit_name: str, entries: list[Json]) -> Answer:
    """One page of a list, by name. Its token names the last entry of the page, which may be gone by then."""
    query = request.query
    limit, token = query.get(limit_name, str(_LONGEST_PAGE)), query.get("continuationToken")
    if not limit.isdigit() or not 1 <= int(limit) <= _LONGEST_PAGE:
        raise InvalidError(f"{limit_name} must be between 1 and {_LONGEST_PAGE}")
    try:
        after = json.loads(base64.urlsafe_b64decode(token)) if token is not None else []
    except ValueError as error:
        raise InvalidError("The continuation token is not valid.") from error
    found = sorted((_place(entry), entry) for entry in entries if _place(entry) > after)
    # Of a table the last name is its own, of a namespace the only one.
    found = [one for one in found if one[0][-1].startswith(query.get("prefix", ""))]
    shown = found[: int(limit)]
    answer: Json = {member_name: [entry for _, entry in shown]}
    if len(found) > len(shown):
        last = json.dumps(shown[-1][0]).encode()
        answer["continuationToken"] = base64.urlsafe_b64encode(last).decode()
    return Answer(body=answer)


def _place(entry: Json) -> list[str]:
    """The sort key of an entry: namespace and name, as far as it has them."""
    return [*entry.get("namespace", ()), *([entry["name"]] if "name" in entry else ())]


def _table(request: Request, arn: str, namespace: str, name: str) -> TableName:
    return TableName(parse_bucket(arn, request.region), namespace, name)


def _location(entry: Json) -> Json:
    keys = ("metadataLocation", "versionToken", "warehouseLocation")
    return {key: entry[key] for key in keys if key in entry}


def refusal(error: TablesError) -> Answer:
    """A refusal as the S3 Tables API has it."""
    return Answer(error.status, {"message": str(error)}, {"x-amzn-errortype": error.aws})
