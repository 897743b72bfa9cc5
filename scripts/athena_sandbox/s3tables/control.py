"""The calls of the S3 Tables API that touch tables' data; ministack answers the others as they are.

- CreateTable writes the metadata file that its `metadata` describes (AWS does; ministack keeps a sketch).
- GetTable, GetTableMetadataLocation and UpdateTableMetadataLocation agree on a version token, and the update
  is refused when it is another one's: an Iceberg commit over this API loses no rows.
- CreateTableBucket and CreateNamespace take the names that AWS takes.
- DeleteTable deletes the objects; DeleteNamespace and DeleteTableBucket refuse what isn't empty.
"""

from athena_sandbox.s3tables.errors import TablesError
from athena_sandbox.s3tables.names import TableName, check_bucket_name, check_name, parse_bucket
from athena_sandbox.s3tables.tables import Tables
from athena_sandbox.s3tables.wire import Answer, Json, Request, member


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
        match request.method, request.segments:
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
        await self._tables.rename(table, namespace or table.namespace, name or table.name)
        return Answer(204, changed=True)


def _table(request: Request, arn: str, namespace: str, name: str) -> TableName:
    return TableName(parse_bucket(arn, request.region), namespace, name)


def _location(entry: Json) -> Json:
    keys = ("metadataLocation", "versionToken", "warehouseLocation")
    return {key: entry[key] for key in keys if key in entry}


def refusal(error: TablesError) -> Answer:
    """A refusal as the S3 Tables API has it."""
    return Answer(error.status, {"message": str(error)}, {"x-amzn-errortype": error.aws})
