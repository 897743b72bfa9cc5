"""Work groups and the rules they put on queries and Spark sessions: engine, results, limits.

Source: botocore 1.43's model of the API, November 2026; measured on Athena in September 2026
(aoyagikouhei/athena-local, docs: api); Athena User Guide, page workgroups-settings-override, read by November
2026; other texts name theirs.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from athena_sandbox.athena.errors import InvalidRequestError
from athena_sandbox.athena.resources.documents import Document, DocumentStore
from athena_sandbox.athena.results.storage import parse_location

_KIND = "workgroup"
PRIMARY = "primary"
ENGINE_VERSION = {
    "SelectedEngineVersion": "AUTO",
    "EffectiveEngineVersion": "Athena engine version 3",
}
SPARK_ENGINE = "PySpark engine version 3"
_SPARK_VERSION = {"SelectedEngineVersion": SPARK_ENGINE, "EffectiveEngineVersion": SPARK_ENGINE}
_SQL_ENGINES = ("AUTO", "Athena engine version 3")
_DEFAULT_CONFIGURATION: Document = {
    "ResultConfiguration": {},
    "EnforceWorkGroupConfiguration": False,
    "PublishCloudWatchMetricsEnabled": False,
    "RequesterPaysEnabled": False,
    "EngineVersion": ENGINE_VERSION,
    "EnableMinimumEncryptionConfiguration": False,
}
# ConfigurationUpdates' flags, and what each removes.
_REMOVALS = {"RemoveBytesScannedCutoffPerQuery": "BytesScannedCutoffPerQuery"}
_RESULT_REMOVALS = {
    "RemoveOutputLocation": "OutputLocation",
    "RemoveEncryptionConfiguration": "EncryptionConfiguration",
    "RemoveExpectedBucketOwner": "ExpectedBucketOwner",
    "RemoveAclConfiguration": "AclConfiguration",
}


_MANAGED_AND_LOCATION = "ManagedQueryResultsConfiguration and ResultConfiguration cannot be set together."
# The location of managed results; in AWS users don't see it.
MANAGED_BUCKET = "athena-sandbox-managed-results"


@dataclass(frozen=True)
class QueryRules:
    """A work group's decisions for one query.

    `managed` results are read by GetQueryResults alone: their location is never shown. `result_settings` are
    the other members of the configuration that holds for the results, encryption first of all.
    """

    output_prefix: str
    enforced: bool
    scan_cutoff: int | None
    managed: bool = False
    result_settings: Document = field(default_factory=dict)


@dataclass(frozen=True)
class SparkRules:
    """A work group's decisions for one Spark session.

    `output_prefix` is an `s3://` directory ending in a slash; `execution_role` and `encryption` are None when
    the group has none.
    """

    output_prefix: str
    execution_role: str | None
    encryption: dict[str, str] | None


class WorkGroups:
    """Work groups as the API's WorkGroup structures; `primary` always exists."""

    def __init__(self, documents: DocumentStore, clock: Callable[[], float] = time.time) -> None:
        self._documents = documents
        self._clock = clock
        if documents.get(_KIND, "", PRIMARY) is None:
            self.create(PRIMARY, {}, None)

    def create(self, name: str, configuration: Document, description: str | None) -> None:
        if self._documents.get(_KIND, "", name) is not None:
            raise InvalidRequestError("WorkGroup is already created")
        _check_results(configuration)
        group: Document = {
            "Name": name,
            "State": "ENABLED",
            "Configuration": {**copy.deepcopy(_DEFAULT_CONFIGURATION), **configuration},
            "CreationTime": self._clock(),
        }
        group["Configuration"]["EngineVersion"] = _engine_version(configuration)
        if is_spark(group) and not configuration.get("ExecutionRole"):
            # The text is the service's (hashicorp/terraform-provider-aws issue 28386).
            raise InvalidRequestError("executionRole is null or empty")
        # Groups created through the API enforce by default; primary does not.
        if name != PRIMARY:
            enforced = configuration.get("EnforceWorkGroupConfiguration", True)
            group["Configuration"]["EnforceWorkGroupConfiguration"] = enforced
        if description is not None:
            group["Description"] = description
        self._documents.put(_KIND, "", name, group)

    def get(self, name: str) -> Document:
        """The WorkGroup structure. Raises InvalidRequestError if it doesn't exist."""
        group = self._documents.get(_KIND, "", name)
        if group is None:
            raise InvalidRequestError("WorkGroup is not found.")
        return group

    def list(self) -> list[Document]:
        return self._documents.list(_KIND, "")

    def delete(self, name: str) -> None:
        if name == PRIMARY:
            raise InvalidRequestError("The primary workgroup cannot be deleted.")
        self.get(name)
        self._documents.delete(_KIND, "", name)

    def update(
        self, name: str, updates: Document, *, description: str | None = None, state: str | None = None
    ) -> None:
        group = self.get(name)
        if description is not None:
            group["Description"] = description
        if state is not None:
            group["State"] = state
        group["Configuration"] = _updated(group["Configuration"], updates)
        _check_results(group["Configuration"])
        self._documents.put(_KIND, "", name, group)

    def rules(self, name: str, asked: Document) -> QueryRules:
        """The rules for a query in this group whose request has the ResultConfiguration `asked`.

        Raises InvalidRequestError for unknown and disabled groups, and when no location is known.
        """
        group = self._enabled(name)
        if is_spark(group):
            raise InvalidRequestError(
                f"WorkGroup {name} is enabled for Apache Spark and can't run SQL queries."
            )
        configuration = group["Configuration"]
        cutoff = configuration.get("BytesScannedCutoffPerQuery")
        requested = asked.get("OutputLocation")
        managed = configuration.get("ManagedQueryResultsConfiguration", {})
        if managed.get("Enabled"):
            if requested is not None:
                raise InvalidRequestError(_MANAGED_AND_LOCATION)
            place = f"s3://{MANAGED_BUCKET}/{name}/"
            return QueryRules(place, False, cutoff, managed=True, result_settings=_settings(managed))
        group_results = configuration["ResultConfiguration"]
        own = group_results.get("OutputLocation")
        enforced = bool(configuration["EnforceWorkGroupConfiguration"]) and own is not None
        chosen = own if enforced else requested or own
        if chosen is None:
            raise InvalidRequestError(_NO_LOCATION)
        settings = _settings(asked if requested and not enforced else group_results)
        if not enforced:
            settings |= _settings(asked)
        return QueryRules(_directory(chosen), enforced, cutoff, result_settings=settings)

    def spark_rules(self, name: str) -> SparkRules:
        """The rules for a Spark session in this group.

        Raises InvalidRequestError for unknown and disabled groups, for those of SQL, and when the group has
        no location for results.
        """
        group = self._enabled(name)
        if not is_spark(group):
            # The text is the service's (ministryofjustice/analytical-platform pull request 7001).
            raise InvalidRequestError("Workgroup EngineVersion is not Spark.")
        configuration = group["Configuration"]
        results = configuration["ResultConfiguration"]
        if "OutputLocation" not in results:
            raise InvalidRequestError(_NO_LOCATION)
        return SparkRules(
            _directory(results["OutputLocation"]),
            configuration.get("ExecutionRole"),
            results.get("EncryptionConfiguration"),
        )

    def _enabled(self, name: str) -> Document:
        group = self.get(name)
        if group["State"] != "ENABLED":
            raise InvalidRequestError(f"WorkGroup {name} is disabled.")
        return group


_NO_LOCATION = (
    "No output location provided. An output location is required either through the Workgroup result "
    "configuration setting or as an API input."
)


def is_spark(group: Document) -> bool:
    """Whether the WorkGroup structure is one of Apache Spark."""
    return bool(group["Configuration"]["EngineVersion"]["EffectiveEngineVersion"] == SPARK_ENGINE)


def _engine_version(configuration: Document) -> Document:
    """The EngineVersion structure for what a configuration selects.

    Raises InvalidRequestError for an engine that this server doesn't have.
    """
    selected = configuration.get("EngineVersion", {}).get("SelectedEngineVersion", "AUTO")
    if selected == SPARK_ENGINE:
        return dict(_SPARK_VERSION)
    if selected in _SQL_ENGINES:
        return {**ENGINE_VERSION, "SelectedEngineVersion": selected}
    raise InvalidRequestError(f"Engine version {selected} is not supported by this server")


def _settings(results: Document) -> Document:
    """A configuration of results without what says where they go."""
    return {key: value for key, value in results.items() if key not in ("OutputLocation", "Enabled")}


def _directory(location: str) -> str:
    return location if location.endswith("/") else f"{location}/"


def _updated(configuration: Document, updates: Document) -> Document:
    result = {
        key: value
        for key, value in updates.items()
        if not key.startswith("Remove") and not key.endswith("Updates")
    }
    merged = {**configuration, **result}
    if "EngineVersion" in result:
        merged["EngineVersion"] = _engine_version(result)
        if is_spark({"Configuration": merged}) != is_spark({"Configuration": configuration}):
            raise InvalidRequestError(
                "The engine of a WorkGroup can't be changed between SQL and Apache Spark"
            )
    for flag, key in _REMOVALS.items():
        if updates.get(flag):
            merged.pop(key, None)
    changes = updates.get("ResultConfigurationUpdates", {})
    location = dict(merged["ResultConfiguration"])
    location.update({key: value for key, value in changes.items() if not key.startswith("Remove")})
    for flag, key in _RESULT_REMOVALS.items():
        if changes.get(flag):
            location.pop(key, None)
    merged["ResultConfiguration"] = location
    if changes := updates.get("ManagedQueryResultsConfigurationUpdates"):
        managed = {**merged.get("ManagedQueryResultsConfiguration", {"Enabled": False}), **changes}
        if managed.pop("RemoveEncryptionConfiguration", False):
            managed.pop("EncryptionConfiguration", None)
        merged["ManagedQueryResultsConfiguration"] = managed
    return merged


def _check_results(configuration: Document) -> None:
    location = configuration.get("ResultConfiguration", {}).get("OutputLocation")
    if location is not None and parse_location(location) is None:
        raise InvalidRequestError("outputLocation is not a valid S3 path.")
    if location is not None and configuration.get("ManagedQueryResultsConfiguration", {}).get("Enabled"):
        raise InvalidRequestError(_MANAGED_AND_LOCATION)
