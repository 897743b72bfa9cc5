"""What dbt knows of the project, from its manifest (dbt's documented schema v12).

The manifest is made by `dbt parse`, which asks no service, where there is none yet.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakehouse.dbt.project import dbt_command, dbt_environment, require_project, target_directory
from lakehouse.errors import UsageError


@dataclass(frozen=True)
class ManifestColumn:
    """A column as the project describes it; `type` is empty where none is declared."""

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class Manifest:
    """A manifest, whole (`content`), with the questions that the migration has."""

    content: dict[str, Any]

    def model(self, name: str) -> dict[str, Any] | None:
        """The node of a model by its name; None if there is none."""
        for node in self.content["nodes"].values():
            if node["resource_type"] == "model" and node["name"] == name:
                return dict(node)
        return None

    def source(self, qualified_name: str) -> dict[str, Any] | None:
        """The source that stands for a table of the Data Catalog (database.table)."""
        for source in self.content["sources"].values():
            # Since a cutover the identifier may be the old files' second entry; the name stays.
            names = {f"{source['schema']}.{source[member]}".lower() for member in ("identifier", "name")}
            if qualified_name in names:
                return dict(source)
        return None


def columns_of(node: dict[str, Any]) -> tuple[ManifestColumn, ...]:
    """The columns that a model or a source declares, in their order."""
    return tuple(
        ManifestColumn(
            column["name"].lower(),
            (column.get("data_type") or "").lower(),
            " ".join((column.get("description") or "").split()),
        )
        for column in node["columns"].values()
    )


def relation_of(node: dict[str, Any]) -> str:
    """A node's database and table, as queries name it: without the catalog."""
    return ".".join(re.findall(r'"([^"]+)"', node.get("relation_name") or "")[-2:])


def find_manifest(project: Path) -> Manifest | None:
    """The manifest that is there; None if there is none that can be read."""
    try:
        return Manifest(json.loads((target_directory(project) / "manifest.json").read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def get_manifest(project: Path) -> Manifest:
    """The manifest, made by `dbt parse` if there is none. Raises UsageError if that fails."""
    found = find_manifest(project)
    if found is not None:
        return found
    require_project(project)
    parsed = subprocess.run(
        dbt_command("--quiet", "parse"),
        cwd=project,
        env=dbt_environment(project),
        capture_output=True,
        text=True,
    )
    made = find_manifest(project) if parsed.returncode == 0 else None
    if made is None:
        lines = (parsed.stdout + parsed.stderr).strip().splitlines() or ["it said nothing"]
        raise UsageError(f"`dbt parse` failed in {project.resolve()}: {lines[-1]}")
    return made
