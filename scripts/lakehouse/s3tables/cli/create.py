"""The command `lakehouse s3tables create`: it parses arguments and prints."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lakehouse.errors import ExitCode, UsageError
from lakehouse.files import MAX_BYTES, read_text
from lakehouse.options import AsJson
from lakehouse.output import Output
from lakehouse.s3tables.cli.common import Bucket, Place, place_of

if TYPE_CHECKING:
    from lakehouse.s3tables.creating import CreatePlan
    from lakehouse.s3tables.definition import TableDefinition


def create(
    context: typer.Context,
    bucket: Bucket = None,
    schema: Annotated[
        str | None,
        typer.Option(
            "--schema",
            "-s",
            help="File with a CREATE TABLE statement, or with a JSON schema (.json); - is standard input.",
            show_default=False,
        ),
    ] = None,
    sql: Annotated[
        str | None, typer.Option("--sql", help="A CREATE TABLE statement.", show_default=False)
    ] = None,
    table: Annotated[
        str | None,
        typer.Option("--table", "-t", help="Name of the table, for a JSON schema.", show_default=False),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the exact request and send nothing.")
    ] = False,
    lower_case: Annotated[
        bool,
        typer.Option("--lower-case", help="Convert names to lower case; capitals are refused otherwise."),
    ] = False,
    drop_zone: Annotated[
        bool, typer.Option("--drop-zone", help="Turn timestamptz into a timestamp without a zone.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Also print the columns as read.")] = False,
    as_json: AsJson = False,
) -> int:
    """Create a table from SQL DDL or a JSON schema; an existing one is compared, never replaced."""
    place = place_of(context, bucket)
    output = Output(as_json=as_json)
    definition = _definition(schema, sql, table, place, lower_case=lower_case, drop_zone=drop_zone)
    for note in definition.notes:
        output.say(f"note: {note}")
    if verbose:
        _print_columns(definition, output)
    if dry_run:
        _print_request(definition, place, output)
        return ExitCode.OK
    return _create(definition, place, output)


def _definition(
    schema: str | None, sql: str | None, table: str | None, place: Place, *, lower_case: bool, drop_zone: bool
) -> "TableDefinition":
    """The table from the one source that is given. Raises UsageError."""
    # Imported here, because pyiceberg takes half a second and every command imports this module.
    from dataclasses import replace

    from lakehouse.s3tables.ddl.statement import parse_ddl
    from lakehouse.s3tables.json_schema import parse_json_schema

    if (schema is None) == (sql is None):
        raise UsageError("give one schema: --schema FILE, --schema - for standard input, or --sql")
    text, source = (sql or "", "--sql") if schema is None else _read(schema)
    if not text.lstrip().startswith("{"):
        if table is not None:
            raise UsageError(
                "--table is for a JSON schema; a statement contains the table's name: leave it out"
            )
        return parse_ddl(text, source, drop_zone=drop_zone, lower_case=lower_case)
    if table is None:
        raise UsageError("a JSON schema doesn't contain the table's name: give it with --table")
    name = place.table(table)
    definition = parse_json_schema(text, name.name, source, drop_zone=drop_zone, lower_case=lower_case)
    return replace(definition, namespace=name.namespace)


def _read(schema: str) -> tuple[str, str]:
    """The text and the name of a file, or of standard input."""
    if schema == "-":
        return sys.stdin.read(), "<stdin>"
    return read_text(Path(schema), "a schema", MAX_BYTES), schema


def _print_columns(definition: "TableDefinition", output: Output) -> None:
    from lakehouse.s3tables.ddl.render import partition_terms, type_text

    for column in definition.schema.fields:
        required = " NOT NULL" if column.required else ""
        output.say(f"column {column.field_id}: {column.name} {type_text(column.field_type)}{required}")
    if partitions := partition_terms(definition.partition_spec, definition.schema):
        output.say(f"partitioned by {partitions}")


def _print_request(definition: "TableDefinition", place: Place, output: Output) -> None:
    from lakehouse.s3tables.creating import target_table
    from lakehouse.s3tables.definition import create_table_request

    table = target_table(definition, place.namespace)
    output.json(create_table_request(definition, place.bucket.arn, table))
    output.say("this is the request of CreateTable; nothing was sent")


def _create(definition: "TableDefinition", place: Place, output: Output) -> int:
    from lakehouse.s3tables.creating import apply_create, plan_create

    plan = plan_create(place.client, place.tables, definition, place.namespace)
    if plan.exists:
        return _report_existing(plan, output)
    if plan.make_namespace:
        output.say(f"namespace {plan.table.namespace} is created, too")
    arn = apply_create(place.client, place.bucket, plan)
    if output.as_json:
        output.json(_as_json(plan, "created", arn))
    else:
        output.line(f"{plan.table} created: {arn}")
        name = f'"{place.bucket.catalog}"."{plan.table.namespace}"."{plan.table.name}"'
        output.say(f"its name in Athena is {name}")
    return ExitCode.OK


def _report_existing(plan: "CreatePlan", output: Output) -> int:
    if output.as_json:
        output.json(_as_json(plan, "different" if plan.differences else "unchanged", None))
    elif plan.differences:
        output.table(
            ["difference", "wanted", "found"],
            [[one.where, one.wanted or "-", one.found or "-"] for one in plan.differences],
        )
    if plan.differences:
        output.say(f"{plan.table} exists already and differs; it was not changed")
        return ExitCode.DIFFERENCE
    output.say(f"{plan.table} exists already, as defined: nothing was done")
    return ExitCode.OK


def _as_json(plan: "CreatePlan", action: str, arn: str | None) -> dict[str, Any]:
    return {
        "table": str(plan.table),
        "action": action,
        "arn": arn,
        "namespace_created": plan.make_namespace,
        "differences": [asdict(one) for one in plan.differences],
    }
