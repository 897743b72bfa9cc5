"""What the commands of `lakehouse s3tables` share: options, and access to the bucket."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from lakehouse.output import Output
from lakehouse.s3tables.buckets import resolve_bucket
from lakehouse.s3tables.iceberg import IcebergTables
from lakehouse.s3tables.names import TableBucket, TableName, parse_table_name
from lakehouse.toolbox import toolbox_of

if TYPE_CHECKING:
    from mypy_boto3_s3tables import S3TablesClient

Bucket = Annotated[
    str | None,
    typer.Option(
        "--bucket",
        "-b",
        help="Table bucket, by name or ARN; default LAKEHOUSE_TABLE_BUCKET.",
        show_default=False,
    ),
]
Table = Annotated[str, typer.Option("--table", "-t", help="Table: namespace.name, or only its name.")]
OptionalTable = Annotated[
    str | None,
    typer.Option("--table", "-t", help="Table: namespace.name, or only its name.", show_default=False),
]


@dataclass(frozen=True)
class Place:
    """A table bucket and its clients. `namespace` is that of a table that is named without one."""

    client: "S3TablesClient"
    tables: IcebergTables
    namespace: str

    @property
    def bucket(self) -> TableBucket:
        return self.tables.bucket

    def table(self, text: str) -> TableName:
        return parse_table_name(text, self.namespace)


def place_of(context: typer.Context, bucket: str | None) -> Place:
    """The bucket of a command. Raises UsageError if it is not a valid name or ARN."""
    toolbox = toolbox_of(context)
    aws = toolbox.aws
    found = resolve_bucket(bucket or toolbox.settings.table_bucket, aws.sts, aws.session.region_name)
    tables = IcebergTables(aws.session, aws.s3tables.meta.endpoint_url, found)
    return Place(aws.s3tables, tables, toolbox.settings.table_namespace)


def say_not_applied(output: Output) -> None:
    """Print that this was a preview."""
    output.say("nothing was written: add --apply to write it")
