"""The journal that lets the catalog outlive its process: an append-only file of effects, compacted at start.

`catalog.jsonl` holds one JSON array per answered call, `[region, [[kind, fields], ...]]`. A line is in the
file, in one piece, before the call is answered and before memory changes: a killed process loses no answered
call. A torn last line belongs to a call that was never answered, and is dropped. The page cache survives a
kill, so lines are written but not synced: only a crash of the machine can lose the last of them.

Compaction runs at start only: the live state replaces the file atomically, so that start-up costs the live
state and the history of one run at most. Lines are written by one thread, in the order of their effects.

Source: chosen here.
"""

import contextlib
import json
import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from athena_sandbox.glue.catalog import Regions
from athena_sandbox.glue.effects import Effect, from_json, snapshot, to_json
from athena_sandbox.glue.errors import DataDirectoryError, InternalError

logger = logging.getLogger(__name__)

FORMAT = ["glue-catalog", 1]
"""The first line. Another first line is another format, and is refused rather than misread."""

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class Journal:
    """The journal of one data directory, locked against a second process while open."""

    def __init__(self, directory: Path) -> None:
        """Raises DataDirectoryError if the directory cannot be used or belongs to another process."""
        self._path = directory / "catalog.jsonl"
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(directory / "lock")
            self._lock.acquire(timeout=0)
        except Timeout:
            raise DataDirectoryError(
                f"{directory} is in use by another Glue process; stop it or choose another --data-dir"
            ) from None
        except OSError as error:
            raise DataDirectoryError(f"cannot use {directory} for the Glue catalog: {error}") from error
        self._file: int | None = None
        self._size = 0

    def load(self) -> Regions:
        """Replay the file, compact it and open it for `append`.

        Raises DataDirectoryError, changing nothing, if a line other than the last is damaged.
        """
        regions = Regions()
        lines = 0
        for number, record in self._records():
            try:
                region, effects = record
                for effect in effects:
                    from_json(effect).apply(regions[region])
            except (KeyError, TypeError, ValueError) as error:
                raise self._damaged(number) from error
            lines += 1
        self._compact(regions)
        logger.info("catalog loaded: lines replayed: %d, bytes kept: %d", lines, self._size)
        return regions

    def append(self, region: str, effects: Iterable[Effect]) -> None:
        """Write one call's effects as one line. Raises InternalError, leaving no trace, if it cannot."""
        if self._file is None:
            raise InternalError("The catalog's journal is closed.")
        line = _line(region, effects)
        try:
            written = os.write(self._file, line)
            while written < len(line):
                written += os.write(self._file, line[written:])
        except OSError as error:
            self._undo()
            raise InternalError(f"Cannot write the catalog's journal: {error.strerror}.") from error
        self._size += len(line)

    def close(self) -> None:
        """Release the file and the lock."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        self._lock.release()

    def _undo(self) -> None:
        """Cut off what a failed write left. If even that fails, close: better no journal than a wrong one."""
        if self._file is None:
            return
        try:
            os.ftruncate(self._file, self._size)
        except OSError:
            logger.exception("journal closed: a partial line could not be removed")
            os.close(self._file)
            self._file = None

    def _records(self) -> Iterator[tuple[int, Any]]:
        if not self._path.exists():
            return
        with self._path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.endswith(b"\n"):
                    logger.warning("torn last line %d dropped: its call was not answered", number)
                    return
                try:
                    record = json.loads(line)
                except ValueError as error:
                    raise self._damaged(number) from error
                if number > 1:
                    yield number, record
                elif record != FORMAT:
                    raise self._damaged(number)

    def _compact(self, regions: Regions) -> None:
        fresh = self._path.with_suffix(".new")
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(fresh.unlink, missing_ok=True)
            try:
                with fresh.open("wb") as file:
                    file.write(_encode(FORMAT).encode() + b"\n")
                    for region, catalog in regions.catalogs.items():
                        file.writelines(_line(region, [effect]) for effect in snapshot(catalog))
                    file.flush()
                    os.fsync(file.fileno())
                fresh.replace(self._path)
                self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND)
                self._size = os.fstat(self._file).st_size
            except OSError as error:
                raise DataDirectoryError(f"cannot write {fresh}: {error.strerror}") from error
            on_failure.pop_all()

    def _damaged(self, line: int) -> DataDirectoryError:
        return DataDirectoryError(
            f"{self._path} is damaged in line {line}; restore it, or move it away to start empty"
        )


def _line(region: str, effects: Iterable[Effect]) -> bytes:
    return _encode([region, [to_json(effect) for effect in effects]]).encode("utf-8", "surrogatepass") + b"\n"
