"""Which requests reach ministack: those of the services that this product has, and no others.

ministack brings about a hundred services, some of which run code (a Lambda function is a process of this
machine), and paths of its own that erase everything. It finds a request's service in its target, signature,
host, path and form, so the rule is enforced in two places: `AllowList` refuses by name what the product
doesn't have, and `confine_ministack` removes every other path from ministack itself.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from athena_sandbox.parts.storage import HEALTH_PATH
from athena_sandbox.wire.access import (
    ICEBERG,
    AsgiApp,
    Receive,
    Scope,
    Send,
    named_service,
    refuse,
    service_of,
)

SERVICES = ("s3", "s3tables", "cloudformation", "iam", "kms")
_QUERY_APIS = ("cloudformation", "iam")
# Types of templates in this field that store data and run no code.
_RESOURCE_TYPES = frozenset(
    (
        *("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::KMS::Key", "AWS::KMS::Alias"),
        *("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"),
    )
)
_RESOURCE_PREFIX = "AWS::S3Tables::"
# Of those that have a folder on the disk: type, the property that names it, and ministack's function.
_BUCKETS = (
    ("AWS::S3::Bucket", "BucketName", "_s3_create"),
    ("AWS::S3Tables::TableBucket", "TableBucketName", "_s3tables_bucket_create"),
)


class AllowList:
    """An application that answers a request for its health, and passes on what `SERVICES` and Iceberg get."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == HEALTH_PATH and scope["method"] == "GET":
            headers = [(b"content-type", b"text/plain"), (b"content-length", b"3")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"ok\n"})
        elif problem := _problem(scope):
            await refuse(scope, send, service_of(scope) or "s3", problem)
        else:
            await self._app(scope, receive, send)


def _problem(scope: Scope) -> str | None:
    """Why the request is not for anything that is served here."""
    service = service_of(scope) or "s3"
    if service not in (*SERVICES, ICEBERG):
        return f"{service} is not served by the sandbox; it has {', '.join(SERVICES)} and Iceberg REST here."
    if service in _QUERY_APIS and scope["method"] != "POST":
        # AWS accepts GET too. But a link is a GET, and with any key (`up --open`) it would be answered.
        return f"Send requests for {service} by POST."
    path: str = scope["path"]
    # No bucket's name begins so; ministack's own paths do.
    if not path.startswith("/") or path.startswith(("/_", "//")):
        return f"{path} is not served by the sandbox."
    raw = (scope.get("raw_path") or path.encode()).decode("latin-1")
    if service == ICEBERG and not raw.startswith(f"/{ICEBERG}/"):
        return f"{path} is not served by the sandbox."
    return None


@cache
def confine_ministack() -> None:
    """Leave only the handlers of `SERVICES` in the ministack of this process, once.

    Raises RuntimeError if this ministack is a version that this was not written for.
    """
    from ministack import app
    from ministack.services.cloudformation import custom_resource, provisioners

    # Paths and hosts with a meaning of their own: resets, data planes of services, shortcuts.
    for name in (
        "_handle_pre_body_request",
        "_handle_post_body_shortcuts",
        "_handle_special_data_plane_request",
    ):
        _replace(app, name, _nothing)
    _replace(app, "detect_service", _detect_service)
    _replace(custom_resource, "invoke_custom_resource", _no_custom_resource)
    _keep(app.SERVICE_HANDLERS, SERVICES)
    # Things that an earlier version allowed (a function, a schedule that calls it) are not loaded either.
    _keep(app._state_map, SERVICES)
    handlers = provisioners._RESOURCE_HANDLERS
    _keep(handlers, [one for one in handlers if one in _RESOURCE_TYPES or one.startswith(_RESOURCE_PREFIX)])
    for resource, named_by, function in _BUCKETS:
        handlers[resource]["create"] = _of_valid_name(handlers[resource]["create"], named_by)
        # An update that renames a bucket calls it.
        _replace(provisioners, function, _of_valid_name(getattr(provisioners, function, None), named_by))


def _replace(module: Any, name: str, replacement: Any) -> None:
    if not hasattr(module, name):
        raise RuntimeError(f"ministack has no {module.__name__}.{name}: this version of it isn't known")
    setattr(module, name, replacement)


def _keep(entries: dict[str, Any], names: Any) -> None:
    for name in entries.keys() - set(names):
        del entries[name]


async def _nothing(*_arguments: Any, **_named: Any) -> None:
    return None


def _detect_service(_method: str, _path: str, headers: dict[str, str], query: dict[str, Any]) -> str:
    """As `service_of`, from what ministack has read."""
    signed = [headers.get("authorization", "")]
    for name, values in query.items():
        if name.lower() == "x-amz-credential":
            signed += [f"Credential={value}" for value in values]
    return named_service([headers.get("x-amz-target", "")], signed) or "s3"


def _of_valid_name(create: Any, named_by: str) -> Callable[..., Any]:
    """Refuse a name as CreateBucket does; a template's `..` would be a folder outside the buckets' folder."""
    from ministack.services import s3

    def created(logical_id: str, props: dict[str, Any], *rest: Any) -> Any:
        name = props.get(named_by)
        if name and not s3._validate_bucket_name(str(name)):
            raise ValueError(f"The specified bucket is not valid: {name}")
        return create(logical_id, props, *rest)

    return created


def _no_custom_resource(_request: str, _logical_id: str, _props: Any, *more: Any, **named: Any) -> Any:
    raise ValueError("Custom resources run code and are not supported by this server.")
