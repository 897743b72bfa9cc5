"""The ledger of a migration: what was done, when, by whom. Append only, in S3, readable as a table.

One object per entry, a line of JSON each, never changed. A step reads from here what is done already, so that
a command that was killed goes on where it stopped. Time is the object store's: an operator's wrong clock must
not shorten the days that old tables are kept.
"""

from __future__ import annotations

import getpass
import json
import socket
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from lakehouse.errors import ServiceError
from lakehouse.records.objects import Location, list_objects, read_document

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# An entry is a few hundred bytes: reading is waiting, so several go at once.
_READERS = 8


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `table` is the source's name, empty for what concerns the whole migration.

    `event` is what happened in the step (started, planned, batch, done, failed, ...); `detail` holds its
    facts; `at` is UTC, by the object store's clock.
    """

    id: str
    at: datetime
    step: str
    table: str
    event: str
    by: str
    detail: dict[str, Any]


@dataclass
class Ledger:
    """The entries of one migration below `location`.

    The entries of others are listed once, when they are first asked for, and again after `refresh`: a command
    that holds the lock is alone, and starts with what was there when it took it. `clock` tells the time (UTC)
    instead of the object store.
    """

    s3: S3Client
    location: Location
    clock: Callable[[], datetime] | None = field(default=None, repr=False)
    # Entries by key, None for one that was listed and not read yet.
    _known: dict[str, Entry | None] = field(default_factory=dict, repr=False)
    _is_listed: bool = field(default=False, repr=False)
    _clock_offset: timedelta | None = field(default=None, repr=False)

    @property
    def place(self) -> Location:
        """Where the entries are."""
        return self.location / "ledger/"

    def now(self) -> datetime:
        """The object store's time, UTC."""
        if self.clock is not None:
            return self.clock()
        if self._clock_offset is None:
            place = self.place
            answer = self.s3.list_objects_v2(Bucket=place.bucket, Prefix=place.key, MaxKeys=1)
            self._clock_offset = _clock_offset(answer)
        return datetime.now(UTC) + self._clock_offset

    def append(self, step: str, event: str, table: str = "", **detail: Any) -> Entry:
        """Add an entry; it is durable when this returns."""
        at = self.now()
        entry = Entry(uuid.uuid4().hex[:12], at, step, table, event, operator(), detail)
        # Text, so that the table over it needs no schema of every step's facts.
        facts = json.dumps(detail, default=str, ensure_ascii=False)
        line = json.dumps(
            {
                "id": entry.id,
                "at": at.isoformat(timespec="microseconds"),
                "step": step,
                "table_name": table,
                "event": event,
                "operator": entry.by,
                "detail": facts,
            },
            ensure_ascii=False,
        )
        place = self.place / f"{at:%Y%m%dT%H%M%S%f}Z-{entry.id}~{step}~{table}~{event}.json"
        self.s3.put_object(Bucket=place.bucket, Key=place.key, Body=line.encode() + b"\n", IfNoneMatch="*")
        # As a reader will see it: a date is text there.
        entry = replace(entry, detail=json.loads(facts))
        self._known[place.key] = entry
        return entry

    def refresh(self) -> None:
        """See what others have added since the entries were listed."""
        self._is_listed = False

    def entries(
        self, step: str | None = None, table: str | None = None, event: str | None = None
    ) -> list[Entry]:
        """The entries of a step, a table, an event, oldest first; None stands for any of them."""
        wanted = (step, table, event)
        keys = [key for key in self._keys() if _matches(key, wanted)]
        missing = [key for key in keys if self._known[key] is None]
        with ThreadPoolExecutor(_READERS) as readers:
            for key, entry in zip(missing, readers.map(self._load, missing), strict=True):
                self._known[key] = entry
        return [found for key in keys if (found := self._known[key]) is not None]

    def last(self, step: str, event: str, table: str = "") -> Entry | None:
        """The newest such entry, None if there is none."""
        found = self.entries(step, table, event)
        return found[-1] if found else None

    def _keys(self) -> list[str]:
        """The keys of all entries, oldest first: they begin with the time."""
        if not self._is_listed:
            listed = list_objects(self.s3, self.place)
            self._known = {place.key: self._known.get(place.key) for place, _, _ in listed}
            self._is_listed = True
        return sorted(self._known)

    def _load(self, key: str) -> Entry:
        place = Location(self.location.bucket, key)
        line: Any = read_document(self.s3, place)
        try:
            return Entry(
                line["id"],
                datetime.fromisoformat(line["at"]),
                line["step"],
                line["table_name"],
                line["event"],
                line["operator"],
                json.loads(line["detail"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise ServiceError(f"{place} is not an entry of a ledger ({error}): move it away") from error


def operator() -> str:
    """Who is at it: user and machine, for the ledger and the lock."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    return f"{user}@{socket.gethostname()}"


def _matches(key: str, wanted: tuple[str | None, ...]) -> bool:
    parts = key.rsplit("/", 1)[-1].removesuffix(".json").split("~")[1:]
    return len(parts) == len(wanted) and all(
        want is None or want == part for want, part in zip(wanted, parts, strict=True)
    )


def _clock_offset(answer: Any) -> timedelta:
    """How far the store's clock is ahead of this machine's; nothing where it is less than its resolution."""
    stamp = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    if stamp is None:
        return timedelta(0)
    offset = parsedate_to_datetime(stamp).astimezone(UTC) - datetime.now(UTC)
    # The header has whole seconds: nearer than two the machine's clock is as good, and finer.
    return offset if abs(offset) > timedelta(seconds=2) else timedelta(0)
