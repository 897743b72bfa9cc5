"""`lakehouse migrate`: the steps in their order."""

import typer

from lakehouse.migration.cli.backfill import backfill_command
from lakehouse.migration.cli.dual_write import dual_write
from lakehouse.migration.cli.plan import plan
from lakehouse.migration.cli.status import status
from lakehouse.migration.cli.validate import validate

migrate_app = typer.Typer(
    name="migrate",
    help="Move tables from text times to typed ones, step by step; every step can be killed and repeated.",
    no_args_is_help=True,
)
migrate_app.command("plan")(plan)
migrate_app.command("backfill")(backfill_command)
migrate_app.command("dual-write")(dual_write)
migrate_app.command("validate")(validate)
migrate_app.command("status")(status)
