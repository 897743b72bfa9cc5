"""The macros as Python callables, rendered without dbt and without an engine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

# The helper modules beside the tests, which pytest's importlib mode would not find.
sys.path.append(str(Path(__file__).parent))

from macro_rendering import load_macros


@pytest.fixture(scope="session")
def macros() -> Any:
    return load_macros()
