"""Checks a request's body against the model of the S3 Tables API, which ministack 1.5.33 does not do.

A setting of the wrong kind must not be accepted: it would make every later GET fail.

Source: botocore 1.43's model of S3 Tables, November 2026; what a maintenance setting may hold for which
target: "Amazon S3 Tables maintenance", S3 User Guide.
"""

from collections.abc import Iterable
from typing import Any

from botocore.model import Shape

from athena_sandbox.s3tables.errors import InvalidError
from athena_sandbox.s3tables.wire import Json, Request
from athena_sandbox.wire.request_model import service_model

_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "list": (list,),
    "map": (dict,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
}


def check_request(request: Request) -> None:
    """Raise InvalidError for a body that the operation's model doesn't allow; unknown members are ignored."""
    shape = _input_of(request.method, request.segments)
    if shape is None:
        return
    body = request.json
    members = shape.members.items()
    # A table's metadata is checked where it is made, and taken in more spellings than the model has.
    elsewhere = {name for name, member in members if "location" in member.serialization} | {"metadata"}
    in_body = {name: member for name, member in members if name not in elsewhere}
    required = [name for name in shape.required_members if name in in_body]
    _check_members("", in_body, required, body)
    if request.method == "PUT" and "maintenance" in request.segments[-2:-1]:
        _check_maintenance(request.segments[0], request.segments[-1], body)


def _check_maintenance(target: str, kind: str, body: Json) -> None:
    model = service_model("s3tables").shape_for(
        "TableBucketMaintenanceType" if target == "buckets" else "TableMaintenanceType"
    )
    _check(f"type '{kind}'", model, kind)
    if other := [name for name in body["value"].get("settings") or {} if name != kind]:
        raise InvalidError(f"The settings of {kind} can't be {', '.join(other)}.")


def _check_members(where: str, members: dict[str, Shape], required: Iterable[str], value: Json) -> None:
    for name in required:
        if value.get(name) is None:
            raise InvalidError(f"{where}{name} is required")
    for name, member in members.items():
        if value.get(name) is not None:
            _check(f"{where}{name}", member, value[name])


def _check(where: str, shape: Any, value: Any) -> None:
    kinds: Any = _TYPES.get(shape.type_name)
    if kinds is None:
        return
    if not isinstance(value, kinds) or (isinstance(value, bool) and shape.type_name != "boolean"):
        raise InvalidError(f"{where} must be of type {shape.type_name}")
    if shape.type_name == "structure":
        if (
            getattr(shape, "is_tagged_union", False)
            and len([m for m in value.values() if m is not None]) != 1
        ):
            raise InvalidError(f"{where} must hold one of {', '.join(shape.members)}")
        _check_members(f"{where}.", shape.members, shape.required_members, value)
    elif shape.type_name == "list":
        for place, item in enumerate(value):
            _check(f"{where}[{place}]", shape.member, item)
    elif shape.type_name == "string" and shape.enum and value not in shape.enum:
        raise InvalidError(f"{where} must be one of {', '.join(shape.enum)}")
    size = value if isinstance(value, int) else len(value)
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if (low is not None and size < low) or (high is not None and size > high):
        raise InvalidError(f"{where} must be between {low} and {high if high is not None else 'any number'}")


def _input_of(method: str, segments: tuple[str, ...]) -> Any:
    """The input shape of the operation with that address; None for one without a body, or none at all."""
    if method not in ("PUT", "POST"):
        return None
    for name in service_model("s3tables").operation_names:
        operation = service_model("s3tables").operation_model(name)
        parts = operation.http["requestUri"].partition("?")[0].strip("/").split("/")
        fits = len(parts) == len(segments) and all(
            part.startswith("{") or part == segment for part, segment in zip(parts, segments, strict=True)
        )
        if fits and operation.http["method"] == method:
            return operation.input_shape
    return None
