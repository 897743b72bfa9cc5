"""Who may import whom: the two packages, the capabilities, the ground floor, and the rooms within them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.sandbox import ROOT
from tests.support.structure import CAPABILITIES, imported_modules

SCRIPTS = ROOT / "scripts"
GROUND_FLOOR = ("athena", "catalog", "dbt", "records", "synthetic", "times")


@dataclass(frozen=True)
class Rule:
    """Modules within `inside` import none within `forbidden`; those within `except_for` may."""

    inside: str
    forbidden: tuple[str, ...]
    except_for: tuple[str, ...] = ()

    def offence(self, module: str, imported: str) -> bool:
        return (
            _is_within(module, self.inside)
            and not any(_is_within(module, place) for place in self.except_for)
            and any(_is_within(imported, place) for place in self.forbidden)
        )


def _packages(*names: str) -> tuple[str, ...]:
    return tuple(f"lakehouse.{name}" for name in names)


RULES = {
    "lakehouse meets the sandbox by its endpoints": Rule("lakehouse", ("athena_sandbox",)),
    "the sandbox knows nothing of this lakehouse": Rule("athena_sandbox", ("lakehouse",)),
    **{
        f"{name} imports no other capability": Rule(
            f"lakehouse.{name}", _packages(*(other for other in CAPABILITIES if other != name))
        )
        for name in CAPABILITIES
    },
    "the ground floor imports no capability": Rule(
        "lakehouse", _packages(*CAPABILITIES), except_for=_packages(*CAPABILITIES)
    ),
    "a cutover needs nothing that only watches": Rule(
        "lakehouse.migration.switching", ("lakehouse.migration.watching",)
    ),
    "the second derivation of times shares nothing with the macros": Rule(
        "lakehouse.times", ("lakehouse.dbt", "lakehouse.athena")
    ),
    "the supervisor knows no part": Rule("athena_sandbox.stack", ("athena_sandbox.parts",)),
    "what a port does first knows no service": Rule(
        "athena_sandbox.wire",
        tuple(f"athena_sandbox.{room}" for room in ("athena", "glue", "s3tables", "gateway", "parts")),
    ),
}


def _is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def modules() -> Iterator[tuple[str, Path]]:
    """Name and file of every module of the product."""
    for path in sorted(SCRIPTS.rglob("*.py")):
        yield ".".join(path.relative_to(SCRIPTS).with_suffix("").parts).removesuffix(".__init__"), path


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_kept(name: str) -> None:
    rule = RULES[name]
    seen = [(module, path) for module, path in modules() if _is_within(module, rule.inside)]
    assert seen
    assert [
        f"{module} imports {imported}"
        for module, path in seen
        for imported in imported_modules(path.read_text())
        if rule.offence(module, imported)
    ] == []


@pytest.mark.parametrize(
    ("name", "module", "line"),
    [
        ("lakehouse meets the sandbox by its endpoints", "lakehouse.cli", "import os, athena_sandbox.cli"),
        ("the sandbox knows nothing of this lakehouse", "athena_sandbox.cli", "from lakehouse import cli"),
        ("migration imports no other capability", "lakehouse.migration.cli", "import lakehouse.s3tables.ddl"),
        ("s3tables imports no other capability", "lakehouse.s3tables", "from lakehouse import telemetry"),
        ("telemetry imports no other capability", "lakehouse.telemetry", "from lakehouse import migration"),
        (
            "the ground floor imports no capability",
            "lakehouse.catalog.tables",
            "def late():\n    from lakehouse.migration.config import TableConfig",
        ),
        (
            "a cutover needs nothing that only watches",
            "lakehouse.migration.switching.cutover",
            "from lakehouse.migration.watching.status import standing",
        ),
        (
            "the second derivation of times shares nothing with the macros",
            "lakehouse.times.reference",
            "from lakehouse.dbt import macros",
        ),
        (
            "the supervisor knows no part",
            "athena_sandbox.stack.status",
            "from athena_sandbox.parts.trino import trino_part",
        ),
        (
            "what a port does first knows no service",
            "athena_sandbox.wire.access",
            "from athena_sandbox.glue import ACCOUNT_ID",
        ),
    ],
)
def test_a_rule_sees_an_offence(name: str, module: str, line: str) -> None:
    assert any(RULES[name].offence(module, imported) for imported in imported_modules(line))


def test_every_rule_is_shown_to_fail() -> None:
    shown = {parameters[0] for mark in test_a_rule_sees_an_offence.pytestmark for parameters in mark.args[1]}
    assert shown == set(RULES), "show each rule an offence in test_a_rule_sees_an_offence"


def test_what_is_allowed_is_no_offence() -> None:
    for rule in RULES.values():
        assert not rule.offence("lakehouse.migration.config", "lakehouse.files")
        assert not rule.offence("lakehouse.migration_notes", "lakehouse.files")


def test_every_folder_is_a_capability_or_ground_floor() -> None:
    """A folder that is in neither list would be free to import any capability."""
    folders = {path.parent.name for path in (SCRIPTS / "lakehouse").glob("*/__init__.py")}
    assert folders == {*CAPABILITIES, *GROUND_FLOOR}, (
        "a folder has an __init__.py and is in CAPABILITIES (tests/support/structure.py) or GROUND_FLOOR"
    )


def test_unit_tests_lie_where_their_modules_do() -> None:
    """tests/unit mirrors scripts; tests of dbt's models and macros lie in tests/unit/dbt."""
    unit = ROOT / "tests" / "unit"
    folders = {path.parent.relative_to(unit) for path in unit.rglob("test_*.py")}
    strays = [
        str(folder)
        for folder in sorted(folders)
        if folder.parts and folder.parts[0] != "dbt" and not (SCRIPTS / folder).is_dir()
    ]
    assert strays == []


def test_benchmarks_run_without_the_tests() -> None:
    benchmarks = sorted((ROOT / "benchmarks").glob("*.py"))
    assert benchmarks
    assert [
        path.name
        for path in benchmarks
        for imported in imported_modules(path.read_text())
        if _is_within(imported, "tests")
    ] == []
