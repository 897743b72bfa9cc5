"""Renders macros with plain Jinja, with substitutes for what dbt adds to Jinja and they use."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.support.sandbox import ROOT

from lakehouse.dbt.macros import MacroError, render_module

# What exceptions.raise_compiler_error raises here.
CompilerError = MacroError

MACROS = ROOT / "macros"
# Those of macros/staging that need neither dbt's graph nor its `do`.
STAGING = ("parsed_times", "time_statuses", "delivery_number")


def load_macros(*replacements: tuple[str, str]) -> Any:
    """The macros of macros/timestamps and macros/testing, and STAGING, as attributes that return SQL.

    A generic test is the attribute test_<name>. Each replacement is a text of the macros and what stands in
    its place, so that a test can break a macro and see who notices; a text that is not there is an error.
    """
    source = "".join(path.read_text(encoding="utf-8") for path in _macro_files())
    for old, new in replacements:
        if old not in source:
            raise ValueError(f"no macro holds {old!r}")
        source = source.replace(old, new)
    source = re.sub(r"{% test (\w+)", r"{% macro test_\1", source).replace("{% endtest %}", "{% endmacro %}")
    return render_module(source)


def _macro_files() -> list[Path]:
    generic = ("agrees_with_timestamp_macros", "zero_invalid_timestamps")
    return [
        *sorted((MACROS / "timestamps").glob("*.sql")),
        *sorted((MACROS / "testing").glob("*.sql")),
        *(MACROS / "staging" / f"{name}.sql" for name in STAGING),
        *(MACROS.parent / "tests" / "dbt" / "generic" / f"{name}.sql" for name in generic),
    ]
