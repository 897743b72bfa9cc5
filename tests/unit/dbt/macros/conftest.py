"""The macros as Python callables, rendered without dbt and without an engine."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.dbt.macros.macro_rendering import load_macros


@pytest.fixture(scope="session")
def macros() -> Any:
    return load_macros()
