"""dbt's models that read a migrated table as a source, and the exposures that depend on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from lakehouse.dbt.manifest import Manifest, relation_of
from lakehouse.migration.analysis.usages.finds import FOLLOWS_CUTOVER, Find, Place
from lakehouse.migration.rewriting.model import MigratedTable
from lakehouse.migration.rewriting.templates import without_dbt

_KINDS = ("model", "snapshot", "analysis")


def find_in_dbt(manifest: Manifest, tables: Sequence[MigratedTable], project: Path) -> Iterator[Find]:
    """Models, snapshots and analyses with the source among their parents, then exposures.

    Those whose sources follow the cutover to the legacy name go on reading what they read.
    A node that was never compiled and whose SQL macros write has no SQL to look at.
    """
    sources = {
        unique_id: table.source
        for unique_id, source in manifest.content["sources"].items()
        for table in tables
        if table.source == f"{source['schema']}.{source['identifier']}".lower()
    }
    following = {
        unique_id
        for unique_id in sources
        if _follows_cutover(manifest.content["sources"][unique_id], project)
    }
    relations = _relations(manifest)
    for node in manifest.content["nodes"].values():
        read = tuple(sources[parent] for parent in _parents(node) if parent in sources)
        if node["resource_type"] not in _KINDS or not read:
            continue
        if following.issuperset(parent for parent in _parents(node) if parent in sources):
            place = Place(f"dbt {node['resource_type']}")
            # Its name in the catalog, so that the view that it creates isn't reported a second time.
            made = relation_of(node) if node.get("relation_name") else None
            find = Find(place, node["original_file_path"], "", made, tables=read, reason=FOLLOWS_CUTOVER)
        else:
            find = _node(node, read, relations)
        yield replace(find, owner=_owner(manifest, node))
    for exposure in manifest.content.get("exposures", {}).values():
        behind = _sources_behind(exposure, manifest, sources)
        if behind:
            direct = [parent for parent in _parents(exposure) if parent in sources]
            reason = "reads the table itself" if direct else "reads models of dbt"
            find = Find(Place.EXPOSURE, exposure["name"], "", tables=tuple(sorted(behind)), reason=reason)
            yield replace(find, owner=_owner(manifest, exposure))


def _owner(manifest: Manifest, node: dict[str, Any]) -> str | None:
    """The owner of a node: an exposure's owner, else `meta.owner`, else the owner of the node's group."""
    config = node.get("config") or {}
    meta = {**(node.get("meta") or {}), **(config.get("meta") or {})}
    group_name = node.get("group") or config.get("group")
    groups = (manifest.content.get("groups") or {}).values()
    group: dict[str, Any] = next((each for each in groups if each["name"] == group_name), {})
    owner = node.get("owner") or meta.get("owner") or group.get("owner")
    if not isinstance(owner, dict):
        return str(owner) if owner else None
    # An address may be a list of them.
    email = owner.get("email")
    address = ", ".join(email) if isinstance(email, list) else email
    return " ".join(filter(None, (owner.get("name"), address and f"<{address}>"))) or None


def _node(node: dict[str, Any], read: tuple[str, ...], relations: dict[str, str]) -> Find:
    place, name = Place(f"dbt {node['resource_type']}"), node["original_file_path"]
    compiled = node.get("compiled_code")
    sql = compiled or without_dbt(node.get("raw_code") or "", relations)
    if node.get("language") == "python" or (not compiled and ("{{" in sql or "{%" in sql)):
        reason = "is Python" if node.get("language") == "python" else "has no SQL until `dbt compile` has run"
        return Find(place, name, "", tables=read, reason=reason)
    return Find(place, name, sql)


def _follows_cutover(source: dict[str, Any], project: Path) -> bool:
    """Whether the identifier of a source, as its file declares it, depends on what is cut over."""
    try:
        content = yaml.safe_load((project / source["original_file_path"]).read_text(encoding="utf-8"))
    except (KeyError, OSError, ValueError, yaml.YAMLError):
        return False
    return any(
        "cut_over_tables" in str(table.get("identifier"))
        for declared in content.get("sources", [])
        if declared["name"] == source["source_name"]
        for table in declared.get("tables", [])
        if table["name"] == source["name"]
    )


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
