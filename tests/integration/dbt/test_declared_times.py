"""What a source declares of its times is in dbt's unit tests too: they test the SQL that the model runs.

A project of one model, with this project's macros.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.support.sandbox import ROOT, Sandbox

PROJECT = """
name: lakehouse
version: "1.0"
config-version: 2
profile: lakehouse
flags: {send_anonymous_usage_stats: false}
"""
SOURCES = """
sources:
  - name: acme_streaming_data
    database: awsdatacatalog
    tables:
      - name: campaigns
        columns:
          - name: created_at
            config:
              meta: {zone: Europe/Berlin, formats: [dmy]}
"""
MODEL = """
{{ config(schema="declared_times") }}
{%- set times = declared_times("acme_streaming_data.campaigns") %}
select
    {{ parsed_times(times) }}
from {{ source('acme_streaming_data', 'campaigns') }}
"""
# Berlin is two hours ahead of UTC in summer; without a declared order 01/08/2025 would be rejected.
UNIT_TEST = """
unit_tests:
  - name: texts_are_read_in_the_declared_zone_and_order
    model: stg_campaigns
    given:
      - input: source('acme_streaming_data', 'campaigns')
        rows:
          - {created_at: "2025-08-13 08:00:00"}
          - {created_at: "01/08/2025 08:00:00"}
    expect:
      rows:
        - {created_at: "2025-08-13 06:00:00.000000"}
        - {created_at: "2025-08-01 06:00:00.000000"}
"""


@pytest.mark.usefixtures("bronze")
def test_a_unit_test_reads_times_as_their_source_declares_them(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "dbt_project.yml").write_text(PROJECT)
    (tmp_path / "models" / "stg_campaigns.sql").write_text(MODEL)
    (tmp_path / "models" / "schema.yml").write_text(SOURCES + UNIT_TEST)
    shutil.copytree(ROOT / "macros", tmp_path / "macros")
    # The corpus of the timestamp macros and its seed belong to the other project.
    shutil.rmtree(tmp_path / "macros" / "testing")
    place = ("--project-dir", str(tmp_path), "--target-path", str(tmp_path / "target"))
    try:
        # The model is built once its unit test has passed.
        assert "PASS=2" in sandbox.run("dbt", "build", *place).stdout
    finally:
        sandbox.sql("drop database if exists local_declared_times cascade")
