"""dbt's models that read a migrated table as a source, and the exposures that depend on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lakehouse.migration.analysis.usages.finds import Find, Place
from lakehouse.migration.dbt_manifest import Manifest, relation_of
from lakehouse.migration.rewriting.shapes import TableShape
from lakehouse.migration.rewriting.templates import without_dbt

_KINDS = ("model", "snapshot", "analysis")


def find_in_dbt(manifest: Manifest, shapes: Sequence[TableShape]) -> Iterator[Find]:
    """Models, snapshots and analyses with the source among their parents, then exposures.

    A node that was never compiled and whose SQL macros write has no SQL to look at.
    """
    sources = {
        unique_id: shape.source
        for unique_id, source in manifest.content["sources"].items()
        for shape in shapes
        if shape.source == f"{source['schema']}.{source['identifier']}".lower()
    }
    relations = _relations(manifest)
    for node in manifest.content["nodes"].values():
        read = tuple(sources[parent] for parent in _parents(node) if parent in sources)
        if node["resource_type"] in _KINDS and read:
            yield _node(node, read, relations)
    for exposure in manifest.content.get("exposures", {}).values():
        behind = _sources_behind(exposure, manifest, sources)
        if behind:
            direct = [parent for parent in _parents(exposure) if parent in sources]
            reason = "reads the table itself" if direct else "reads models of dbt"
            yield Find(Place.EXPOSURE, exposure["name"], "", tables=tuple(sorted(behind)), reason=reason)


def _node(node: dict[str, Any], read: tuple[str, ...], relations: dict[str, str]) -> Find:
    place, name = Place(f"dbt {node['resource_type']}"), node["original_file_path"]
    compiled = node.get("compiled_code")
    sql = compiled or without_dbt(node.get("raw_code") or "", relations)
    if node.get("language") == "python" or (not compiled and ("{{" in sql or "{%" in sql)):
        reason = "is Python" if node.get("language") == "python" else "has no SQL until `dbt compile` has run"
        return Find(place, name, "", tables=read, reason=reason)
    return Find(place, name, sql)


def _relations(manifest: Manifest) -> dict[str, str]:
    relations = {
        f"{source['source_name']}.{source['name']}": relation_of(source)
        for source in manifest.content["sources"].values()
    }
    return relations | {
        node["name"]: relation_of(node)
        for node in manifest.content["nodes"].values()
        if node.get("relation_name")
    }


def _sources_behind(node: dict[str, Any], manifest: Manifest, sources: dict[str, str]) -> set[str]:
    found: set[str] = set()
    pending, seen = list(_parents(node)), set()
    while pending:
        parent = pending.pop()
        if parent in seen:
            continue
        seen.add(parent)
        if parent in sources:
            found.add(sources[parent])
        pending += _parents(manifest.content["nodes"].get(parent, {}))
    return found


def _parents(node: dict[str, Any]) -> list[str]:
    return list(node.get("depends_on", {}).get("nodes", []))
