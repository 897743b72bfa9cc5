"""What of a table silently keeps S3 Tables from maintaining it.

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
    """One reason why a kind of maintenance does not run, and what removes it."""

    kind: SettingKind
    reason: str


def obstacles(metadata: "TableMetadata", settings: dict[SettingKind, Setting]) -> list[Obstacle]:
    """Return what is in the way of the settings that are enabled."""
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
            f"property {', '.join(expire)} switches snapshot management off: unset it "
            "(ALTER TABLE ... UNSET TBLPROPERTIES), the maintenance settings say how long snapshots stay"
        )
    if metadata.properties.get("gc.enabled", "true").lower() == "false":
        reasons.append("property gc.enabled=false switches snapshot management off: unset it")
    refs = sorted(name for name in metadata.refs if name != "main")
    if refs:
        reasons.append(
            f"snapshot management does not run on a table with branches or tags: drop {', '.join(refs)}"
        )
    return reasons


def _of_compaction(metadata: "TableMetadata", strategy: str) -> list[str]:
    reasons = []
    if strategy in _ORDERED and metadata.sort_order().is_unsorted:
        reasons.append(f"strategy {strategy} needs a table with a sort order, and this one has none")
    file_format = metadata.properties.get("write.format.default", "parquet").lower()
    if file_format != "parquet":
        reasons.append(f"compaction works on Parquet only, the table's files are {file_format}")
    if any(str(column.field_type).startswith("fixed") for column in metadata.schema().fields):
        reasons.append("compaction does not support the type fixed")
    return reasons
