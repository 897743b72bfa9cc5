"""Keeping what the S3 Tables API knows on disk.

ministack 1.5.33 writes it at a graceful stop only. Its own functions for that are called here after each call
that may have changed it, before the call is answered, so that a `kill -9` loses no acknowledged bucket,
namespace, table or setting. Objects are durable by themselves (`athena_sandbox.storage`).
"""

from pathlib import Path

SERVICE = "s3tables"


class StateNotSavedError(Exception):
    """The state could not be written; the storage part's log has the reason."""


def save_state() -> None:
    """Write the state of the ministack in this process; the file is replaced in one step.

    Raises:
        StateNotSavedError: ministack logs such an error and goes on.
    """
    from ministack.core import persistence
    from ministack.services import s3tables

    file = Path(persistence.STATE_DIR) / f"{SERVICE}.json"
    before = _identity(file)
    persistence.save_state(SERVICE, s3tables.get_state())
    if _identity(file) == before:
        raise StateNotSavedError(f"{file} could not be written")


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns
