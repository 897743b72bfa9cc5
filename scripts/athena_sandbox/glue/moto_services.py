"""The services that moto answers as they are: STS, Lake Formation, and Glue beyond the Data Catalog.

moto runs in this process and answers one call at a time, because it is not thread-safe. What it holds (jobs,
crawlers, LF tags) ends with the process. It is imported when it is first needed: that takes a second and 60
MB, and the catalog doesn't need it.

Source: moto 5.2, November 2026; that AWS has no error for an untagged resource: dbt-athena asks for the tags
of every new table.
"""

import io
import os
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from athena_sandbox.glue import ACCOUNT_ID
from athena_sandbox.wire.keys import SECRET_KEY

SERVICES = frozenset({"glue", "lakeformation", "sts"})

_OURS = frozenset({"content-length", "server", "x-amzn-requestid"})
"""Headers that the server in front of moto sends as well."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class MotoServices:
    """moto's own WSGI application, without a server around it."""

    def __init__(self, access_key: str) -> None:
        """`access_key`: the stack's, which temporary credentials get too: no other opens its ports."""
        secret, pair = SECRET_KEY.encode(), rb"<%s>[^<]*</%s>"
        self._credentials = [
            (re.compile(pair % (name, name)), b"<%s>%s</%s>" % (name, value, name))
            for name, value in ((b"AccessKeyId", access_key.encode()), (b"SecretAccessKey", secret))
        ]
        self._one_at_a_time = threading.Lock()

    def answer(self, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Let moto answer one POST; blocks. Raises NotImplementedError for an operation that moto lacks."""
        status: list[str] = []
        returned: list[tuple[str, str]] = []

        def start_response(line: str, response_headers: list[tuple[str, str]], _error: Any = None) -> None:
            status.append(line)
            returned.extend(response_headers)

        with self._one_at_a_time:
            chunks = _application()(_environ(path, query, headers, body), start_response)
            content = b"".join(chunks)
        for pattern, ours in self._credentials:
            content = pattern.sub(ours, content)
        kept = [(name, value) for name, value in returned if name.lower() not in _OURS]
        return Answer(int(status[0].split()[0]), kept, content)


@cache
def _application() -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
    # Read once, when moto is imported.
    os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT_ID
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    _let_resources_be_untagged()
    application: Callable[[dict[str, Any], Any], Iterable[bytes]] = DomainDispatcherApplication(
        create_backend_app
    )
    return application


def _let_resources_be_untagged() -> None:
    """moto 5 fails on a database or table that never had an LF tag; AWS answers without tags."""
    from moto.lakeformation.models import LakeFormationBackend

    made = LakeFormationBackend.__init__

    def make(self: LakeFormationBackend, *arguments: Any, **options: Any) -> None:
        made(self, *arguments, **options)
        self.lf_database_tags = _TagsByResource()
        self.lf_table_tags = _TagsByResource()
        self.lf_columns_tags = _TagsByResource()

    LakeFormationBackend.__init__ = make  # type: ignore[method-assign]  # moto has no hook for it


class _TagsByResource(defaultdict[Any, list[dict[str, str]]]):
    """None for a resource that was never tagged."""

    def __init__(self) -> None:
        super().__init__(_Tags)

    def __setitem__(self, resource: Any, tags: list[dict[str, str]]) -> None:
        super().__setitem__(resource, _Tags(tags))


class _Tags(list[dict[str, str]]):
    """Tags of one resource; removing one that isn't there changes nothing."""

    def remove(self, tag: dict[str, str]) -> None:
        if tag in self:
            super().remove(tag)


def _environ(path: str, query: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": headers.get("content-type", ""),
    }
    for name, value in headers.items():
        if name not in ("content-type", "content-length"):
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    return environ
