"""What in a table silently keeps S3 Tables from maintaining it.

Sources: "Considerations and limitations for maintenance jobs" and "S3 Tables maintenance job status" in the
S3 User Guide (read in November 2026).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakehouse.s3tables.maintenance.settings import Setting, SettingKind

if TYPE_CHECKING:
    from pyiceberg.table.metadata import TableMetadata

_ORDERED = ("sort", "z-order")


@dataclass(frozen=True)
class Obstacle:
    """One reason why a kind of maintenance doesn't run, and how to remove it."""

    kind: SettingKind
    reason: str


def obstacles(metadata: "TableMetadata", settings: dict[SettingKind, Setting]) -> list[Obstacle]:
    """Return the obstacles to the kinds of maintenance that are enabled."""
    found: list[Obstacle] = []
    if settings[SettingKind.SNAPSHOTS].enabled:
        found += [Obstacle(SettingKind.SNAPSHOTS, reason) for reason in _of_snapshots(metadata)]
    if settings[SettingKind.COMPACTION].enabled:
        strategy = str(settings[SettingKind.COMPACTION].values["strategy"])
        found += [Obstacle(SettingKind.COMPACTION, reason) for reason in _of_compaction(metadata, strategy)]
    return found


def _of_snapshots(metadata: "TableMetadata") -> list[str]:
    reasons = []
    expire = sorted(name for name in metadata.properties if name.startswith("history.expire."))
    if expire:
        reasons.append(
            f"property {', '.join(expire)} turns snapshot management off: unset it (ALTER TABLE ... UNSET "
            "TBLPROPERTIES) and use the maintenance settings to say how long snapshots are kept"
        )
    if metadata.properties.get("gc.enabled", "true").lower() == "false":
        reasons.append("property gc.enabled=false turns snapshot management off: unset it")
    refs = sorted(name for name in metadata.refs if name != "main")
    if refs:
        reasons.append(
            f"snapshot management doesn't run on a table with branches or tags: drop {', '.join(refs)}"
        )
    return reasons


def _of_compaction(metadata: "TableMetadata", strategy: str) -> list[str]:
    reasons = []
    if strategy in _ORDERED and metadata.sort_order().is_unsorted:
        reasons.append(f"strategy {strategy} needs a table with a sort order, but this one has none")
    file_format = metadata.properties.get("write.format.default", "parquet").lower()
    if file_format != "parquet":
        reasons.append(f"compaction supports only Parquet, but the table's files are {file_format}")
    if any(str(column.field_type).startswith("fixed") for column in metadata.schema().fields):
        reasons.append("compaction does not support the type fixed")
    return reasons
