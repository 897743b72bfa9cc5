"""The templates are what CloudFormation takes, by cfn-lint, and ask for no more than they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint_file
from cfnlint.decode import decode
from tests.support.sandbox import ROOT

TEMPLATES = sorted((ROOT / "infra" / "cloudformation").glob("*.yaml"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_has_no_finding(template: Path) -> None:
    assert [str(finding) for finding in lint_file(template)] == []


def test_a_wrong_template_has_one(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    text = next(path for path in TEMPLATES if path.stem == "table-bucket").read_text()
    wrong.write_text(text.replace("Status: Enabled", "Status: 'On'"))
    assert any("'Enabled'" in str(finding) for finding in lint_file(wrong))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_no_statement_allows_everything(template: Path) -> None:
    """Wildcards stand for tables and objects, never for actions; Lake Formation has no resources in IAM."""
    document, _ = decode(str(template))
    for statement in _statements(document):
        actions = statement["Action"]
        assert "*" not in str(actions)
        assert statement.get("Resource") != "*" or actions == "lakeformation:GetDataAccess"


def _statements(node: Any) -> list[Any]:
    if isinstance(node, dict):
        own = node.get("Statement", [])
        return [*own, *(one for value in node.values() for one in _statements(value))]
    return [one for item in node for one in _statements(item)] if isinstance(node, list) else []
