"""What a build came to: the rows it accounted for, what it built and tested, how long and how many bytes.

Counts come from the marts `row_accounting` and `rejected_rows` through Athena, everything about nodes from
the artifacts that dbt wrote (run_results.json, manifest.json: dbt's documented schemas v6 and v12).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakehouse.dbt.build_queries import QueryTotals
from lakehouse.errors import LakehouseError

Rows = list[Mapping[str, Any]]
RunQuery = Callable[[str], Rows]
"""Runs a SELECT and returns its rows by column name."""

ACCOUNTING_MODEL = "model.lakehouse.row_accounting"
REJECTS_MODEL = "model.lakehouse.rejected_rows"


class NoBuildError(LakehouseError):
    """There is no record of a finished build."""


@dataclass(frozen=True)
class TableAccount:
    """One time column of a bronze table: its raw rows, and how many of them became what."""

    source_table: str
    column_name: str
    raw_rows: int
    parsed_rows: int
    empty_rows: int
    rejected_rows: int


@dataclass(frozen=True)
class BuildSummary:
    """A build, in numbers. `nodes` counts (resource type, status); `seconds` is dbt's elapsed time."""

    accounts: tuple[TableAccount, ...]
    rejects_by_reason: dict[str, int]
    nodes: dict[tuple[str, str], int]
    seconds: float
    queries: QueryTotals


@dataclass(frozen=True)
class Artifacts:
    """What dbt left of a build: its run results, and the Athena names of its models."""

    run_results: dict[str, Any]
    relations: dict[str, str]

    @property
    def nodes(self) -> dict[tuple[str, str], int]:
        """Count the nodes that ran, by resource type (model, test, ...) and status (success, pass, ...)."""
        results = self.run_results["results"]
        return dict(Counter((r["unique_id"].split(".")[0], r["status"]) for r in results))


def load_artifacts(target: Path) -> Artifacts:
    """Read dbt's artifacts from its target directory.

    Raises:
        NoBuildError: there are none, or they can't be read.
    """
    try:
        run_results = json.loads((target / "run_results.json").read_text())
        manifest = json.loads((target / "manifest.json").read_text())
    except FileNotFoundError as error:
        raise NoBuildError(f"{error.filename} isn't there: run `lakehouse build` first") from None
    except ValueError as error:
        raise NoBuildError(f"dbt's artifacts in {target} can't be read ({error}): build again") from None
    relations = {
        unique_id: node["relation_name"].replace('"', "")
        for unique_id, node in manifest["nodes"].items()
        if node.get("relation_name")
    }
    return Artifacts(run_results, relations)


def summarise(artifacts: Artifacts, run_query: RunQuery, queries: QueryTotals) -> BuildSummary:
    """Gather the summary; runs two queries."""
    accounts = run_query(f"""\
select
    _source_table,
    column_name,
    sum(raw_rows) as raw_rows,
    sum(parsed_rows) as parsed_rows,
    sum(empty_rows) as empty_rows,
    sum(rejected_rows) as rejected_rows
from {_relation(artifacts, ACCOUNTING_MODEL)}
group by _source_table, column_name
order by _source_table, column_name""")
    reasons = run_query(f"""\
select reject_reason, sum(occurrences) as rejected_values
from {_relation(artifacts, REJECTS_MODEL)}
group by reject_reason
order by 2 desc, 1""")
    return BuildSummary(
        accounts=tuple(
            TableAccount(
                source_table=row["_source_table"],
                column_name=row["column_name"],
                raw_rows=int(row["raw_rows"]),
                parsed_rows=int(row["parsed_rows"]),
                empty_rows=int(row["empty_rows"]),
                rejected_rows=int(row["rejected_rows"]),
            )
            for row in accounts
        ),
        rejects_by_reason={row["reject_reason"]: int(row["rejected_values"]) for row in reasons},
        nodes=artifacts.nodes,
        seconds=float(artifacts.run_results["elapsed_time"]),
        queries=queries,
    )


def _relation(artifacts: Artifacts, unique_id: str) -> str:
    try:
        catalog, database, table = artifacts.relations[unique_id].split(".")
    except KeyError:
        raise NoBuildError(f"{unique_id} isn't in the manifest: build the whole project once") from None
    return f'"{catalog}"."{database}"."{table}"'
