"""Reading and writing settings, one at a time. A put replaces the whole setting."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lakehouse.s3tables.errors import code_of
from lakehouse.s3tables.guarded import Replacement
from lakehouse.s3tables.iceberg import no_such_table
from lakehouse.s3tables.maintenance.settings import (
    DEFAULTS,
    TABLE_KINDS,
    Setting,
    SettingKind,
    setting_of_api,
    setting_to_api,
)
from lakehouse.s3tables.names import TableBucket, TableName

if TYPE_CHECKING:
    from mypy_boto3_s3tables import S3TablesClient


@dataclass(frozen=True)
class Target:
    """What a setting belongs to: a table, or the bucket itself when `table` is None."""

    bucket: TableBucket
    table: TableName | None = None

    def __str__(self) -> str:
        return str(self.table) if self.table else f"bucket {self.bucket.name}"

    @property
    def kinds(self) -> tuple[SettingKind, ...]:
        return TABLE_KINDS if self.table else (SettingKind.UNREFERENCED_FILES,)


@dataclass(frozen=True)
class Change:
    """One setting to be written: its value as it was read, and the new one."""

    target: Target
    kind: SettingKind
    before: Setting
    after: Setting

    def differences(self) -> list[tuple[str, Any, Any]]:
        """Name, present value and new value of each part that changes."""
        before, after = self.before.shown(), self.after.shown()
        return [(name, before[name], after[name]) for name in after if before[name] != after[name]]


def read_settings(client: "S3TablesClient", target: Target) -> dict[SettingKind, Setting]:
    """Return every setting of a target. Raises NoSuchTableError."""
    configured = _configuration(client, target)
    return {
        kind: setting_of_api(kind, configured[kind.value]) if kind.value in configured else DEFAULTS[kind]
        for kind in target.kinds
    }


def _configuration(client: "S3TablesClient", target: Target) -> Mapping[str, Any]:
    answer: Any
    if target.table is None:
        answer = client.get_table_bucket_maintenance_configuration(tableBucketARN=target.bucket.arn)
        return dict(answer["configuration"])
    try:
        answer = client.get_table_maintenance_configuration(
            tableBucketARN=target.bucket.arn, namespace=target.table.namespace, name=target.table.name
        )
        return dict(answer["configuration"])
    except ClientError as error:
        if code_of(error) == "NotFoundException":
            raise no_such_table(target.table, target.bucket) from error
        raise


def write_change(client: "S3TablesClient", change: Change) -> None:
    """Write one setting. Raises ChangedMeanwhileError, see `lakehouse.s3tables.guarded`."""
    replacement = Replacement(f"{change.kind.short} of {change.target}", change.before, change.after)
    replacement.write(lambda: read_settings(client, change.target)[change.kind], lambda: _put(client, change))


def _put(client: "S3TablesClient", change: Change) -> None:
    value: Any = setting_to_api(change.kind, change.after)
    kind: Any = change.kind.value
    if change.target.table is None:
        client.put_table_bucket_maintenance_configuration(
            tableBucketARN=change.target.bucket.arn, type=kind, value=value
        )
    else:
        client.put_table_maintenance_configuration(
            tableBucketARN=change.target.bucket.arn,
            namespace=change.target.table.namespace,
            name=change.target.table.name,
            type=kind,
            value=value,
        )
