"""The kinds of maintenance, their settings, defaults and ranges.

Source: "S3 Tables maintenance" in the S3 User Guide and the API's own model (read in November 2026). The
service silently accepts whole numbers of any size, so the ranges are checked here, before a call.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_INTEGER = 2**31 - 1

Value = int | str
Count = Annotated[int, Field(strict=True, ge=1, le=MAX_INTEGER)]


class SettingKind(StrEnum):
    """The kinds of automatic maintenance; the values are the API's names."""

    COMPACTION = "icebergCompaction"
    SNAPSHOTS = "icebergSnapshotManagement"
    UNREFERENCED_FILES = "icebergUnreferencedFileRemoval"

    @property
    def short(self) -> str:
        """The name in policy files: compaction, snapshots, unreferenced_files."""
        return self.name.lower()

    @property
    def of_bucket(self) -> bool:
        """Whether the setting belongs to a bucket and not to a table."""
        return self is SettingKind.UNREFERENCED_FILES


class Strategy(StrEnum):
    """How compaction arranges rows. sort and z-order need a table with a sort order."""

    AUTO = "auto"
    BINPACK = "binpack"
    SORT = "sort"
    Z_ORDER = "z-order"


class _Wanted(BaseModel):
    """Wanted settings; those that are None are not changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: Annotated[bool, Field(strict=True)] | None = None

    def values(self) -> dict[str, Value]:
        """The given settings, without `enabled`."""
        return self.model_dump(mode="json", exclude_none=True, exclude={"enabled"})


class Compaction(_Wanted):
    """Merges small files into larger ones. `target_file_size_mb` is in MB."""

    target_file_size_mb: Annotated[int, Field(strict=True, ge=64, le=512)] | None = None
    strategy: Strategy | None = None


class Snapshots(_Wanted):
    """Expires snapshots that are older than the given age, except for the newest few."""

    min_snapshots_to_keep: Count | None = None
    max_snapshot_age_hours: Count | None = None


class UnreferencedFiles(_Wanted):
    """Deletes files that no snapshot refers to; both settings are in days."""

    unreferenced_days: Count | None = None
    non_current_days: Count | None = None


Wanted = Compaction | Snapshots | UnreferencedFiles

MODELS: dict[SettingKind, type[Compaction] | type[Snapshots] | type[UnreferencedFiles]] = {
    SettingKind.COMPACTION: Compaction,
    SettingKind.SNAPSHOTS: Snapshots,
    SettingKind.UNREFERENCED_FILES: UnreferencedFiles,
}
TABLE_KINDS = (SettingKind.COMPACTION, SettingKind.SNAPSHOTS)

# Names of settings here and in the API.
API_NAMES = {
    "target_file_size_mb": "targetFileSizeMB",
    "strategy": "strategy",
    "min_snapshots_to_keep": "minSnapshotsToKeep",
    "max_snapshot_age_hours": "maxSnapshotAgeHours",
    "unreferenced_days": "unreferencedDays",
    "non_current_days": "nonCurrentDays",
}
RANGES = {
    "target_file_size_mb": "64 to 512 MB",
    "strategy": ", ".join(Strategy),
    "min_snapshots_to_keep": "1 or more",
    "max_snapshot_age_hours": "1 or more hours",
    "unreferenced_days": "1 or more days",
    "non_current_days": "1 or more days",
}


@dataclass(frozen=True)
class Setting:
    """The complete setting of one kind of maintenance."""

    enabled: bool
    values: Mapping[str, Value]

    def with_wanted(self, wanted: Wanted) -> "Setting":
        """The setting, overridden by what is wanted."""
        return Setting(
            self.enabled if wanted.enabled is None else wanted.enabled, {**self.values, **wanted.values()}
        )

    def __str__(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in self.shown().items())

    def shown(self) -> dict[str, Value | bool]:
        """All values by name, `enabled` first."""
        return {"enabled": self.enabled, **self.values}


DEFAULTS: dict[SettingKind, Setting] = {
    SettingKind.COMPACTION: Setting(True, {"target_file_size_mb": 512, "strategy": "auto"}),
    SettingKind.SNAPSHOTS: Setting(True, {"min_snapshots_to_keep": 1, "max_snapshot_age_hours": 120}),
    SettingKind.UNREFERENCED_FILES: Setting(True, {"unreferenced_days": 3, "non_current_days": 10}),
}


def setting_of_api(kind: SettingKind, answer: Mapping[str, Any]) -> Setting:
    """A setting from the API's answer; values that it leaves out have the default."""
    default = DEFAULTS[kind]
    given: Mapping[str, Any] = answer.get("settings", {}).get(kind.value, {})
    values = {name: given.get(API_NAMES[name], value) for name, value in default.values.items()}
    return Setting(answer.get("status", "enabled") == "enabled", values)


def setting_to_api(kind: SettingKind, setting: Setting) -> dict[str, Any]:
    """The `value` of a put, complete: a put replaces the whole setting."""
    status: Literal["enabled", "disabled"] = "enabled" if setting.enabled else "disabled"
    values = {API_NAMES[name]: value for name, value in setting.values.items()}
    return {"status": status, "settings": {kind.value: values}}
