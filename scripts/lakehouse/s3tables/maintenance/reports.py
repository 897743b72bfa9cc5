"""What the commands of `lakehouse s3tables maintenance` print."""

from collections.abc import Sequence
from typing import Any

from lakehouse.output import Output, counted
from lakehouse.s3tables.maintenance.overview import Overview
from lakehouse.s3tables.maintenance.plans import Plan
from lakehouse.s3tables.maintenance.service import Change
from lakehouse.s3tables.maintenance.settings import DEFAULTS


def print_overviews(found: Sequence[Overview], output: Output) -> None:
    """Print settings, obstacles and jobs of buckets and tables."""
    if output.as_json:
        output.json([_overview_json(overview) for overview in found])
        return
    rows: list[list[Any]] = []
    for overview in found:
        for kind, setting in overview.settings.items():
            default = DEFAULTS[kind].shown()
            for name, value in setting.shown().items():
                note = "" if value == default[name] else f"default {_text(default[name])}"
                rows.append([str(overview.target), kind.short, name, _text(value), note])
        if overview.expiration:
            days = overview.expiration.days
            rows.append([str(overview.target), "record_expiration", "days", _text(days), ""])
    output.table(["of", "maintenance", "setting", "value", ""], rows)
    jobs = [
        [str(overview.target), job.kind, job.status, _time(job.last_run), job.failure, job.explanation]
        for overview in found
        for job in overview.jobs
    ]
    if jobs:
        output.table(["table", "job", "last run", "at", "failure", "meaning"], jobs)
    for overview in found:
        for obstacle in overview.obstacles:
            output.say(f"warning: {overview.target}: {obstacle.reason}")


def print_plan(plan: Plan, output: Output) -> None:
    """Print the differences, or that there are none."""
    if output.as_json:
        output.json(_plan_json(plan, written=[]))
        return
    if plan.changes:
        output.table(["of", "maintenance", "setting", "is", "becomes"], _change_rows(plan.changes))
    _say_rest(plan, output)


def print_written(done: Sequence[Change], plan: Plan, output: Output) -> None:
    """Print what was written."""
    if output.as_json:
        output.json(_plan_json(plan, written=done))
        return
    if done:
        output.table(["of", "maintenance", "setting", "was", "is now"], _change_rows(done))
    _say_rest(plan, output)


def _say_rest(plan: Plan, output: Output) -> None:
    for target, obstacle in plan.blocked:
        output.say(f"warning: {target}: {obstacle.reason}")
    for name in plan.missing:
        output.say(f"warning: the policy names {name}, which doesn't exist")
    if plan.in_sync:
        output.say(f"all settings are as wanted: {counted(plan.checked, 'target')} checked")


def _change_rows(changes: Sequence[Change]) -> list[list[Any]]:
    return [
        [str(change.target), change.kind.short, name, _text(before), _text(after)]
        for change in changes
        for name, before, after in change.differences()
    ]


def _change_json(change: Change) -> dict[str, Any]:
    return {
        "of": str(change.target),
        "maintenance": change.kind.short,
        "before": change.before.shown(),
        "after": change.after.shown(),
    }


def _plan_json(plan: Plan, written: Sequence[Change]) -> dict[str, Any]:
    return {
        "in_sync": plan.in_sync,
        "checked": plan.checked,
        "changes": [_change_json(change) for change in plan.changes],
        "written": [_change_json(change) for change in written],
        "blocked": [
            {"of": str(target), "maintenance": obstacle.kind.short, "reason": obstacle.reason}
            for target, obstacle in plan.blocked
        ],
        "missing": plan.missing,
    }


def _overview_json(overview: Overview) -> dict[str, Any]:
    return {
        "of": str(overview.target),
        "settings": {kind.short: setting.shown() for kind, setting in overview.settings.items()},
        "defaults": {kind.short: DEFAULTS[kind].shown() for kind in overview.settings},
        "jobs": [vars(job) for job in overview.jobs],
        "warnings": [obstacle.reason for obstacle in overview.obstacles],
        **({"record_expiration": vars(overview.expiration)} if overview.expiration else {}),
        **({"record_expiration_job": vars(overview.expiration_job)} if overview.expiration_job else {}),
    }


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _time(value: Any) -> str:
    return f"{value:%Y-%m-%d %H:%M}" if value else ""
