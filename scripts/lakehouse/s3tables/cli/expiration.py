"""The command `lakehouse s3tables maintenance expire-records`: it parses arguments and prints."""

from dataclasses import asdict
from typing import Annotated

import typer

from lakehouse.errors import UsageError
from lakehouse.options import Apply, AsJson
from lakehouse.output import Output
from lakehouse.s3tables.cli.common import Bucket, Table, place_of, say_not_applied
from lakehouse.s3tables.listing import find_table
from lakehouse.s3tables.maintenance.expiration import (
    Expiration,
    read_expiration,
    require_expiring_table,
    write_expiration,
)
from lakehouse.s3tables.maintenance.settings import MAX_INTEGER


def expire_records(
    context: typer.Context,
    table: Table,
    bucket: Bucket = None,
    days: Annotated[
        int | None,
        typer.Option(min=1, max=MAX_INTEGER, help="Rows older than this are deleted.", show_default=False),
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Stop deleting rows.")] = False,
    apply: Apply = False,
    as_json: AsJson = False,
) -> None:
    """Let old rows expire in a table that AWS maintains. Expired rows can't be restored."""
    if (days is None) != off:
        raise UsageError("give either --days N or --off")
    place = place_of(context, bucket)
    output = Output(as_json=as_json)
    entry = find_table(place.client, place.bucket, place.table(table))
    require_expiring_table(entry)
    before = read_expiration(place.client, entry.arn)
    after = Expiration(not off, before.days if off else days)
    if before != after and apply:
        write_expiration(place.client, entry, before, after)
    if output.as_json:
        written = apply and before != after
        output.json(
            {"of": str(entry.table), "before": asdict(before), "after": asdict(after), "written": written}
        )
    else:
        output.line(f"record expiration of {entry.table}: {before} -> {after}")
    if before == after:
        output.say("nothing to do")
    elif not apply:
        say_not_applied(output)
