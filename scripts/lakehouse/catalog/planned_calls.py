"""Changes as a list of AWS calls: planned, shown, then executed. The same list is shown and executed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lakehouse.errors import RefusedError

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_lakeformation import LakeFormationClient

# Glue's errors for a change of something that somebody else has changed since it was read.
_OVERTAKEN = ("ConcurrentModificationException", "VersionMismatchException")


@dataclass(frozen=True)
class Clients:
    """The services that hold definitions and grants."""

    glue: GlueClient
    lakeformation: LakeFormationClient


@dataclass(frozen=True)
class Call:
    """One call. `operation` is its name in boto3, `description` says what it does, for people."""

    service: str
    operation: str
    description: str
    arguments: dict[str, Any] = field(repr=False)


def glue_call(operation: str, description: str, **arguments: Any) -> Call:
    """A call to Glue."""
    return Call("glue", operation, description, arguments)


def apply_calls(clients: Clients, calls: Iterable[Call]) -> int:
    """Make the calls in order and return their number.

    Raises RefusedError if something has changed since the plan was made; that change is not overwritten.
    """
    made = 0
    for call in calls:
        client = clients.glue if call.service == "glue" else clients.lakeformation
        try:
            answer = getattr(client, call.operation)(**call.arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] in _OVERTAKEN:
                raise RefusedError(
                    f"somebody has changed the definition since it was read, so this was not done: "
                    f"{call.description}. "
                    "Run the command again without --apply and look at the new plan"
                ) from error
            raise
        _raise_partial_failure(call, answer)
        made += 1
    return made


def _raise_partial_failure(call: Call, answer: Any) -> None:
    """Raise ServiceError for what failed in a batch call, which returns 200 and a list of failures.

    An entry that already exists is not a failure.
    """
    failed = [
        each["ErrorDetail"]
        for each in answer.get("Errors", [])
        if each.get("ErrorDetail", {}).get("ErrorCode") not in (None, "AlreadyExistsException")
    ]
    if failed:
        raise RefusedError(
            f"{call.description}: {failed[0]['ErrorCode']}: {failed[0].get('ErrorMessage', '')}; "
            "correct that and run the command again"
        )
