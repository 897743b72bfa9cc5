"""The commands of `lakehouse s3tables`."""

import typer

from lakehouse.s3tables.cli.bucket import create_bucket
from lakehouse.s3tables.cli.create import create
from lakehouse.s3tables.cli.grants import grants_app
from lakehouse.s3tables.cli.listing import list_command
from lakehouse.s3tables.cli.maintenance import maintenance_app
from lakehouse.s3tables.cli.snapshots import snapshots

s3tables_app = typer.Typer(help="S3 Tables: create, maintain, look, grant.")
s3tables_app.command("create-bucket")(create_bucket)
s3tables_app.command("create")(create)
s3tables_app.command("list")(list_command)
s3tables_app.command("snapshots")(snapshots)
s3tables_app.add_typer(maintenance_app, name="maintenance")
s3tables_app.add_typer(grants_app, name="grants")
