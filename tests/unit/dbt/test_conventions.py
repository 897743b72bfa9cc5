"""The project's own gate: what every source, model, column, macro and test owes its reader.

Reads the manifest that `dbt parse` writes, so it needs no engine. Each rule is a function from a manifest to
the list of its offenders; test_rules_catch_offenders shows that each finds one.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from tests.proving.test_checks_fail_on_planted_rows import CASES
from tests.support.sandbox import ROOT

Manifest = dict[str, Any]


def project_models(manifest: Manifest) -> list[dict[str, Any]]:
    return [n for n in manifest["nodes"].values() if n["resource_type"] == "model"]


def data_tests(manifest: Manifest, model: dict[str, Any], column: str | None = None) -> list[dict[str, Any]]:
    return [
        n
        for n in manifest["nodes"].values()
        if n["resource_type"] == "test"
        and n.get("attached_node") == model["unique_id"]
        and (column is None or n.get("column_name") == column)
    ]


def names_of_tests(manifest: Manifest, model: dict[str, Any], column: str | None = None) -> set[str]:
    return {
        (t.get("test_metadata") or {}).get("name", t["name"]) for t in data_tests(manifest, model, column)
    }


def undescribed(manifest: Manifest) -> list[str]:
    named = [*project_models(manifest), *manifest["sources"].values()]
    named += [n for n in manifest["nodes"].values() if n["resource_type"] == "seed"]
    offenders = [n["unique_id"] for n in named if not n["description"].strip()]
    return offenders + [
        f"{n['unique_id']}.{name}"
        for n in named
        for name, c in n["columns"].items()
        if not c["description"].strip()
    ]


def without_stated_grain(manifest: Manifest) -> list[str]:
    grain = re.compile(r"^One row per .*(Primary key(: | is )\S+.*|No key: .+)\.$", re.DOTALL)
    return [m["unique_id"] for m in project_models(manifest) if not grain.match(m["description"].strip())]


def primary_key(model: dict[str, Any]) -> list[str]:
    found = re.search(r"Primary key(?:: | is )([\w, ]+)\.", model["description"])
    return [name.strip() for name in found[1].split(",")] if found else []


def with_untested_key(manifest: Manifest) -> list[str]:
    offenders = []
    for model in project_models(manifest):
        key = primary_key(model)
        if len(key) == 1 and not {"unique", "not_null"} <= names_of_tests(manifest, model, key[0]):
            offenders.append(model["unique_id"])
        if len(key) > 1 and "unique_combination_of_columns" not in names_of_tests(manifest, model):
            offenders.append(model["unique_id"])
    return offenders


def staged_columns(manifest: Manifest) -> dict[str, list[str]]:
    """The time columns of each entry of macros/staging/staged_sources.sql, by its source table."""
    entries: list[dict[str, Any]] = []
    listing = manifest["macros"]["macro.lakehouse.staged_sources"]["macro_sql"]
    environment = jinja2.Environment(autoescape=False)  # noqa: S701 (SQL, not HTML)
    environment.globals["return"] = entries.extend
    environment.from_string(listing).module.staged_sources()  # type: ignore[attr-defined]
    return {entry["source_table"]: list(entry["columns"]) for entry in entries}


def checked_columns(manifest: Manifest, test: dict[str, Any]) -> list[str]:
    """The time columns that a data test checks: it lists them, or names the staged source that has them."""
    arguments = (test.get("test_metadata") or {"kwargs": {}})["kwargs"]
    listed: list[str] = arguments.get("columns", [])
    return listed or staged_columns(manifest).get(arguments.get("source_table"), [])


def with_unchecked_time(manifest: Manifest) -> list[str]:
    return [
        f"{model['unique_id']}.{name}"
        for model in project_models(manifest)
        if model["fqn"][1] in ("marts", "staging")
        for name, column in model["columns"].items()
        if not name.startswith("_")
        and name != "event_date"
        and (column["data_type"] or "").startswith(("timestamp", "date"))
        and name
        not in {
            checked
            for test in data_tests(manifest, model)
            if (test.get("test_metadata") or {}).get("name")
            in ("zero_invalid_timestamps", "every_raw_row_is_accounted_for")
            for checked in checked_columns(manifest, test)
        }
    ]


def with_untested_relationship(manifest: Manifest) -> list[str]:
    keys = {primary_key(m)[0]: m["name"] for m in project_models(manifest) if m["name"].startswith("dim_")}
    return [
        f"{model['unique_id']}.{name}"
        for model in project_models(manifest)
        if model["fqn"][1] == "marts"
        for name in model["columns"]
        if name in keys
        and keys[name] != model["name"]
        and "relationships" not in names_of_tests(manifest, model, name)
    ]


def marts_without_contract_or_partition(manifest: Manifest) -> list[str]:
    return [
        m["unique_id"]
        for m in project_models(manifest)
        if m["fqn"][1] == "marts"
        and m["config"]["materialized"] != "view"
        and not (
            # dbt checks contracts of SQL models only.
            (m["config"]["contract"]["enforced"] or m["language"] == "python")
            and m["config"].get("table_type") == "iceberg"
            and m["config"].get("partitioned_by")
        )
    ]


def sources_without_freshness_or_types(manifest: Manifest) -> list[str]:
    sources = manifest["sources"].values()
    offenders = [
        s["unique_id"]
        for s in sources
        if not (s["freshness"] or {}).get("warn_after") or not s["loaded_at_field"]
    ]
    return offenders + [
        f"{s['unique_id']}.{name}" for s in sources for name, c in s["columns"].items() if not c["data_type"]
    ]


def logic_without_unit_test(manifest: Manifest) -> list[str]:
    tested = {u["model"] for u in manifest["unit_tests"].values()}
    return [
        m["unique_id"]
        for m in project_models(manifest)
        if m["fqn"][1] in ("staging", "intermediate", "marts")
        and m["language"] == "sql"
        and m["name"] not in tested
    ]


def python_models_without_tests(manifest: Manifest) -> list[str]:
    """dbt's unit tests are for SQL models; pytest has those of the others, in a file of the model's name."""
    return [
        m["unique_id"]
        for m in project_models(manifest)
        if m["language"] == "python"
        and not (Path(__file__).parent / "models" / f"test_{m['name']}.py").exists()
    ]


def sources_without_accounting(manifest: Manifest) -> list[str]:
    accounted = {
        f"{parent}.{column}"
        for t in manifest["nodes"].values()
        if (t.get("test_metadata") or {}).get("name") == "every_raw_row_is_accounted_for"
        for parent in t["depends_on"]["nodes"]
        if parent.startswith("source.")
        for column in checked_columns(manifest, t)
    }
    times = {
        f"{source['unique_id']}.{name}"
        for source in manifest["sources"].values()
        for name in source["columns"]
        if name.endswith(("_at", "_date", "_timestamp"))
    }
    return sorted(times - accounted)


def sources_without_a_staged_entry(manifest: Manifest) -> list[str]:
    """macros/staging/staged_sources.sql lists every source: rejects and row accounting loop over it."""
    staged = staged_columns(manifest)
    return [
        f"{source['source_name']}.{source['name']} is missing in macros/staging/staged_sources.sql"
        for source in manifest["sources"].values()
        if f"{source['source_name']}.{source['name']}" not in staged
    ]


def event_times_without_an_earliest(manifest: Manifest) -> list[str]:
    """A zero date or a misread epoch is a valid timestamp; only a test that knows better finds it."""
    return [
        test["unique_id"]
        for test in manifest["nodes"].values()
        if (metadata := test.get("test_metadata"))
        and metadata["name"] in ("zero_invalid_timestamps", "every_raw_row_is_accounted_for")
        and "event_timestamp" in checked_columns(manifest, test)
        and "earliest_event" not in metadata["kwargs"].get("earliest", "")
    ]


def undocumented_macros(manifest: Manifest) -> list[str]:
    macros = [m for m in manifest["macros"].values() if m["package_name"] == "lakehouse"]
    return [
        m["unique_id"]
        for m in macros
        if not m["name"].startswith(("_", "test_"))
        and not m["description"].strip()
        and not (ROOT / m["original_file_path"]).read_text().lstrip().startswith("{#")
    ]


def generic_tests_without_a_planted_row(manifest: Manifest) -> list[str]:
    """A check that nobody saw fail may be one that can't; tests/proving plants a bad row for each."""
    tests = [n for n in manifest["nodes"].values() if n["resource_type"] == "test" and n.get("test_metadata")]
    used = {test["test_metadata"]["name"] for test in tests}
    defined = {
        macro["name"].removeprefix("test_")
        for macro in manifest["macros"].values()
        if macro["package_name"] == "lakehouse" and macro["name"].startswith("test_")
    }
    planted = {case.test for case in CASES.values()}
    return sorted((used | defined) - {t["test_metadata"]["name"] for t in tests if t["name"] in planted})


RULES: list[Callable[[Manifest], list[str]]] = [
    undescribed,
    without_stated_grain,
    with_untested_key,
    with_unchecked_time,
    with_untested_relationship,
    marts_without_contract_or_partition,
    sources_without_freshness_or_types,
    logic_without_unit_test,
    python_models_without_tests,
    sources_without_accounting,
    sources_without_a_staged_entry,
    event_times_without_an_earliest,
    undocumented_macros,
    generic_tests_without_a_planted_row,
]


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    target = tmp_path_factory.mktemp("target")
    env = {
        **os.environ,
        "DBT_PROFILES_DIR": str(ROOT / "profiles"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "0",
        # Models of a table bucket are enabled by it.
        "LAKEHOUSE_TABLE_BUCKET": "acme-lakehouse-tables",
    }
    subprocess.run(
        [
            str(Path(sys.executable).parent / "dbt"),
            "--quiet",
            "parse",
            "--target-path",
            str(target),
            "--log-path",
            str(target),
        ],
        cwd=ROOT,
        env=env,
        check=True,
    )
    loaded: Manifest = json.loads((target / "manifest.json").read_text())
    return loaded


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_project_keeps_the_rule(manifest: Manifest, rule: Callable[[Manifest], list[str]]) -> None:
    offenders = rule(manifest)
    assert not offenders, f"{rule.__name__}: {', '.join(offenders)}"


def spoil(manifest: Manifest, rule: Callable[[Manifest], list[str]]) -> Manifest:
    """A copy of the manifest with one offence against the rule."""
    spoiled: Manifest = json.loads(json.dumps(manifest))
    fact = spoiled["nodes"]["model.lakehouse.fct_playback_events"]
    source = spoiled["sources"]["source.lakehouse.acme_telemetry.telemetry"]
    nodes = spoiled["nodes"]

    def drop_tests(name: str, column: str | None = None) -> None:
        for test_id in [
            i
            for i, n in nodes.items()
            if n["resource_type"] == "test"
            and (n.get("test_metadata") or {}).get("name") == name
            and (column is None or n.get("column_name") == column)
        ]:
            del nodes[test_id]

    if rule is undescribed:
        fact["columns"]["isp"]["description"] = " "
    elif rule is without_stated_grain:
        fact["description"] = "Playback events."
    elif rule is with_untested_key:
        drop_tests("unique", "event_id")
    elif rule is with_unchecked_time:
        drop_tests("zero_invalid_timestamps")
    elif rule is with_untested_relationship:
        drop_tests("relationships", "title_id")
    elif rule is marts_without_contract_or_partition:
        fact["config"]["partitioned_by"] = None
    elif rule is sources_without_freshness_or_types:
        source["freshness"] = None
    elif rule is logic_without_unit_test:
        spoiled["unit_tests"] = {}
    elif rule is python_models_without_tests:
        nodes["model.lakehouse.viewer_demand_by_hour"]["name"] = "untested"
    elif rule is sources_without_accounting:
        drop_tests("every_raw_row_is_accounted_for")
    elif rule is sources_without_a_staged_entry:
        spoiled["sources"]["source.lakehouse.acme_telemetry.other"] = source | {"name": "other"}
    elif rule is event_times_without_an_earliest:
        test = "test.lakehouse.fct_playback_events_holds_no_invalid_time"
        [found] = [node for name, node in nodes.items() if name.startswith(test)]
        found["test_metadata"]["kwargs"]["earliest"] = "1970-01-01"
    elif rule is undocumented_macros:
        file = "pyproject.toml"
        spoiled["macros"]["macro.lakehouse.row_as_json"] |= {"description": "", "original_file_path": file}
    elif rule is generic_tests_without_a_planted_row:
        spoiled["macros"]["macro.lakehouse.test_new"] = {"name": "test_new", "package_name": "lakehouse"}
    return spoiled


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rules_catch_offenders(manifest: Manifest, rule: Callable[[Manifest], list[str]]) -> None:
    assert rule(spoil(manifest, rule)) != []


def test_no_model_asks_for_its_target(manifest: Manifest) -> None:
    asking = [
        m["unique_id"]
        for m in project_models(manifest)
        if re.search(r"\btarget\.(name|type)\b", m["raw_code"])
    ]
    assert asking == []


def repeated_descriptions(documents: list[Any]) -> list[str]:
    """Texts that describe three columns or more and are not a doc block."""
    texts = Counter(
        column["description"].strip()
        for document in documents
        for resource in (*document.get("models", []), *_tables(document))
        for column in resource["columns"]
    )
    return [text for text, count in texts.items() if count >= 3 and not text.startswith("{{ doc(")]


def _tables(document: Any) -> list[Any]:
    return [table for source in document.get("sources", []) for table in source["tables"]]


def test_a_text_that_describes_three_columns_is_a_doc_block() -> None:
    files = sorted((ROOT / "models").rglob("*.yml"))
    repeated = repeated_descriptions([yaml.safe_load(file.read_text(encoding="utf-8")) for file in files])
    assert not repeated, f"make each a docs block of models/_columns.md: {repeated}"


def test_a_repeated_description_is_found() -> None:
    columns = [{"description": text} for text in ("Day.", "Day. ", "Hour.", "Day.", "Hour.")]
    assert repeated_descriptions([{"models": [{"columns": columns}]}]) == ["Day."]
