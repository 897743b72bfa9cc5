"""docs/s3-tables.md names every setting, kind of access and type; its commands share their options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from tests.support.sandbox import ROOT

from lakehouse.s3tables.cli.app import s3tables_app
from lakehouse.s3tables.ddl.statement import parse_ddl
from lakehouse.s3tables.grants.access import Access
from lakehouse.s3tables.maintenance.settings import DEFAULTS, Strategy

GUIDE = (ROOT / "docs" / "s3-tables.md").read_text()


def iter_commands(group: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from iter_commands(command, f"{path}{name} ")
        else:
            yield f"{path}{name}", command


COMMANDS = dict(iter_commands(typer.main.get_command(s3tables_app)))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_json_and_a_bucket(name: str) -> None:
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    assert {"--json", "--bucket", "-b"} <= options


def test_what_replaces_has_apply() -> None:
    replacing = {
        "maintenance set",
        "maintenance apply",
        "maintenance expire-records",
        "grants add",
        "grants remove",
    }
    found = {
        name for name, command in COMMANDS.items() if any("--apply" in one.opts for one in command.params)
    }
    assert found == replacing


def test_every_setting_and_access_is_in_a_table() -> None:
    for kind, setting in DEFAULTS.items():
        assert f"`{kind.short}`" in GUIDE
        for name, default in setting.values.items():
            assert re.search(rf"`{name}` \| {default} \|", GUIDE), name
    assert all(strategy.value in GUIDE for strategy in Strategy)
    assert all(f"| `{access.value}` |" in GUIDE for access in Access)


def test_every_type_that_the_guide_names_is_one() -> None:
    section = GUIDE.partition("| in DDL | in Iceberg |")[2].partition("\n\n")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.count("|") > 2]
    kinds = [kind for cell in cells for kind in re.findall(r"`([^`]+)`", cell)]
    assert len(kinds) > 25
    for kind in kinds:
        if re.fullmatch(r"\(.*\)|list|row", kind):
            continue
        concrete = re.sub(r"\bn\b|\bp\b|\bs\b", "3", kind)
        concrete = re.sub(r"<t>", "<int>", concrete).replace("<k, v>", "<int, int>")
        concrete = concrete.replace("a: t, b t", "a: int, b int")
        assert parse_ddl(f"create table t (a {concrete}) tblproperties ('format-version' = '3')")


def test_every_example_is_one_and_is_named() -> None:
    examples = ROOT / "examples" / "s3tables"
    for file in sorted((examples / "schemas").glob("*.sql")):
        assert parse_ddl(file.read_text(), str(file)).schema.fields
        assert file.stem in GUIDE + (examples / "maintenance.yml").read_text()
