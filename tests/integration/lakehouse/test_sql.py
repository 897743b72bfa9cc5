"""What `lakehouse sql` runs besides SELECT: statements whose rows Athena sends as one text with tabs."""

from __future__ import annotations

import uuid

import pytest
from tests.support.sandbox import Sandbox

from lakehouse.athena.client import AthenaClient
from lakehouse.cli import main


@pytest.fixture(scope="module")
def table(sandbox: Sandbox) -> str:
    name = f"sql_{uuid.uuid4().hex[:8]}"
    sandbox.sql(f"create database {name}")
    sandbox.sql(
        f"create external table {name}.events (id string comment 'who', n int) partitioned by (day string) "
        f"location 's3://acme-lakehouse-bronze/{name}/events/'"
    )
    sandbox.sql(f"alter table {name}.events add partition (day = '2025-08-13')")
    return f"{name}.events"


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        ("describe", [("id", "string", "who"), ("n", "int", None), ("day", "string", None)]),
        ("show columns in", [("id",), ("n",), ("day",)]),
        ("show partitions", [("day=2025-08-13",)]),
    ],
)
def test_rows_have_a_cell_for_each_column(
    sandbox: Sandbox, table: str, statement: str, rows: list[tuple[str | None, ...]]
) -> None:
    client = AthenaClient(sandbox.session(), "primary", "s3://acme-lakehouse-results/tests/")
    result = client.run(f"{statement} {table}", database="default")
    found = [tuple(cell and cell.strip() for cell in row) for row in result.rows]
    assert found[: len(rows)] == rows
    assert {len(row) for row in result.rows} == {len(result.columns)}


def test_they_are_printed(
    sandbox: Sandbox, table: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_PROFILE"):
        monkeypatch.setenv(name, sandbox.env[name])
    assert main(["sql", f"describe {table}"]) == 0
    assert "who" in capsys.readouterr().out


def test_values_are_printed_as_athena_writes_them(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_PROFILE"):
        monkeypatch.setenv(name, sandbox.env[name])
    nested = "map(array['a'], array[cast(row(1, 'x') as row(n int, s varchar))])"
    statement = f"select 2025, '', null, true, date '19999-01-01', nan(), x'0aff', {nested}"
    assert main(["sql", statement, "--format", "csv"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == '2025,"",,true,+19999-01-01,NaN,0a ff,"{a={n=1, s=x}}"'
    assert main(["sql", statement]) == 0
    printed = capsys.readouterr()
    assert printed.out.split()[-9:-2] == ["2025", "NULL", "true", "+19999-01-01", "NaN", "0a", "ff"]
    assert printed.err.startswith("1 row;")


def test_a_write_tells_the_rows_it_wrote(
    sandbox: Sandbox, table: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_PROFILE"):
        monkeypatch.setenv(name, sandbox.env[name])
    values = "values ('a', 1, '2025-08-14'), ('b', 2, '2025-08-14'), ('c', 3, '2025-08-14')"
    assert main(["sql", f"insert into {table} {values}"]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("3 rows affected;")
    assert main(["sql", f"alter table {table} set tblproperties ('owner'='us')"]) == 0
    assert capsys.readouterr().err.startswith("done;")
