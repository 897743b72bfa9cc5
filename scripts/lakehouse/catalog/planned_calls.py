"""Changes as a list of AWS calls: planned, shown, then made. What is shown is what is made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lakehouse.errors import RefusedError

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_lakeformation import LakeFormationClient

# Answers of Glue to a change of something that changed since it was looked at.
_OVERTAKEN = ("ConcurrentModificationException", "VersionMismatchException")


@dataclass(frozen=True)
class Clients:
    """The services that definitions and grants live in."""

    glue: GlueClient
    lakeformation: LakeFormationClient


@dataclass(frozen=True)
class Call:
    """One call. `operation` is boto3's name of it, `says` what it does, for people."""

    service: str
    operation: str
    says: str
    arguments: dict[str, Any] = field(repr=False)


def glue_call(operation: str, says: str, **arguments: Any) -> Call:
    """A call of Glue."""
    return Call("glue", operation, says, arguments)


def apply_calls(clients: Clients, calls: Iterable[Call]) -> int:
    """Make the calls in their order and return how many there were.

    Raises RefusedError where something changed since the plan was made: nothing of it is overwritten.
    """
    made = 0
    for call in calls:
        client = clients.glue if call.service == "glue" else clients.lakeformation
        try:
            answer = getattr(client, call.operation)(**call.arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] in _OVERTAKEN:
                raise RefusedError(
                    f"somebody changed the definition meanwhile, so this was not done: {call.says}. "
                    "Run the command again without --apply and look at the new plan"
                ) from error
            raise
        _raise_partial_failure(call, answer)
        made += 1
    return made


def _raise_partial_failure(call: Call, answer: Any) -> None:
    """Batch calls answer 200 and a list of what failed. What is there already is what was wanted."""
    failed = [
        each["ErrorDetail"]
        for each in answer.get("Errors", [])
        if each.get("ErrorDetail", {}).get("ErrorCode") not in (None, "AlreadyExistsException")
    ]
    if failed:
        raise RefusedError(
            f"{call.says}: {failed[0]['ErrorCode']}: {failed[0].get('ErrorMessage', '')}; "
            "correct that and run the command again"
        )
