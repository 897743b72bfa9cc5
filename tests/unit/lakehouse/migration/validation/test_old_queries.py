"""Old queries are found, compiled where they are templates, and refused where they are none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from tests.support.dbt_projects import write_project
from tests.support.sandbox import ROOT

from lakehouse.errors import ServiceError, UsageError
from lakehouse.migration.validation.old_queries import load_folder, load_project

SOURCES = ["acme_telemetry.telemetry"]


def test_only_queries_that_read_a_source_are_loaded(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("select * from acme_telemetry.telemetry;\n")
    (tmp_path / "b.sql").write_text("with t as (select 1) select * from t")
    (tmp_path / "c.sql").write_text('select * from "awsdatacatalog"."ACME_TELEMETRY"."telemetry" x, other.y')
    loaded = load_folder(tmp_path, SOURCES)
    assert [(query.name, sorted(query.sources)) for query in loaded] == [("a", SOURCES), ("c", SOURCES)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("select * from {{ source('a', 'b') }}", "is a template: name a folder of plain SQL"),
        ("select from where", "is no SQL that Athena reads"),
        ("drop table acme_telemetry.telemetry", "must hold one SELECT"),
        ("select 1; select 2", "must hold one SELECT"),
    ],
)
def test_a_file_that_is_no_query_is_named(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "q.sql").write_text(content)
    with pytest.raises(UsageError, match=r"q\.sql") as raised:
        load_folder(tmp_path, SOURCES)
    assert message in str(raised.value)


def test_folder_without_queries_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no \*\.sql"):
        load_folder(tmp_path, SOURCES)


def test_project_without_queries_has_none(tmp_path: Path) -> None:
    assert load_project(tmp_path, SOURCES, lambda _: None) == []


def test_plain_queries_of_a_project_need_no_dbt(tmp_path: Path) -> None:
    folder = tmp_path / "analyses" / "migration"
    folder.mkdir(parents=True)
    (folder / "viewers__before.sql").write_text("select 1 from acme_telemetry.telemetry")
    (folder / "viewers__after.sql").write_text("select 1 from {{ ref('telemetry_v2') }}")
    assert [query.name for query in load_project(tmp_path, SOURCES, pytest.fail)] == ["viewers__before"]


def test_templates_are_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By dbt, with the old names whatever is cut over, and again when a template is newer."""
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "target"))
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("DBT_PROFILES_DIR", str(ROOT / "profiles"))
    identifier = (
        "{{ 'telemetry_legacy' if 'acme_telemetry.telemetry' in var('cut_over_tables') else 'telemetry' }}"
    )
    project, folder = tmp_path / "project", "analyses/migration"
    write_project(
        project,
        {
            "models/sources.yml": yaml.safe_dump(
                {
                    "sources": [
                        {
                            "name": "acme_telemetry",
                            "tables": [{"name": "telemetry", "identifier": identifier}, {"name": "other"}],
                        }
                    ]
                }
            ),
            f"{folder}/viewers__before.sql": "select 1 from {{ source('acme_telemetry', 'telemetry') }}",
            f"{folder}/others__before.sql": "select 1 from {{ source('acme_telemetry', 'other') }}",
        },
        vars={"cut_over_tables": SOURCES},
        **{"analysis-paths": ["analyses"]},
    )
    said: list[str] = []
    loaded = load_project(project, [*SOURCES, "acme_telemetry.other"], said.append)
    assert {query.name: sorted(query.sources) for query in loaded} == {
        "viewers__before": SOURCES,
        "others__before": ["acme_telemetry.other"],
    }
    assert len(said) == 1
    assert load_project(project, [*SOURCES, "acme_telemetry.other"], pytest.fail) == loaded
    (output,) = tmp_path.rglob("target/**/viewers__before.sql")
    os.utime(output, (0, 0))
    assert [query.name for query in load_project(project, SOURCES, said.append)] == ["viewers__before"]
    assert len(said) == 2
    assert output.stat().st_mtime > 0


def test_dbt_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBT_TARGET_PATH", raising=False)
    folder = tmp_path / "analyses" / "migration"
    folder.mkdir(parents=True)
    (folder / "viewers__before.sql").write_text("select 1 from {{ source('a', 'b') }}")
    with pytest.raises(ServiceError, match="dbt compile of analyses/migration failed"):
        load_project(tmp_path, SOURCES, lambda _: None)
