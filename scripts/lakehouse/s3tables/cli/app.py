"""`lakehouse s3tables`: its commands and their names."""

import typer

from lakehouse.s3tables.cli import grants, maintenance
from lakehouse.s3tables.cli.bucket import create_bucket
from lakehouse.s3tables.cli.create import create
from lakehouse.s3tables.cli.expiration import expire_records
from lakehouse.s3tables.cli.listing import list_command
from lakehouse.s3tables.cli.snapshots import snapshots

maintenance_app = typer.Typer(help="Settings of automatic maintenance: show, set, plan, apply.")
maintenance_app.command("show")(maintenance.show)
maintenance_app.command("set")(maintenance.set_command)
maintenance_app.command("plan")(maintenance.plan_command)
maintenance_app.command("apply")(maintenance.apply_command)
maintenance_app.command("expire-records")(expire_records)

grants_app = typer.Typer(
    help="Resource policies: who may do what. Only grants that were added here are ever changed."
)
grants_app.command("show")(grants.show)
grants_app.command("add")(grants.add)
grants_app.command("remove")(grants.remove)

s3tables_app = typer.Typer(help="S3 Tables: create and list tables, maintain them, grant access.")
s3tables_app.command("create-bucket")(create_bucket)
s3tables_app.command("create")(create)
s3tables_app.command("list")(list_command)
s3tables_app.command("snapshots")(snapshots)
s3tables_app.add_typer(maintenance_app, name="maintenance")
s3tables_app.add_typer(grants_app, name="grants")
