"""What the Glue API accepts as a request, and how it refuses one; `wire.request_model` walks the shapes.

`conform` returns the request as Glue understands it, without nulls and members that Glue does not know. Wrong
JSON types raise MalformedRequestError; violated constraints raise one ValidationError for all of them, in
Glue's wording. String patterns are not checked: they only exclude control characters.

Source: botocore 1.43's model of Glue, November 2026.
"""

from functools import cache
from typing import Any

from botocore.model import ListShape, Shape, StructureShape

from athena_sandbox.glue.errors import MalformedRequestError, ValidationError
from athena_sandbox.wire.request_model import RequestCheck, service_model

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
def _input_shape(operation: str) -> StructureShape | None:
    shape: StructureShape | None = service_model("glue").operation_model(operation).input_shape
    return shape


def is_operation(name: str) -> bool:
    """Whether the Glue API has an operation of this name, served here or not."""
    return name in service_model("glue").operation_names


def conform(operation: str, request: Any) -> dict[str, Any]:
    """The request of a known operation, checked and stripped to the members of its shape.

    Raises MalformedRequestError and ValidationError.
    """
    shape = _input_shape(operation)
    if not isinstance(request, dict):
        raise MalformedRequestError("Start of structure expected: the request must be a JSON object.")
    return _Check().members(shape, request)


class _Check(RequestCheck):
    keeps_null_items = True

    def scalar(self, shape: Shape, value: Any) -> Any:
        kind = shape.type_name
        if isinstance(value, _SCALARS[kind]) and (kind == "boolean" or not isinstance(value, bool)):
            return value
        found = _JSON_NAMES.get(type(value))
        if found is None:
            raise MalformedRequestError("Start of structure or map found where not expected.")
        raise MalformedRequestError(
            f"{found} can not be converted to a {_TARGETS.get(kind, kind.capitalize())}"
        )

    def wrong_type(self, shape: Shape, value: Any) -> Exception:
        wanted = "list" if isinstance(shape, ListShape) else "map or structure"
        return MalformedRequestError(f"Start of {wanted} expected, found a {type(value).__name__}.")

    def invalid(self, message: str) -> Exception:
        return ValidationError(message)

    def shown(self, value: Any) -> str:
        return f"'{str(value)[:200]}'"
