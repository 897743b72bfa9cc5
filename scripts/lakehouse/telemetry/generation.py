"""Writing bronze: decides what has to be done, and does it.

This module decides what happens to existing data. If a generation is interrupted at any moment, the next
one completes it: the journal is written before the first change, the manifest after the last.
"""

import logging
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from pydantic import ValidationError

from lakehouse.errors import DifferenceError, RefusedError
from lakehouse.output import counted
from lakehouse.synthetic.store import Store
from lakehouse.telemetry import arrivals
from lakehouse.telemetry.arrivals import BronzeFile
from lakehouse.telemetry.catalog import Catalog
from lakehouse.telemetry.census import Census
from lakehouse.telemetry.manifest import JOURNAL_KEY, MANIFEST_KEY, Manifest, Truth, assemble
from lakehouse.telemetry.scenario import HOURS_PER_DAY, Scenario
from lakehouse.telemetry.tables import BRONZE_TABLES, DATABASE_DESCRIPTIONS, HISTORY, BronzeTable

logger = logging.getLogger(__name__)

# Encoding and uploading alternate with generating rows; more workers would only keep more files in memory.
_WORKERS = 3
_FILES_IN_FLIGHT = 4
# The key prefixes of a table's days all have the same length.
_ANY_DAY = date(2000, 1, 1)


class Progress(Protocol):
    """Receives the progress of a generation. Calls come from one thread."""

    def start(self, hours: int) -> None: ...

    def advance(self, hours: int, rows: int, size: int) -> None: ...


class Action(StrEnum):
    """What a generation has to do."""

    NOTHING = "already there"
    WRITE = "write"
    COMPLETE = "complete an interrupted generation"
    GROW = "add days"
    REPAIR = "write again what is missing"
    REPLACE = "replace"


@dataclass(frozen=True)
class Plan:
    """What will be done: write the days from `first_day` on, keep those before, delete the other objects.

    `known` is the manifest of the days that are kept. `deletes` are the keys of objects that are deleted
    before anything is written.
    """

    action: Action
    first_day: int
    known: Manifest | None = None
    deletes: tuple[str, ...] = ()

    def described(self, scenario: Scenario, bucket: str) -> list[str]:
        """Return what will be done, in lines for people; empty if there is nothing to do."""
        lines = []
        if self.deletes:
            where = ", ".join(table.prefix for table in BRONZE_TABLES)
            lines.append(f"deleting {counted(len(self.deletes), 'object')} below {where} in s3://{bucket}")
        if self.action is not Action.NOTHING:
            first = scenario.date_of(self.first_day)
            lines.append(f"{self.action}: arrival days {first} to {scenario.last_day} in s3://{bucket}")
        return lines


@dataclass(frozen=True)
class Outcome:
    """What was done, and the truth about the data after it."""

    action: Action
    manifest: Manifest
    files_written: int = 0
    files_deleted: int = 0


@dataclass(frozen=True)
class Target:
    """Where bronze is written."""

    store: Store
    catalog: Catalog


@dataclass(frozen=True)
class Present:
    """What is in the bucket: the manifest and the journal, and the size of every object below the tables.

    `manifest_is_foreign` is true if there is a manifest that this version can't read.
    """

    manifest: Manifest | None
    journal: bytes | None
    sizes: dict[str, int]
    manifest_is_foreign: bool = False

    def holds(self, manifest: Manifest, days: int) -> bool:
        """Whether the objects of the first days match the manifest, by number and size."""
        return all(found == [truth.files, truth.bytes] for found, truth in self._days(manifest, days))

    def outside(self, scenario: Scenario, days: int) -> set[str]:
        """Return the keys that don't belong to the first days."""
        kept = {table.day_directory(scenario.date_of(day)) for table in BRONZE_TABLES for day in range(days)}
        lengths = {len(table.day_directory(scenario.start)) for table in BRONZE_TABLES}
        return {key for key in self.sizes if not any(key[:length] in kept for length in lengths)}

    def foreign_objects(self, manifest: Manifest) -> int:
        """Return the number of objects that are not in the manifest, counted by day."""
        days = manifest.scenario.days
        more = sum(max(0, found[0] - truth.files) for found, truth in self._days(manifest, days))
        return more + len(self.outside(manifest.scenario, days))

    def _days(self, manifest: Manifest, days: int) -> Iterator[tuple[list[int], Truth]]:
        """Yield the number and size of each table's objects on each day, and the manifest's entry for
        them."""
        for table in BRONZE_TABLES:
            found = self._by_day_directory(table)
            truths = manifest.tables[table.full_name].arrival_days
            for day in range(days):
                arrival = manifest.scenario.date_of(day)
                yield found[table.day_directory(arrival)], truths.get(arrival.isoformat(), Truth())

    def _by_day_directory(self, table: BronzeTable) -> dict[str, list[int]]:
        length = len(table.day_directory(_ANY_DAY))
        found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for key, size in self.sizes.items():
            if key.startswith(table.prefix):
                of_day = found[key[:length]]
                of_day[0] += 1
                of_day[1] += size
        return found


def read_manifest(store: Store) -> Manifest | None:
    """Return the manifest of the bronze data in a bucket, None if there is none.

    Raises DifferenceError if this version can't read it.
    """
    content = store.read(MANIFEST_KEY)
    if content is None:
        return None
    try:
        return Manifest.model_validate_json(content)
    except ValidationError as error:
        raise DifferenceError(
            f"s3://{store.bucket}/{MANIFEST_KEY} was written by another version of the generator: "
            "generate the data again with --replace"
        ) from error


def list_present(store: Store) -> Present:
    """Return what is in the bucket."""
    prefixes = [table.prefix for table in BRONZE_TABLES]
    journal, sizes = store.read(JOURNAL_KEY), store.sizes(prefixes)
    try:
        return Present(read_manifest(store), journal, sizes)
    except DifferenceError:
        return Present(None, journal, sizes, manifest_is_foreign=True)


def plan_generation(scenario: Scenario, present: Present, *, replace: bool) -> Plan:
    """Decide what has to be done to have the scenario's data in the bucket.

    With `replace`, data of other arguments and data of unknown origin below the tables' locations is deleted;
    without it, RefusedError is raised.
    """
    known = present.manifest
    if known is not None and scenario.is_growth_of(known.scenario):
        # Without a journal no generation was interrupted, so other objects belong to somebody else.
        if present.journal is None and not replace and (foreign_objects := present.foreign_objects(known)):
            raise RefusedError(
                f"found {counted(foreign_objects, 'object')} below the bronze tables that "
                f"{'was' if foreign_objects == 1 else 'were'} not generated: move them away to keep them, "
                "or delete them with --replace"
            )
        return _plan_growth(scenario, known, present)
    if known is None and not present.manifest_is_foreign:
        if not present.sizes:
            return Plan(Action.WRITE, 0)
        if present.journal is not None:
            # The other scenario was never completed, so nothing is lost with its files.
            return Plan(Action.COMPLETE, 0)
    if not replace:
        raise RefusedError(_why_refused(scenario, present))
    return Plan(Action.REPLACE, 0, deletes=tuple(sorted(present.sizes)))


def _plan_growth(scenario: Scenario, known: Manifest, present: Present) -> Plan:
    days = known.scenario.days
    if not present.holds(known, days):
        return Plan(Action.REPAIR, 0)
    if scenario.days > days:
        return Plan(Action.GROW, days, known)
    return Plan(Action.NOTHING, days, known, tuple(sorted(present.outside(scenario, days))))


def _why_refused(scenario: Scenario, present: Present) -> str:
    remedy = "--replace deletes the data and generates it again"
    if present.manifest is None:
        return (
            f"found {counted(len(present.sizes), 'object')} of unknown origin, or of another version of the "
            f"generator, below the bronze tables; {remedy}"
        )
    have, want = present.manifest.scenario.model_dump(), scenario.model_dump()
    differing = ", ".join(
        f"--{name} {have[name]} (now {want[name]})" for name in have if have[name] != want[name]
    )
    return f"the existing bronze data was generated with {differing}; {remedy}"


def generate(
    scenario: Scenario,
    target: Target,
    progress: Progress,
    *,
    say: Callable[[str], None],
    replace: bool = False,
) -> Outcome:
    """Write the scenario's data to the bucket and its tables to the catalog; see plan_generation.

    The plan is passed to `say` before anything is changed. Returns what was done. Raises RefusedError,
    ServiceError, or an error of boto3.
    """
    target.catalog.check(target.store.bucket)
    target.store.ensure_bucket()
    present = list_present(target.store)
    plan = plan_generation(scenario, present, replace=replace)
    for line in plan.described(scenario, target.store.bucket):
        say(line)
    return apply_generation(scenario, plan, present, target, progress)


def apply_generation(
    scenario: Scenario, plan: Plan, present: Present, target: Target, progress: Progress
) -> Outcome:
    """Execute the plan. If it is interrupted at any moment and planned again, the result has the same
    bytes."""
    store = target.store
    logger.info("bronze: %s", plan.action, extra={"bucket": store.bucket, "first_day": plan.first_day})
    if plan.action is Action.NOTHING and plan.known is not None:
        _ensure_catalog(plan.known, target)
        store.delete(plan.deletes)
        if present.journal is not None:
            store.delete([JOURNAL_KEY])
        return Outcome(plan.action, plan.known, files_deleted=len(plan.deletes))

    store.write(JOURNAL_KEY, scenario.model_dump_json(indent=1).encode())
    if plan.action is not Action.GROW:
        # From here on the data no longer matches the old manifest.
        store.delete([MANIFEST_KEY])
    store.delete(plan.deletes)
    census = _census_of(plan.known)
    written = _write_files(scenario, plan.first_day, store, census, progress)
    leftovers = present.outside(scenario, plan.first_day) - written - set(plan.deletes)
    store.delete(leftovers)
    databases = {name: target.catalog.database(name) for name in DATABASE_DESCRIPTIONS}
    manifest = assemble(scenario, store.bucket, databases, census.days, census.events)
    _ensure_catalog(manifest, target)
    store.write(MANIFEST_KEY, manifest.as_json())
    store.delete([JOURNAL_KEY])
    return Outcome(plan.action, manifest, len(written), len(plan.deletes) + len(leftovers))


def _census_of(known: Manifest | None) -> Census:
    census = Census()
    if known is not None:
        census.days = {name: dict(table.arrival_days) for name, table in known.tables.items()}
        census.events = dict(known.telemetry_events.by_arrival_day)
    return census


def _ensure_catalog(manifest: Manifest, target: Target) -> None:
    history_days = [date.fromisoformat(day) for day in manifest.tables[HISTORY.full_name].arrival_days]
    scenario = manifest.scenario
    target.catalog.ensure(manifest.bucket, scenario.start, scenario.last_day, history_days)


def _write_files(
    scenario: Scenario, first_day: int, store: Store, census: Census, progress: Progress
) -> set[str]:
    """Write all files from a day on, several at a time, and return their keys."""
    written: set[str] = set()
    in_flight: deque[tuple[BronzeFile, Future[int]]] = deque()

    def wait_for_uploads(most: int) -> None:
        while len(in_flight) > most:
            file, size = in_flight[0][0], in_flight[0][1].result()
            in_flight.popleft()
            census.count(file, size)
            written.add(file.key)
            progress.advance(0, len(file.rows), size)

    progress.start((scenario.days - first_day) * HOURS_PER_DAY)
    with ThreadPoolExecutor(_WORKERS, "bronze") as workers:
        try:
            for _, complete in arrivals.files(scenario, first_day):
                for file in complete:
                    wait_for_uploads(_FILES_IN_FLIGHT - 1)
                    in_flight.append((file, workers.submit(_write_file, store, file)))
                progress.advance(1, 0, 0)
            wait_for_uploads(0)
        except BaseException:
            workers.shutdown(wait=False, cancel_futures=True)
            raise
    return written


def _write_file(store: Store, file: BronzeFile) -> int:
    content = file.encoded()
    store.write(file.key, content)
    return len(content)
