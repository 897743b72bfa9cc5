"""What dbt is told where it writes a target: how far a run must look back, and which tables are cut over."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tests.support.sandbox import ROOT

from lakehouse.catalog.files import SourceFile
from lakehouse.errors import UsageError
from lakehouse.migration.config import TableConfig
from lakehouse.migration.copying.dbt_writer import check_model, load_day, lookback_days, ready_tables


def files(*paths: str) -> list[SourceFile]:
    return [SourceFile(f"s3://bronze/t/{path}", 1) for path in paths]


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("s3://b/t/2025/08/13/part-0.parquet", date(2025, 8, 13)),
        ("s3://b/t/year=2025/month=8/day=3/hour=4/part-0.gz", date(2025, 8, 3)),
        ("s3://b/t/2025/13/45/part-0.parquet", None),
        ("s3://b/t/part-0.parquet", None),
    ],
)
def test_a_path_tells_its_load_day(path: str, day: date | None) -> None:
    assert load_day(path) == day


def test_a_run_looks_back_to_the_oldest_of_the_new_files() -> None:
    present = files("2025/08/01/a", "2025/08/10/b", "2025/08/05/late")
    assert lookback_days(files("2025/08/05/late"), present) == 5


def test_a_run_looks_back_a_day_at_least() -> None:
    present = files("2025/08/01/a", "2025/08/10/b")
    assert lookback_days(files("2025/08/10/b"), present) == 1
    assert lookback_days(files("no-day"), files("no-day")) == 1


@pytest.mark.parametrize(
    ("project", "ready"),
    [
        ("vars:\n  cut_over_tables: [raw.events]\n", ["raw.events"]),
        ("vars:\n  cut_over_tables: []\n", []),
        ("vars:\n", []),
        ("name: x\n", []),
        ("vars: [", []),
    ],
)
def test_tables_that_the_project_made_ready_stay_ready(
    tmp_path: Path, project: str, ready: list[str]
) -> None:
    (tmp_path / "dbt_project.yml").write_text(project)
    assert ready_tables(tmp_path) == ready


def test_a_misspelt_model_is_refused() -> None:
    columns = {"at": {"type": "timestamp"}}
    table = {"source": "raw.events", "columns": columns, "partition_by": {"column": "at"}}
    check_model(ROOT, TableConfig.model_validate({**table, "dbt_model": "telemetry_v2"}))
    check_model(ROOT, TableConfig.model_validate({**table, "dbt_model": "viewer_demand_by_hour"}))
    for name in ("telemtry_v2", "_models"):
        with pytest.raises(UsageError, match=f"has no model {name}: is dbt_model"):
            check_model(ROOT, TableConfig.model_validate({**table, "dbt_model": name}))
