"""The commands of `lakehouse s3tables grants`: they parse arguments and print."""

from typing import Annotated, Any

import typer

from lakehouse.errors import UsageError
from lakehouse.options import Apply, AsJson
from lakehouse.output import Output, counted
from lakehouse.s3tables.buckets import require_bucket
from lakehouse.s3tables.cli.common import Bucket, OptionalTable, Place, place_of, say_not_applied
from lakehouse.s3tables.grants.access import Access
from lakehouse.s3tables.grants.documents import PolicyChange, add_grant, remove_grant, statements_of
from lakehouse.s3tables.grants.service import read_policy, write_policy
from lakehouse.s3tables.grants.statements import Grant, Scope, Statement, is_ours
from lakehouse.s3tables.listing import find_table
from lakehouse.s3tables.names import check_namespace, role_arn

Namespace = Annotated[
    str | None,
    typer.Option("--namespace", "-n", help="Only tables of this namespace.", show_default=False),
]
Role = Annotated[str, typer.Option("--role", "-r", help="Role, by ARN or by name in the bucket's account.")]
Allowed = Annotated[Access, typer.Option("--access", "-a", help="What the role may do.")]


def show(
    context: typer.Context, bucket: Bucket = None, table: OptionalTable = None, as_json: AsJson = False
) -> None:
    """Print the statements of a bucket's or a table's policy, and which of them were added here."""
    place = place_of(context, bucket)
    output = Output(as_json=as_json)
    scope = _scope(place, None, table)
    statements = statements_of(read_policy(place.client, scope))
    if output.as_json:
        output.json({"of": str(scope), "statements": [{**one, "ours": is_ours(one)} for one in statements]})
        return
    if not statements:
        output.say(f"{scope} has no policy: only IAM policies apply")
        return
    output.table(
        ["sid", "written", "effect", "principal", "actions", "resource", "condition"],
        [_row(one) for one in statements],
    )


def add(
    context: typer.Context,
    role: Role,
    access: Allowed,
    bucket: Bucket = None,
    namespace: Namespace = None,
    table: OptionalTable = None,
    apply: Apply = False,
    as_json: AsJson = False,
) -> None:
    """Grant a role access to a bucket, a namespace or a table."""
    place = place_of(context, bucket)
    grant = Grant(role_arn(role, place.bucket), access, _scope(place, namespace, table))
    change = add_grant(read_policy(place.client, grant.scope), grant)
    _write(place, grant, change, Output(as_json=as_json), apply=apply)


def remove(
    context: typer.Context,
    role: Role,
    access: Allowed,
    bucket: Bucket = None,
    namespace: Namespace = None,
    table: OptionalTable = None,
    apply: Apply = False,
    as_json: AsJson = False,
) -> None:
    """Remove the grant that `grants add` with the same options added."""
    place = place_of(context, bucket)
    grant = Grant(role_arn(role, place.bucket), access, _scope(place, namespace, table))
    change = remove_grant(read_policy(place.client, grant.scope), grant)
    _write(place, grant, change, Output(as_json=as_json), apply=apply)


def _scope(place: Place, namespace: str | None, table: str | None) -> Scope:
    if namespace and table:
        raise UsageError("give --namespace or --table, not both: a table's name includes its namespace")
    require_bucket(place.client, place.bucket)
    if table is None:
        return Scope(place.bucket, check_namespace(namespace) if namespace else None)
    entry = find_table(place.client, place.bucket, place.table(table))
    return Scope(place.bucket, table=entry.table, table_arn=entry.arn)


def _write(place: Place, grant: Grant, change: PolicyChange, output: Output, *, apply: bool) -> None:
    if apply and change.is_needed:
        write_policy(place.client, grant.scope, change)
    if output.as_json:
        output.json(
            {
                "of": str(grant.scope),
                "role": grant.role,
                "access": grant.access.value,
                "added": change.added,
                "removed": change.removed,
                "written": apply and change.is_needed,
                "policy_characters": len(change.after or ""),
            }
        )
    else:
        for sign, statements in (("+", change.added), ("-", change.removed)):
            for one in statements:
                output.line(f"{sign} {_line(one)}")
    if not change.is_needed:
        output.say(f"{grant.scope}: nothing to do")
    elif not apply:
        say_not_applied(output)
    elif change.after:
        output.say(f"the policy of {grant.scope} was written: {counted(len(change.after), 'character')}")
    else:
        output.say(f"the policy of {grant.scope} was deleted: it had no other statements")


def _line(statement: Statement) -> str:
    sid, _, effect, principal, actions, resource, condition = _row(statement)
    where = f" where {condition}" if condition else ""
    return f"{sid}: {effect} {principal}: {actions} on {resource}{where}"


def _row(statement: Statement) -> list[Any]:
    """A statement as a row. Others may have written it, so any part of it may be missing."""
    principal = statement.get("Principal", "")
    return [
        statement.get("Sid", ""),
        "here" if is_ours(statement) else "by others",
        statement.get("Effect", ""),
        _list(principal.get("AWS", principal) if isinstance(principal, dict) else principal),
        _list(statement.get("Action", statement.get("NotAction", ""))),
        _list(statement.get("Resource", "")),
        statement.get("Condition", ""),
    ]


def _list(value: Any) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
