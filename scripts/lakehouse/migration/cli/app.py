"""`lakehouse migrate`: its commands and their names, in the order of the steps."""

import typer

from lakehouse.migration.cli.agent_prompt import agent_prompt
from lakehouse.migration.cli.announce import announce
from lakehouse.migration.cli.backfill import backfill_command
from lakehouse.migration.cli.backup import backup, restore
from lakehouse.migration.cli.cleanup import cleanup
from lakehouse.migration.cli.cutover import cutover, rollback
from lakehouse.migration.cli.discover import discover
from lakehouse.migration.cli.dual_write import dual_write
from lakehouse.migration.cli.impact import impact
from lakehouse.migration.cli.ledger import ledger
from lakehouse.migration.cli.monitor import monitor
from lakehouse.migration.cli.plan import plan
from lakehouse.migration.cli.rewrite import rewrite
from lakehouse.migration.cli.statistics import statistics
from lakehouse.migration.cli.status import status
from lakehouse.migration.cli.validate import validate

migrate_app = typer.Typer(
    help="Migrate tables from times stored as text to typed ones, step by step. "
    "Every step can be killed and repeated.",
)
migrate_app.command("discover")(discover)
migrate_app.command("impact")(impact)
migrate_app.command("plan")(plan)
migrate_app.command("backfill")(backfill_command)
migrate_app.command("dual-write")(dual_write)
migrate_app.command("validate")(validate)
migrate_app.command("statistics")(statistics)
migrate_app.command("status")(status)
migrate_app.command("ledger")(ledger)
migrate_app.command("backup")(backup)
migrate_app.command("restore")(restore)
migrate_app.command("cutover")(cutover)
migrate_app.command("rollback")(rollback)
migrate_app.command("monitor")(monitor)
migrate_app.command("cleanup")(cleanup)
migrate_app.command("rewrite")(rewrite)
migrate_app.command("agent-prompt")(agent_prompt)
migrate_app.command("announce")(announce)
