"""Operations on work groups, prepared statements, named queries, data catalogs, tags and engine versions.

Source: botocore 1.43's model of the API, November 2026; measured on Athena in September 2026
(aoyagikouhei/athena-local, docs: api).
"""

from __future__ import annotations

from typing import Any

from athena_sandbox.athena.errors import InvalidRequestError
from athena_sandbox.athena.executions.service import ExecutionService
from athena_sandbox.athena.resources.catalogs import DataCatalogs
from athena_sandbox.athena.resources.named import NamedQueries
from athena_sandbox.athena.resources.paging import page_of
from athena_sandbox.athena.resources.prepared import PreparedStatements
from athena_sandbox.athena.resources.tags import CATALOG, WORKGROUP, Tags
from athena_sandbox.athena.resources.workgroups import PRIMARY, SPARK_ENGINE, WorkGroups

Members = dict[str, Any]


def _page(key: str, items: list[Any], members: Members, default: int = 50) -> Members:
    page, token = page_of(items, members.get("MaxResults") or default, members.get("NextToken"))
    return {key: page, **({"NextToken": token} if token else {})}


class WorkGroupOperations:
    def __init__(
        self,
        workgroups: WorkGroups,
        prepared: PreparedStatements,
        named: NamedQueries,
        tags: Tags,
        executions: ExecutionService,
    ) -> None:
        self._executions = executions
        self._workgroups = workgroups
        self._prepared = prepared
        self._named = named
        self._tags = tags

    async def create(self, members: Members) -> Members:
        self._workgroups.create(members["Name"], members.get("Configuration", {}), members.get("Description"))
        self._tags.put(WORKGROUP, members["Name"], members.get("Tags", ()))
        return {}

    async def get(self, members: Members) -> Members:
        return {"WorkGroup": self._workgroups.get(members["WorkGroup"])}

    async def list(self, members: Members) -> Members:
        groups = [
            {
                "Name": group["Name"],
                "State": group["State"],
                "Description": group.get("Description", ""),
                "CreationTime": group["CreationTime"],
                "EngineVersion": group["Configuration"]["EngineVersion"],
            }
            for group in self._workgroups.list()
        ]
        return _page("WorkGroups", groups, members)

    async def update(self, members: Members) -> Members:
        self._workgroups.update(
            members["WorkGroup"],
            members.get("ConfigurationUpdates", {}),
            description=members.get("Description"),
            state=members.get("State"),
        )
        return {}

    async def delete(self, members: Members) -> Members:
        name = members["WorkGroup"]
        self._workgroups.get(name)
        used = self._prepared.list(name) or self._named.ids(name) or self._executions.page(name, 1, None)[0]
        if used and not members.get("RecursiveDeleteOption") and name != PRIMARY:
            raise InvalidRequestError(f"WorkGroup {name} is not empty")
        self._workgroups.delete(name)
        self._prepared.delete_all(name)
        self._named.delete_all(name)
        self._executions.forget(name)
        self._tags.forget(WORKGROUP, name)
        return {}

    async def list_engine_versions(self, members: Members) -> Members:
        versions = [
            {"SelectedEngineVersion": name, "EffectiveEngineVersion": "Athena engine version 3"}
            for name in ("AUTO", "Athena engine version 3")
        ]
        versions.append({"SelectedEngineVersion": SPARK_ENGINE, "EffectiveEngineVersion": SPARK_ENGINE})
        return _page("EngineVersions", versions, members, default=10)


class PreparedStatementOperations:
    def __init__(self, prepared: PreparedStatements, workgroups: WorkGroups) -> None:
        self._prepared = prepared
        self._workgroups = workgroups

    async def create(self, members: Members) -> Members:
        self._workgroups.get(members["WorkGroup"])
        self._prepared.create(
            members["WorkGroup"],
            members["StatementName"],
            members["QueryStatement"],
            members.get("Description"),
        )
        return {}

    async def get(self, members: Members) -> Members:
        self._workgroups.get(members["WorkGroup"])
        return {"PreparedStatement": self._prepared.get(members["WorkGroup"], members["StatementName"])}

    async def batch_get(self, members: Members) -> Members:
        workgroup = members["WorkGroup"]
        self._workgroups.get(workgroup)
        names = members["PreparedStatementNames"]
        missing = [name for name in names if self._prepared.find(workgroup, name) is None]
        return {
            "PreparedStatements": [
                self._prepared.get(workgroup, name) for name in names if name not in missing
            ],
            "UnprocessedPreparedStatementNames": [
                {
                    "StatementName": name,
                    "ErrorCode": "STATEMENT_NOT_FOUND",
                    "ErrorMessage": f"PreparedStatement {name} was not found in WorkGroup {workgroup}",
                }
                for name in missing
            ],
        }

    async def list(self, members: Members) -> Members:
        self._workgroups.get(members["WorkGroup"])
        items = [
            {key: item[key] for key in ("StatementName", "LastModifiedTime")}
            for item in self._prepared.list(members["WorkGroup"])
        ]
        return _page("PreparedStatements", items, members)

    async def update(self, members: Members) -> Members:
        self._workgroups.get(members["WorkGroup"])
        self._prepared.update(
            members["WorkGroup"],
            members["StatementName"],
            members["QueryStatement"],
            members.get("Description"),
        )
        return {}

    async def delete(self, members: Members) -> Members:
        self._workgroups.get(members["WorkGroup"])
        self._prepared.delete(members["WorkGroup"], members["StatementName"])
        return {}


class NamedQueryOperations:
    def __init__(self, named: NamedQueries, workgroups: WorkGroups) -> None:
        self._named = named
        self._workgroups = workgroups

    async def create(self, members: Members) -> Members:
        workgroup = members.get("WorkGroup", PRIMARY)
        self._workgroups.get(workgroup)
        kept = ("Name", "Description", "Database", "QueryString")
        query = {key: members[key] for key in kept if key in members}
        query_id = self._named.create({**query, "WorkGroup": workgroup}, members.get("ClientRequestToken"))
        return {"NamedQueryId": query_id}

    async def get(self, members: Members) -> Members:
        return {"NamedQuery": self._named.get(members["NamedQueryId"])}

    async def batch_get(self, members: Members) -> Members:
        found = {query_id: self._named.find(query_id) for query_id in members["NamedQueryIds"]}
        return {
            "NamedQueries": [query for query in found.values() if query is not None],
            "UnprocessedNamedQueryIds": [
                {
                    "NamedQueryId": query_id,
                    "ErrorCode": "NAMED_QUERY_NOT_FOUND",
                    "ErrorMessage": f"NamedQuery {query_id} was not found",
                }
                for query_id, query in found.items()
                if query is None
            ],
        }

    async def list(self, members: Members) -> Members:
        workgroup = members.get("WorkGroup", PRIMARY)
        self._workgroups.get(workgroup)
        return _page("NamedQueryIds", self._named.ids(workgroup), members)

    async def update(self, members: Members) -> Members:
        kept = ("Name", "Description", "QueryString")
        changes: Members = {key: members[key] for key in kept if key in members}
        self._named.update(members["NamedQueryId"], changes)
        return {}

    async def delete(self, members: Members) -> Members:
        self._named.delete(members["NamedQueryId"])
        return {}


class DataCatalogOperations:
    def __init__(self, catalogs: DataCatalogs, tags: Tags) -> None:
        self._catalogs = catalogs
        self._tags = tags

    async def create(self, members: Members) -> Members:
        catalog = self._catalogs.create(members)
        self._tags.put(CATALOG, members["Name"].lower(), members.get("Tags", ()))
        return {"DataCatalog": catalog}

    async def get(self, members: Members) -> Members:
        return {"DataCatalog": self._catalogs.get(members["Name"])}

    async def list(self, members: Members) -> Members:
        items = [
            {"CatalogName": c["Name"], "Type": c["Type"], "Status": c["Status"]}
            for c in self._catalogs.list()
        ]
        return _page("DataCatalogsSummary", items, members)

    async def update(self, members: Members) -> Members:
        self._catalogs.update(members)
        return {}

    async def delete(self, members: Members) -> Members:
        catalog = self._catalogs.delete(members["Name"])
        self._tags.forget(CATALOG, members["Name"].lower())
        return {"DataCatalog": catalog}


class TagOperations:
    def __init__(self, tags: Tags) -> None:
        self._tags = tags

    async def add(self, members: Members) -> Members:
        self._tags.add(members["ResourceARN"], members["Tags"])
        return {}

    async def remove(self, members: Members) -> Members:
        self._tags.remove(members["ResourceARN"], members["TagKeys"])
        return {}

    async def list(self, members: Members) -> Members:
        return _page("Tags", self._tags.of(members["ResourceARN"]), members, default=75)
