"""Removing a stack's files: only those that the sandbox makes."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from athena_sandbox.errors import RefusedError
from athena_sandbox.settings import StateLayout


def remove_stack(layout: StateLayout, part_names: Iterable[str]) -> list[str]:
    """Delete data, logs and state of a stopped stack; returns a description of each removed thing.

    The state file goes last: after a kill half-way, the folder is still recognised as a stack and can be
    cleaned again.

    Raises RefusedError if the folder was not made by the sandbox.
    """
    if not layout.root.exists():
        return []
    if not layout.state_file.exists():
        raise RefusedError(
            f"{layout.root} was not made by the sandbox (it has no {layout.state_file.name}); "
            "nothing was removed"
        )
    folders = [layout.part(name) for name in part_names] + [layout.logs, layout.aws_config.parent]
    removed = [_remove_folder(folder) for folder in folders if folder.is_dir()]
    for unfinished in layout.root.glob(f".{layout.state_file.name}.*"):
        unfinished.unlink()
    layout.state_file.unlink()
    layout.lock_file.unlink(missing_ok=True)
    if not any(layout.root.iterdir()):
        layout.root.rmdir()
        removed.append(f"{layout.root}")
    return removed


def _remove_folder(folder: Path) -> str:
    size = sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())
    shutil.rmtree(folder)
    return f"{folder} ({size / 1e6:,.1f} MB)"
