"""Small dbt projects beside the real one: a few models, its profile, its macros where they are wanted."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from tests.support.sandbox import ROOT


def write_project(
    directory: Path, files: Mapping[str, str], *, with_macros: bool = False, **settings: Any
) -> tuple[str, ...]:
    """Write a project and return the options with which dbt runs it.

    `files` are texts by path; `settings` are added to its dbt_project.yml.
    """
    project = {
        "name": "lakehouse",
        "version": "1.0",
        "config-version": 2,
        "profile": "lakehouse",
        **settings,
        "flags": {"send_anonymous_usage_stats": False, **settings.get("flags", {})},
    }
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in {"dbt_project.yml": yaml.safe_dump(project), **files}.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    if with_macros:
        shutil.copytree(ROOT / "macros", directory / "macros")
        # The corpus of the timestamp macros and its seed belong to the other project.
        shutil.rmtree(directory / "macros" / "testing")
    return ("--project-dir", str(directory), "--target-path", str(directory / "target"))
