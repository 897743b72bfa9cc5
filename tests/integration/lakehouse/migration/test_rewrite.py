"""Old SQL on the compatibility view and new SQL on the typed table give the same rows, on the engine."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import sqlglot
from tests.support.rewrite_cases import RewriteCase, load_cases
from tests.support.sandbox import ROOT, Sandbox
from tests.support.typed_copies import CONFIG, in_typed_copies, make_typed_copies

from lakehouse.migration.migrated_tables import load_migrated_tables
from lakehouse.migration.rewriting.rewrite import rewrite_text
from lakehouse.migration.rewriting.templates import without_dbt

TEMPLATES = ROOT / "analyses" / "migration"
NAMES = sorted(path.name.removesuffix("__before.sql") for path in TEMPLATES.glob("*__before.sql"))
RELATIONS = {table.source: table.source for table in CONFIG.tables} | {
    table.dbt_model: table.target for table in CONFIG.tables if table.dbt_model
}
# What dbt's telemetry_v2 has as a decimal.
RESTORED = {"acme_telemetry.telemetry": {"completion_percentage": "double"}}


@pytest.fixture(scope="module")
def typed(sandbox: Sandbox, bronze: dict[str, Any]) -> Sandbox:
    make_typed_copies(sandbox)
    return sandbox


def rows(sandbox: Sandbox, sql: str) -> list[list[Any]]:
    """Rows of a statement on the copies, without order."""
    return sorted(map(comparable, sandbox.sql(in_typed_copies(sql))), key=str)


def comparable(row: list[str | None]) -> list[Any]:
    return [
        # 2025-08-13 06:00:00.000 and .000000 are the same time.
        float(cell)
        if cell is not None and re.fullmatch(r"-?[0-9]+([.][0-9]+)?(E-?[0-9]+)?", cell)
        else re.sub(r"(:[0-9]{2})[.]([0-9]*?)0*( UTC)?$", r"\1.\2", cell or "")
        for cell in row
    ]


def outcome(sandbox: Sandbox, sql: str) -> list[list[Any]] | str:
    """The rows of a statement, or why it failed."""
    try:
        return rows(sandbox, sql)
    except AssertionError as failure:
        return str(failure)


def test_each_golden_pair_gives_the_same_rows(typed: Sandbox) -> None:
    cases = [case for case in load_cases() if case.works_in_view is not None]

    def run(case: RewriteCase) -> tuple[Any, Any]:
        return outcome(typed, case.before), outcome(typed, case.after or "")

    with ThreadPoolExecutor(4) as workers:
        found = list(zip(cases, workers.map(run, cases), strict=True))
    assert {case.title: after for case, (_, after) in found if isinstance(after, str)} == {}
    different = {case.title for case, (before, after) in found if before != after}
    # What is said to need a rewrite fails as it was, or finds something else.
    assert different == {case.title for case in cases if not case.works_in_view}


def test_a_zone_and_digits_that_were_printed_are_printed_as_before(typed: Sandbox) -> None:
    typed.sql("create database if not exists iso_telemetry")
    typed.sql(
        "create or replace view iso_telemetry.telemetry as select event_id, event_type, "
        "replace(cast(event_timestamp as varchar), ' ', 'T') || 'Z' as event_timestamp "
        "from typed_telemetry.telemetry_v2"
    )
    cases = [case for case in load_cases() if case.on_iso_texts]

    def run(case: RewriteCase) -> tuple[Any, Any]:
        before = case.before.replace("acme_telemetry.telemetry", "iso_telemetry.telemetry")
        return sorted(typed.sql(before)), sorted(typed.sql(in_typed_copies(case.after or "")))

    with ThreadPoolExecutor(4) as workers:
        found = dict(zip((case.title for case in cases), workers.map(run, cases), strict=True))
    assert all(before for before, _ in found.values())
    assert {title for title, (before, after) in found.items() if before != after} == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_template_finds_the_same_after_the_migration(typed: Sandbox, name: str) -> None:
    before = without_dbt((TEMPLATES / f"{name}__before.sql").read_text(), RELATIONS)
    after = without_dbt((TEMPLATES / f"{name}__after.sql").read_text(), RELATIONS)
    found = rows(typed, before)
    assert found
    assert any(cell not in (0.0, "") for row in found for cell in row)
    assert rows(typed, after) == [pytest.approx(row) for row in found]


@pytest.mark.parametrize("name", NAMES)
def test_rewriting_a_template_gives_the_one_beside_it(name: str) -> None:
    shapes = load_migrated_tables(CONFIG, None, None)
    shapes = [replace(shape, restored=RESTORED.get(shape.source, {})) for shape in shapes]
    result = rewrite_text((TEMPLATES / f"{name}__before.sql").read_text(), shapes, CONFIG)
    assert result.problems == ()
    assert result.sql is not None
    assert "{{" not in result.sql or "ref('telemetry_v2')" in result.sql
    expected = (TEMPLATES / f"{name}__after.sql").read_text()
    assert normal(result.sql) == normal(expected)


def normal(template: str) -> str:
    statement = sqlglot.parse_one(without_dbt(template, RELATIONS), read="athena")
    return str(statement.sql("athena", comments=False))
