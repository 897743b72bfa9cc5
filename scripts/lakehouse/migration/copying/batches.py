"""Files of a source packed into batches, each of them one write.

One statement of Athena writes at most 100 partitions, and one that runs for long is lost when it fails. So a
batch is a set of files, in the order of their paths, bounded by the target's partitions that it touches, by
its bytes and by the length of its statement. A file that alone touches too many partitions is read several
times, once for each part of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from lakehouse.catalog.files import SourceFile

# Athena's limit is 100; the rest is room for rows that a merge moves out of partitions it didn't plan for.
MAX_PARTITIONS = 95
# A statement holds 262,144 bytes; a batch's paths stand in it once.
MAX_PATH_BYTES = 120_000
DEFAULT_BATCH_BYTES = 256_000_000


@dataclass(frozen=True)
class ScannedFile:
    """What the planning scan saw in a file: rows in all, and the target's partitions with their rows."""

    file: SourceFile
    rows: int
    partitions: dict[date, int]


@dataclass(frozen=True)
class Batch:
    """One write. `partitions` are the target's that it touches, by their first days.

    `part` holds the first and last partition of the rows that are taken, where the files are read several
    times; None takes all. `rows` are those that the scan counted for it, rejected ones among them.
    """

    number: int
    files: tuple[SourceFile, ...]
    partitions: tuple[date, ...]
    rows: int
    part: tuple[date, date] | None = None
    # Of a file's parts the first one also takes the rows that are in no partition: the rejects.
    takes_rejects: bool = True

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return sum(file.size for file in self.files)


def pack(
    scanned: Iterable[ScannedFile],
    max_bytes: int = DEFAULT_BATCH_BYTES,
    max_partitions: int = MAX_PARTITIONS,
) -> tuple[Batch, ...]:
    """Pack files into batches. A file larger than `max_bytes` is a batch of its own."""
    batches: list[Batch] = []
    growing = _Growing()
    for each in sorted(scanned, key=lambda one: one.file):
        if growing.files and not growing.takes(each, max_bytes, max_partitions):
            batches.append(growing.batch(len(batches)))
            growing = _Growing()
        if len(each.partitions) > max_partitions:
            batches += _parts(len(batches), each, max_partitions)
        else:
            growing.add(each)
    if growing.files:
        batches.append(growing.batch(len(batches)))
    return tuple(batches)


def pack_apart(
    scanned: Iterable[ScannedFile], is_apart: Callable[[ScannedFile], bool], max_bytes: int
) -> tuple[Batch, ...]:
    """Pack some files into batches of their own, ahead of the batches of all others."""
    files = list(scanned)
    batches = [
        *pack((each for each in files if is_apart(each)), max_bytes),
        *pack((each for each in files if not is_apart(each)), max_bytes),
    ]
    return tuple(replace(batch, number=number) for number, batch in enumerate(batches))


def chunked(files: Iterable[SourceFile]) -> list[tuple[SourceFile, ...]]:
    """Files in groups that one statement can name."""
    chunks: list[list[SourceFile]] = []
    length = 0
    for file in files:
        if not chunks or length + _path_bytes(file) > MAX_PATH_BYTES:
            chunks.append([])
            length = 0
        chunks[-1].append(file)
        length += _path_bytes(file)
    return [tuple(chunk) for chunk in chunks]


@dataclass
class _Growing:
    """A batch that files are added to, with its sums so far."""

    files: list[SourceFile] = field(default_factory=list)
    partitions: set[date] = field(default_factory=set)
    rows: int = 0
    size: int = 0
    path_bytes: int = 0

    def takes(self, scanned: ScannedFile, max_bytes: int, max_partitions: int) -> bool:
        return (
            self.size + scanned.file.size <= max_bytes
            and self.path_bytes + _path_bytes(scanned.file) <= MAX_PATH_BYTES
            and len(self.partitions | scanned.partitions.keys()) <= max_partitions
        )

    def add(self, scanned: ScannedFile) -> None:
        self.files.append(scanned.file)
        self.partitions |= scanned.partitions.keys()
        self.rows += scanned.rows
        self.size += scanned.file.size
        self.path_bytes += _path_bytes(scanned.file)

    def batch(self, number: int) -> Batch:
        return Batch(number, tuple(self.files), tuple(sorted(self.partitions)), self.rows)


def _path_bytes(file: SourceFile) -> int:
    # Quotes, comma and blank around it.
    return len(file.path.encode()) + 4


def _parts(number: int, scanned: ScannedFile, max_partitions: int) -> list[Batch]:
    days = sorted(scanned.partitions)
    chunks = [days[start : start + max_partitions] for start in range(0, len(days), max_partitions)]
    outside = scanned.rows - sum(scanned.partitions.values())
    return [
        Batch(
            number + index,
            (scanned.file,),
            tuple(chunk),
            sum(scanned.partitions[day] for day in chunk) + (outside if index == 0 else 0),
            (chunk[0], chunk[-1]),
            takes_rejects=index == 0,
        )
        for index, chunk in enumerate(chunks)
    ]
