"""The two packages meet through AWS endpoints only; neither imports the other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def imported_packages(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize(
    ("package", "other"), [("lakehouse", "athena_sandbox"), ("athena_sandbox", "lakehouse")]
)
def test_neither_package_imports_the_other(package: str, other: str) -> None:
    files = sorted((SCRIPTS / package).rglob("*.py"))
    assert files
    offenders = [str(file) for file in files if other in imported_packages(file.read_text())]
    assert offenders == []


@pytest.mark.parametrize(
    "line", ["import lakehouse", "from lakehouse.cli import main", "import os, lakehouse.cli"]
)
def test_an_import_is_seen(line: str) -> None:
    assert "lakehouse" in imported_packages(line)
