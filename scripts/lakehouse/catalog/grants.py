"""Lake Formation's grants on tables: read, restored, and copied to the table that replaces another.

An account that doesn't use Lake Formation returns an empty list. If the operator may not read the grants, the
answer is AccessDenied; grants are then None, which is not the same as no grants.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lakehouse.catalog.planned_calls import Call

if TYPE_CHECKING:
    from mypy_boto3_lakeformation import LakeFormationClient

logger = logging.getLogger(__name__)

Json = dict[str, Any]

# The permissions that a reader of the old name needs on the table behind its view.
_READING = ("SELECT", "DESCRIBE")
_NOT_TO_BE_SEEN = ("AccessDeniedException", "EntityNotFoundException")


def list_grants(lakeformation: LakeFormationClient, qualified_name: str) -> list[Json] | None:
    """Grants on a table as {Principal, Resource, Permissions, PermissionsWithGrantOption}; None if the
    operator may not read them."""
    database, name = qualified_name.split(".")
    request: Json = {"Resource": {"Table": {"DatabaseName": database, "Name": name}}}
    found: list[Json] = []
    try:
        while True:
            answer: Json = dict(lakeformation.list_permissions(**request))
            found += [_grant(each) for each in answer.get("PrincipalResourcePermissions", [])]
            if not answer.get("NextToken"):
                return sorted(found, key=str)
            request["NextToken"] = answer["NextToken"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in _NOT_TO_BE_SEEN:
            raise
        logger.warning("the grants on %s can't be read: %s", qualified_name, error)
        return None


def grant_calls(wanted: list[Json] | None, present: list[Json] | None) -> list[Call]:
    """Calls that grant what is in `wanted` and not in `present`; none if either of them is None."""
    if wanted is None or present is None:
        return []
    return [
        Call(
            "lakeformation",
            "grant_permissions",
            f"grant {', '.join(grant['Permissions'])} on {_name(grant['Resource'])} to "
            f"{grant['Principal']['DataLakePrincipalIdentifier']}",
            grant,
        )
        for grant in wanted
        if not any(_covers(other, grant) for other in present)
    ]


def reading_grants_for(grants: list[Json] | None, qualified_name: str) -> list[Json] | None:
    """The read grants, as grants on another table: readers of a view must be able to read its tables."""
    if grants is None:
        return None
    return [
        {**grant, "Resource": _on(grant["Resource"], qualified_name), "Permissions": reading}
        | {"PermissionsWithGrantOption": _only(grant["PermissionsWithGrantOption"], _READING)}
        for grant in grants
        if (reading := _only(grant["Permissions"], _READING))
    ]


def _grant(answer: Any) -> Json:
    return {
        "Principal": answer["Principal"],
        "Resource": _without_catalog(answer["Resource"]),
        "Permissions": sorted(answer.get("Permissions", [])),
        "PermissionsWithGrantOption": sorted(answer.get("PermissionsWithGrantOption", [])),
    }


def _without_catalog(resource: Any) -> Json:
    # A call without an id means the account's own catalog.
    return {
        kind: {name: value for name, value in each.items() if name != "CatalogId"}
        for kind, each in resource.items()
    }


def _on(resource: Json, qualified_name: str) -> Json:
    database, name = qualified_name.split(".")
    return {kind: {**each, "DatabaseName": database, "Name": name} for kind, each in resource.items()}


def _covers(grant: Json, wanted: Json) -> bool:
    return (
        grant["Principal"] == wanted["Principal"]
        and grant["Resource"] == wanted["Resource"]
        and set(wanted["Permissions"]) <= set(grant["Permissions"])
        and set(wanted["PermissionsWithGrantOption"]) <= set(grant["PermissionsWithGrantOption"])
    )


def _only(permissions: list[str], kept: tuple[str, ...]) -> list[str]:
    return [permission for permission in permissions if permission in kept]


def _name(resource: Json) -> str:
    table = resource.get("Table") or resource.get("TableWithColumns") or {}
    return f"{table.get('DatabaseName', '?')}.{table.get('Name', '*')}"
