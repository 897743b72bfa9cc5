"""Python models through the unchanged adapter: Spark calculations, Iceberg and Hive, pandas, increments."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.support.dbt_projects import write_project
from tests.support.sandbox import BIN, ROOT, Sandbox

from lakehouse.dbt.build_queries import end_sessions

DATABASE = "local_python_models"

FILES = {
    "models/numbers.sql": """
{{ config(materialized="table", table_type="iceberg") }}
select n, date_add('day', n, date '2025-01-01') as day
from unnest(sequence(1, {{ var("count", 10) }})) as numbers (n)
""",
    "models/numbers_hive.sql": """
{{ config(materialized="table") }}
select n from {{ ref("numbers") }}
""",
    "models/doubled.py": """
def model(dbt, session):
    dbt.config(materialized="table", table_type="iceberg", partitioned_by=["month(day)"])
    return dbt.ref("numbers").selectExpr("n", "n * 2 as twice", "day")
""",
    "models/doubled_in_pandas.py": """
import pandas as pd

def model(dbt, session):
    dbt.config(materialized="table", table_type="iceberg")
    frame = dbt.ref("numbers").toPandas()
    return pd.DataFrame({"n": frame["n"], "twice": frame["n"] * 2})
""",
    "models/doubled_hive.py": """
def model(dbt, session):
    dbt.config(materialized="table", partitioned_by=["parity"])
    return dbt.ref("numbers_hive").selectExpr("n", "n * 2 as twice", "cast(n % 2 as string) as parity")
""",
    "models/appended.py": """
def model(dbt, session):
    dbt.config(materialized="incremental", incremental_strategy="append", table_type="iceberg")
    numbers = dbt.ref("numbers").select("n")
    if dbt.is_incremental:
        last = session.table(f"{dbt.this.schema}.{dbt.this.identifier}").agg({"n": "max"}).collect()[0][0]
        numbers = numbers.where(f"n > {last}")
    return numbers
""",
    "models/together.sql": """
{{ config(materialized="table", table_type="iceberg") }}
select sum(a.twice) as iceberg, sum(b.twice) as pandas, sum(c.twice) as hive
from {{ ref("doubled") }} as a
join {{ ref("doubled_in_pandas") }} as b on a.n = b.n
join {{ ref("doubled_hive") }} as c on a.n = c.n
""",
    "models/broken.py": """
def model(dbt, session):
    dbt.config(materialized="table", table_type="iceberg")
    numbers = dbt.ref("numbers")
    if numbers.count():
        raise ValueError("no such thing")
    return numbers
""",
}

REPLACED = """
{{ config(materialized="table", partitioned_by=["day"]) }}
select n, day from {{ ref("numbers") }}
"""


@pytest.fixture(scope="module")
def project(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("python_models")
    write_project(directory, FILES, models={"+schema": "python_models"})
    sandbox.sql(f"drop database if exists {DATABASE} cascade")
    return directory


def arguments(project: Path, *more: str) -> tuple[str, ...]:
    place = ("--project-dir", str(project), "--target-path", str(project / "target"))
    # One thread, one Spark session: dbt-athena begins another for each thread that has a Python model.
    return ("--no-write-json", "run", "--threads", "1", *place, *more)


def test_every_kind_of_python_model_is_built_and_read_by_sql(sandbox: Sandbox, project: Path) -> None:
    sandbox.run("dbt", *arguments(project, "--exclude", "broken"))
    # 2 * (1 + ... + 10)
    assert sandbox.sql(f"select * from {DATABASE}.together") == [["110", "110", "110"]]
    glue = sandbox.client("glue")
    kinds = {
        table["Name"]: table["Parameters"].get("table_type")
        for table in glue.get_tables(DatabaseName=DATABASE)["TableList"]
    }
    assert kinds["doubled"] == "ICEBERG"
    assert kinds["doubled_hive"] is None
    partitions = glue.get_partitions(DatabaseName=DATABASE, TableName="doubled_hive")["Partitions"]
    assert sorted(partition["Values"] for partition in partitions) == [["0"], ["1"]]


def test_an_incremental_python_model_adds_what_is_new(sandbox: Sandbox, project: Path) -> None:
    selection = ("--select", "numbers", "appended")
    sandbox.run("dbt", *arguments(project, *selection))
    sandbox.run("dbt", *arguments(project, *selection, "--vars", json.dumps({"count": 13})))
    rows = sandbox.sql(f"select count(*), count(distinct n), max(n) from {DATABASE}.appended")
    assert rows == [["13", "13", "13"]]


def test_a_run_of_python_models_survives_tables_that_sql_models_replace(
    sandbox: Sandbox, project: Path
) -> None:
    """Hive tables with partitions are dropped and made again while a Python model runs."""
    for number in range(6):
        (project / f"models/replaced_{number}.sql").write_text(REPLACED)
    selection = ("--select", "numbers", "doubled", "replaced_*", "--threads", "2")
    # dbt takes the last of equal options.
    for _ in range(2):
        sandbox.run("dbt", *arguments(project, *selection))
    rows = sandbox.sql(f"select count(*), count(distinct day) from {DATABASE}.replaced_0")
    assert rows == [["10", "10"]]


def test_the_sessions_of_a_run_are_ended_and_no_others(sandbox: Sandbox, project: Path) -> None:
    athena = sandbox.client("athena")
    engine = {"CoordinatorDpuSize": 1, "MaxConcurrentDpus": 2, "DefaultExecutorDpuSize": 1}
    other = athena.start_session(
        WorkGroup="spark", EngineConfiguration=engine, Description="dbt: of somebody else - 1"
    )["SessionId"]
    _, *with_results = arguments(project, "--select", "numbers", "doubled")
    # The program itself: dbt-athena reads the invocation's id at its import, once for all that are forked.
    subprocess.run([str(BIN / "dbt"), *with_results], cwd=ROOT, env=sandbox.env, check=True)
    results = json.loads((project / "target" / "run_results.json").read_text())
    assert end_sessions(athena, results["metadata"]["invocation_id"]) == 1
    open_ones = {
        session["SessionId"]
        for session in athena.list_sessions(WorkGroup="spark")["Sessions"]
        if session["Status"]["State"] in ("CREATING", "CREATED", "IDLE", "BUSY")
        and results["metadata"]["invocation_id"] in session.get("Description", "")
    }
    assert open_ones == set()
    assert athena.get_session_status(SessionId=other)["Status"]["State"] in ("CREATING", "CREATED", "IDLE")
    athena.terminate_session(SessionId=other)


def test_an_error_in_a_model_reaches_dbts_user(sandbox: Sandbox, project: Path) -> None:
    failed = sandbox.run("dbt", *arguments(project, "--select", "broken"), check=False)
    assert failed.returncode == 1
    assert "ValueError: no such thing" in failed.stdout
    assert "Stderr s3 path: s3://acme-lakehouse-results/spark/" in failed.stdout
