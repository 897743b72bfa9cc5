"""A site with known places and ports."""

from pathlib import Path

import pytest

from athena_sandbox.settings import Settings, StateLayout
from athena_sandbox.stack.parts import Site

KEY = "LOCALKEY"
PORTS = {"trino": 20001, "storage": 20002, "glue": 20003, "athena": 20004}


@pytest.fixture
def site() -> Site:
    return Site(Settings(Path("/cache"), StateLayout(Path("/state")), heap_mb=3072), PORTS, KEY)
