"""What a process that will run the project's commands has loaded before it is asked to.

Imported by the server that `commands` forks from, and by nothing else. dbt spends three seconds of a core on
its modules and on compiling its (de)serialisers before it looks at a project; parsing a small project here
leaves only what a command itself does. No thread may be left: a fork would not have it.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import tempfile
import threading
from pathlib import Path

from dbt.cli.main import dbtRunner
from dbt_common.events.event_manager_client import cleanup_event_logger
from tests.support import service_models

PROJECT = {
    "dbt_project.yml": """
name: warm
version: "1.0"
profile: warm
""",
    "profiles.yml": """
warm:
  target: local
  outputs:
    local:
      type: athena
      region_name: eu-central-1
      database: awsdatacatalog
      schema: local
      s3_staging_dir: s3://nowhere/
""",
    "macros/macros.sql": "{% macro one() %} 1 {% endmacro %}",
    "tests/generic/positive.sql": "{% test positive(model, column_name) %} select 1 {% endtest %}",
    "models/first.sql": "select {{ one() }} as n from {{ source('raw', 'numbers') }}",
    "models/second.py": "def model(dbt, session):\n    return dbt.ref('first')\n",
    "seeds/third.csv": "n\n1\n",
    "analyses/fourth.sql": "select 1",
    "models/models.yml": """
sources:
  - name: raw
    tables:
      - name: numbers
        columns: [{name: n, data_tests: [positive]}]
models:
  - name: first
    config: {contract: {enforced: true}}
    columns: [{name: n, data_type: int, description: d, data_tests: [unique, not_null]}]
unit_tests:
  - name: fifth
    model: first
    given: [{input: "source('raw', 'numbers')", rows: [{n: 1}]}]
    expect: {rows: [{n: 1}]}
""",
}
MODULES = ("dbt.adapters.athena", "lakehouse.cli", "sqlfluff.cli.commands")


def _parse_a_project() -> None:
    """Twice: the second time from what the first one saved."""
    with tempfile.TemporaryDirectory() as place, Path(os.devnull).open("w") as nowhere:
        for name, text in PROJECT.items():
            path = Path(place, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        where = ["--project-dir", place, "--profiles-dir", place, "--target-path", f"{place}/target"]
        with contextlib.redirect_stdout(nowhere):
            for _ in range(2):
                # The static parser is Rust: it keeps threads, and a fork without them waits for ever.
                options = ["--log-path", f"{place}/logs", "--no-static-parser"]
                done = dbtRunner().invoke([*options, "parse", *where])
                if not done.success:
                    raise RuntimeError(f"dbt can't parse {__file__}'s project: {done.exception}")
    # Its log went to a stream that is closed.
    cleanup_event_logger()


service_models.share()
for _module in MODULES:
    importlib.import_module(_module)
_parse_a_project()
if threading.active_count() != 1:
    raise RuntimeError(f"threads are left, which a fork would lose: {threading.enumerate()}")
