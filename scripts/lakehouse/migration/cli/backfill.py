"""`lakehouse migrate backfill`: it parses arguments and prints."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from lakehouse.errors import Interrupted
from lakehouse.migration.cli.common import AsJson, ConfigFile, ProjectDirectory, Tables, opened
from lakehouse.migration.copying.accounts import Accounts
from lakehouse.migration.copying.backfill import backfill
from lakehouse.migration.copying.durations import DEFAULT_CONCURRENCY
from lakehouse.migration.lock import held
from lakehouse.output import Output

Concurrency = Annotated[int, typer.Option(min=1, max=20, help="Most batches that are written at a time.")]


def backfill_command(
    context: typer.Context,
    tables: Tables = None,
    concurrency: Concurrency = DEFAULT_CONCURRENCY,
    config_file: ConfigFile = None,
    project: ProjectDirectory = Path(),
    as_json: AsJson = False,
) -> None:
    """Write the batches of the applied plan that aren't in yet. Ctrl-C pauses; the same command resumes."""
    migration = opened(context, config_file, project)
    output = Output(as_json=as_json)
    results: list[tuple[str, Accounts | None]] = []
    with held(migration.ledger, "migrate backfill"):
        for table in migration.config.chosen(tables):
            with output.steps(f"backfill {table.source}") as progress:
                try:
                    accounts = backfill(migration, table, concurrency, progress, output.say)
                except Interrupted as error:
                    raise Interrupted(
                        f"{table.source}: {error}; the same command goes on from there"
                    ) from error
            results.append((table.source, accounts))
    if as_json:
        output.json([_as_json(source, accounts) for source, accounts in results])
        return
    output.table(
        ["source", "raw rows", "in the target", "duplicates", "rejected or empty"],
        [
            [source, accounts.raw, accounts.target, accounts.duplicates, accounts.left_out]
            if accounts
            else [source, "by dbt", None, None, None]
            for source, accounts in results
        ],
        title="Every raw row accounted for: raw = target + duplicates + rejected or empty",
    )


def _as_json(source: str, accounts: Accounts | None) -> dict[str, Any]:
    if accounts is None:
        return {"source": source, "writer": "dbt"}
    return {"source": source, "writer": "merge", **asdict(accounts)}
