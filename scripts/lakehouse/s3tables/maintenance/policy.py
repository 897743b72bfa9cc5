"""The wanted settings: a YAML file in the repository, or `meta` of dbt's models.

    version: 1
    buckets:
      acme-lakehouse-tables:
        unreferenced_files: {unreferenced_days: 3, non_current_days: 10}
        tables:
          "*": {compaction: {target_file_size_mb: 256}}
          "sales.daily_*": {snapshots: {min_snapshots_to_keep: 5, max_snapshot_age_hours: 168}}

Every entry whose pattern matches `namespace.name` applies to a table, and later entries override earlier
ones; a setting that is in none of them is not changed. In dbt the same settings are written under `config:
meta: s3tables:` of a model in a table bucket; they override the file.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lakehouse.errors import UsageError
from lakehouse.files import load_yaml, problem, read_text, validated
from lakehouse.s3tables.maintenance.settings import (
    Compaction,
    SettingKind,
    Snapshots,
    UnreferencedFiles,
    Wanted,
)
from lakehouse.s3tables.names import NameRuleError, TableName, check_bucket_name, check_namespace, check_table

DBT_META = "s3tables"
_CATALOG = "s3tablescatalog/"
_EXPIRE = (
    "history.expire.* is not a setting of S3 Tables: as a table property it turns snapshot management off; "
    "write snapshots: {min_snapshots_to_keep, max_snapshot_age_hours}"
)


class TablePolicy(BaseModel):
    """The wanted settings of tables."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    compaction: Compaction | None = None
    snapshots: Snapshots | None = None

    def wanted(self) -> dict[SettingKind, Wanted]:
        found: dict[SettingKind, Wanted | None] = {
            SettingKind.COMPACTION: self.compaction,
            SettingKind.SNAPSHOTS: self.snapshots,
        }
        return {kind: value for kind, value in found.items() if value is not None}


class BucketPolicy(BaseModel):
    """The wanted settings of a bucket, and of its tables by pattern of `namespace.name`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unreferenced_files: UnreferencedFiles | None = None
    tables: dict[str, TablePolicy] = Field(default_factory=dict)


class Policy(BaseModel):
    """The content of a policy file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1]
    buckets: dict[str, BucketPolicy]


@dataclass(frozen=True)
class ModelPolicy:
    """The settings that a dbt model's meta wants for its table."""

    bucket: str
    table: TableName
    policy: TablePolicy


def table_wanted(policy: BucketPolicy, table: TableName) -> dict[SettingKind, Wanted]:
    """Return the settings that a bucket's policy wants for a table."""
    wanted: dict[SettingKind, Wanted] = {}
    for pattern, entry in policy.tables.items():
        if fnmatchcase(str(table), pattern):
            wanted = merged(wanted, entry.wanted())
    return wanted


def merged(
    base: Mapping[SettingKind, Wanted], over: Mapping[SettingKind, Wanted]
) -> dict[SettingKind, Wanted]:
    """Return both merged, setting by setting; `over` wins."""
    both = dict(base)
    for kind, wanted in over.items():
        given = wanted.model_dump(exclude_none=True)
        both[kind] = both[kind].model_copy(update=given) if kind in both else wanted
    return both


def load_policy(path: Path) -> Policy:
    """Return the policy in a YAML file. Raises UsageError, which says what is wrong in which line."""
    file = load_yaml(path, "a policy")
    policy = validated(Policy, file, _hint)
    for name in policy.buckets:
        try:
            check_bucket_name(name)
        except NameRuleError as error:
            raise UsageError(f"{path}:{file.line(('buckets', name))}: {error}") from error
    return policy


def load_dbt_policies(path: Path) -> list[ModelPolicy]:
    """Return the settings in the models of a dbt manifest. Raises UsageError, which names the model."""
    try:
        nodes = json.loads(read_text(path, "a manifest"))["nodes"].values()
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise UsageError(f"{path} is not a dbt manifest: run `dbt parse` or `dbt build` first") from error
    return [_model_policy(node) for node in nodes if _meta(node) is not None]


def _meta(node: Mapping[str, Any]) -> Any:
    meta = (node.get("config") or {}).get("meta") or {}
    return meta.get(DBT_META) if node.get("resource_type") == "model" else None


def _model_policy(node: Mapping[str, Any]) -> ModelPolicy:
    where = f"model {node['name']} ({node['original_file_path']})"
    database = str(node.get("database", ""))
    if not database.startswith(_CATALOG):
        raise UsageError(
            f"{where}: meta.{DBT_META} is for models in a table bucket (catalog_name), not in {database}"
        )
    try:
        table = TableName(check_namespace(node["schema"]), check_table(node["alias"]))
        return ModelPolicy(database.removeprefix(_CATALOG), table, TablePolicy.model_validate(_meta(node)))
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"{where}: meta.{DBT_META}: {_hint(first) or problem(first)}") from error


def _hint(error: Any) -> str | None:
    """The message for a common mistake, None for any other."""
    location = [str(part) for part in error["loc"]]
    if error["type"] != "extra_forbidden" or not any(part.startswith("history") for part in location):
        return None
    return f"{'.'.join(location)}: {_EXPIRE}"
