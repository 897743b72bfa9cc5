"""Writing bronze: deciding what there is to do, and doing it.

The authority for what happens to data that is already there. A generation that was interrupted at any moment
is completed by the next one: the journal is written before the first change, the manifest after the last.
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

# Encoding and uploading take turns with making rows; more workers than this only hold more files in memory.
_WORKERS = 3
_FILES_IN_FLIGHT = 4
# Day directories of a table are equally long, whatever the day.
_ANY_DAY = date(2000, 1, 1)


class Progress(Protocol):
    """Is told how a generation advances. Calls come from one thread."""

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

    `known` is the manifest of the days that are kept; `deletes` are keys that go before anything is written.
    """

    action: Action
    first_day: int
    known: Manifest | None = None
    deletes: tuple[str, ...] = ()

    def described(self, scenario: Scenario, bucket: str) -> list[str]:
        """Return what will be done, in lines for people; nothing if nothing will."""
        lines = []
        if self.deletes:
            where = ", ".join(table.prefix for table in BRONZE_TABLES)
            lines.append(f"deleting {counted(len(self.deletes), 'object')} of s3://{bucket} below {where}")
        if self.action is not Action.NOTHING:
            first = scenario.date_of(self.first_day)
            lines.append(f"{self.action}: arrival days {first} to {scenario.last_day} in s3://{bucket}")
        return lines


@dataclass(frozen=True)
class Outcome:
    """What was done, and the truth about what is there now."""

    action: Action
    manifest: Manifest
    files_written: int = 0
    files_deleted: int = 0


@dataclass(frozen=True)
class Target:
    """Where bronze goes."""

    store: Store
    catalog: Catalog


@dataclass(frozen=True)
class Present:
    """What is in the bucket: the manifest and the journal, and the size of every object below the tables.

    `manifest_is_foreign` says that there is a manifest that this version can't read.
    """

    manifest: Manifest | None
    journal: bytes | None
    sizes: dict[str, int]
    manifest_is_foreign: bool = False

    def holds(self, manifest: Manifest, days: int) -> bool:
        """Whether the objects of the first days are those the manifest tells of, by number and size."""
        return all(found == [truth.files, truth.bytes] for found, truth in self._days(manifest, days))

    def outside(self, scenario: Scenario, days: int) -> set[str]:
        """Return the keys that don't belong to the first days."""
        kept = {table.day_directory(scenario.date_of(day)) for table in BRONZE_TABLES for day in range(days)}
        lengths = {len(table.day_directory(scenario.start)) for table in BRONZE_TABLES}
        return {key for key in self.sizes if not any(key[:length] in kept for length in lengths)}

    def strangers(self, manifest: Manifest) -> int:
        """Return how many objects there are that the manifest doesn't tell of, by day."""
        days = manifest.scenario.days
        more = sum(max(0, found[0] - truth.files) for found, truth in self._days(manifest, days))
        return more + len(self.outside(manifest.scenario, days))

    def _days(self, manifest: Manifest, days: int) -> Iterator[tuple[list[int], Truth]]:
        """Yield number and size of the objects of each table and day, and what the manifest tells of them."""
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

    Raises DifferenceError if there is one that this version can't read.
    """
    content = store.read(MANIFEST_KEY)
    if content is None:
        return None
    try:
        return Manifest.model_validate_json(content)
    except ValidationError as error:
        raise DifferenceError(
            f"s3://{store.bucket}/{MANIFEST_KEY} is of another version of the generator; "
            "generate the data again with --replace"
        ) from error


def look(store: Store) -> Present:
    """Return what is in the bucket."""
    prefixes = [table.prefix for table in BRONZE_TABLES]
    journal, sizes = store.read(JOURNAL_KEY), store.sizes(prefixes)
    try:
        return Present(read_manifest(store), journal, sizes)
    except DifferenceError:
        return Present(None, journal, sizes, manifest_is_foreign=True)


def plan_generation(scenario: Scenario, present: Present, *, replace: bool) -> Plan:
    """Decide what there is to do to have the scenario's data in the bucket.

    With `replace`, data of other arguments is deleted, and data of unknown origin below the table locations.
    Raises RefusedError without it.
    """
    known = present.manifest
    if known is not None and scenario.is_growth_of(known.scenario):
        # Without a journal no generation was interrupted, so what is there besides the data is somebody's.
        if present.journal is None and not replace and (strangers := present.strangers(known)):
            raise RefusedError(
                f"{counted(strangers, 'object')} below the bronze tables not of the data generated there: "
                "move away what is yours, or --replace deletes it"
            )
        return _plan_growth(scenario, known, present)
    if known is None and not present.manifest_is_foreign:
        if not present.sizes:
            return Plan(Action.WRITE, 0)
        if present.journal is not None:
            # Never completed, so nothing is lost with what another scenario left behind.
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
    way_out = "--replace deletes the data and generates it anew"
    if present.manifest is None:
        return (
            f"{counted(len(present.sizes), 'object')} below the bronze tables of unknown origin "
            f"or of another version of the generator; {way_out}"
        )
    have, want = present.manifest.scenario.model_dump(), scenario.model_dump()
    differing = ", ".join(
        f"--{name} {have[name]} (now {want[name]})" for name in have if have[name] != want[name]
    )
    return f"the bronze data there was generated with {differing}; {way_out}"


def generate(
    scenario: Scenario,
    target: Target,
    progress: Progress,
    *,
    say: Callable[[str], None],
    replace: bool = False,
) -> Outcome:
    """Have the scenario's data in the bucket and its tables in the catalog; see plan_generation.

    `say` is told the plan before anything is changed. Returns what was done. Raises RefusedError,
    ServiceError, or what boto3 raises.
    """
    target.catalog.check(target.store.bucket)
    target.store.ensure_bucket()
    present = look(target.store)
    plan = plan_generation(scenario, present, replace=replace)
    for line in plan.described(scenario, target.store.bucket):
        say(line)
    return apply_generation(scenario, plan, present, target, progress)


def apply_generation(
    scenario: Scenario, plan: Plan, present: Present, target: Target, progress: Progress
) -> Outcome:
    """Do what the plan says. Interrupted at any moment and planned again, it ends in the same bytes."""
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
        # From here on the data is no longer what the old manifest says.
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

    def settle(most: int) -> None:
        while len(in_flight) > most:
            file, size = in_flight[0][0], in_flight[0][1].result()
            in_flight.popleft()
            census.see(file, size)
            written.add(file.key)
            progress.advance(0, len(file.rows), size)

    progress.start((scenario.days - first_day) * HOURS_PER_DAY)
    with ThreadPoolExecutor(_WORKERS, "bronze") as workers:
        try:
            for _, complete in arrivals.files(scenario, first_day):
                for file in complete:
                    settle(_FILES_IN_FLIGHT - 1)
                    in_flight.append((file, workers.submit(_write_file, store, file)))
                progress.advance(1, 0, 0)
            settle(0)
        except BaseException:
            workers.shutdown(wait=False, cancel_futures=True)
            raise
    return written


def _write_file(store: Store, file: BronzeFile) -> int:
    content = file.encoded()
    store.write(file.key, content)
    return len(content)
