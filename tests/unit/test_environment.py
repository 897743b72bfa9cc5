"""The shell that tests are started in may be set up for a sandbox or an account; no test may reach it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_tests_see_nothing_of_the_shell(tmp_path: Path) -> None:
    shell = {
        **os.environ,
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_PROFILE": "local",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "LAKEHOUSE_TABLE_BUCKET": "somebodys-tables",
        "LAKEHOUSE_HOME": "/kept",
        "ATHENA_SANDBOX_STATE": str(tmp_path),
        "DBT_TARGET": "prod",
    }
    (tmp_path / "config").write_text("[profile local]\nservices = local\n")
    look = (
        "import os, tests.conftest, boto3;"
        "client = boto3.client('glue', region_name='eu-central-1');"
        "names = ('LAKEHOUSE_HOME', 'AWS_PROFILE', 'LAKEHOUSE_TABLE_BUCKET', 'ATHENA_SANDBOX_STATE',"
        "         'DBT_TARGET');"
        "print(client.meta.endpoint_url, *(os.environ.get(name) for name in names))"
    )
    seen = subprocess.run(
        [sys.executable, "-c", look], env=shell, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert seen.stdout.split() == ["https://glue.eu-central-1.amazonaws.com", "/kept", *["None"] * 4]
