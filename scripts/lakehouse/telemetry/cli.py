"""The commands of `lakehouse telemetry`: they parse arguments and print."""

from datetime import datetime
from typing import Annotated, Any

import typer

from lakehouse.errors import UsageError
from lakehouse.options import AsJson
from lakehouse.output import Output, counted, size_text
from lakehouse.synthetic.store import Store
from lakehouse.telemetry.catalog import Catalog
from lakehouse.telemetry.generation import Action, Outcome, Target, generate, read_manifest
from lakehouse.telemetry.manifest import MANIFEST_KEY, Manifest
from lakehouse.telemetry.scenario import MAX_DAYS, MAX_SCALE, MIN_SCALE, Scenario, make_scenario
from lakehouse.toolbox import Toolbox, toolbox_of

Days = Annotated[int, typer.Option(min=1, max=MAX_DAYS, help="Days of arrival.")]
Bucket = Annotated[
    str | None,
    typer.Option(help="Bucket of the bronze data; default LAKEHOUSE_BRONZE_BUCKET.", show_default=False),
]
DatabasePrefix = Annotated[
    str | None,
    typer.Option(
        help="Prefix of the Glue databases' names; default LAKEHOUSE_DATABASE_PREFIX, else none.",
        show_default=False,
    ),
]


def generate_command(
    context: typer.Context,
    days: Days = 7,
    scale: Annotated[
        float,
        typer.Option(
            min=MIN_SCALE,
            max=MAX_SCALE,
            help="Size of the audience: 1 is about 57,000 telemetry rows a day, 25 is ten million a week.",
        ),
    ] = 1.0,
    dirt: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the rows that are dirty in some way.")
    ] = 0.02,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds and arguments give equal bytes.")] = 1,
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day of arrival.")] = datetime(
        2025, 8, 11
    ),
    bucket: Bucket = None,
    database_prefix: DatabasePrefix = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Delete the bronze tables' data if it was made with other arguments."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write the six bronze tables and their manifest. More --days than exist: the missing ones are added."""
    scenario = make_scenario(days=days, scale=scale, dirt=dirt, seed=seed, start=start.date())
    target = _target(toolbox_of(context), bucket, database_prefix)
    _generate(scenario, target, Output(as_json=as_json), replace=replace)


def append_command(
    context: typer.Context,
    days: Days = 1,
    bucket: Bucket = None,
    database_prefix: DatabasePrefix = None,
    as_json: AsJson = False,
) -> None:
    """Add days to the existing data, with the same result as generating all days at once."""
    target = _target(toolbox_of(context), bucket, database_prefix)
    scenario = _manifest(target.store).scenario
    longer = make_scenario(**{**scenario.model_dump(), "days": scenario.days + days})
    _generate(longer, target, Output(as_json=as_json), replace=False)


def describe_command(context: typer.Context, bucket: Bucket = None, as_json: AsJson = False) -> None:
    """Print what the bronze tables really contain, from their manifest; --json prints the whole manifest."""
    output = Output(as_json=as_json)
    manifest = _manifest(_target(toolbox_of(context), bucket, None).store)
    if as_json:
        output.json(manifest.model_dump(mode="json"))
    else:
        _print_manifest(manifest, output)


def _target(toolbox: Toolbox, bucket: str | None, database_prefix: str | None) -> Target:
    settings = toolbox.settings
    prefix = settings.database_prefix if database_prefix is None else database_prefix
    return Target(
        Store(toolbox.aws.s3, bucket or settings.bronze_bucket),
        Catalog(toolbox.aws.glue, prefix),
    )


def _manifest(store: Store) -> Manifest:
    manifest = read_manifest(store)
    if manifest is None:
        raise UsageError(
            f"there is no bronze data in s3://{store.bucket}: run `lakehouse telemetry generate` first"
        )
    return manifest


def _generate(scenario: Scenario, target: Target, output: Output, *, replace: bool) -> None:
    with output.progress() as progress:
        outcome = generate(scenario, target, progress, say=output.say, replace=replace)
    if output.as_json:
        output.json(_outcome_as_json(outcome))
        return
    _print_manifest(outcome.manifest, output)
    if outcome.action is Action.NOTHING:
        output.say("the data exists already: nothing was written")
    else:
        output.say(f"{counted(outcome.files_written, 'file')} written, {outcome.files_deleted:,} deleted")


def _outcome_as_json(outcome: Outcome) -> dict[str, Any]:
    manifest = outcome.manifest
    return {
        "action": outcome.action.name.lower(),
        "files_written": outcome.files_written,
        "files_deleted": outcome.files_deleted,
        "manifest": f"s3://{manifest.bucket}/{MANIFEST_KEY}",
        "fingerprint": manifest.fingerprint,
        "scenario": manifest.scenario.model_dump(mode="json"),
        "telemetry_rows": manifest.telemetry_rows,
        "distinct_parsed_events": manifest.telemetry_events.distinct_parsed_ids,
        "tables": {name: table.total.model_dump(mode="json") for name, table in manifest.tables.items()},
    }


def _print_manifest(manifest: Manifest, output: Output) -> None:
    scenario = manifest.scenario
    rows = []
    for table in manifest.tables.values():
        total = table.total
        texts = list(total.columns.values())
        rows.append(
            [
                f"{table.database}.{table.location.rstrip('/').rsplit('/', 1)[1]}",
                total.rows,
                total.files,
                size_text(total.bytes),
                sum(text.parsed for text in texts),
                sum(text.empty for text in texts),
                sum(text.rejected for text in texts),
                total.exact_duplicates + total.redelivered,
                total.late_rows,
            ]
        )
    header = ["table", "rows", "files", "size", "parsed", "empty", "rejected", "copies", "late"]
    output.table(header, rows)
    output.say(
        f"{counted(scenario.days, 'day')} from {scenario.start}, scale {scenario.scale:g}, "
        f"dirt {scenario.dirt:g}, seed {scenario.seed}: {manifest.telemetry_rows:,} telemetry rows of "
        f"{manifest.telemetry_events.distinct_parsed_ids:,} distinct events with a readable time"
    )
    output.say(
        "parsed, empty and rejected count the texts of dates and times; "
        f"s3://{manifest.bucket}/{MANIFEST_KEY} has all counts"
    )


telemetry_app = typer.Typer(help="Bronze data: generate it, add days to it, describe it.")
telemetry_app.command("generate")(generate_command)
telemetry_app.command("append")(append_command)
telemetry_app.command("describe")(describe_command)
