"""ministack's S3 Tables and S3 APIs, called in process: no port, no internals, requests as AWS has them.

Source: ministack 1.5.33, November 2026.
"""

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import httpx

from athena_sandbox.s3tables.errors import (
    ExistsError,
    InvalidError,
    NoSpaceError,
    NoSuchBucketError,
    NoSuchNamespaceError,
    NoSuchTableError,
    TablesError,
)
from athena_sandbox.s3tables.names import Bucket, TableName

Json = dict[str, Any]
AsgiApp = Callable[..., Awaitable[None]]

_S3 = "{http://s3.amazonaws.com/doc/2006-03-01/}"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, its body parsed when it is JSON."""

    status: int
    body: bytes

    @property
    def ok(self) -> bool:
        return self.status < 300

    @property
    def json(self) -> Json:
        parsed: Json = json.loads(self.body or b"{}")
        return parsed

    @property
    def message(self) -> str:
        try:
            parsed = self.json
        except ValueError:
            # S3 answers in XML.
            found = re.search(rb"<Message>(.*?)</Message>", self.body, re.DOTALL)
            return (found[1] if found else self.body[:200]).decode("utf-8", "replace")
        return str(parsed.get("message") or parsed.get("Message") or parsed)


class Ministack:
    """Requests to the application that `app` is."""

    def __init__(self, app: AsgiApp) -> None:
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1", trust_env=False
        )

    # -- S3 Tables --------------------------------------------------------------------------------

    async def buckets(self, region: str) -> list[Json]:
        answer = await self._tables(region, "GET", "/buckets")
        return list(answer.json.get("tableBuckets", []))

    async def bucket_exists(self, bucket: Bucket) -> bool:
        return (await self._tables(bucket.region, "GET", f"/buckets/{_quoted(bucket.arn)}")).ok

    async def namespaces(self, bucket: Bucket) -> list[str]:
        """Raises NoSuchBucketError."""
        return sorted(entry["namespace"][0] for entry in await self.namespace_entries(bucket))

    async def namespace_entries(self, bucket: Bucket) -> list[Json]:
        """Entries of ListNamespaces. Raises NoSuchBucketError."""
        answer = await self._tables(bucket.region, "GET", f"/namespaces/{_quoted(bucket.arn)}")
        _raise_for(answer, {404: NoSuchBucketError})
        return list(answer.json["namespaces"])

    async def create_namespace(self, bucket: Bucket, namespace: str) -> None:
        """Raises NoSuchBucketError, ExistsError."""
        path = f"/namespaces/{_quoted(bucket.arn)}"
        answer = await self._tables(bucket.region, "PUT", path, {"namespace": [namespace]})
        _raise_for(answer, {404: NoSuchBucketError, 409: ExistsError})

    async def namespace_exists(self, bucket: Bucket, namespace: str) -> bool:
        path = f"/namespaces/{_quoted(bucket.arn)}/{_quoted(namespace)}"
        return (await self._tables(bucket.region, "GET", path)).ok

    async def delete_namespace(self, bucket: Bucket, namespace: str) -> None:
        path = f"/namespaces/{_quoted(bucket.arn)}/{_quoted(namespace)}"
        _raise_for(await self._tables(bucket.region, "DELETE", path), {404: NoSuchNamespaceError})

    async def tables(self, bucket: Bucket, namespace: str | None = None) -> list[Json]:
        """Entries of ListTables. Raises NoSuchBucketError."""
        query = {"namespace": namespace} if namespace else {}
        answer = await self._tables(bucket.region, "GET", f"/tables/{_quoted(bucket.arn)}", query=query)
        _raise_for(answer, {404: NoSuchBucketError})
        return list(answer.json["tables"])

    async def table(self, table: TableName) -> Json | None:
        """GetTable's answer; None when there is no such table or bucket."""
        query = {"tableBucketARN": table.bucket.arn, "namespace": table.namespace, "name": table.name}
        answer = await self._tables(table.bucket.region, "GET", "/get-table", query=query)
        return answer.json if answer.ok else None

    async def create_table(self, table: TableName, request: Json) -> Json:
        """CreateTable; returns its answer. Raises ExistsError and what ministack refuses."""
        path = f"/tables/{_quoted(table.bucket.arn)}/{_quoted(table.namespace)}"
        answer = await self._tables(table.bucket.region, "PUT", path, {**request, "name": table.name})
        _raise_for(answer, {404: NoSuchBucketError, 409: ExistsError})
        return answer.json

    async def set_metadata_location(self, table: TableName, location: str) -> None:
        """Raises NoSuchTableError."""
        path = f"{_path(table)}/metadata-location"
        answer = await self._tables(table.bucket.region, "PUT", path, {"metadataLocation": location})
        _raise_for(answer, {404: NoSuchTableError})

    async def delete_table(self, table: TableName) -> None:
        """Raises NoSuchTableError."""
        _raise_for(await self._tables(table.bucket.region, "DELETE", _path(table)), {404: NoSuchTableError})

    async def rename_table(self, table: TableName, namespace: str, name: str) -> None:
        """Raises NoSuchTableError (also for the new namespace), ExistsError."""
        request = {"newNamespaceName": namespace, "newName": name}
        answer = await self._tables(table.bucket.region, "PUT", f"{_path(table)}/rename", request)
        _raise_for(answer, {404: NoSuchTableError, 409: ExistsError})

    async def initial_metadata(self, table: TableName) -> Json:
        """The metadata in ministack's memory of a table that never had a metadata file."""
        path = f"/iceberg/v1/{_quoted(table.bucket.arn)}/namespaces/{table.namespace}/tables/{table.name}"
        answer = await self._tables(table.bucket.region, "GET", path)
        _raise_for(answer, {404: NoSuchTableError})
        metadata: Json = answer.json["metadata"]
        return metadata

    # -- S3 ---------------------------------------------------------------------------------------

    async def read(self, bucket: Bucket, address: str) -> bytes | None:
        """An object's content; None when there is none."""
        answer = await self._s3(bucket.region, "GET", _key_path(address))
        return answer.body if answer.ok else None

    async def write(self, bucket: Bucket, address: str, content: bytes) -> None:
        """Put an object; the S3 bucket of a table is made with its first one."""
        path = _key_path(address)
        answer = await self._s3(bucket.region, "PUT", path, content)
        if answer.status == httpx.codes.NOT_FOUND:
            await self._s3(bucket.region, "PUT", f"/{_split(address)[0]}", _bucket_request(bucket.region))
            answer = await self._s3(bucket.region, "PUT", path, content)
        if answer.status == httpx.codes.INSUFFICIENT_STORAGE:
            raise NoSpaceError(f"{address} could not be written: {answer.message}")
        if not answer.ok:
            raise RuntimeError(f"{address} could not be written: {answer.message}")

    async def remove(self, bucket: Bucket, address: str) -> None:
        """Delete every object of a table, and the S3 bucket that was the table's own."""
        s3_bucket, key = _split(address.rstrip("/"))
        while keys := await self._keys(bucket.region, s3_bucket, f"{key}/" if key else ""):
            for found in keys:
                await self._s3(bucket.region, "DELETE", f"/{s3_bucket}/{quote(found)}")
        if not key:
            await self._s3(bucket.region, "DELETE", f"/{s3_bucket}")

    async def _keys(self, region: str, s3_bucket: str, prefix: str) -> list[str]:
        """Some of the keys below a prefix; none when there is no such bucket."""
        answer = await self._s3(region, "GET", f"/{s3_bucket}", query={"list-type": "2", "prefix": prefix})
        if not answer.ok:
            return []
        # Written by ministack in this very process.
        listing = ElementTree.fromstring(answer.body)  # noqa: S314
        return [key.text or "" for key in listing.iter(f"{_S3}Key")]

    # -- the wire ---------------------------------------------------------------------------------

    async def _tables(
        self,
        region: str,
        method: str,
        path: str,
        request: Json | None = None,
        query: dict[str, str] | None = None,
    ) -> Answer:
        content = b"" if request is None else json.dumps(request).encode()
        return await self._call(region, "s3tables", method, path, content, query)

    async def _s3(
        self,
        region: str,
        method: str,
        path: str,
        content: bytes = b"",
        query: dict[str, str] | None = None,
    ) -> Answer:
        return await self._call(region, "s3", method, path, content, query)

    async def _call(
        self,
        region: str,
        service: str,
        method: str,
        path: str,
        content: bytes,
        query: dict[str, str] | None,
    ) -> Answer:
        # ministack finds service and region in the credential scope and checks no signature.
        scope = f"test/20250101/{region}/{service}/aws4_request"
        headers = {
            "authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
            "content-type": "application/json" if service == "s3tables" else "application/octet-stream",
        }
        response = await self._http.request(method, path, params=query, content=content, headers=headers)
        return Answer(response.status_code, response.content)


def _bucket_request(region: str) -> bytes:
    """The body of CreateBucket; us-east-1 is the region that S3 wants unnamed."""
    if region == "us-east-1":
        return b""
    place = f"<LocationConstraint>{region}</LocationConstraint>"
    return f'<CreateBucketConfiguration xmlns="{_S3[1:-1]}">{place}</CreateBucketConfiguration>'.encode()


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _path(table: TableName) -> str:
    return f"/tables/{_quoted(table.bucket.arn)}/{_quoted(table.namespace)}/{_quoted(table.name)}"


def _split(address: str) -> tuple[str, str]:
    """S3 bucket and key of an address."""
    s3_bucket, _, key = address.partition("://")[2].partition("/")
    return s3_bucket, key


def _key_path(address: str) -> str:
    return "/" + quote("/".join(_split(address)))


def _raise_for(answer: Answer, kinds: dict[int, type[TablesError]]) -> None:
    """Raise ministack's refusal as one of ours; an unexpected one is our own mistake."""
    if answer.ok:
        return
    if kind := kinds.get(answer.status):
        raise kind(answer.message)
    if answer.status < 500:
        raise InvalidError(answer.message)
    raise RuntimeError(f"ministack answered {answer.status}: {answer.message}")
