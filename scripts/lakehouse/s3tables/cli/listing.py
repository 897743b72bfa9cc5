"""The command `lakehouse s3tables list`: it parses arguments and prints."""

from typing import Annotated, Any

import typer

from lakehouse.errors import UsageError
from lakehouse.options import AsJson
from lakehouse.output import Output, counted, size_text
from lakehouse.s3tables.buckets import require_bucket
from lakehouse.s3tables.cli.common import Bucket, Place, place_of
from lakehouse.s3tables.listing import (
    TableEntry,
    TableSize,
    iter_buckets,
    iter_namespaces,
    iter_tables,
    measure,
)
from lakehouse.s3tables.names import check_namespace
from lakehouse.toolbox import toolbox_of


def list_command(
    context: typer.Context,
    bucket: Bucket = None,
    namespace: Annotated[
        str | None,
        typer.Option("--namespace", "-n", help="Only tables of this namespace.", show_default=False),
    ] = None,
    all_buckets: Annotated[bool, typer.Option("--buckets", help="List the table buckets instead.")] = False,
    rows: Annotated[
        bool, typer.Option("--rows", help="Also rows, files and size, from each table's latest snapshot.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List namespaces and tables of a bucket; --buckets lists the buckets."""
    output = Output(as_json=as_json)
    if all_buckets:
        if bucket or namespace or rows:
            raise UsageError("--buckets can't be combined with --bucket, --namespace or --rows")
        _list_buckets(context, output)
    else:
        _list_tables(place_of(context, bucket), namespace, rows, output)


def _list_buckets(context: typer.Context, output: Output) -> None:
    found = list(iter_buckets(toolbox_of(context).aws.s3tables))
    if output.as_json:
        output.json({"buckets": [vars(bucket) for bucket in found]})
        return
    output.table(
        ["bucket", "owner", "created", "arn"],
        [[bucket.name, bucket.owner, f"{bucket.created_at:%Y-%m-%d %H:%M}", bucket.arn] for bucket in found],
    )


def _list_tables(place: Place, namespace: str | None, rows: bool, output: Output) -> None:
    require_bucket(place.client, place.bucket)
    wanted = check_namespace(namespace) if namespace else None
    found = iter_namespaces(place.client, place.bucket.arn)
    namespaces = sorted(name for name in found if wanted in (None, name))
    if wanted and not namespaces:
        raise UsageError(f"there is no namespace {wanted} in {place.bucket.name}")
    tables = sorted(iter_tables(place.client, place.bucket.arn, wanted), key=lambda entry: str(entry.table))
    sizes: list[TableSize | None] = [None] * len(tables)
    if rows:
        sizes = [
            measure(place.tables.load, entry.table)
            for entry in output.track(tables, "reading metadata", noun="table")
        ]
    if output.as_json:
        output.json(_as_json(place, namespaces, tables, sizes))
    else:
        _print(namespaces, tables, sizes, rows, output)


def _print(
    namespaces: list[str],
    tables: list[TableEntry],
    sizes: list[TableSize | None],
    rows: bool,
    output: Output,
) -> None:
    header = ["namespace", "table", "type", "created", *(["rows", "files", "size"] if rows else [])]
    lines: list[list[Any]] = []
    for entry, size in zip(tables, sizes, strict=True):
        line = [entry.table.namespace, entry.table.name, entry.type, f"{entry.created_at:%Y-%m-%d %H:%M}"]
        lines.append([*line, *([size.rows, size.files, size_text(size.bytes)] if size else [])])
    empty = set(namespaces) - {entry.table.namespace for entry in tables}
    lines += [[name, None, None, None, *([None] * 3 if rows else [])] for name in sorted(empty)]
    output.table(header, lines)
    output.say(f"{counted(len(namespaces), 'namespace')}, {counted(len(tables), 'table')}")


def _as_json(
    place: Place, namespaces: list[str], tables: list[TableEntry], sizes: list[TableSize | None]
) -> dict[str, Any]:
    return {
        "bucket": place.bucket.name,
        "arn": place.bucket.arn,
        "namespaces": namespaces,
        "tables": [
            {
                "namespace": entry.table.namespace,
                "name": entry.table.name,
                "arn": entry.arn,
                "type": entry.type,
                "created_at": entry.created_at,
                "modified_at": entry.modified_at,
                **(vars(size) if size else {}),
            }
            for entry, size in zip(tables, sizes, strict=True)
        ],
    }
