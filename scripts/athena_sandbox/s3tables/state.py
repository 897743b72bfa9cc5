"""Saving ministack's state apart from objects: table buckets, tables, settings of buckets, stacks.

ministack 1.5.33 writes it at a graceful stop only. Here it is written after each call that may have changed
it, before the call is answered, so that a `kill -9` loses nothing acknowledged.
`athena_sandbox.gateway.durability` does the same for objects.

Source: chosen here.
"""

import json
import os
import sys
from pathlib import Path

from athena_sandbox.files import sync_folder, write_atomic

SERVICES = ("s3", "s3tables", "cloudformation")


class StateNotSavedError(Exception):
    """The state could not be written; the text says where and why."""


_saved: dict[Path, str] = {}


def save_state() -> None:
    """Write the state of the ministack in this process; each file is replaced in one step and synced.

    Raises StateNotSavedError if it can't be written.
    """
    from ministack.core import persistence

    for service in SERVICES:
        module = sys.modules.get(f"ministack.services.{service}")
        if module is None:
            continue
        file = Path(persistence.STATE_DIR) / f"{service}.json"
        content = {
            "__ministack_format__": persistence._state_format_version(service),
            "payload": module.get_state(),
        }
        text = json.dumps(content, default=persistence._json_default)
        if _saved.get(file) == text and file.exists():
            continue
        try:
            write_atomic(file, text, mode=0o600)
            sync_folder(file.parent)
        except OSError as error:
            reason = os.strerror(error.errno).lower() if error.errno else str(error)
            raise StateNotSavedError(f"{file} could not be written: {reason}") from error
        _saved[file] = text
