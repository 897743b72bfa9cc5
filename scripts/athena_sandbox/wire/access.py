"""Who may use a port: no web page, and no client without the stack's access key.

A browser on this machine reaches the loopback address from any site. Its requests are recognised by three
headers: Origin and Sec-Fetch-Site, which a page can't forge or leave out, and Host, which is the page's own
name when that was made to point here (DNS rebinding). Other users of the machine lack the access key.
"""

import hmac
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_HOST = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?", re.ASCII | re.IGNORECASE)
# A person's own requests (a typed address, a bookmark), and the links of a page that was opened so.
_OWN_SITES = frozenset(("none", "same-origin"))
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"))

_CREDENTIAL = re.compile(r"Credential=([^/,\s]*)")
# No key has "=": with it, a text of many "Credential=" would be read to its end from each of them.
_SERVICE = re.compile(r"Credential=[^/,\s=]*/[^/,\s]*/[^/,\s]*/([^/,\s]*)/")
# Services whose target prefix is not their name.
_TARGETS = {
    "AmazonAthena": "athena",
    "AWSGlue": "glue",
    "AWSLakeFormation": "lakeformation",
    "TrentService": "kms",
}
_QUERY_PROTOCOL = frozenset(("cloudformation", "iam", "sts"))
ICEBERG = "iceberg"
"""The Iceberg REST catalog, recognised by its path: its clients may send the key as a bearer token."""

_CODES = {
    "xml": ("InvalidAccessKeyId", "AccessDenied"),
    "query": ("InvalidClientTokenId", "AccessDenied"),
    "json": ("UnrecognizedClientException", "AccessDeniedException"),
    "iceberg": ("NotAuthorizedException", "ForbiddenException"),
}
_WRONG_KEY = (
    "The access key of the request is not this sandbox's: use the profile that `athena-sandbox env` "
    "selects, or start the sandbox with `athena-sandbox up --open`."
)


class AccessCheck:
    """An application behind the check.

    `key` is the access key that a request must carry; None allows any, or none. `service` is the one in whose
    format a request is refused that names no service. `page_token` is the first segment of paths that may be
    read without a key; the application sees them without it (`root_path`).
    """

    def __init__(self, app: AsgiApp, key: str | None, service: str, page_token: str | None = None) -> None:
        self._app = app
        self._key = key
        self._service = service
        self._page = f"/{page_token}" if page_token else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        elif problem := page_problem(scope):
            await refuse(scope, send, service_of(scope) or self._service, problem)
        elif self._is_page(scope):
            await self._app({**scope, "root_path": self._page}, receive, _guarded(send))
        elif not _has_key(scope, self._key):
            await refuse(scope, send, service_of(scope) or self._service, _WRONG_KEY, key=True)
        else:
            await self._app(scope, receive, _guarded(send))

    def _is_page(self, scope: Scope) -> bool:
        if self._page is None or scope["method"] not in ("GET", "HEAD"):
            return False
        first, slash, _ = scope["path"][1:].partition("/")
        return bool(slash) and hmac.compare_digest(f"/{first}".encode(), self._page.encode())


def page_problem(scope: Scope) -> str | None:
    """Why the request may come from a web page; None when it doesn't."""
    if scope["method"] not in _METHODS:
        return f"{scope['method']} is not answered here: no site may call this port from a browser."
    if _values(scope, b"origin"):
        return "A request from a web page (it has an Origin header) is not answered here."
    if not _OWN_SITES.issuperset(_values(scope, b"sec-fetch-site")):
        return "A request from another site's page (Sec-Fetch-Site) is not answered here: type the address."
    hosts = _values(scope, b"host")
    if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
        return "The request is for another host: address this machine as 127.0.0.1 or localhost."
    return None


def service_of(scope: Scope) -> str:
    """The AWS service that a request names, by its target or its signature; empty when it names none."""
    path: str = scope["path"]
    if path.split("/")[1:2] == [ICEBERG]:
        return ICEBERG
    query = _query(scope)
    signed = (*_values(scope, b"authorization"), *(f"Credential={one}" for one in _signed(query)))
    return named_service(_values(scope, b"x-amz-target"), signed) or ("s3" if _v2(scope, query) else "")


def named_service(targets: tuple[str, ...] | list[str], signed: tuple[str, ...] | list[str]) -> str:
    """The service of the first known target, else of the first signature; empty without both.

    `targets` are values of X-Amz-Target; `signed` are texts with `Credential=<key>/<day>/<region>/<service>/`
    in them.
    """
    for target in targets:
        if service := _TARGETS.get(target.partition(".")[0]):
            return service
    return next((match[1] for text in signed if (match := _SERVICE.search(text))), "")


def _has_key(scope: Scope, key: str | None) -> bool:
    """Whether the request carries this key, and no other."""
    if key is None:
        return True
    found = list(_access_keys(scope))
    return bool(found) and all(hmac.compare_digest(one.encode(), key.encode()) for one in found)


def _access_keys(scope: Scope) -> Iterator[str]:
    """The access key of every credential in the request; a header without a known one is an empty key."""
    for header in _values(scope, b"authorization"):
        scheme, _, rest = header.partition(" ")
        if scheme.startswith("AWS4-"):
            yield from _CREDENTIAL.findall(rest) or [""]
        elif scheme == "AWS":
            yield rest.strip().partition(":")[0]
        else:
            yield rest.strip() if scheme.lower() == "bearer" else ""
    query = _query(scope)
    yield from (credential.partition("/")[0] for credential in _signed(query))
    yield from (value for name, value in query if name.lower() == "awsaccesskeyid")


def _query(scope: Scope) -> list[tuple[str, str]]:
    return parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)


def _signed(query: list[tuple[str, str]]) -> list[str]:
    """Credentials of a presigned address."""
    return [value for name, value in query if name.lower() == "x-amz-credential"]


def _v2(scope: Scope, query: list[tuple[str, str]]) -> bool:
    """Whether the request is signed as only S3 still takes it (Signature Version 2)."""
    old = any(name.lower() == "awsaccesskeyid" for name, _ in query)
    return old or any(header.startswith("AWS ") for header in _values(scope, b"authorization"))


def _values(scope: Scope, wanted: bytes) -> list[str]:
    return [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == wanted]


def _guarded(send: Send) -> Send:
    """Sends answers that let no page of another site read them, nor run what they hold.

    To every client: some browsers send nothing that distinguishes them from other clients.
    """

    async def guarded(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = [
                (name, value)
                for name, value in message.get("headers", [])
                if not name.lower().startswith(b"access-control-")
            ]
            headers.append((b"referrer-policy", b"no-referrer"))
            if not any(name.lower() == b"content-security-policy" for name, _ in headers):
                # An object may be a page with scripts, which would run in this origin.
                headers.append((b"content-security-policy", b"sandbox allow-downloads"))
            message = {**message, "headers": headers}
        await send(message)

    return guarded


async def refuse(scope: Scope, send: Send, service: str, message: str, *, key: bool = False) -> None:
    """Answer with an error in the format of the service.

    `key` says that the request lacks the right access key; otherwise it is refused whoever sends it.
    """
    status, headers, body = _refusal(scope, service, message, key)
    headers |= {"content-length": str(len(body))}
    # The body of the request stays unread; the connection can't be used again.
    headers["connection"] = "close"
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _refusal(scope: Scope, service: str, message: str, key: bool) -> tuple[int, dict[str, str], bytes]:
    form = _form(service, " ".join(_values(scope, b"content-type")))
    code = _CODES[form][0 if key else 1]
    if form == "iceberg":
        status = 401 if key else 403
        model: Mapping[str, Any] = {"error": {"message": message, "type": code, "code": status}}
        return status, {"content-type": "application/json"}, json.dumps(model).encode()
    if form == "json":
        typed = {"content-type": "application/x-amz-json-1.1", "x-amzn-errortype": code}
        return 403, typed, json.dumps({"__type": code, "message": message}).encode()
    text = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    whole = (
        f"<ErrorResponse><Error><Type>Sender</Type>{text}</Error></ErrorResponse>"
        if form == "query"
        else f"<Error>{text}</Error>"
    )
    return 403, {"content-type": "application/xml"}, whole.encode()


def _form(service: str, content_type: str) -> str:
    if service == ICEBERG:
        return "iceberg"
    if service == "s3":
        return "xml"
    if service in _QUERY_PROTOCOL:
        return "query"
    # Some other service's: by what it speaks.
    return "query" if "urlencoded" in content_type else "json"
