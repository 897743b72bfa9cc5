"""The commands of `lakehouse s3tables maintenance`: they parse arguments and print."""

from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from lakehouse.errors import ExitCode, UsageError
from lakehouse.options import Apply, AsJson
from lakehouse.output import Output
from lakehouse.s3tables.buckets import require_bucket
from lakehouse.s3tables.cli.common import Bucket, OptionalTable, Place, place_of, say_not_applied
from lakehouse.s3tables.listing import TableEntry, find_table, iter_tables
from lakehouse.s3tables.maintenance import interactive, reports
from lakehouse.s3tables.maintenance.overview import bucket_overview, table_overview
from lakehouse.s3tables.maintenance.plans import Plan, apply_plan, plan_all, plan_target, wanted_of_policy
from lakehouse.s3tables.maintenance.policy import load_dbt_policies, load_policy
from lakehouse.s3tables.maintenance.service import Target
from lakehouse.s3tables.maintenance.settings import MODELS, SettingKind, Strategy, Wanted

PolicyFile = Annotated[
    Path | None, typer.Option("--policy", "-p", help="YAML file with the wanted settings.")
]
Manifest = Annotated[
    Path | None,
    typer.Option("--dbt-manifest", help="dbt's manifest.json: also apply the meta.s3tables of its models."),
]
Switch = bool | None


def show(
    context: typer.Context, bucket: Bucket = None, table: OptionalTable = None, as_json: AsJson = False
) -> None:
    """Print settings with their defaults, what keeps them from taking effect, and the last jobs' results."""
    place = place_of(context, bucket)
    output = Output(as_json=as_json)
    require_bucket(place.client, place.bucket)
    entries: list[TableEntry]
    if table is None:
        entries = list(iter_tables(place.client, place.bucket.arn))
        found = [bucket_overview(place.client, place.tables)]
    else:
        entries = [find_table(place.client, place.bucket, place.table(table))]
        found = []
    for entry in output.track(entries, "reading settings", noun="table"):
        found.append(table_overview(place.client, place.tables, entry))
    reports.print_overviews(found, output)


def set_command(
    context: typer.Context,
    bucket: Bucket = None,
    table: OptionalTable = None,
    compaction: Annotated[
        Switch, typer.Option("--compaction/--no-compaction", help="Compact small files.", show_default=False)
    ] = None,
    target_file_size_mb: Annotated[
        int | None, typer.Option(help="Compaction: 64 to 512 MB.", show_default=False)
    ] = None,
    strategy: Annotated[
        Strategy | None, typer.Option(help="Compaction: how rows are arranged.", show_default=False)
    ] = None,
    snapshots: Annotated[
        Switch,
        typer.Option(
            "--snapshot-management/--no-snapshot-management", help="Expire old snapshots.", show_default=False
        ),
    ] = None,
    min_snapshots_to_keep: Annotated[
        int | None, typer.Option(help="Snapshots: number to keep, whatever their age.", show_default=False)
    ] = None,
    max_snapshot_age_hours: Annotated[
        int | None, typer.Option(help="Snapshots: age after which they expire.", show_default=False)
    ] = None,
    unreferenced: Annotated[
        Switch,
        typer.Option(
            "--unreferenced-file-removal/--no-unreferenced-file-removal",
            help="Of the bucket: delete files that no snapshot refers to.",
            show_default=False,
        ),
    ] = None,
    unreferenced_days: Annotated[
        int | None,
        typer.Option(help="Of the bucket: age at which unreferenced files are marked.", show_default=False),
    ] = None,
    non_current_days: Annotated[
        int | None,
        typer.Option(help="Of the bucket: days until marked files are deleted.", show_default=False),
    ] = None,
    ask: Annotated[bool, typer.Option("--interactive", "-i", help="Ask for each setting.")] = False,
    apply: Apply = False,
    as_json: AsJson = False,
) -> int:
    """Change settings of a table (--table) or of the bucket; settings that aren't named are not changed."""
    place = place_of(context, bucket)
    output = Output(as_json=as_json)
    require_bucket(place.client, place.bucket)
    target = Target(place.bucket, place.table(table) if table else None)
    given: dict[SettingKind, dict[str, Any]] = {
        SettingKind.COMPACTION: {
            "enabled": compaction,
            "target_file_size_mb": target_file_size_mb,
            "strategy": strategy,
        },
        SettingKind.SNAPSHOTS: {
            "enabled": snapshots,
            "min_snapshots_to_keep": min_snapshots_to_keep,
            "max_snapshot_age_hours": max_snapshot_age_hours,
        },
        SettingKind.UNREFERENCED_FILES: {
            "enabled": unreferenced,
            "unreferenced_days": unreferenced_days,
            "non_current_days": non_current_days,
        },
    }
    wanted = interactive.ask(place.client, target, _asker(output)) if ask else _wanted(given, target)
    plan = plan_target(place.client, place.tables, target, wanted)
    if ask and plan.changes and not output.as_json:
        reports.print_plan(plan, output)
        return _write(place, plan, output) if typer.confirm("Write this?", err=True) else ExitCode.REFUSED
    return _plan_or_apply(place, plan, output, apply=apply)


def plan_command(
    context: typer.Context,
    policy: PolicyFile = None,
    dbt_manifest: Manifest = None,
    bucket: Bucket = None,
    as_json: AsJson = False,
) -> int:
    """Print what differs from a policy; exit code 4 if anything does. Changes nothing."""
    place = place_of(context, bucket)
    output = Output(as_json=as_json)
    plan = _policy_plan(place, policy, dbt_manifest, output)
    reports.print_plan(plan, output)
    return ExitCode.OK if plan.in_sync else ExitCode.DIFFERENCE


def apply_command(
    context: typer.Context,
    policy: PolicyFile = None,
    dbt_manifest: Manifest = None,
    bucket: Bucket = None,
    apply: Apply = False,
    as_json: AsJson = False,
) -> int:
    """Change settings to what a policy wants. If it is killed half way, run it again."""
    place = place_of(context, bucket)
    output = Output(as_json=as_json)
    plan = _policy_plan(place, policy, dbt_manifest, output)
    return _plan_or_apply(place, plan, output, apply=apply)


def _policy_plan(place: Place, policy: Path | None, manifest: Path | None, output: Output) -> Plan:
    """How the bucket differs from the file and dbt's models. Raises UsageError."""
    if policy is None and manifest is None:
        raise UsageError("name the wanted settings: --policy FILE, --dbt-manifest FILE or both")
    name = place.bucket.name
    buckets = load_policy(policy).buckets if policy else {}
    models = [one for one in (load_dbt_policies(manifest) if manifest else []) if one.bucket == name]
    if name not in buckets and not models:
        if policy is None:
            raise UsageError(
                f"{manifest}: no model lies in bucket {name}: set the variable that enables such a model "
                "(LAKEHOUSE_TABLE_BUCKET in this project), build it, or name another bucket with --bucket"
            )
        known = ", ".join(sorted(buckets)) or "none"
        raise UsageError(
            f"no settings are given for bucket {name}: add it to the policy (its buckets: {known}), "
            "or name another with --bucket"
        )
    require_bucket(place.client, place.bucket)
    there = [entry.table for entry in iter_tables(place.client, place.bucket.arn)]
    wanted, missing = wanted_of_policy(place.tables, there, buckets.get(name), models)
    targets = output.track(list(wanted), "comparing", noun="target")
    return plan_all(place.client, place.tables, wanted, missing, targets)


def _plan_or_apply(place: Place, plan: Plan, output: Output, *, apply: bool) -> int:
    if apply:
        return _write(place, plan, output)
    reports.print_plan(plan, output)
    if plan.changes:
        say_not_applied(output)
    return ExitCode.OK


def _write(place: Place, plan: Plan, output: Output) -> int:
    done: list[Any] = []
    try:
        apply_plan(place.client, plan, done.append)
    finally:
        reports.print_written(done, plan, output)
    return ExitCode.OK if not (plan.blocked or plan.missing) else ExitCode.DIFFERENCE


def _wanted(given: dict[SettingKind, dict[str, Any]], target: Target) -> dict[SettingKind, Wanted]:
    """The settings in the options. Raises UsageError for no setting, a wrong level, a value out of range."""
    wanted: dict[SettingKind, Wanted] = {}
    for kind, values in given.items():
        if all(value is None for value in values.values()):
            continue
        if kind not in target.kinds:
            level = "the bucket: leave --table out" if kind.of_bucket else "a table: name one with --table"
            raise UsageError(f"{kind.short} is a setting of {level}")
        try:
            wanted[kind] = MODELS[kind].model_validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            option = "--" + str(first["loc"][0]).replace("_", "-")
            raise UsageError(f"{option} {first['input']}: {first['msg']}") from error
    if not wanted:
        raise UsageError("name a setting to change, or use --interactive (--help lists the settings)")
    return wanted


def _asker(output: Output) -> interactive.Asker:
    def ask(question: str, present: str) -> str:
        return str(typer.prompt(question, default=present, err=True))

    return interactive.Asker(ask, output.say)
