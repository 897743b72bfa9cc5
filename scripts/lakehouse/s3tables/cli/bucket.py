"""The command `lakehouse s3tables create-bucket`: it parses arguments and prints."""

from typing import Annotated

import typer

from lakehouse.options import AsJson
from lakehouse.output import Output
from lakehouse.s3tables.buckets import make_bucket, make_namespace
from lakehouse.s3tables.cli.common import Bucket, place_of
from lakehouse.s3tables.names import check_namespace


def create_bucket(
    context: typer.Context,
    bucket: Bucket = None,
    namespace: Annotated[
        list[str] | None,
        typer.Option(
            "--namespace", "-n", help="Namespace to create in it; may be repeated.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Create a table bucket and namespaces; existing ones are not changed. CloudFormation can do it, too."""
    place = place_of(context, bucket)
    output = Output(as_json=as_json)
    names = [check_namespace(name) for name in namespace or []]
    made = make_bucket(place.client, place.bucket)
    new = [name for name in names if make_namespace(place.client, place.bucket, name)]
    if output.as_json:
        output.json({"arn": place.bucket.arn, "bucket_created": made, "namespaces_created": new})
        return
    output.line(f"table bucket {place.bucket.name} {'created' if made else 'exists already'}")
    for name in names:
        output.line(f"namespace {name} {'created' if name in new else 'exists already'}")
