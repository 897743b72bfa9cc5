"""Merges grants into a policy document. Statements of others are not changed or moved."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lakehouse.errors import RefusedError, ServiceError
from lakehouse.s3tables.grants.statements import Grant, Statement, belongs_to

MAX_CHARACTERS = 20_480
"""The service's limit on a policy's text (PutTablePolicy, PutTableBucketPolicy)."""
_VERSION = "2012-10-17"


@dataclass(frozen=True)
class PolicyChange:
    """A policy's text as it was read and as it is to be written; None means no policy.

    `added` and `removed` are the statements in which the two differ.
    """

    before: str | None
    after: str | None
    added: list[Statement]
    removed: list[Statement]

    @property
    def is_needed(self) -> bool:
        return bool(self.added or self.removed)


def statements_of(text: str | None) -> list[Statement]:
    """Return the statements of a policy's text. Raises ServiceError if the text is not a valid policy."""
    document = _parse(text)
    found = document.get("Statement", [])
    # IAM accepts a single statement without a list around it.
    statements = [found] if isinstance(found, dict) else found
    if not isinstance(statements, list) or not all(isinstance(one, dict) for one in statements):
        raise ServiceError("the present policy has no list of statements: it was not changed")
    return list(statements)


def add_grant(text: str | None, grant: Grant) -> PolicyChange:
    """Return the policy with a grant in it. Raises RefusedError if it would be too long."""
    wanted = grant.statements()
    present = statements_of(text)
    removed = [one for one in present if belongs_to(one, grant) and one not in wanted]
    added = [one for one in wanted if one not in present]
    kept = [one for one in present if one not in removed]
    return _change(text, [*kept, *added], added, removed)


def remove_grant(text: str | None, grant: Grant) -> PolicyChange:
    """Return the policy without a grant; a policy without statements is deleted."""
    present = statements_of(text)
    removed = [one for one in present if belongs_to(one, grant)]
    return _change(text, [one for one in present if one not in removed], [], removed)


def _change(
    text: str | None, statements: list[Statement], added: list[Statement], removed: list[Statement]
) -> PolicyChange:
    if not (added or removed):
        return PolicyChange(text, text, [], [])
    document: dict[str, Any] = {"Version": _VERSION, **_parse(text), "Statement": statements}
    after = json.dumps(document, separators=(",", ":"), ensure_ascii=False) if statements else None
    if after and len(after) > MAX_CHARACTERS:
        raise RefusedError(
            f"the policy would have {len(after):,} characters, and the limit is {MAX_CHARACTERS:,}: grant "
            "access to the bucket or a namespace instead of single tables, or to one role that others assume"
        )
    return PolicyChange(text, after, added, removed)


def _parse(text: str | None) -> Mapping[str, Any]:
    if text is None:
        return {}
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ServiceError(f"the present policy is not JSON ({error}): it was not changed") from error
    if not isinstance(document, dict):
        raise ServiceError("the present policy is not a JSON object: it was not changed")
    return document
