"""One operator at a time: a lock in S3, taken by a conditional write, kept alive while the command runs.

A killed command leaves its lock. It is taken over when its holder was a process of this machine that is gone,
or when its heartbeat is older than `STALE_AFTER`; until then the next operator learns who holds it.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lakehouse.errors import RefusedError
from lakehouse.records.ledger import Ledger, operator
from lakehouse.records.objects import get_object, status_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

logger = logging.getLogger(__name__)

HEARTBEAT = timedelta(seconds=20)
STALE_AFTER = timedelta(seconds=120)
# A lock that changes hands while it is looked at is looked at again.
_LOOKS = 5


class LockedError(RefusedError):
    """Somebody else is at this migration."""


@dataclass(frozen=True)
class Holder:
    """Who holds a lock: the operator, the command, its process, since when and when it last said so (UTC)."""

    token: str
    operator: str
    command: str
    host: str
    pid: int
    process_start: str
    since: datetime
    alive_at: datetime

    def encoded(self) -> bytes:
        return json.dumps({name: str(value) for name, value in vars(self).items()}).encode()

    @classmethod
    def decoded(cls, content: bytes) -> Holder:
        raw: dict[str, str] = json.loads(content)
        return cls(
            raw["token"],
            raw["operator"],
            raw["command"],
            raw["host"],
            int(raw["pid"]),
            raw["process_start"],
            datetime.fromisoformat(raw["since"]),
            datetime.fromisoformat(raw["alive_at"]),
        )


@contextmanager
def hold_lock(ledger: Ledger, command: str) -> Iterator[None]:
    """Hold the migration's lock for a block. Raises LockedError with the holder and since when.

    A lock that was lost meanwhile (this process was stopped for longer than `STALE_AFTER` and another took it
    over) is logged; what the steps write is safe to repeat.
    """
    lock = _Lock(ledger, command)
    lock.acquire()
    # Another command may have added to the ledger before this one got the lock.
    ledger.refresh()
    stop = threading.Event()
    beat = threading.Thread(target=lock.keep_alive, args=(stop,), name="migration lock", daemon=True)
    beat.start()
    try:
        yield
    finally:
        stop.set()
        beat.join()
        lock.release()


class _Lock:
    def __init__(self, ledger: Ledger, command: str) -> None:
        self._ledger = ledger
        self._s3: S3Client = ledger.s3
        self._place = ledger.location / "lock.json"
        now = ledger.now()
        self._holder = Holder(
            uuid.uuid4().hex,
            operator(),
            command,
            socket.gethostname(),
            os.getpid(),
            _process_start(os.getpid()) or "",
            now,
            now,
        )
        self._etag = ""

    def acquire(self) -> None:
        for _ in range(_LOOKS):
            if self._put(IfNoneMatch="*"):
                return
            found = self._read()
            if found is None:
                continue
            holder, etag = found
            if not self._is_gone(holder):
                raise LockedError(
                    f"{holder.operator} holds this migration since {holder.since:%Y-%m-%d %H:%M:%S} UTC with "
                    f"`{holder.command}` (process {holder.pid} on {holder.host}): wait for it to end"
                )
            logger.info("taking over the lock of %s, whose process is gone", holder.operator)
            if self._put(IfMatch=etag):
                return
        raise LockedError(f"{self._place} keeps changing hands: try again")

    def keep_alive(self, stop: threading.Event) -> None:
        while not stop.wait(HEARTBEAT.total_seconds()):
            self._holder = Holder(**{**vars(self._holder), "alive_at": self._ledger.now()})
            try:
                if not self._put(IfMatch=self._etag):
                    logger.error("the lock of this migration was taken over by another command")
                    return
            except (BotoCoreError, ClientError) as error:
                # The next beat tries again; the lock is good for several.
                logger.warning("the lock could not be renewed: %s", error)

    def release(self) -> None:
        try:
            found = self._read()
            if found and found[0].token == self._holder.token:
                self._s3.delete_object(Bucket=self._place.bucket, Key=self._place.key)
        except (BotoCoreError, ClientError) as error:
            # What was done is done; the next command sees that this process is gone.
            logger.warning("the lock could not be released: %s", error)

    def _is_gone(self, holder: Holder) -> bool:
        if holder.host == socket.gethostname():
            return _process_start(holder.pid) != holder.process_start
        return self._ledger.now() - holder.alive_at > STALE_AFTER

    def _put(self, **condition: Any) -> bool:
        """Write the lock under a condition; False if it didn't hold."""
        try:
            answer = self._s3.put_object(
                Bucket=self._place.bucket, Key=self._place.key, Body=self._holder.encoded(), **condition
            )
        except ClientError as error:
            if status_of(error) in (404, 409, 412):
                return False
            raise
        self._etag = answer["ETag"]
        return True

    def _read(self) -> tuple[Holder, str] | None:
        answer = get_object(self._s3, self._place)
        if answer is None:
            return None
        try:
            return Holder.decoded(answer["Body"].read()), answer["ETag"]
        except (ValueError, KeyError) as error:
            raise LockedError(f"{self._place} is not a lock of this command: delete it") from error


def _process_start(pid: int) -> str | None:
    """What tells a process from a later one of the same number, None if there is no such process."""
    try:
        # The 22nd field, counted after the name, which may hold blanks and parentheses.
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except OSError:
        return ""
    return ""
