"""What a request of the Glue API may look like: botocore's service model, applied to parsed JSON.

`conform` gives the request as Glue understands it: nulls and members that Glue does not know are left out.
Wrong JSON types raise MalformedRequestError; broken constraints raise one ValidationError for all of them, in
Glue's wording. String patterns are not checked: they only exclude control characters.
"""

from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from athena_sandbox.glue.errors import MalformedRequestError, ValidationError

_SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "blob": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    # SDKs send epoch seconds; ISO text is accepted by no AWS JSON service.
    "timestamp": (int, float),
}
_JSON_NAMES = {str: "STRING_VALUE", bool: "BOOLEAN_VALUE", int: "NUMBER_VALUE", float: "DECIMAL_VALUE"}
_TARGETS = {"integer": "Integer", "long": "Long", "float": "Float", "double": "Double", "timestamp": "Date"}


@cache
def glue_model() -> ServiceModel:
    """The Glue API as botocore knows it."""
    model: ServiceModel = botocore.session.get_session().get_service_model("glue")
    return model


@cache
def _input_shape(operation: str) -> StructureShape | None:
    shape: StructureShape | None = glue_model().operation_model(operation).input_shape
    return shape


def is_operation(name: str) -> bool:
    """Whether the Glue API has an operation of this name, served here or not."""
    return name in glue_model().operation_names


def conform(operation: str, request: Any) -> dict[str, Any]:
    """The request of a known operation, checked and stripped to the members of its shape."""
    shape = _input_shape(operation)
    if not isinstance(request, dict):
        raise MalformedRequestError("Start of structure expected: the request must be a JSON object.")
    broken: list[str] = []
    checked: dict[str, Any] = {} if shape is None else _structure(shape, request, "", broken)
    if broken:
        count = f"{len(broken)} validation error{'s' if len(broken) > 1 else ''} detected: "
        raise ValidationError(count + "; ".join(broken))
    return checked


def _value(shape: Shape, value: Any, path: str, broken: list[str]) -> Any:
    if isinstance(shape, StructureShape):
        return _structure(shape, _typed(value, dict), path, broken)
    if isinstance(shape, ListShape):
        items = _typed(value, list)
        _check_bounds(shape, len(items), items, "length", path, broken)
        return [
            _value(shape.member, item, f"{path}.{index}.member", broken)
            for index, item in enumerate(items, 1)
        ]
    if isinstance(shape, MapShape):
        return {
            _value(shape.key, key, f"{path}.key", broken): _value(shape.value, item, f"{path}.{key}", broken)
            for key, item in _typed(value, dict).items()
            if item is not None
        }
    return _scalar(shape, value, path, broken)


def _structure(shape: StructureShape, value: dict[str, Any], path: str, broken: list[str]) -> dict[str, Any]:
    checked = {}
    for name, member in shape.members.items():
        given = value.get(name)
        where = f"{path}.{_lower_first(name)}" if path else _lower_first(name)
        if given is not None:
            checked[name] = _value(member, given, where, broken)
        elif name in shape.required_members:
            broken.append(_violation(None, where, "Member must not be null"))
    return checked


def _scalar(shape: Shape, value: Any, path: str, broken: list[str]) -> Any:
    kind = shape.type_name
    _check_type(kind, value)
    if kind == "string":
        _check_bounds(shape, len(value), value, "length", path, broken)
        allowed = shape.metadata.get("enum")
        if allowed and value not in allowed:
            values = ", ".join(allowed)
            broken.append(_violation(value, path, f"Member must satisfy enum value set: [{values}]"))
    elif kind in ("integer", "long", "float", "double"):
        _check_bounds(shape, value, value, "value", path, broken)
    return value


def _check_type(kind: str, value: Any) -> None:
    if isinstance(value, _SCALARS[kind]) and (kind == "boolean" or not isinstance(value, bool)):
        return
    found = _JSON_NAMES.get(type(value))
    if found is None:
        raise MalformedRequestError("Start of structure or map found where not expected.")
    raise MalformedRequestError(f"{found} can not be converted to a {_TARGETS.get(kind, kind.capitalize())}")


def _check_bounds(shape: Shape, size: float, value: Any, what: str, path: str, broken: list[str]) -> None:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        broken.append(_violation(value, path, f"Member must have {what} greater than or equal to {low}"))
    if high is not None and size > high:
        broken.append(_violation(value, path, f"Member must have {what} less than or equal to {high}"))


def _typed(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        wanted = "map or structure" if kind is dict else "list"
        raise MalformedRequestError(f"Start of {wanted} expected, found a {type(value).__name__}.")
    return value


def _violation(value: Any, path: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{str(value)[:200]}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def _lower_first(name: str) -> str:
    return name[0].lower() + name[1:]
