"""The Iceberg REST catalog: the operations that S3 Tables has, and its refusals.

Namespaces have a single level and no properties, there is no staged create, DROP works with purge only, and
the path's prefix is the URL-encoded ARN of the table bucket. Chosen here:
`<account>:s3tablescatalog/<bucket>` is accepted as a warehouse too (on AWS that is Glue's endpoint), and
answers carry the S3 settings that a client needs here.

Source: "Accessing tables using the Amazon S3 Tables Iceberg REST endpoint", S3 User Guide, read by November
2026.
"""

from urllib.parse import quote

from athena_sandbox.s3tables.errors import InvalidError, TablesError, UnsupportedError
from athena_sandbox.s3tables.names import Bucket, TableName, parse_bucket
from athena_sandbox.s3tables.tables import Loaded, Tables
from athena_sandbox.s3tables.wire import Answer, Json, Request, member
from athena_sandbox.wire.keys import SECRET_KEY, own_key

_ROOT = ("iceberg", "v1")
_NO_CONTENT = 204


class RestCatalog:
    """Answers requests below `/iceberg`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def answer(self, request: Request) -> Answer:
        """The answer to one request, refusals included."""
        try:
            return await self._route(request)
        except TablesError as error:
            return refusal(request.method, error)

    async def _route(self, request: Request) -> Answer:
        if request.segments[:2] != _ROOT:
            raise _unknown(request)
        rest = request.segments[2:]
        if rest == ("config",) and request.method == "GET":
            return config(request)
        start = next((i for i, part in enumerate(rest) if part in ("namespaces", "tables")), 0)
        if not start:
            raise _unknown(request)
        bucket = parse_bucket("/".join(rest[:start]), request.region)
        match request.method, rest[start:]:
            case "GET", ("namespaces",):
                found = await self._tables.namespaces(bucket)
                return Answer(body={"namespaces": [[name] for name in found]})
            case "POST", ("namespaces",):
                return await self._create_namespace(bucket, request.json)
            case ("GET" | "HEAD") as method, ("namespaces", namespace):
                await self._tables.require_namespace(bucket, namespace)
                found_one = {"namespace": [namespace], "properties": {}}
                return Answer(body=found_one) if method == "GET" else Answer(_NO_CONTENT)
            case "DELETE", ("namespaces", namespace):
                await self._tables.drop_namespace(bucket, namespace)
                return Answer(_NO_CONTENT, changed=True)
            case "GET", ("namespaces", namespace, "tables"):
                names = await self._tables.names(bucket, namespace)
                identifiers = [{"namespace": [namespace], "name": name} for name in names]
                return Answer(body={"identifiers": identifiers})
            case "POST", ("namespaces", namespace, "tables"):
                return await self._create_table(bucket, namespace, request)
            case method, ("namespaces", namespace, "tables", name):
                return await self._table(method, TableName(bucket, namespace, name), request)
            case "POST", ("tables", "rename"):
                return await self._rename(bucket, request.json)
        raise _unknown(request)

    async def _create_namespace(self, bucket: Bucket, body: Json) -> Answer:
        levels = member(body, "namespace", list)
        if len(levels) != 1 or body.get("properties"):
            raise InvalidError("S3 Tables has namespaces of a single level, without properties.")
        await self._tables.create_namespace(bucket, str(levels[0]))
        return Answer(body={"namespace": levels, "properties": {}}, changed=True)

    async def _create_table(self, bucket: Bucket, namespace: str, request: Request) -> Answer:
        body = request.json
        member(body, "schema", dict)
        table = TableName(bucket, namespace, member(body, "name", str))
        return Answer(body=_loaded(await self._tables.create(table, body), request), changed=True)

    async def _table(self, method: str, table: TableName, request: Request) -> Answer:
        if method == "GET":
            # Loading may write a table's first metadata file.
            return Answer(body=_loaded(await self._tables.load(table), request), changed=True)
        if method == "HEAD":
            await self._tables.entry(table)
            return Answer(_NO_CONTENT)
        if method == "POST":
            body = request.json
            requirements, updates = body.get("requirements", []), member(body, "updates", list)
            loaded = await self._tables.commit(table, requirements, updates)
            answer = {"metadata-location": loaded.location, "metadata": loaded.metadata}
            return Answer(body=answer, changed=True)
        if method == "DELETE":
            if request.query.get("purgeRequested", "").lower() != "true":
                raise InvalidError("DROP TABLE is supported with purge only: set purgeRequested to true.")
            await self._tables.drop(table)
            return Answer(_NO_CONTENT, changed=True)
        raise _unknown(request)

    async def _rename(self, bucket: Bucket, body: Json) -> Answer:
        source, target = member(body, "source", dict), member(body, "destination", dict)
        old, new = _identifier(source), _identifier(target)
        await self._tables.rename(TableName(bucket, *old), *new)
        return Answer(_NO_CONTENT, changed=True)


def _identifier(given: Json) -> tuple[str, str]:
    levels = member(given, "namespace", list)
    if len(levels) != 1:
        raise InvalidError("S3 Tables has namespaces of a single level.")
    return str(levels[0]), str(member(given, "name", str))


def config(request: Request) -> Answer:
    """getConfig: the path prefix of a warehouse, and how to reach its objects."""
    bucket = parse_bucket(request.query.get("warehouse", ""), request.region)
    defaults = {
        "rest-metrics-reporting-enabled": "false",
        "io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
        "write.object-storage.enabled": "true",
        "write.object-storage.partitioned-paths": "false",
        **_s3_settings(request),
    }
    return Answer(body={"defaults": defaults, "overrides": {"prefix": quote(bucket.arn, safe="")}})


def _s3_settings(request: Request) -> dict[str, str]:
    return {
        "client.region": request.region,
        "s3.region": request.region,
        "s3.endpoint": request.base_url,
        "s3.path-style-access": "true",
        "s3.access-key-id": own_key(),
        "s3.secret-access-key": SECRET_KEY,
    }


def _loaded(loaded: Loaded, request: Request) -> Json:
    return {
        "metadata-location": loaded.location,
        "metadata": loaded.metadata,
        "config": _s3_settings(request),
    }


def _unknown(request: Request) -> TablesError:
    path = "/".join(request.segments)
    return UnsupportedError(f"{request.method} /{path} is not supported by this server")


def refusal(method: str, error: TablesError) -> Answer:
    """A refusal as Iceberg's ErrorModel has it."""
    model = {"error": {"message": str(error), "type": error.iceberg, "code": error.status}}
    return Answer(error.status, None if method == "HEAD" else model)
