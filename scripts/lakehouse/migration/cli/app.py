"""`lakehouse migrate`: the steps in their order."""

import typer

from lakehouse.migration.cli.discover import discover
from lakehouse.migration.cli.rewrite import rewrite

migrate_app = typer.Typer(
    name="migrate",
    help="Move tables from text times to typed ones, step by step; every step can be killed and repeated.",
    no_args_is_help=True,
)
migrate_app.command("discover")(discover)
migrate_app.command("rewrite")(rewrite)
