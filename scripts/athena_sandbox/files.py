"""Files of a stack: written so that nobody ever reads half a file, not even after a kill, and closed to other
users of the machine."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def write_atomic(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Replace `path` by `text` (UTF-8) in one step; its folder is created if missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_if_changed(path: Path, text: str, *, mode: int = 0o600) -> bool:
    """`write_atomic` unless the file says `text` already; returns whether it wrote."""
    try:
        if path.read_text(encoding="utf-8") == text:
            return False
    except (OSError, UnicodeDecodeError):
        pass
    write_atomic(path, text, mode=mode)
    return True


@contextmanager
def private_files() -> Iterator[None]:
    """Files and folders made in this context, also by processes started in it, are for this user only."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def make_private(folder: Path) -> None:
    """Close a folder and everything in it to other users of the machine."""
    for place, folders, files in os.walk(folder, topdown=False):
        for name in (*folders, *files, ""):
            path = Path(place, name)
            # A running part may have removed it.
            with suppress(FileNotFoundError):
                mode = path.lstat().st_mode
                if mode & 0o077 and not stat.S_ISLNK(mode):
                    path.chmod(stat.S_IMODE(mode) & 0o700)


def sync_folder(folder: Path) -> None:
    """Sync the names in a folder to the disk: otherwise a new or renamed file may be gone after a crash."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
