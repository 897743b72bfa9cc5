"""A grant as statements of a policy, and back.

A grant on a table is one statement in the table's policy. A grant on a bucket or a namespace is two
statements in the bucket's policy: one for the bucket itself, one for the tables in it. They are identified by
their Sid, a prefix of ours followed by a hash of role, access and scope: equal grants have equal statements.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lakehouse.s3tables.grants.access import BUCKET_ACTIONS, TABLE_ACTIONS, Access
from lakehouse.s3tables.names import TableBucket, TableName

SID_PREFIX = "LakehouseGrant"

Statement = dict[str, Any]


@dataclass(frozen=True)
class Scope:
    """What a policy is attached to, and which part of it is meant.

    With `table` and its `table_arn` it is the table's policy; otherwise it is the bucket's policy, limited to
    a `namespace` if one is given.
    """

    bucket: TableBucket
    namespace: str | None = None
    table: TableName | None = None
    table_arn: str | None = None

    def __str__(self) -> str:
        if self.table:
            return f"table {self.table}"
        return f"namespace {self.namespace}" if self.namespace else f"bucket {self.bucket.name}"


@dataclass(frozen=True)
class Grant:
    """A role's access to a scope. `role` is the role's ARN."""

    role: str
    access: Access
    scope: Scope

    @property
    def sid(self) -> str:
        """The prefix of its statements' Sids, which may only contain letters and digits."""
        text = "\n".join((self.role, self.access.value, str(self.scope)))
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        return f"{SID_PREFIX}{self.access.value.capitalize()}{digest}"

    def statements(self) -> list[Statement]:
        """Return the grant as statements that allow the actions to this role on this resource only."""
        scope = self.scope
        if scope.table_arn:
            return [self._statement("Table", TABLE_ACTIONS[self.access], scope.table_arn)]
        tables = self._statement("Tables", TABLE_ACTIONS[self.access], f"{scope.bucket.arn}/table/*")
        if scope.namespace:
            tables["Condition"] = {"StringEquals": {"s3tables:namespace": scope.namespace}}
        return [self._statement("Bucket", _bucket_actions(self), scope.bucket.arn), tables]

    def _statement(self, level: str, actions: tuple[str, ...], resource: str) -> Statement:
        return {
            "Sid": f"{self.sid}{level}",
            "Effect": "Allow",
            "Principal": {"AWS": self.role},
            "Action": sorted(actions),
            "Resource": resource,
        }


def _bucket_actions(grant: Grant) -> tuple[str, ...]:
    """The actions on the bucket; for a grant on a namespace, without those that reach beyond it."""
    actions = BUCKET_ACTIONS[grant.access]
    if grant.scope.namespace:
        beyond = ("CreateNamespace", "DeleteNamespace", "PutTableBucketMaintenanceConfiguration")
        return tuple(action for action in actions if action.partition(":")[2] not in beyond)
    return actions


def is_ours(statement: Mapping[str, Any]) -> bool:
    """Whether this package wrote a statement."""
    return str(statement.get("Sid", "")).startswith(SID_PREFIX)


def belongs_to(statement: Mapping[str, Any], grant: Grant) -> bool:
    """Whether a statement belongs to a grant."""
    return str(statement.get("Sid", "")).startswith(grant.sid)
