"""The parts' logs: one file each, put aside at every start, read from the end."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

# Logs of this many earlier starts are kept: enough to see what a crash before the last restart said.
_KEPT = 3
_BLOCK = 64 * 1024


def rotate(log: Path) -> None:
    """Move the log to `.1`, that one to `.2` and so on; the oldest goes."""
    if not log.exists():
        return
    for number in range(_KEPT, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        newer = log if number == 1 else log.with_name(f"{log.name}.{number - 1}")
        if newer.exists():
            newer.replace(older)


def tail(log: Path, count: int) -> list[str]:
    """The last `count` lines, without reading the rest; none when there is no log."""
    try:
        with log.open("rb") as stream:
            position = stream.seek(0, os.SEEK_END)
            data = b""
            while position > 0 and data.count(b"\n") <= count:
                step = min(_BLOCK, position)
                position = stream.seek(position - step)
                data = stream.read(step) + data
    except FileNotFoundError:
        return []
    lines = data.decode("utf-8", errors="replace").splitlines()
    return lines[-count:] if count > 0 else []


def follow(log: Path, sleep: Callable[[float], None] = time.sleep) -> Iterator[str]:
    """Lines that are appended from now on, also to the log of a later start; never ends."""
    position = log.stat().st_size if log.exists() else 0
    inode = log.stat().st_ino if log.exists() else None
    rest = b""
    while True:
        sleep(0.3)
        if not log.exists():
            continue
        status = log.stat()
        if status.st_ino != inode or status.st_size < position:
            inode, position, rest = status.st_ino, 0, b""
        with log.open("rb") as stream:
            stream.seek(position)
            data = rest + stream.read()
            position = stream.tell()
        *lines, rest = data.split(b"\n")
        for line in lines:
            yield line.decode("utf-8", errors="replace")
