"""Compares present settings with wanted ones, and writes the wanted ones."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lakehouse.errors import RefusedError
from lakehouse.s3tables.iceberg import IcebergTables
from lakehouse.s3tables.maintenance.obstacles import Obstacle, obstacles
from lakehouse.s3tables.maintenance.policy import BucketPolicy, ModelPolicy, merged, table_wanted
from lakehouse.s3tables.maintenance.service import Change, Target, read_settings, write_change
from lakehouse.s3tables.maintenance.settings import Setting, SettingKind, Wanted
from lakehouse.s3tables.names import TableName

if TYPE_CHECKING:
    from mypy_boto3_s3tables import S3TablesClient

WantedByTarget = Mapping[Target, Mapping[SettingKind, Wanted]]


@dataclass(frozen=True)
class Plan:
    """How the present settings differ from the wanted ones.

    `changes` are settings to write. `blocked` are reasons why a wanted kind of maintenance doesn't run on a
    table, whatever its settings are. `missing` are tables in the policy that don't exist.
    """

    changes: list[Change] = field(default_factory=list)
    blocked: list[tuple[Target, Obstacle]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    checked: int = 0

    @property
    def in_sync(self) -> bool:
        return not (self.changes or self.blocked or self.missing)

    def is_blocked(self, change: Change) -> bool:
        return change.after.enabled and any(
            target == change.target and obstacle.kind is change.kind for target, obstacle in self.blocked
        )


def wanted_of_policy(
    tables: IcebergTables,
    there: Iterable[TableName],
    policy: BucketPolicy | None,
    models: Iterable[ModelPolicy],
) -> tuple[dict[Target, dict[SettingKind, Wanted]], list[str]]:
    """Return the wanted settings of a bucket and its existing tables, from a policy and dbt's models, and the
    names of tables in them that don't exist."""
    bucket, there = tables.bucket, list(there)
    wanted: dict[Target, dict[SettingKind, Wanted]] = {}
    if policy and policy.unreferenced_files:
        wanted[Target(bucket)] = {SettingKind.UNREFERENCED_FILES: policy.unreferenced_files}
    for table in there:
        found = table_wanted(policy, table) if policy else {}
        for model in models:
            if model.table == table:
                found = merged(found, model.policy.wanted())
        if found:
            wanted[Target(bucket, table)] = found
    named = [name for name in (policy.tables if policy else {}) if not set(name) & set("*?[")]
    named += [str(model.table) for model in models]
    return wanted, sorted(set(named) - {str(table) for table in there})


def plan_target(
    client: "S3TablesClient", tables: IcebergTables, target: Target, wanted: Mapping[SettingKind, Wanted]
) -> Plan:
    """Return the plan for one target. Raises NoSuchTableError."""
    before = read_settings(client, target)
    after = {kind: setting.with_wanted(wanted[kind]) for kind, setting in before.items() if kind in wanted}
    changes = [
        Change(target, kind, before[kind], after[kind]) for kind in after if before[kind] != after[kind]
    ]
    blocked: list[tuple[Target, Obstacle]] = []
    if target.table is not None:
        future: dict[SettingKind, Setting] = {**before, **after}
        found = obstacles(tables.load(target.table), future)
        blocked = [(target, obstacle) for obstacle in found if obstacle.kind in wanted]
    return Plan(changes, blocked, [], 1)


def plan_all(
    client: "S3TablesClient",
    tables: IcebergTables,
    wanted: WantedByTarget,
    missing: list[str],
    targets: Iterable[Target],
) -> Plan:
    """Return the plan for all targets. `targets` are those of `wanted`, wrapped to show progress."""
    plans = [plan_target(client, tables, target, wanted[target]) for target in targets]
    return Plan(
        [change for plan in plans for change in plan.changes],
        [one for plan in plans for one in plan.blocked],
        missing,
        len(plans),
    )


def apply_plan(client: "S3TablesClient", plan: Plan, written: Callable[[Change], None]) -> None:
    """Write the changes and call `written` for each.

    Blocked settings are not written, because the table would look managed without being managed. Raises
    RefusedError for them after writing the rest, and ChangedMeanwhileError as soon as somebody else's change
    is found. It can be run again and continues.
    """
    for change in plan.changes:
        if not plan.is_blocked(change):
            write_change(client, change)
            written(change)
    refused = [change for change in plan.changes if plan.is_blocked(change)]
    if refused:
        first = refused[0]
        reason = next(
            o.reason for target, o in plan.blocked if (target, o.kind) == (first.target, first.kind)
        )
        more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
        raise RefusedError(f"{first.kind.short} of {first.target} was not written: {reason}{more}")
