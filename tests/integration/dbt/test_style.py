"""The SQL of the models as sqlfluff judges it, which compiles them with dbt: hence on the sandbox."""

from __future__ import annotations

from tests.support.sandbox import Sandbox


def test_sql_is_in_the_projects_style(sandbox: Sandbox) -> None:
    linted = sandbox.run("sqlfluff", "lint", "-v", "--nocolor", "models", "analyses", check=False)
    assert linted.returncode == 0, linted.stdout
    assert "models/marts/playback/fct_playback_events.sql] PASS" in linted.stdout
