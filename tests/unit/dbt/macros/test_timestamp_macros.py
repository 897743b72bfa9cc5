"""What the timestamp macros render: refusals, sizes, a dialect the linter knows, and their documentation."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from sqlfluff.core import FluffConfig, Linter
from tests.support.sandbox import ROOT
from tests.unit.dbt.macros.macro_rendering import MACROS, CompilerError

PUBLIC = (
    "parse_timestamp",
    "parse_date",
    "parse_epoch",
    "parse_value",
    "is_empty_text",
    "timestamp_status",
    "timestamp_reject_reason",
    "timestamp_format_class",
)
WITH_ZONE = [
    name for name in PUBLIC if name.startswith("timestamp_") or name in ("parse_timestamp", "parse_date")
]


@pytest.mark.parametrize("name", WITH_ZONE)
@pytest.mark.parametrize("zone", ["Europe/Berlyn", "CET+1", "", "utc", None])
def test_unknown_zone_is_refused_by_name_and_value(macros: Any, name: str, zone: str | None) -> None:
    with pytest.raises(
        CompilerError, match=re.escape(f"{name}: zone must be") + ".*" + re.escape(f"'{zone}'")
    ):
        getattr(macros, name)("created_at", zone)


@pytest.mark.parametrize("name", WITH_ZONE)
@pytest.mark.parametrize("formats", ["dmy", ["ymd"], ["dmy", "mdy"], ["DMY"]])
def test_unknown_formats_are_refused_by_name_and_value(macros: Any, name: str, formats: Any) -> None:
    with pytest.raises(
        CompilerError, match=re.escape(f"{name}: formats must be") + ".*" + re.escape(str(formats))
    ):
        getattr(macros, name)("created_at", "UTC", formats)


@pytest.mark.parametrize("name", PUBLIC)
@pytest.mark.parametrize("column", ["", "  ", None, 7])
def test_missing_column_is_refused_by_name_and_value(macros: Any, name: str, column: Any) -> None:
    arguments = ("int",) if name == "parse_value" else ()
    with pytest.raises(
        CompilerError, match=f"{name}: column must be an SQL expression as text, not '{column}'"
    ):
        getattr(macros, name)(column, *arguments)


@pytest.mark.parametrize("name", [name for name in PUBLIC if name.startswith("timestamp_")])
def test_missing_parsed_value_is_refused(macros: Any, name: str) -> None:
    with pytest.raises(CompilerError, match=f"{name}: parsed must be an SQL expression as text, not ''"):
        getattr(macros, name)("created_at", parsed="")


@pytest.mark.parametrize("unit", ["second", "ms", "", 1000])
def test_unknown_unit_is_refused_by_name_and_value(macros: Any, unit: Any) -> None:
    with pytest.raises(CompilerError, match=f"parse_epoch: unit must be .*'{unit}'"):
        macros.parse_epoch("created", unit)


@pytest.mark.parametrize("type_name", ["varchar", "decimal", "decimal(10)", "int; drop", "", None])
def test_unknown_type_is_refused_by_name_and_value(macros: Any, type_name: Any) -> None:
    with pytest.raises(CompilerError, match=r"parse_value: type must be .*" + re.escape(f"'{type_name}'")):
        macros.parse_value("budget", type_name)


@pytest.mark.parametrize(
    ("name", "arguments", "limit"),
    [
        ("parse_timestamp", {"zone": "America/Argentina/Buenos_Aires", "formats": ["dmy"]}, 3_500),
        ("parse_date", {"zone": "UTC"}, 3_000),
        ("parse_date", {"zone": "America/Argentina/Buenos_Aires", "formats": ["dmy"]}, 6_000),
        ("timestamp_status", {"parsed": "created_at"}, 400),
        ("timestamp_reject_reason", {"parsed": "created_at", "formats": ["dmy"]}, 3_000),
    ],
)
def test_expression_is_short_enough_for_a_wide_table(
    macros: Any, name: str, arguments: dict[str, Any], limit: int
) -> None:
    """Twenty columns with value, status and reason each must stay far below Athena's 262,144 bytes."""
    assert len(getattr(macros, name)("event_timestamp", **arguments).encode()) < limit


@pytest.mark.parametrize("name", ["parse_timestamp", "parse_date", "parse_epoch"])
def test_whatever_decides_to_parse_is_anchored_at_both_ends(macros: Any, name: str) -> None:
    patterns = re.findall(r"regexp_like\(\w+, '([^']*)'\)", getattr(macros, name)("created_at"))
    assert patterns
    assert [p for p in patterns if not (p.startswith("\\A") and p.endswith("\\z"))] == []


def test_linter_parses_every_expression(macros: Any) -> None:
    """In the athena dialect, as the project's own linting reads the models that use them."""
    expressions = [getattr(macros, name)("raw") for name in PUBLIC if name != "parse_value"]
    expressions += [
        macros.parse_value("raw", name) for name in ("int", "double", "decimal(10,2)", "boolean", "date")
    ]
    expressions += [
        macros.parse_timestamp("raw", "Europe/Berlin", ["dmy"]),
        macros.parse_epoch("raw", "nanos"),
    ]
    columns = ",\n".join(f"{expression} as value_{n}" for n, expression in enumerate(expressions))
    config = FluffConfig(overrides={"dialect": "athena"}, ignore_local_config=True)
    parsed = Linter(config=config).parse_string(f"select\n{columns}\nfrom source_rows\n")
    assert parsed.violations == []


def _documented() -> dict[str, list[str]]:
    described = yaml.safe_load((MACROS / "timestamps" / "_timestamps.yml").read_text(encoding="utf-8"))
    assert all(macro["description"] for macro in described["macros"])
    assert all(argument["description"] for macro in described["macros"] for argument in macro["arguments"])
    return {
        macro["name"]: [argument["name"] for argument in macro["arguments"]] for macro in described["macros"]
    }


def test_every_public_macro_and_argument_is_documented() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (MACROS / "timestamps").glob("*.sql"))
    signatures = {
        name: re.findall(r"(\w+)(?:=[^,]+)?(?:, |$)", arguments)
        for name, arguments in re.findall(r"macro ([a-z]\w*)\((.*)\) -%}", source)
    }
    assert set(signatures) == set(PUBLIC)
    assert _documented() == signatures


def test_guide_names_every_macro_class_and_reason(macros: Any) -> None:
    guide = (ROOT / "docs" / "timestamps.md").read_text(encoding="utf-8")
    classes = re.findall(
        r"'((?:iso|sql|date|unpadded|slashed|compact|epoch|declared)_?[a-z_]*)'",
        macros.timestamp_format_class("raw", formats=["dmy"], parsed="parsed"),
    )
    reasons = re.findall(r"then '(\w+)'|else '(\w+)'", macros.timestamp_reject_reason("raw", parsed="parsed"))
    names = {*PUBLIC, *classes, *("".join(pair) for pair in reasons)} - {"iso_", "sql_"}
    assert [name for name in sorted(names) if f"`{name}`" not in guide] == []
